"""Who may do what in a room: the rules of power, by room version. Pure."""

import math
from collections.abc import Mapping
from typing import Any, Final

from tests.simulators.matrix.events import POWER, Content
from tests.simulators.matrix.refusals import bad_json, bad_request, forbidden, not_found
from tests.simulators.matrix.rooms import Room

CREATORS_RULE: Final = frozenset({"12"})
_DEFAULTS: Final = {
    "users_default": 0,
    "events_default": 0,
    "state_default": 50,
    "ban": 50,
    "kick": 50,
    "redact": 50,
    "invite": 0,
}


def creators(room: Room) -> set[str]:
    """Return who stands above all levels: from version 12 on, whoever created the room."""
    create = room.state.get(("m.room.create", ""))
    if create is None or room.version not in CREATORS_RULE:
        return set()
    return {create.sender, *create.content.get("additional_creators", ())}


def power(room: Room, user: str) -> float:
    """Return somebody's level; whoever stands above all has an infinite one."""
    if user in creators(room):
        return math.inf
    levels = room.state.get((POWER, ""))
    if levels is None:
        create = room.state.get(("m.room.create", ""))
        return 100 if create is None or create.sender == user else 0
    return _number(levels.content.get("users", {}).get(user, named(room, "users_default")))


def named(room: Room, name: str) -> int:
    """Return the level that something takes (`redact`, `invite`, `kick`, `ban` …)."""
    return _number(room.content(POWER).get(name, _DEFAULTS[name]))


def needed(room: Room, kind: str, *, is_state: bool) -> int:
    """Return the level that an event takes."""
    default = named(room, "state_default" if is_state else "events_default")
    return _number(room.content(POWER).get("events", {}).get(kind, default))


def check_send(room: Room, sender: str, kind: str, state_key: str | None) -> None:
    """Raise unless somebody may send such an event."""
    check_inside(room, sender)
    has, needs = power(room, sender), needed(room, kind, is_state=state_key is not None)
    if has < needs:
        raise forbidden(
            "You don't have permission to post that to the room."
            f" user_level ({int(has)}) < send_level ({needs})"
        )
    if state_key is not None and state_key.startswith("@") and state_key != sender:
        raise forbidden("You are not allowed to set others state")


def check_inside(room: Room, user: str) -> None:
    """Raise unless somebody is in the room."""
    if room.membership(user) != "join":
        raise forbidden(f"User {user} not in room {room.id}")


def check_redact(room: Room, sender: str, target: str) -> None:
    """Raise unless somebody may take an event back; with the level for it, even an unknown one."""
    event = room.by_id.get(target)
    if event is not None and event.type == "m.room.create":
        raise forbidden("Redacting create events is not permitted")
    if power(room, sender) >= named(room, "redact"):
        return
    if event is None:
        raise not_found(f"Could not find event {target}")
    if event.sender != sender:
        raise forbidden("You don't have permission to redact events")


def check_levels(room: Room, sender: str, content: Content) -> None:
    """Raise unless somebody may set these levels."""
    users = content.get("users", {})
    for user, level in users.items():
        if not isinstance(level, int):
            raise bad_json(f"\"{user}\": {level!r} is not of type 'integer'")
    for user in creators(room) & users.keys():
        raise bad_request(f"Creator user {user} must not appear in content.users")
    own = power(room, sender)
    before: Mapping[str, Any] = room.content(POWER).get("users", {})
    for user in users.keys() | before.keys():
        old, new = before.get(user), users.get(user)
        if old != new and (
            _number(new or 0) > own or (user != sender and _number(old or 0) >= own)
        ):
            raise forbidden("You don't have permission to add ops level greater than your own")


def _number(level: object) -> int:
    return int(str(level))
