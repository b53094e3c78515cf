"""Text from elsewhere, made fit for a terminal."""


def plain(text: str) -> str:
    """Return a text that does nothing to a terminal: a server's words may be among it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
