"""Everything that persists. SQL and ciphers live here only."""
