"""The calls that do something in a room, and those by which one comes and goes."""

import re
from typing import Final

from tests.simulators.matrix import membership
from tests.simulators.matrix.accounts import Json
from tests.simulators.matrix.calls import Call, Route
from tests.simulators.matrix.creating import Wish, create, upgrade
from tests.simulators.matrix.events import MEMBER
from tests.simulators.matrix.homeserver import Actor
from tests.simulators.matrix.passing import FULLY, KINDS, read, type_
from tests.simulators.matrix.refusals import (
    Refused,
    bad_request,
    forbidden,
    not_found,
    unrecognized,
)
from tests.simulators.matrix.rooms import Room
from tests.simulators.matrix.sending import Way, redact, send, sent, set_state

_ROOM_ID: Final = re.compile(r"![^:]+:.+|![A-Za-z0-9_-]{43}")


def send_event(call: Call) -> Json:
    """Send an event, once per transaction id and device."""
    actor, way = call.actor, _way(call)
    return {"event_id": send(actor, call.parts["type"], call.body, way).id}


def redact_event(call: Call) -> Json:
    """Take an event back."""
    actor, way = call.actor, _way(call)
    reason = str(call.body.get("reason", ""))
    return {"event_id": redact(actor, call.parts["event"], reason, way).id}


def state_put(call: Call) -> Json:
    """Set a state, that of a member too."""
    kind, key = call.parts["type"], call.parts.get("key", "")
    call.limit("message")
    if kind == MEMBER:
        return {"event_id": _become(call, key)}
    return {"event_id": set_state(call.actor, kind, key, call.body).id}


def typing(call: Call) -> Json:
    """Let the caller type, or stop."""
    if call.parts["user"] != call.user:
        raise Refused(400, "M_FORBIDDEN", "Cannot set another user's typing state")
    for_s = min(int(call.body.get("timeout", 30_000)), 120_000) / 1_000
    type_(call.actor, for_s if call.given("typing") else 0.0)
    return {}


def receipt(call: Call) -> Json:
    """Let the caller have read up to an event."""
    thread = call.body.get("thread_id", "")
    if "thread_id" in call.body and not (thread and isinstance(thread, str)):
        raise bad_request("thread_id field must be a non-empty string", "M_INVALID_PARAM")
    kind, event = call.parts["kind"], call.parts["event"]
    read(call.actor, kind, event, thread)
    return {}


def read_markers(call: Call) -> Json:
    """Set several marks at once."""
    actor = call.actor
    for kind in (*KINDS[1:], FULLY):
        if kind in call.body:
            read(actor, kind, str(call.body[kind]))
    return {}


def join(call: Call) -> Json:
    """Come into a room."""
    room = _named(call)
    if room.membership(call.user) != "join":
        call.limit("join")
        call.limit("message")
    membership.join(Actor(call.server, room, call.user))
    return {"room_id": room.id}


def leave(call: Call) -> Json:
    """Leave a room, or say no to an invitation."""
    reason = str(call.body.get("reason", ""))
    call.limit("message")
    membership.leave(_known(call), reason)
    return {}


def forget(call: Call) -> Json:
    """Forget a room that was left."""
    membership.forget(call.server, call.parts["room"], call.user)
    return {}


def invite(call: Call) -> Json:
    """Ask somebody in."""
    call.limit("invite")
    call.limit("message")
    user, reason = call.given("user_id"), str(call.body.get("reason", ""))
    membership.invite(call.actor, user, reason=reason)
    return {}


def kick(call: Call) -> Json:
    """Put somebody out."""
    return _remove(call, "leave")


def ban(call: Call) -> Json:
    """Put somebody out for good."""
    return _remove(call, "ban")


def create_room(call: Call) -> Json:
    """Make a room."""
    call.limit("create")
    call.limit("message")
    room = create(call.server, call.user, Wish.read(call.body))
    call.server.note("created", call.user, room=room.id)
    return {"room_id": room.id}


def upgrade_room(call: Call) -> Json:
    """Make a room that takes another's place."""
    version = str(call.given("new_version"))
    return {"replacement_room": upgrade(call.actor, version).id}


def _way(call: Call) -> Way:
    """Return how a call's event comes; one that is new counts."""
    way = Way(session=call.session, txn=call.parts["txn"])
    if sent(call.actor, way) is None:
        call.limit("message")
    return way


def _known(call: Call) -> Actor:
    room = call.server.rooms.get(call.parts["room"])
    if room is None:
        raise forbidden(f"{call.user} not in room {call.parts['room']}.")
    return Actor(call.server, room, call.user)


def _named(call: Call) -> Room:
    """Return the room that is to be joined; raises what is said of one that nobody knows."""
    name = call.parts["room"]
    if name.startswith("#"):
        raise not_found(f"Room alias {name} not found")
    if not _ROOM_ID.fullmatch(name):
        raise bad_request(f"{name} was not legal room ID or room alias")
    if name not in call.server.rooms:
        error = (
            "Can't join remote room because no servers that are in the room have been provided."
        )
        raise Refused(404, "M_UNKNOWN", error)
    return call.server.rooms[name]


def _become(call: Call, user: str) -> str:
    """Make somebody what a state says, as the calls of that name do."""
    actor, to = _known(call), call.body.get("membership")
    if to == "invite":
        membership.invite(actor, user)
    elif to == "join" and user == call.user:
        membership.join(actor)
    elif to == "leave" and user == call.user:
        membership.leave(actor)
    elif to in {"leave", "ban"}:
        membership.remove(actor, user, str(to))
    else:
        raise unrecognized()
    event = actor.room.member(user)
    return event.id if event else ""


def _remove(call: Call, to: str) -> Json:
    user, reason = call.given("user_id"), str(call.body.get("reason", ""))
    membership.remove(call.actor, user, to, reason)
    return {}


_ROOM: Final = "v3/rooms/{room}"
ROUTES: Final = (
    Route("send", "PUT", f"{_ROOM}/send/{{type}}/{{txn}}", send_event),
    Route("redact", "PUT", f"{_ROOM}/redact/{{event}}/{{txn}}", redact_event),
    Route("state_put", "PUT", f"{_ROOM}/state/{{type}}/{{key}}", state_put),
    Route("state_put", "PUT", f"{_ROOM}/state/{{type}}/", state_put),
    Route("state_put", "PUT", f"{_ROOM}/state/{{type}}", state_put),
    Route("typing", "PUT", f"{_ROOM}/typing/{{user}}", typing),
    Route("receipt", "POST", f"{_ROOM}/receipt/{{kind}}/{{event}}", receipt),
    Route("read_markers", "POST", f"{_ROOM}/read_markers", read_markers),
    Route("join", "POST", "v3/join/{room}", join, is_bare=True),
    Route("join", "POST", f"{_ROOM}/join", join, is_bare=True),
    Route("leave", "POST", f"{_ROOM}/leave", leave, is_bare=True),
    Route("forget", "POST", f"{_ROOM}/forget", forget, is_bare=True),
    Route("invite", "POST", f"{_ROOM}/invite", invite),
    Route("kick", "POST", f"{_ROOM}/kick", kick),
    Route("ban", "POST", f"{_ROOM}/ban", ban),
    Route("create_room", "POST", "v3/createRoom", create_room),
    Route("upgrade", "POST", f"{_ROOM}/upgrade", upgrade_room),
)
