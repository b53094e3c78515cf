"""Near misses of a command's name."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_NEAR: Final = 0.6
_MOST: Final = 3


def near_names(typed: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names most like the one typed, best first."""
    return tuple(get_close_matches(typed.casefold(), tuple(names), n=_MOST, cutoff=_NEAR))
