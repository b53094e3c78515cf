"""Who is an admin of a room, as its levels of power tell. Pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.matrix.wire import Json

ADMIN: Final = 50  # who may set a room's name and the like, where nothing else was set
_VERSION: Final = re.compile(r"[1-9]\d{0,2}")
_ABOVE_ALL: Final = 12  # the first version of rooms whose creators stand above all levels
_LEVEL: Final = re.compile(r"[+-]?\d{1,16}", re.ASCII)


@dataclass(slots=True)
class Powers:
    """A room's levels. `users` None: none were set, and then its creator may do everything.

    `are_above`: its creators stand above all levels.
    """

    users: Mapping[str, int] | None = None
    default: int = 0
    creators: frozenset[str] = frozenset()
    are_above: bool = False

    def made(self, sender: str, content: Json) -> None:
        """Take over by whom, and as what version, the room was made."""
        version, others = content.get("room_version"), content.get("additional_creators")
        is_numbered = isinstance(version, str) and _VERSION.fullmatch(version)
        self.are_above = bool(is_numbered) and int(str(version)) >= _ABOVE_ALL
        more = others if self.are_above and isinstance(others, list) else []
        self.creators = frozenset({sender, *(each for each in more if isinstance(each, str))})

    def set(self, content: Json) -> None:
        """Take over levels; where any of them is malformed, none is."""
        users, default = content.get("users", {}), _level(content.get("users_default", 0))
        if not isinstance(users, dict) or default is None:
            return
        levels = {str(user): _level(given) for user, given in users.items()}
        sound = {user: level for user, level in levels.items() if level is not None}
        if len(sound) == len(levels):
            self.users, self.default = sound, default

    def of(self, user: str) -> float:
        """Return somebody's level."""
        if user in self.creators and (self.are_above or self.users is None):
            return math.inf
        return 0 if self.users is None else self.users.get(user, self.default)


def _level(given: Any) -> int | None:  # noqa: ANN401 - anything
    """Return a level, which old versions of rooms let be written as a text."""
    if isinstance(given, str) and _LEVEL.fullmatch(given):
        return int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) else None
