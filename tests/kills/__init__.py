"""The whole application, killed anywhere, with witnesses that outlive it."""
