"""Events, what they relate to, and what is left of one that is redacted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

Content = dict[str, Any]
REPLACE: Final = "m.replace"
THREAD: Final = "m.thread"
ANNOTATION: Final = "m.annotation"
MEMBER: Final = "m.room.member"
MESSAGE: Final = "m.room.message"
POWER: Final = "m.room.power_levels"
REDACTION: Final = "m.room.redaction"
_KEPT: Final[Mapping[str, frozenset[str]]] = {
    MEMBER: frozenset({"membership"}),
    "m.room.join_rules": frozenset({"join_rule", "allow"}),
    "m.room.history_visibility": frozenset({"history_visibility"}),
    POWER: frozenset(
        {
            *("ban", "events", "events_default", "invite", "kick", "redact"),
            *("state_default", "users", "users_default"),
        }
    ),
    REDACTION: frozenset({"redacts"}),
}


class Relation(NamedTuple):
    """What an event says of another."""

    kind: str
    event: str


@dataclass(slots=True, kw_only=True, eq=False)
class Event:
    """An event. `at` is its sender's time in ms, `pos` its place among all that ever happened.

    `replaces` is the state before it; `device` and `txn` are how it came.
    """

    id: str
    room: str
    type: str
    sender: str
    content: Content
    at: int
    pos: int
    state_key: str | None = None
    replaces: "Event | None" = None
    device: str = ""
    txn: str = ""
    redacted_by: "Event | None" = None

    @property
    def relation(self) -> Relation | None:
        """What it relates to, where that is well formed."""
        return relation(self.content)

    @property
    def membership(self) -> str:
        """What a membership event makes of its member."""
        return str(self.content.get("membership", "leave"))

    def redact(self, by: "Event") -> None:
        """Leave what rooms need of it."""
        self.redacted_by = self.redacted_by or by
        if self.type == "m.room.create":
            return
        kept = _KEPT.get(self.type, frozenset())
        self.content = {name: self.content[name] for name in kept & self.content.keys()}


def relation(content: Content) -> Relation | None:
    """Return what a content relates to; `m.relates_to` may be any JSON."""
    found = content.get("m.relates_to")
    if not isinstance(found, dict):
        return None
    kind, event = found.get("rel_type"), found.get("event_id")
    if not isinstance(kind, str) or not isinstance(event, str):
        return None
    return Relation(kind, event)
