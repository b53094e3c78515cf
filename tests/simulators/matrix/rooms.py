"""A room: its events in order, its state, who is in it, and what passes without a trace."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

from tests.simulators.matrix.events import MEMBER, REDACTION, REPLACE, Event

_POS: Final = attrgetter("pos")
State = dict[tuple[str, str], Event]


@dataclass(slots=True, kw_only=True)
class Receipt:
    """How far somebody has read, in a thread or in all."""

    user: str
    kind: str
    event: str
    thread: str
    at: int
    pos: int


@dataclass(slots=True, kw_only=True)
class Room:
    """A room. `typing` says until when, `typing_pos` when that last changed."""

    id: str
    version: str
    events: list[Event] = field(default_factory=list)
    by_id: dict[str, Event] = field(default_factory=dict)
    state: State = field(default_factory=dict)
    related: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    typing: dict[str, float] = field(default_factory=dict)
    typing_pos: int = 0
    receipts: dict[tuple[str, str, str], Receipt] = field(default_factory=dict)
    moved: int = 0
    _members: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    _changes: list[Event] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Take an event in as the newest."""
        self.events.append(event)
        self.by_id[event.id] = event
        self.moved = event.pos
        if event.state_key is not None:
            key = (event.type, event.state_key)
            event.replaces = self.state.get(key)
            self.state[key] = event
            self._changes.append(event)
            if event.type == MEMBER:
                self._members[event.state_key].append(event)
        if relation := event.relation:
            self.related[relation.event].append(event)

    def content(self, kind: str, key: str = "") -> Mapping[str, Any]:
        """Return a state's content; empty where there is none."""
        found = self.state.get((kind, key))
        return found.content if found else {}

    def member(self, user: str) -> Event | None:
        """Return what made somebody what they are here."""
        return self.state.get((MEMBER, user))

    def membership(self, user: str, at: int | None = None) -> str:
        """Return what somebody is here, now or at a place in time; empty if never anything."""
        events = self._members.get(user, [])
        cut = len(events) if at is None else bisect_right(events, at, key=_POS)
        return events[cut - 1].membership if cut else ""

    def members(self, membership: str = "join") -> list[str]:
        """Return who is here, in the order in which they first came."""
        return [user for user in self._members if self.membership(user) == membership]

    def member_events(self, since: int) -> Iterator[Event]:
        """Give the changes of members after a place in time."""
        for event in reversed(self._changes):
            if event.pos <= since:
                return
            if event.type == MEMBER:
                yield event

    def between(self, after: int, upto: int) -> Sequence[Event]:
        """Return the events in a span of time."""
        first = bisect_right(self.events, after, key=_POS)
        return self.events[first : bisect_right(self.events, upto, key=_POS)]

    def state_before(self, pos: int, *, since: int = 0) -> list[Event]:
        """Return the state as it was before a place in time; what changed after `since` only."""
        found: State = {}
        for event in self._changes:
            if event.pos >= pos:
                break
            if event.pos > since and event.state_key is not None:
                found[event.type, event.state_key] = event
        return list(found.values())

    def sees(self, user: str, event: Event) -> bool:
        """Whether the room's history is open to somebody at an event.

        That an unknown event was taken back is shown to nobody.
        """
        if event.type == REDACTION and event.content.get("redacts") not in self.by_id:
            return False
        was = self.membership(user, event.pos)
        if was == "join" or event.state_key == user:
            return True
        shown = self._visibility(event.pos)
        return shown in {"shared", "world_readable"} or (shown, was) == ("invited", "invite")

    def last_seen(self, user: str) -> int:
        """Return up to where somebody may read: to their leaving, or to what comes yet."""
        events = self._members.get(user, [])
        if not events or events[-1].membership == "join":
            return self.moved
        return events[-1].pos

    def newest_edit(self, event: Event) -> Event | None:
        """Return the last change of an event that counts: its own sender's, not taken back."""
        for each in reversed(self.related.get(event.id, ())):
            made = each.relation
            is_theirs = each.sender == event.sender and each.type == event.type
            if made and made.kind == REPLACE and is_theirs and each.redacted_by is None:
                return each
        return None

    def _visibility(self, pos: int) -> str:
        event = self.state.get(("m.room.history_visibility", ""))
        while event is not None and event.pos > pos:
            event = event.replaces
        return str(event.content.get("history_visibility")) if event else "shared"
