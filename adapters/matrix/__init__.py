"""Matrix: one bot account, its device, and the rooms it is in."""
