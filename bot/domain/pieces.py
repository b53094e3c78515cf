"""A message that its messenger cut: its pieces, put together again."""

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Final

from bot.domain.events import (
    Body,
    Command,
    Edited,
    Incoming,
    Press,
    Reacted,
    Redacted,
    SecretText,
    Text,
    Unreadable,
)
from bot.domain.secret import Secret

CUT_AT: Final = 4_096  # UTF-16 units: a piece of exactly that was cut wherever it happened to be


def whole_text(pieces: Sequence[Incoming]) -> str:
    """Return the text of a message: what was cut hard goes on, else a piece is a line."""
    text, is_cut = "", True
    for piece in pieces:
        added = _text_of(piece.body)
        text += added if is_cut or not added else f"\n{added}"
        is_cut = not text or len(added.encode("utf-16-le", "surrogatepass")) == 2 * CUT_AT
    return text


def whole(incoming: Incoming) -> Incoming:
    """Return the update with the body that all its pieces make; those before it are empty."""
    if not incoming.before:
        return incoming
    before = tuple(piece.with_body(Text("")) for piece in incoming.before)
    return replace(incoming, body=_whole_body(incoming.pieces), before=before)


def _whole_body(pieces: Sequence[Incoming]) -> Body:
    *_, last = bodies = [piece.body for piece in pieces]
    for body in bodies:
        if isinstance(body, SecretText):
            return body
        if isinstance(body, Unreadable):
            return Unreadable(body.what, whole_text(pieces))
    if isinstance(bodies[0], Command):
        name = bodies[0].name
        return Command(name, whole_text(pieces).removeprefix(f"/{name} ").strip())
    return Text(whole_text(pieces)) if isinstance(last, Text) else last


def without_known(incoming: Incoming, known: Container[str]) -> Incoming | None:
    """Return what is left of an update without the pieces of known ids; None if nothing is."""
    fresh = [piece for piece in incoming.pieces if piece.update not in known]
    return replace(fresh[-1], before=tuple(fresh[:-1])) if fresh else None


def stub(incoming: Incoming) -> Incoming:
    """Return a secret's update without the secret, whichever of its pieces that was in."""
    body = incoming.body
    if not isinstance(body, SecretText):
        return incoming
    empty = SecretText(body.command, Secret(""))
    before = tuple(piece.with_body(empty) for piece in incoming.before)
    return replace(incoming, body=empty, before=before)


def _text_of(body: Body) -> str:
    match body:
        case Text(text) | Edited(text):
            return text
        case Unreadable(_, words):
            return words
        case Command(name, args):
            return f"/{name} {args}"
        case Press() | SecretText() | Redacted() | Reacted():
            return ""
