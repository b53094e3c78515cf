"""What members of a room do in it: send, set its state, take back."""

from dataclasses import dataclass
from typing import Final

from tests.simulators.matrix.accounts import Session
from tests.simulators.matrix.events import POWER, REDACTION, Content, Event
from tests.simulators.matrix.homeserver import Actor
from tests.simulators.matrix.power import check_levels, check_redact, check_send
from tests.simulators.matrix.validity import check_canonical, check_content, check_relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How an event comes: over whose session, with which transaction id, how late.

    `is_checked` is False for a content that another server lets through.
    """

    session: Session | None = None
    txn: str = ""
    age_s: float = 0.0
    is_checked: bool = True


PLAIN: Final = Way()


def send(actor: Actor, kind: str, content: Content, way: Way = PLAIN) -> Event:
    """Send an event; one that came before by the same way is not sent again."""
    if (before := sent(actor, way)) is not None:
        return before
    if way.is_checked:
        check_content(kind, content)
        check_relation(actor.room, actor.user, kind, content)
    check_send(actor.room, actor.user, kind, None)
    return _append(actor, kind, content, way)


def redact(actor: Actor, target: str, reason: str = "", way: Way = PLAIN) -> Event:
    """Take an event back."""
    if (before := sent(actor, way)) is not None:
        return before
    event = actor.room.by_id.get(target)
    check_send(actor.room, actor.user, REDACTION, None)
    check_redact(actor.room, actor.user, target)
    content = {"redacts": target, **({"reason": reason} if reason else {})}
    made = _append(actor, REDACTION, content, way)
    if event is not None:
        event.redact(made)
    return made


def set_state(actor: Actor, kind: str, key: str, content: Content) -> Event:
    """Set a state; setting what is set already is no event."""
    server, room, sender = actor
    check_canonical(content)
    check_send(room, sender, kind, key)
    if kind == POWER:
        check_levels(room, sender, content)
    before = room.state.get((kind, key))
    if before is not None and (before.sender, before.content) == (sender, content):
        return before
    return server.append(room, sender, kind, content, state_key=key)


def sent(actor: Actor, way: Way) -> Event | None:
    """Return the event that came before by the same way."""
    known = actor.server.done.get(_key(actor, way)) if way.txn else None
    return actor.room.by_id[known] if known else None


def _append(actor: Actor, kind: str, content: Content, way: Way) -> Event:
    server, room, sender = actor
    made = server.append(
        room, sender, kind, content, age_s=way.age_s, session=way.session, txn=way.txn
    )
    if way.txn:
        server.done[_key(actor, way)] = made.id
    return made


def _key(actor: Actor, way: Way) -> tuple[str, ...]:
    device = way.session.name if way.session else ""
    return ("event", actor.room.id, actor.user, device, way.txn)
