"""The application: what a message means. Knows no messenger, no vendor and no SQL."""
