"""Text as UTF-16 code units, which is how Telegram counts: one element of the string per unit."""

import re
import unicodedata

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What the server makes spaces or takes away: it is better done where offsets are counted.
_ODD = re.compile("[\x00-\x09\x0b-\x1f\u2028\u2029\ud800-\udfff]")
# All that the server counts as nothing: a text of only these is refused.
_VISIBLE = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc\udb40\udc00-\udfff"
    "\U000e0000-\U000e0fff]"
)


def to_units(text: str) -> str:
    """Return the text with each character beyond 16 bits as its two surrogates."""
    if text.isascii() or not _ASTRAL.search(text):
        return text
    return _ASTRAL.sub(_surrogates, text)


def _surrogates(found: re.Match[str]) -> str:
    above = ord(found[0]) - 0x10000
    return chr(0xD800 + (above >> 10)) + chr(0xDC00 + (above & 0x3FF))


def from_units(units: str) -> str:
    """Return the characters; a surrogate without its other half becomes U+FFFD."""
    if units.isascii() or not _SURROGATE.search(units):
        return units
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def length(text: str) -> int:
    """Return how many units a text has."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def cleaned(text: str) -> str:
    """Return a text without what a message cannot hold; U+0000 goes, controls become spaces."""
    return _ODD.sub(_harmless, text) if _ODD.search(text) else text


def _harmless(found: re.Match[str]) -> str:
    match found[0]:
        case "\x00":
            return ""
        case "\u2028" | "\u2029":
            return "\n"
        case char if char < " ":
            return " "
        case _:
            return "\ufffd"


def is_visible(units: str, start: int, end: int) -> bool:
    """Say whether anything of a stretch can be seen."""
    return _VISIBLE.search(units, start, end) is not None


def width(text: str) -> int:
    """Return how many columns a text takes in a font of one width."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
