"""A phone on another implementation of Matrix and its cryptography."""
