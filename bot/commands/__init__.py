"""Every command, a file per noun. `spec` says what one is."""
