"""Fifty people in ten groups and in private, and a check of every request that they cause."""
