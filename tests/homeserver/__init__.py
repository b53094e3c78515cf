"""A real homeserver on loopback, for the tests."""
