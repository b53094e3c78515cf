"""Model vendors: one file per wire dialect, one row per vendor."""
