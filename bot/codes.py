"""Codes that people read out and type, and how often somebody may guess one. In memory alone."""

import re
import secrets
from collections import deque
from typing import Final

from bot.domain.chat import Identity
from bot.domain.ports import Clock
from bot.domain.secret import Secret

SHORT: Final = 8  # 40 bits, for minutes and few tries
LONG: Final = 12  # 60 bits, for days
OWN_TRIES: Final = 5
ALL_TRIES: Final = 30
_HOUR_S: Final = 3_600.0
_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans("OIL", "011")
_BREAKS: Final = re.compile(r"[\s\-\u2010-\u2015]+")
_GROUP: Final = 4


def draw_code(length: int = SHORT) -> str:
    """Return random signs, five bits each, that have a letter and a digit, as few words do."""
    while True:
        code = "".join(secrets.choice(_SIGNS) for _ in range(length))
        if _is_mixed(code):
            return code


def has_form(text: str, length: int = SHORT) -> bool:
    """Return whether a text looks like a code of that length, however it was broken up."""
    if len(text) > 2 * length:
        return False
    code = _BREAKS.sub("", text)
    return len(code) == length and code.isascii() and code.isalnum() and _is_mixed(code)


def _is_mixed(code: str) -> bool:
    return any(sign.isdigit() for sign in code) and any(sign.isalpha() for sign in code)


def tidied(typed: str) -> Secret:
    """Return a typed code as it was drawn: case and dashes ignored, O as 0, I and L as 1."""
    return Secret(_BREAKS.sub("", typed).upper().translate(_READ_AS))


def dashed(code: str) -> str:
    """Write a code in groups of four, as people read it out."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


class Guesses:
    """Counts wrong codes: five an hour by an account, thirty an hour by all of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._made: deque[tuple[float, Identity]] = deque()

    def may_try(self, identity: Identity) -> bool:
        """Return whether another code of theirs is looked at."""
        since = self._clock.monotonic() - _HOUR_S
        while self._made and self._made[0][0] <= since:
            self._made.popleft()
        own = sum(by == identity for _, by in self._made)
        return own < OWN_TRIES and len(self._made) < ALL_TRIES

    def note(self, identity: Identity) -> None:
        """Count a wrong code of theirs."""
        self._made.append((self._clock.monotonic(), identity))
