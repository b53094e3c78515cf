"""Ids and tokens that are the same in every run."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Final

_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS: Final = _UPPER + _UPPER.lower()
_NO_SERVER: Final = frozenset({"12"})


class Ids:
    """Makes one id after another; they look as a real server's do."""

    def __init__(self, server: str) -> None:
        """Name the server, which is part of some of them."""
        self._server = server
        self._made = 0

    def event(self) -> str:
        """Return an event's id."""
        return "$" + urlsafe_b64encode(self._digest()).decode().rstrip("=")

    def room(self, version: str, create: str) -> str:
        """Return a room's id; from version 12 on it is its first event's, and names no server."""
        if version in _NO_SERVER:
            return f"!{create.removeprefix('$')}"
        return f"!{self._word(18, _LETTERS)}:{self._server}"

    def device(self) -> str:
        """Return a device's id."""
        return self._word(10, _UPPER)

    def session(self) -> str:
        """Return the id of an attempt to prove who one is."""
        return self._word(24, _LETTERS)

    def token(self) -> str:
        """Return an access token, which a test finds again wherever it leaks to."""
        return f"syt_canary-{self._digest().hex()[:24]}"

    def _word(self, length: int, signs: str) -> str:
        return "".join(signs[each % len(signs)] for each in self._digest()[:length])

    def _digest(self) -> bytes:
        self._made += 1
        return hashlib.sha256(f"{self._server} {self._made}".encode()).digest()
