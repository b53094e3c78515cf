"""Verification by emoji."""
