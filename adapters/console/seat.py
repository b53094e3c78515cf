"""Who sits at the keyboard, and where they talk. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from bot.domain.chat import Identity, Place, PlaceKind

NAME: Final = "console"
HOST: Final = "me"
_ROOM: Final = "room:"  # no name of a person has a colon, so no room is somebody's private chat
_FIT: Final = re.compile(r"[^\W_]{1,20}")


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody, by name, in private or in a room. Whoever can start the bot is `me`."""

    name: str = HOST
    room: str = ""

    @property
    def identity(self) -> Identity:
        """The account that is spoken from."""
        return Identity(NAME, self.name)

    @property
    def place(self) -> Place:
        """Where what is typed goes."""
        return room_of(self.room) if self.room else private_of(self.name)

    @property
    def label(self) -> str:
        """Who is where, to stand before the cursor; empty for `me` in private."""
        if self.room:
            return f"{self.name} in {self.room}"
        return "" if self.name == HOST else self.name


def private_of(name: str) -> Place:
    """Return somebody's private chat with the bot."""
    return Place(NAME, name)


def room_of(title: str) -> Place:
    """Return the group that is called so."""
    return Place(NAME, f"{_ROOM}{title}", kind=PlaceKind.GROUP)


def title_of(place: Place) -> str:
    """Return what a room, or the person whose private chat it is, is called."""
    return place.chat.removeprefix(_ROOM)


def read_name(typed: str) -> str | None:
    """Return the name of a person or a room; None if it has other signs, or too many.

    Case does not count, as nobody who tries a group means two people by `Bob` and `bob`.
    """
    return typed.lower() if _FIT.fullmatch(typed.lower()) else None
