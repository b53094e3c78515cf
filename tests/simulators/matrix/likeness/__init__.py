"""What homeservers answer to one story, so that they can be compared."""
