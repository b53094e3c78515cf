"""Matrix as a messenger."""
