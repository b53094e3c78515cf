"""A Matrix homeserver of our own on a real socket, deterministic, with the people who use it."""
