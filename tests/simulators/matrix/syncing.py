"""What a sync tells: all that a device has not heard of since a place in time."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tests.simulators.matrix.accounts import PORTION, Account, Json, Session
from tests.simulators.matrix.events import Event
from tests.simulators.matrix.filters import Filter
from tests.simulators.matrix.homeserver import Homeserver
from tests.simulators.matrix.passing import passing
from tests.simulators.matrix.rooms import Room
from tests.simulators.matrix.showing import Viewer, as_json, invitation, state_json
from tests.simulators.matrix.stream import Token
from tests.simulators.matrix.tracking import changed_devices

_HEROES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a device asks. `since` None: everything."""

    session: Session
    since: Token | None
    filter: Filter
    is_full: bool = False

    @property
    def after(self) -> int:
        """From where on."""
        return self.since.pos if self.since else 0

    @property
    def is_hasty(self) -> bool:
        """Whether it is answered at once, be it with nothing."""
        return self.since is None or self.is_full


def has_news(answer: Json) -> bool:
    """Whether an answer is worth waking somebody for."""
    return any(answer.get(part) for part in ("rooms", "to_device", "account_data", "device_lists"))


def tell(server: Homeserver, asked: Question) -> Json:
    """Return what has happened."""
    account, device = asked.session.account, asked.session.device
    place, now = server.stream.pos, server.now()
    answer: Json = {}
    inbox = place
    if device is not None:
        portion = list(islice(device.inbox, PORTION))
        if portion:
            answer["to_device"] = {"events": [message for _, message in portion]}
        if len(device.inbox) > PORTION:
            inbox = portion[-1][0]
        answer["device_one_time_keys_count"] = device.counts
        answer["device_unused_fallback_key_types"] = sorted(device.unused)
    if data := _data(account, asked):
        answer["account_data"] = {"events": data}
    if lists := changed_devices(server, account, asked.since):
        answer["device_lists"] = lists
    if rooms := _rooms(server, asked, Viewer(asked.session, int(now * 1_000))):
        answer["rooms"] = rooms
    return {"next_batch": str(Token(place, inbox)), **answer}


def _data(account: Account, asked: Question) -> list[Json]:
    return [
        {"type": kind, "content": content}
        for kind, (pos, content) in account.data.items()
        if pos > asked.after and kind in asked.filter.data
    ]


def _rooms(server: Homeserver, asked: Question, viewer: Viewer) -> Mapping[str, Json]:
    user = asked.session.account.id
    found: dict[str, Json] = {}
    for room in [server.rooms[each] for each in asked.session.account.rooms]:
        event = room.member(user)
        is_new = event is not None and event.pos > asked.after
        match room.membership(user):
            case "join":
                if told := _joined(server, room, asked, viewer):
                    found.setdefault("join", {})[room.id] = told
            case "invite" if is_new or asked.is_full:
                found.setdefault("invite", {})[room.id] = invitation(room, user)
            case "leave" | "ban" if is_new and asked.since is not None:
                found.setdefault("leave", {})[room.id] = _left(room, asked, viewer)
    return found


def _joined(server: Homeserver, room: Room, asked: Question, viewer: Viewer) -> Json:
    account = asked.session.account
    is_new = room.membership(account.id, asked.after) != "join"
    is_whole = is_new or asked.is_full
    after = 0 if is_new else asked.after
    timeline = _timeline(room, asked, viewer, after, room.moved)
    first = timeline.pop("first")
    # To one who has just come in, the server always says that there may have been more.
    timeline["limited"] |= is_new and asked.since is not None
    if is_whole or timeline["limited"]:
        state = room.state_before(first, since=0 if is_whole else asked.after)
    else:
        state = []
    data = [
        {"type": kind, "content": content}
        for (where, kind), (pos, content) in account.room_data.items()
        if where == room.id and pos > after and kind in asked.filter.room_data
    ]
    ephemeral = [
        each
        for each in passing(room, account.id, after, server.now())
        if each["type"] in asked.filter.ephemeral
    ]
    if not (is_whole or timeline["events"] or data or ephemeral):
        return {}
    shown = [each for each in state if each.type in asked.filter.state]
    return {
        "timeline": timeline,
        "state": {"events": [state_json(room, each, viewer) for each in shown]},
        "account_data": {"events": data},
        "ephemeral": {"events": ephemeral},
        "unread_notifications": {"notification_count": 0, "highlight_count": 0},
        "summary": _summary(room, asked, is_whole=is_whole),
    }


def _left(room: Room, asked: Question, viewer: Viewer) -> Json:
    user = asked.session.account.id
    upto = room.last_seen(user)
    was_inside = room.membership(user, asked.after) == "join"
    timeline = _timeline(room, asked, viewer, asked.after if was_inside else upto - 1, upto)
    first = timeline.pop("first")
    state = room.state_before(first, since=asked.after) if timeline["limited"] else []
    return {
        "timeline": timeline,
        "state": {"events": [state_json(room, each, viewer) for each in state]},
        "account_data": {"events": []},
    }


def _timeline(room: Room, asked: Question, viewer: Viewer, after: int, upto: int) -> Json:
    """Return the newest events of a span; `first` is where they begin."""
    user = asked.session.account.id
    events: list[Event] = []
    is_limited = False
    for event in reversed(room.between(after, upto)):
        if event.type not in asked.filter.timeline or not room.sees(user, event):
            continue
        if len(events) == asked.filter.limit:
            is_limited = True
            break
        events.append(event)
    events.reverse()
    first = events[0].pos if events else upto + 1
    return {
        "events": [as_json(room, each, viewer) for each in events],
        "limited": is_limited,
        "prev_batch": str(Token(first - 1, first - 1)),
        "first": first,
    }


def _summary(room: Room, asked: Question, *, is_whole: bool) -> Json:
    """Return who is there, where the client asked for it and it has changed."""
    changed = is_whole or any(True for _ in room.member_events(asked.after))
    if not asked.filter.is_lazy or not changed:
        return {}
    joined, invited = room.members(), room.members("invite")
    others = [each for each in joined + invited if each != asked.session.account.id]
    return {
        "m.heroes": others[:_HEROES],
        "m.joined_member_count": len(joined),
        "m.invited_member_count": len(invited),
    }
