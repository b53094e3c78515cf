"""A room as a phone shows it: edits applied, what was taken back gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulators.matrix.events import ANNOTATION, MESSAGE, REPLACE, THREAD, Content, Event
from tests.simulators.matrix.rooms import Room

_SHOWN: Final = frozenset({MESSAGE, "m.room.encrypted", "m.sticker"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message as it stands. `thread` and `reply_to` are events; `edits` is how often it changed.

    `mentions` is `m.mentions` as it was sent (None: it was left out), `reactions` who put up what.
    `content` is what stands there, `relates_to` what the message was sent with.
    """

    event: str
    sender: str
    type: str
    content: Content
    is_ours: bool = False
    thread: str = ""
    reply_to: str = ""
    relates_to: Any = None
    edits: int = 0
    reactions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pos: int = 0

    @property
    def msgtype(self) -> str:
        """What kind of message it is: `m.text` makes a phone ring, `m.notice` does not."""
        return str(self.content.get("msgtype", ""))

    @property
    def body(self) -> str:
        """Its plain text."""
        return str(self.content.get("body", ""))

    @property
    def formatted_body(self) -> str:
        """Its HTML, if it has any."""
        return str(self.content.get("formatted_body", ""))

    @property
    def mentions(self) -> Any:  # noqa: ANN401 - any JSON
        """Whom it calls."""
        return self.content.get("m.mentions")


def screen(room: Room, bot: str) -> list[Shown]:
    """Return the messages of a room, oldest first."""
    return [_shown(room, each, bot) for each in room.events if _stands(each)]


def _stands(event: Event) -> bool:
    if event.type not in _SHOWN or event.state_key is not None or event.redacted_by is not None:
        return False
    made = event.relation
    return made is None or made.kind != REPLACE


def _shown(room: Room, event: Event, bot: str) -> Shown:
    made, given = event.relation, event.content.get("m.relates_to")
    return Shown(
        event=event.id,
        sender=event.sender,
        type=event.type,
        content=_newest(room, event),
        is_ours=event.sender == bot,
        thread=made.event if made is not None and made.kind == THREAD else "",
        reply_to=_replied(given),
        relates_to=given,
        edits=len(_edits(room, event)),
        reactions=_reactions(room, event),
        pos=event.pos,
    )


def _newest(room: Room, event: Event) -> Content:
    edit = room.newest_edit(event)
    found = edit.content.get("m.new_content") if edit else None
    return found if isinstance(found, dict) else event.content


def _edits(room: Room, event: Event) -> list[Event]:
    related = [each for each in room.related.get(event.id, ()) if each.sender == event.sender]
    return [each for each in related if each.relation and each.relation.kind == REPLACE]


def _replied(given: object) -> str:
    """Return what a message answers, if it does so for more than old clients' sake."""
    if not isinstance(given, dict) or given.get("is_falling_back"):
        return ""
    reply = given.get("m.in_reply_to")
    return str(reply.get("event_id", "")) if isinstance(reply, dict) else ""


def _reactions(room: Room, event: Event) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in room.related.get(event.id, ()):
        if each.relation and each.relation.kind == ANNOTATION:
            key = str(each.content["m.relates_to"].get("key"))
            found.setdefault(key, []).append(each.sender)
    return found
