"""The calls that only look: syncs, histories, states, members."""

import asyncio
from typing import Final

from tests.simulators.matrix.accounts import Json
from tests.simulators.matrix.calls import Call, Route
from tests.simulators.matrix.events import MEMBER, Event
from tests.simulators.matrix.filters import Filter
from tests.simulators.matrix.refusals import bad_request, forbidden, not_found
from tests.simulators.matrix.rooms import Room
from tests.simulators.matrix.showing import as_json, state_json
from tests.simulators.matrix.stream import Token
from tests.simulators.matrix.syncing import Question, has_news, tell

_LIMIT: Final = 10
_MOST: Final = 1_000


async def sync(call: Call) -> Json:
    """Return what has happened, waiting for the first of it as long as the caller will."""
    query = call.query
    since = Token.read(query["since"], "Invalid stream token") if query.get("since") else None
    asked = Question(
        session=call.session,
        since=since,
        filter=Filter.find(call.account, query.get("filter", "")),
        is_full=query.get("full_state") == "true",
    )
    if since is not None:
        call.server.heard(call.session, since)
    answer = tell(call.server, asked)
    wait_s = int(query.get("timeout", "0")) / 1_000
    if asked.is_hasty or wait_s <= 0:
        return answer
    try:
        async with asyncio.timeout(wait_s):
            while not has_news(answer) and call.token in call.server.sessions:
                await call.server.stream.moved()
                answer = tell(call.server, asked)
    except TimeoutError:
        return answer
    return answer


def messages(call: Call) -> Json:
    """Return a part of a room's history, forwards or backwards."""
    room, query = call.readable, call.query
    way = query.get("dir", "f")
    if way not in {"b", "f"}:
        raise bad_request("Query parameter 'dir' must be one of ['b', 'f']", "M_INVALID_PARAM")
    is_back = way == "b"
    start = _place(query.get("from"), "from")
    if start is None:
        start = room.moved if is_back else 0
    end = _place(query.get("to"), "to")
    found = _history(call, room, start, end, is_back=is_back)
    answer: Json = {
        "chunk": [as_json(room, each, call.viewer, is_alone=True) for each in found],
        "start": query.get("from", str(Token(start, start))),
    }
    if found:
        last = found[-1].pos - 1 if is_back else found[-1].pos
        answer["end"] = f"t{last}"
    return answer


def event_get(call: Call) -> Json:
    """Return an event."""
    room = call.server.rooms.get(call.parts["room"])
    event = room.by_id.get(call.parts["event"]) if room else None
    if room is None or event is None or not _may_see(room, call.user, event):
        raise not_found("Event not found.")
    return as_json(room, event, call.viewer, is_alone=True)


def state_get(call: Call) -> Json:
    """Return a state's content, or its event."""
    room = call.readable
    event = room.state.get((call.parts["type"], call.parts.get("key", "")))
    if event is None:
        raise not_found("Event not found.")
    if call.query.get("format") == "event":
        return state_json(room, event, call.viewer, is_alone=True)
    return event.content


def state_all(call: Call) -> list[Json]:
    """Return all of a room's state."""
    room = call.readable
    return [state_json(room, each, call.viewer, is_alone=True) for each in room.state.values()]


def members(call: Call) -> Json:
    """Return the events that made everybody what they are."""
    room = call.readable
    wanted, unwanted = call.query.get("membership"), call.query.get("not_membership")
    return {
        "chunk": [
            state_json(room, each, call.viewer, is_alone=True)
            for (kind, _), each in room.state.items()
            if kind == MEMBER and wanted in {None, each.membership} and unwanted != each.membership
        ]
    }


def joined_members(call: Call) -> Json:
    """Return who is in a room."""
    room = call.readable
    if room.membership(call.user) != "join":
        raise forbidden(
            "Getting joined members while not being a current member of the room is forbidden."
        )
    names = {each: room.content(MEMBER, each).get("displayname") for each in room.members()}
    return {
        "joined": {
            each: {"display_name": name, "avatar_url": None} for each, name in names.items()
        }
    }


def joined_rooms(call: Call) -> Json:
    """Return where the caller is."""
    rooms = (call.server.rooms[each] for each in call.account.rooms)
    return {"joined_rooms": [each.id for each in rooms if each.membership(call.user) == "join"]}


def _history(call: Call, room: Room, start: int, end: int | None, *, is_back: bool) -> list[Event]:
    limit = min(int(call.query.get("limit", _LIMIT)), _MOST)
    passes = Filter.read({"room": {"timeline": _given_filter(call)}}).timeline
    seen = room.last_seen(call.user)
    if is_back:
        span = list(reversed(room.between(end or 0, min(start, seen))))
    else:
        span = list(room.between(start, seen if end is None else min(end, seen)))
    return [each for each in span if each.type in passes and room.sees(call.user, each)][:limit]


def _given_filter(call: Call) -> Json:
    text = call.query.get("filter", "")
    found = Filter.decode(text) if text else {}
    return {name: each for name, each in found.items() if name in {"types", "not_types"}}


def _may_see(room: Room, user: str, event: Event) -> bool:
    return room.membership(user) not in {"", "invite"} and room.sees(user, event)


def _place(text: str | None, name: str) -> int | None:
    return Token.read(text, f"'{name}' parameter is invalid").pos if text else None


_ROOM: Final = "v3/rooms/{room}"
ROUTES: Final = (
    Route("sync", "GET", "v3/sync", sync),
    Route("messages", "GET", f"{_ROOM}/messages", messages),
    Route("event", "GET", f"{_ROOM}/event/{{event}}", event_get),
    Route("state_get", "GET", f"{_ROOM}/state/{{type}}/{{key}}", state_get),
    Route("state_get", "GET", f"{_ROOM}/state/{{type}}/", state_get),
    Route("state_get", "GET", f"{_ROOM}/state/{{type}}", state_get),
    Route("state_all", "GET", f"{_ROOM}/state", state_all),
    Route("members", "GET", f"{_ROOM}/members", members),
    Route("joined_members", "GET", f"{_ROOM}/joined_members", joined_members),
    Route("joined_rooms", "GET", "v3/joined_rooms", joined_rooms),
)
