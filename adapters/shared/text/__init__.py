"""A reply as text and entities, and where it may be cut. Pure."""
