"""Fields of the vendors' JSON, looked at before they are believed. Pure."""

import math
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

# What a JSON decoder raises; its errors carry the text along, so none may go further.
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode(body: bytes | msgspec.Raw) -> Any:  # noqa: ANN401  (any JSON)
    """Return a body's JSON; None where it is none."""
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        return None


def part(said: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object within an object; an empty one where there is none."""
    inner = said.get(name)
    return inner if isinstance(inner, dict) else {}


def count(said: dict[str, Any], name: str) -> int:
    """Return a number of tokens, however the vendor writes it; 0 where there is none."""
    number = said.get(name)
    if not isinstance(number, int | float) or not math.isfinite(number):
        return 0
    return max(0, int(number))


def size(row: dict[str, Any], *names: str) -> int | None:
    """Return the first of these fields that holds a number of tokens, and more than none."""
    for name in names:
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def amount(value: Any) -> Decimal | None:  # noqa: ANN401  (any JSON)
    """Return an amount of money, written as a number or as a text of one; None: it is none."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def moment(value: Any) -> datetime | None:  # noqa: ANN401  (any JSON)
    """Return a time that is given as seconds since 1970, as a date, or in RFC 3339."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str) and value:
            at = datetime.fromisoformat(value)
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
