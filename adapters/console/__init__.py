"""The terminal as a messenger."""
