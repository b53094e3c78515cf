"""Values as bytes: what is sealed is JSON by msgspec."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from bot.domain.chat import INHERIT, Choices, Identity, Overrides, Place, Streaming
from bot.domain.events import (
    Body,
    Command,
    Edited,
    Incoming,
    MessageRef,
    Press,
    Question,
    Reacted,
    Redacted,
    Reply,
    SecretText,
    Text,
    Unread,
    Unreadable,
)
from bot.domain.models import Effort
from bot.domain.secret import Secret
from storage.rules import Chosen, storable

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_OVERRIDES: Final = frozenset(each.name for each in fields(Overrides))
_ENUMS: Final[Mapping[str, type[StrEnum]]] = {"effort": Effort, "stream": Streaming}

_choices = msgspec.json.Decoder(Choices)
_reply = msgspec.json.Decoder(Reply)
_question = msgspec.json.Decoder(Question)


def to_ms(at: datetime) -> int:
    """Return a time as whole milliseconds since 1970, UTC."""
    return (at - _START) // _MS


def from_ms(at: int) -> datetime:
    """Return the time."""
    return _START + at * _MS


def dump_text(text: str) -> bytes:
    """Return text as bytes."""
    return storable(text).encode()


def load_text(data: bytes) -> str:
    """Return the text."""
    return data.decode()


def _encode(value: object) -> bytes:
    """Return JSON. Half of a surrogate pair, which models do send, becomes a question mark."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_cleaned(msgspec.to_builtins(value)))


def _cleaned(value: object) -> object:
    match value:
        case str():
            return storable(value)
        case list() | tuple():
            return [_cleaned(each) for each in value]
        case dict():
            return {name: _cleaned(each) for name, each in value.items()}
        case _:
            return value


def dump_choices(choices: Choices) -> bytes:
    """Return choices as bytes."""
    return _encode(choices)


def load_choices(data: bytes) -> Choices:
    """Return the choices."""
    return _choices.decode(data)


def dump_chosen(chosen: Chosen) -> bytes:
    """Return what was chosen in a scope as bytes; what was inherited is an empty list."""
    replaced = {
        name: [] if value is INHERIT else [value] for name, value in chosen.replaced.items()
    }
    return _encode([chosen.overrides.set_fields(), replaced])


def load_chosen(data: bytes) -> Chosen:
    """Return what was chosen. A field this version does not know is left out."""
    made, replaced = msgspec.json.decode(data, type=tuple[dict[str, Any], dict[str, list[Any]]])
    before = {name: value[0] if value else INHERIT for name, value in replaced.items()}
    return Chosen(Overrides(**_known(made)), _known(before))


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _ENUMS[name](value) if name in _ENUMS and isinstance(value, str) else value
        for name, value in values.items()
        if name in _OVERRIDES
    }


def dump_reply(reply: Reply) -> bytes:
    """Return a reply as bytes."""
    return _encode(reply)


def load_reply(data: bytes) -> Reply:
    """Return the reply."""
    return _reply.decode(data)


def dump_question(question: Question) -> bytes:
    """Return an open question as bytes."""
    return _encode(question)


def load_question(data: bytes) -> Question:
    """Return the open question."""
    return _question.decode(data)


class _Stored(msgspec.Struct, array_like=True):
    """An incoming update: `body` is its kind and the texts of that kind."""

    update: str
    sender: Identity
    sender_name: str
    place: Place
    sent_at: datetime
    message: str | None
    body: list[str]
    before: tuple["_Stored", ...] = ()


_incoming = msgspec.json.Decoder(_Stored)


def dump_incoming(incoming: Incoming) -> bytes:
    """Return an update as bytes, without a secret it may hold."""
    return _encode(_to_stored(incoming))


def _to_stored(incoming: Incoming) -> _Stored:
    return _Stored(
        incoming.update,
        incoming.sender,
        incoming.sender_name,
        incoming.place,
        incoming.sent_at,
        incoming.message,
        _texts(incoming.body),
        tuple(_to_stored(piece) for piece in incoming.before),
    )


def load_incoming(data: bytes) -> Incoming:
    """Return the update; a secret in it is empty."""
    return _from_stored(_incoming.decode(data))


def _from_stored(stored: _Stored) -> Incoming:
    return Incoming(
        update=stored.update,
        sender=stored.sender,
        sender_name=stored.sender_name,
        place=stored.place,
        body=_body(*stored.body),
        sent_at=stored.sent_at,
        message=None if stored.message is None else MessageRef(stored.message),
        before=tuple(_from_stored(piece) for piece in stored.before),
    )


def _texts(body: Body) -> list[str]:
    texts: list[str]
    match body:
        case Text(text):
            texts = ["text", text]
        case Command(name, args):
            texts = ["command", name, args]
        case Press(action):
            texts = ["press", action]
        case SecretText(command):
            texts = ["secret", command.name, command.args]
        case Unreadable(what, words):
            texts = ["unreadable", what.value, words]
        case Edited(text):
            texts = ["edited", text]
        case Redacted():
            texts = ["redacted", ""]
        case Reacted(sign):
            texts = ["reacted", sign]
    return texts


_BODIES: Final[Mapping[str, Callable[[str, str], Body]]] = {
    "text": lambda text, _: Text(text),
    "command": Command,
    "press": lambda action, _: Press(action),
    "secret": lambda name, args: SecretText(Command(name, args), Secret("")),
    "unreadable": lambda what, words: Unreadable(Unread(what), words),
    "edited": lambda text, _: Edited(text),
    "redacted": lambda *_: Redacted(),
    "reacted": lambda sign, _: Reacted(sign),
}


def _body(kind: str, first: str, second: str = "") -> Body:
    return _BODIES[kind](first, second)
