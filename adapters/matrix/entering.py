"""How the bot came to be among several people: it was invited, or somebody else was. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.matrix.rooms import Room
from adapters.matrix.wire import Json
from bot.domain.chat import PlaceKind


@dataclass(frozen=True, slots=True)
class Entered:
    """A room with several people in which the bot is since this round. `by`: who made it so."""

    room: Room
    by: str


class Entering:
    """Watches a room's events, in order, each after the room has taken it over."""

    def __init__(self, room: Room, me: str) -> None:
        """Begin with the room as it is before them."""
        self._room = room
        self._me = me
        self._was = room.kind
        self._inviter = ""
        self._by = ""

    def saw(self, event: Json, *, is_old: bool = False) -> None:
        """Take note of an event; of one that was long before the bot's start there is none."""
        sender = event.get("sender")
        sender = sender if isinstance(sender, str) else ""
        is_wider = self._was is PlaceKind.PRIVATE and self._room.kind is PlaceKind.GROUP
        self._was = self._room.kind
        if is_old:
            return
        if not is_of(event, self._me):
            if is_wider and self._room.members.get(self._me) == "join":
                self._by = sender
        elif is_invite(event):
            self._inviter = sender
        elif is_entry(event):
            self._by = self._inviter or inviter_before(event)

    @property
    def entered(self) -> Entered | None:
        """Return what is to be told; None: nothing, or nobody knows who did it."""
        if self._room.kind is not PlaceKind.GROUP or self._by in {"", self._me}:
            return None
        return Entered(self._room, self._by)


def begins_with(events: Sequence[Json], me: str) -> Json | None:
    """Return the first event by which the bot was invited, or came in."""
    return next(
        (each for each in events if is_of(each, me) and (is_invite(each) or is_entry(each))), None
    )


def is_of(event: Json, user: str) -> bool:
    """Whether an event says what somebody is in a room."""
    return event.get("type") == "m.room.member" and event.get("state_key") == user


def is_entry(event: Json) -> bool:
    """Whether somebody came in by it; who was there only goes by another name since."""
    return membership_of(event) == "join" and _before(event).get("membership") != "join"


def inviter_before(event: Json) -> str:
    """Return who invited whoever came in, where the server says so; empty: it does not."""
    if _before(event).get("membership") != "invite":
        return ""
    found = event["unsigned"].get("prev_sender")
    return found if isinstance(found, str) else ""


def membership_of(event: Json) -> str:
    """Return what a membership event makes of its member."""
    content = event.get("content")
    found = content.get("membership") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""


def is_invite(event: Json) -> bool:
    """Whether somebody was asked in by it."""
    return membership_of(event) == "invite"


def _before(event: Json) -> Json:
    unsigned = event.get("unsigned")
    found = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    return found if isinstance(found, dict) else {}
