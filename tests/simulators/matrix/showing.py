"""An event as a client gets it."""

from typing import Any, NamedTuple

from tests.simulators.matrix.accounts import Session
from tests.simulators.matrix.events import THREAD, Event
from tests.simulators.matrix.rooms import Room

_INVITED = (
    *("m.room.create", "m.room.join_rules", "m.room.canonical_alias", "m.room.avatar"),
    *("m.room.encryption", "m.room.name", "m.room.topic"),
)


class Viewer(NamedTuple):
    """Who looks, and when (in ms)."""

    session: Session
    now: int


def as_json(room: Room, event: Event, viewer: Viewer, *, is_alone: bool = False) -> dict[str, Any]:
    """Return an event of a room's history as a viewer gets it.

    `is_alone`: it has to name its room.
    """
    found = state_json(room, event, viewer, is_alone=is_alone)
    unsigned = found["unsigned"]
    unsigned["membership"] = room.membership(viewer.session.account.id, event.pos) or "leave"
    if event.redacted_by is not None:
        why = state_json(room, event.redacted_by, viewer, is_alone=is_alone)
        unsigned["redacted_because"] = why
    elif bundled := _bundled(room, event, viewer):
        unsigned["m.relations"] = bundled
    return found


def state_json(
    room: Room, event: Event, viewer: Viewer, *, is_alone: bool = False
) -> dict[str, Any]:
    """Return an event of a room's state as a viewer gets it."""
    found = _bare(event, viewer)
    if is_alone:
        found["room_id"] = room.id
    return found


def invitation(room: Room, user: str) -> dict[str, Any]:
    """Return what somebody who is asked in sees of a room."""
    invited = room.member(user)
    states = [room.state.get((kind, "")) for kind in _INVITED]
    if invited is not None:
        states += [room.member(invited.sender), invited]
    return {"invite_state": {"events": [_stripped(each) for each in states if each is not None]}}


def _bare(event: Event, viewer: Viewer) -> dict[str, Any]:
    unsigned: dict[str, Any] = {"age": viewer.now - event.at}
    found: dict[str, Any] = {
        "type": event.type,
        "sender": event.sender,
        "content": event.content,
        "event_id": event.id,
        "origin_server_ts": event.at,
        "unsigned": unsigned,
    }
    if event.state_key is not None:
        found["state_key"] = event.state_key
    if event.room == f"!{event.id[1:]}":
        found["room_id"] = event.room
    if "redacts" in event.content and event.type == "m.room.redaction":
        found["redacts"] = event.content["redacts"]
    if (before := event.replaces) is not None:
        unsigned["replaces_state"] = before.id
        unsigned["prev_content"] = before.content
        unsigned["prev_sender"] = before.sender
    if event.txn and (event.sender, event.device) == (
        viewer.session.account.id,
        viewer.session.name,
    ):
        unsigned["transaction_id"] = event.txn
    return found


def _bundled(room: Room, event: Event, viewer: Viewer) -> dict[str, Any]:
    related = room.related.get(event.id)
    if not related:
        return {}
    found: dict[str, Any] = {}
    if (edit := room.newest_edit(event)) is not None:
        found["m.replace"] = {**_bare(edit, viewer), "room_id": room.id}
    thread = [each for each in related if each.relation and each.relation.kind == THREAD]
    if thread:
        user = viewer.session.account.id
        found[THREAD] = {
            "count": len(thread),
            "latest_event": {**_bare(thread[-1], viewer), "room_id": room.id},
            "current_user_participated": user in {event.sender, *(t.sender for t in thread)},
        }
    return found


def _stripped(event: Event) -> dict[str, Any]:
    return {
        "type": event.type,
        "sender": event.sender,
        "content": event.content,
        "state_key": event.state_key,
    }
