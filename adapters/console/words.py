"""What the console says of itself, in English."""

from typing import Final

from adapters.console.seat import title_of
from bot.domain.chat import Place

_FIT: Final = "has up to 20 letters and digits"


def misfit_name(typed: str) -> str:
    """Return why nobody is called so."""
    return f"{_quoted(typed)} is no name: one {_FIT}. Example: /as bob"


def misfit_room(typed: str) -> str:
    """Return why no room is called so."""
    return f"{_quoted(typed)} is no name of a room: one {_FIT}. Example: /in club"


def who_as(name: str) -> str:
    """Return how somebody else is chosen."""
    return f"You are {name}. Add a name to be somebody else. Example: /as bob"


def greeting(room: str) -> str:
    """Return how one talks in a room."""
    return (
        f"You are in the room {room}. Begin a line with @bot to ask me something; other lines are"
        " said to the people here. /as NAME makes you somebody else, /in leads back to your"
        " private chat."
    )


def elsewhere(place: Place) -> str:
    """Return the line above a message to another place than the one on the screen."""
    title = title_of(place)
    return f"To {title} in private:" if place.is_private else f"In {title}:"


def _quoted(typed: str) -> str:
    return f'"{typed[:30]}"'
