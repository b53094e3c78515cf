"""What a server checks of an event before it takes it. Pure; measured at Synapse 1.163."""

from typing import Any, Final

import msgspec

from tests.simulators.matrix.events import ANNOTATION, MESSAGE, THREAD, Content
from tests.simulators.matrix.refusals import Refused, bad_json, bad_request
from tests.simulators.matrix.rooms import Room

MOST_BYTES: Final = 65_536
_FRAME_BYTES: Final = 605  # of ids, hashes and signatures around a content
_MOST_INTEGER: Final = 2**53 - 1


def check_content(kind: str, content: Content) -> None:
    """Raise what a server says of a content that it does not take."""
    check_canonical(content)
    if kind == MESSAGE:
        for name in ("body", "msgtype"):
            if name not in content:
                raise bad_request(f"'{name}' not in content")
            if not isinstance(content[name], str):
                raise bad_request(f"'{name}' not a string type")
    _check_mentions(content.get("m.mentions", {}))
    if len(msgspec.json.encode(content)) + _FRAME_BYTES > MOST_BYTES:
        raise Refused(413, "M_TOO_LARGE", "event too large")


def check_canonical(value: object) -> None:
    """Raise unless a JSON has but one form (no fractions, no integer out of range)."""
    match value:
        case float():
            raise bad_json("Bad JSON value: float")
        case int() if abs(value) > _MOST_INTEGER:
            raise bad_json("JSON integer out of range")
        case dict():
            for each in value.values():
                check_canonical(each)
        case list():
            for each in value:
                check_canonical(each)
        case _:
            pass


def check_relation(room: Room, sender: str, kind: str, content: Content) -> None:
    """Raise unless what an event relates to is there, and may be related to so."""
    made = content.get("m.relates_to")
    if not isinstance(made, dict) or not isinstance(made.get("event_id"), str):
        return
    event = room.by_id.get(made["event_id"])
    relation = made.get("rel_type")
    if event is None:
        if relation is not None:
            raise bad_request("Can't send relation to unknown event")
        return
    if relation == ANNOTATION:
        _check_annotation(room, sender, kind, made)
    if relation == THREAD and event.relation is not None:
        raise bad_request("Cannot start threads from an event with a relation")


def _check_annotation(room: Room, sender: str, kind: str, made: dict[str, Any]) -> None:
    key = made.get("key")
    if not isinstance(key, str):
        raise bad_request("Missing aggregation key")
    for each in room.related.get(made["event_id"], ()):
        same = each.relation is not None and each.content["m.relates_to"].get("key") == key
        if same and (each.type, each.sender) == (kind, sender):
            raise bad_request("Can't send same reaction twice", "M_DUPLICATE_ANNOTATION")


def _check_mentions(mentions: object) -> None:
    if not isinstance(mentions, dict):
        raise bad_json(f"{mentions!r} is not of type 'object'")
    if not isinstance(mentions.get("room", False), bool):
        raise bad_json(f"\"room\": {mentions['room']!r} is not of type 'boolean'")
