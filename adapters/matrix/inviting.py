"""What an invitation says: by whom it is, and whether into a chat of two. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.matrix.entering import is_invite, is_of
from adapters.matrix.rooms import Room
from adapters.matrix.wire import Json
from bot.domain.chat import PlaceKind


@dataclass(frozen=True, slots=True)
class Invitation:
    """One to the bot. `is_direct`: it says so; `is_for_two`: it does, or nothing speaks against.

    Whoever is invited is not told who else is there: a room that has a name is taken for a group.
    """

    by: str
    is_direct: bool
    is_for_two: bool


def invitation_of(state: Sequence[Json], me: str) -> Invitation | None:
    """Read an invited room's state; only the bot's own membership says who invited it."""
    mine = next((each for each in state if is_of(each, me) and is_invite(each)), None)
    sender = mine.get("sender") if mine else None
    if mine is None or not isinstance(sender, str) or not sender:
        return None
    is_direct = mine["content"].get("is_direct") is True
    return Invitation(sender, is_direct, is_direct or _looks_direct(state, me))


def _looks_direct(state: Sequence[Json], me: str) -> bool:
    seen = Room("")
    for event in state:
        seen.apply(event)
    is_named = bool(seen.name or seen.alias)
    is_small = len(seen.members.keys() - {me}) <= 1
    return is_small and not is_named and seen.kind is PlaceKind.PRIVATE
