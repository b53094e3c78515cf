"""The rooms the bot is in, as their state events tell, which can be anything. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.matrix.wire import Json
from bot.domain.chat import Place, PlaceKind

NAME: Final = "matrix"
_THERE: Final = frozenset({"join", "invite"})
_MOST_NAME: Final = 60


@dataclass(slots=True)
class Room:
    """One room. `members`: join or invite by account; `successor`: where it goes on.

    `closer`: who said so, and so is there. `predecessor`: the room it goes on from, as it says
    itself.
    """

    id: str
    is_encrypted: bool = False
    members: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    join_rule: str = "invite"
    visibility: str = "shared"
    successor: str = ""
    closer: str = ""
    predecessor: str = ""
    _known: set[str] = field(default_factory=set)

    def apply(self, event: Json) -> None:
        """Take over a state event; one that is malformed changes nothing."""
        match event:
            case {"type": "m.room.member", "state_key": str(user), "content": dict(content)}:
                self._member(user, content)
            case {"type": "m.room.encryption", "state_key": ""}:
                self.is_encrypted = True  # for ever: nobody can switch it off again
            case {"type": "m.room.join_rules", "content": {"join_rule": str(rule)}}:
                self.join_rule = rule
            case {
                "type": "m.room.history_visibility",
                "content": {"history_visibility": str(visibility)},
            }:
                self.visibility = visibility
            case {
                "type": "m.room.tombstone",
                "sender": str(sender),
                "content": {"replacement_room": str(successor)},
            }:
                self.successor, self.closer = successor, sender
            case {"type": "m.room.create", "content": {"predecessor": {"room_id": str(before)}}}:
                self.predecessor = before
            case _:
                pass

    def _member(self, user: str, content: Json) -> None:
        membership, name = content.get("membership"), content.get("displayname")
        self._known.add(user)
        if isinstance(membership, str) and membership in _THERE:
            self.members[user] = membership
            self.names[user] = name if isinstance(name, str) else ""
        else:
            self.members.pop(user, None)
            self.names.pop(user, None)

    @property
    def kind(self) -> PlaceKind:
        """Private where only one person besides the bot can read what is said."""
        is_closed = self.join_rule not in {"public", "knock", "restricted", "knock_restricted"}
        return PlaceKind.PRIVATE if is_closed and len(self.members) <= 2 else PlaceKind.GROUP

    def readers(self) -> Sequence[str]:
        """Return the accounts that get the room's keys; spec: "Sending encrypted events"."""
        if self.visibility == "joined":
            return [user for user, there in self.members.items() if there == "join"]
        return list(self.members)

    def is_alone(self, me: str) -> bool:
        """Whether nobody is there, nor expected, any more; a room that is just made is not."""
        return bool(self._known - {me}) and not self.members.keys() - {me}

    def name_of(self, user: str) -> str:
        """Return what somebody is called there; else the part of their id before the server."""
        shown = " ".join(self.names.get(user, "").split())
        return (shown or user.partition(":")[0].removeprefix("@"))[:_MOST_NAME]

    def place(self, thread: str = "") -> Place:
        """Return the room, or a thread in it, as the application knows it."""
        return Place(NAME, self.id, thread, self.kind)


class Rooms:
    """All joined rooms, by id."""

    def __init__(self) -> None:
        """Begin in none."""
        self._rooms: dict[str, Room] = {}

    def __iter__(self) -> Iterator[Room]:
        return iter(self._rooms.values())

    def find(self, room: str) -> Room | None:
        """Return a room the bot is in."""
        return self._rooms.get(room)

    def joined(self, room: str) -> Room:
        """Return a room the bot is in, as it is from now on."""
        return self._rooms.setdefault(room, Room(room))

    def left(self, room: str) -> None:
        """Forget a room."""
        self._rooms.pop(room, None)

    def direct_with(self, user: str) -> Room | None:
        """Return the encrypted private chat with an account, if there is one; the newest first."""
        return next(
            (
                room
                for room in reversed(self._rooms.values())
                if room.is_encrypted and user in room.members and room.kind is PlaceKind.PRIVATE
            ),
            None,
        )

    @property
    def readers(self) -> set[str]:
        """Everybody in an encrypted room."""
        return {user for room in self if room.is_encrypted for user in room.readers()}


def events_of(part: Any) -> Sequence[Json]:  # noqa: ANN401 - anything a server says
    """Return the events of a part of a sync's answer; those that are none are left out."""
    found = part.get("events") if isinstance(part, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
