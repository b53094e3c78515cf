"""What several adapters need: HTTP, server-sent events, the Markdown walker."""
