"""What the house costs, beside two bare loops: `python -m tests.bench`."""
