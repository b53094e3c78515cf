"""The vocabulary every room shares. Imports only the standard library."""
