"""What is in a sync's answer, of which any part may be of any kind. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.matrix.rooms import events_of
from adapters.matrix.wire import Json


def is_echo(raw: Json, me: str) -> bool:
    """Whether a sync holds nothing, or an account's own messages alone."""
    parts = raw.get("rooms") or {}
    if raw.get("to_device") or raw.get("account_data") or raw.get("device_lists"):
        return False
    if not isinstance(parts, dict) or any(parts[name] for name in parts.keys() - {"join"}):
        return False
    return all(
        not events_of(part.get("state"))
        and all(
            "state_key" not in event and event.get("sender") == me
            for event in events_of(part.get("timeline"))
        )
        for _, part in parts_of(parts.get("join"))
    )


def parts_of(part: Any) -> Sequence[tuple[str, Json]]:  # noqa: ANN401 - anything a server says
    """Return the rooms of a part of the answer, each with what is told of it."""
    found = part.items() if isinstance(part, dict) else ()
    return [(room, each) for room, each in found if isinstance(each, dict)]


def changed(raw: Json) -> Sequence[object]:
    """Return whose devices are others now."""
    lists = raw.get("device_lists")
    found = lists.get("changed") if isinstance(lists, dict) else None
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def directs(raw: Json) -> Json | None:
    """Return the rooms that the account holds for direct chats, if that is told anew."""
    for event in events_of(raw.get("account_data")):
        if event.get("type") == "m.direct" and isinstance(event.get("content"), dict):
            return dict(event["content"])
    return None


def is_sound(event: Json) -> bool:
    """Whether an event has what every event has."""
    return (
        isinstance(event.get("event_id"), str)
        and isinstance(event.get("sender"), str)
        and isinstance(event.get("type"), str)
        and isinstance(event.get("content"), dict)
    )


def stamp(event: Json) -> int:
    """Return when an event was sent, as its server says; 0 where it says nothing of use."""
    found = event.get("origin_server_ts")
    return found if isinstance(found, int) else 0


def to_stamp(at: datetime) -> int:
    """Return a time as servers write it."""
    return int(at.timestamp() * 1000)
