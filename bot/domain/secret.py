"""Text that refuses to show itself."""

import hmac
from typing import NoReturn

_SHORT_KEY = 16


class Secret:
    """A key, token or passphrase in memory.

    Printing, formatting and logging give a placeholder; pickling raises TypeError. Only
    `reveal` returns the text, and a reader can search for every call of it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Take charge of `value`."""
        self._value = value

    def reveal(self) -> str:
        """Return the text in clear, for the one call that needs it."""
        return self._value

    def mask(self) -> str:
        """Return what a member may see: first 3 … last 4, or … and the last 2 of a short key."""
        if not self._value:
            return "no key"
        if len(self._value) < _SHORT_KEY:
            return f"…{self._value[-2:]}" if len(self._value) > 4 else "…"
        return f"{self._value[:3]}…{self._value[-4:]}"

    def __len__(self) -> int:
        return len(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # a secret is never a dictionary's key

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        msg = "a Secret is never pickled"
        raise TypeError(msg)
