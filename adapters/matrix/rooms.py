"""The rooms the bot is in, as their state events tell, which can be anything. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.matrix.powers import ADMIN, Powers
from adapters.matrix.wire import Json
from bot.domain.chat import Place, PlaceKind

NAME: Final = "matrix"
_THERE: Final = frozenset({"join", "invite"})
_MOST_NAME: Final = 60
_MOST_TITLE: Final = 100
_NAMED: Final = 3


@dataclass(slots=True)
class Room:
    """One room. `members`: join or invite by account; `successor`: where it goes on.

    `closer`: who said so, and so is there. `predecessor`: the room it goes on from, as it says
    itself. `name` and `alias` are what it is called; empty: not at all.
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
    name: str = ""
    alias: str = ""
    powers: Powers = field(default_factory=Powers)
    _known: set[str] = field(default_factory=set)

    def apply(self, event: Json) -> None:
        """Take over a state event; one that is malformed changes nothing, nor does a message.

        Whoever may write may send a message of any type: only its empty key makes it a state.
        """
        match event:
            case {"type": "m.room.member", "state_key": str(user), "content": dict(content)}:
                self._member(user, content)
            case {"type": "m.room.encryption", "state_key": ""}:
                self.is_encrypted = True  # for ever: nobody can switch it off again
            case {"state_key": "", "type": str(kind), "content": dict(content)}:
                sender = event.get("sender")
                self._state(kind, sender if isinstance(sender, str) else "", content)
            case _:
                pass

    def _state(self, kind: str, sender: str, content: Json) -> None:
        match kind, content:
            case "m.room.join_rules", {"join_rule": str(rule)}:
                self.join_rule = rule
            case "m.room.history_visibility", {"history_visibility": str(visibility)}:
                self.visibility = visibility
            case "m.room.tombstone", {"replacement_room": str(successor)} if sender:
                self.successor, self.closer = successor, sender
            case "m.room.create", _ if sender:
                self._made(sender, content)
            case "m.room.power_levels", _:
                self.powers.set(content)
            case "m.room.name", _:
                self.name = _words(content.get("name"))
            case "m.room.canonical_alias", _:
                self.alias = _words(content.get("alias"))
            case _:
                pass

    def _made(self, by: str, content: Json) -> None:
        self.powers.made(by, content)
        match content:
            case {"predecessor": {"room_id": str(before)}}:
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

    def people(self, me: str) -> Sequence[str]:
        """Return who is there besides the bot; whoever is only invited is not."""
        return [user for user, is_in in self.members.items() if is_in == "join" and user != me]

    def is_admin(self, user: str) -> bool:
        """Return whether somebody who is there may change what the room is."""
        return self.members.get(user) == "join" and self.powers.of(user) >= ADMIN

    def title(self, me: str) -> str:
        """Return what the room is called, else who is there."""
        some = ", ".join(self.name_of(user) for user in self.people(me)[:_NAMED])
        return (self.name or self.alias or some)[:_MOST_TITLE]

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


def _words(found: object) -> str:
    return " ".join(found.split()) if isinstance(found, str) else ""


def events_of(part: Any) -> Sequence[Json]:  # noqa: ANN401 - anything a server says
    """Return the events of a part of a sync's answer; those that are none are left out."""
    found = part.get("events") if isinstance(part, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
