"""The messages of a verification (specification, "Key verification framework")."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

PREFIX: Final = "m.key.verification."
REQUEST: Final = "m.key.verification.request"
ROOM_MESSAGE: Final = "m.room.message"
METHOD: Final = "m.sas.v1"
KEY_AGREEMENT: Final = "curve25519-hkdf-sha256"
HASH: Final = "sha256"
MAC: Final = "hkdf-hmac-sha256.v2"
EMOJI: Final = "emoji"
SHOWN: Final = (EMOJI, "decimal")

USER: Final = "m.user"
TIMEOUT: Final = "m.timeout"
ACCEPTED: Final = "m.accepted"
UNEXPECTED: Final = "m.unexpected_message"
INVALID: Final = "m.invalid_message"
UNKNOWN_METHOD: Final = "m.unknown_method"
KEY_MISMATCH: Final = "m.key_mismatch"
MISMATCHED_SAS: Final = "m.mismatched_sas"
MISMATCHED_COMMITMENT: Final = "m.mismatched_commitment"
REASONS: Final = {
    USER: "The verification was cancelled.",
    TIMEOUT: "The verification took longer than ten minutes.",
    ACCEPTED: "Another device took the request.",
    UNEXPECTED: "The message does not belong here.",
    INVALID: "The message cannot be read.",
    UNKNOWN_METHOD: "There is no method that both ends know.",
    KEY_MISMATCH: "A key is not the one that is known.",
    MISMATCHED_SAS: "The emoji were not the same.",
    MISMATCHED_COMMITMENT: "The key is not the one that was promised.",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message to the other end."""

    kind: str
    content: dict[str, Any]


class Request(msgspec.Struct):
    """Somebody asks for a verification. `to` is there in a room, `timestamp` elsewhere, in ms."""

    from_device: str
    methods: list[str]
    to: str = ""
    timestamp: int = 0
    transaction_id: str = ""


class Ready(msgspec.Struct):
    """A device takes the request."""

    from_device: str
    methods: list[str]


class Start(msgspec.Struct):
    """A device chose a method."""

    from_device: str
    method: str


class SasStart(msgspec.Struct):
    """What a device can do, once it chose our method."""

    key_agreement_protocols: list[str]
    hashes: list[str]
    message_authentication_codes: list[str]
    short_authentication_string: list[str]


class Accept(msgspec.Struct):
    """What the other device chose of that."""

    commitment: str
    key_agreement_protocol: str
    hash: str
    message_authentication_code: str
    short_authentication_string: list[str]


class Key(msgspec.Struct):
    """A passing public key."""

    key: str


class Macs(msgspec.Struct):
    """What shows that keys are the sender's own."""

    mac: dict[str, str]
    keys: str


class Cancel(msgspec.Struct):
    """The end before the end."""

    code: str


class _Relation(msgspec.Struct):
    rel_type: str
    event_id: str


class _InRoom(msgspec.Struct):
    relation: _Relation = msgspec.field(name="m.relates_to")


class _ToDevice(msgspec.Struct):
    transaction_id: str


def is_verification(kind: str, content: object) -> bool:
    """Return whether an event, in a room or to a device, belongs to verifications."""
    if kind == ROOM_MESSAGE:
        return isinstance(content, dict) and content.get("msgtype") == REQUEST
    return kind.startswith(PREFIX)


def transaction_of(content: object, *, in_room: bool) -> str:
    """Return which verification a message belongs to; empty if it does not say."""
    try:
        if not in_room:
            return msgspec.convert(content, _ToDevice).transaction_id
        relation = msgspec.convert(content, _InRoom).relation
    except msgspec.ValidationError:
        return ""
    return relation.event_id if relation.rel_type == "m.reference" else ""


def belonging(transaction: str, *, in_room: bool) -> dict[str, Any]:
    """Return the part of a message's content that says which verification it belongs to."""
    if in_room:
        return {"m.relates_to": {"rel_type": "m.reference", "event_id": transaction}}
    return {"transaction_id": transaction}


def cancellation(code: str, transaction: str, *, in_room: bool) -> Message:
    """Return the message that ends a verification."""
    content = {"code": code, "reason": REASONS.get(code, REASONS[USER])}
    return Message(f"{PREFIX}cancel", {**content, **belonging(transaction, in_room=in_room)})


def room_request(from_device: str, to: str) -> Message:
    """Return a request in a room; the id of its event becomes the verification's."""
    body = "The bot asks to be verified by emoji. This app does not know how."
    content = {
        "msgtype": REQUEST,
        "body": body,
        "from_device": from_device,
        "methods": [METHOD],
        "to": to,
    }
    return Message(ROOM_MESSAGE, content)


def device_request(from_device: str, transaction: str, timestamp_ms: int) -> Message:
    """Return a request to a device."""
    content = {
        "from_device": from_device,
        "methods": [METHOD],
        "timestamp": timestamp_ms,
        "transaction_id": transaction,
    }
    return Message(REQUEST, content)
