"""What passes in a room without a trace: who types, and how far each has read."""

from typing import Final

from tests.simulators.matrix.accounts import Json
from tests.simulators.matrix.events import THREAD
from tests.simulators.matrix.homeserver import Actor
from tests.simulators.matrix.refusals import bad_request
from tests.simulators.matrix.rooms import Receipt, Room

READ: Final = "m.read"
PRIVATE: Final = "m.read.private"
FULLY: Final = "m.fully_read"
KINDS: Final = (FULLY, READ, PRIVATE)
_MAIN: Final = "main"


def passing(room: Room, user: str, after: int, now: float) -> list[Json]:
    """Return what has passed since a place in time."""
    found: list[Json] = []
    if room.typing_pos > after:
        typing = [each for each, until in room.typing.items() if until > now]
        found.append({"type": "m.typing", "content": {"user_ids": typing}})
    read: Json = {}
    for each in room.receipts.values():
        if each.pos > after and (each.kind != PRIVATE or each.user == user):
            told = {"ts": each.at} | ({"thread_id": each.thread} if each.thread else {})
            read.setdefault(each.event, {}).setdefault(each.kind, {})[each.user] = told
    if read:
        found.append({"type": "m.receipt", "content": read})
    return found


def type_(actor: Actor, for_s: float) -> None:
    """Let somebody type for some time; 0 ends it."""
    server, room, user = actor
    if for_s:
        room.typing[user] = server.now() + for_s
    else:
        room.typing.pop(user, None)
    room.typing_pos = server.stream.step()
    server.note("typing", user, room=room.id, is_typing=bool(for_s), for_s=for_s)


def read(actor: Actor, kind: str, event: str, thread: str = "") -> None:
    """Let somebody have read up to an event."""
    server, room, user = actor
    if kind not in KINDS:
        raise bad_request("Receipt type must be m.fully_read, m.read, m.read.private")
    if thread and _thread(room, event, is_root_inside=thread != _MAIN) != thread:
        raise bad_request(f"event_id {event} is not related to thread {thread}", "M_INVALID_PARAM")
    if _is_older(room, room.receipts.get((user, kind, thread)), event):
        return
    pos = server.stream.step()
    if kind == FULLY:
        server.accounts[user].room_data[room.id, FULLY] = (pos, {"event_id": event})
    else:
        room.receipts[user, kind, thread] = Receipt(
            user=user,
            kind=kind,
            event=event,
            thread=thread,
            at=int(server.now() * 1_000),
            pos=pos,
        )
    server.note("read", user, room=room.id, kind=kind, target=event, thread=thread)


def _is_older(room: Room, before: Receipt | None, event: str) -> bool:
    """Whether somebody has read further already."""
    if before is None or before.event not in room.by_id or event not in room.by_id:
        return False
    return room.by_id[event].pos < room.by_id[before.event].pos


def _thread(room: Room, event_id: str, *, is_root_inside: bool) -> str:
    """Return the thread in which an event is, whatever leads there, or `main`."""
    event = room.by_id.get(event_id)
    for _ in range(4):
        made = event.relation if event else None
        if event is None or made is None:
            break
        if made.kind == THREAD:
            return made.event
        event = room.by_id.get(made.event)
    if event is not None and is_root_inside:
        made_here = (each.relation for each in room.related.get(event.id, ()))
        if any(made and made.kind == THREAD for made in made_here):
            return event.id
    return _MAIN
