"""Which homeservers are new enough. Pure."""

from collections.abc import Iterable
from typing import Final

_LEAST: Final = (1, 4)  # read receipts in threads


def is_new_enough(versions: Iterable[object]) -> bool:
    """Say so by the versions of the specification that a server supports."""
    return any(_number(each) >= _LEAST for each in versions)


def _number(version: object) -> tuple[int, ...]:
    """Return `v1.11` as (1, 11); anything else is older than all of them."""
    parts = version.removeprefix("v").split(".") if isinstance(version, str) else [""]
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()
