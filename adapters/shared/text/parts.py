"""A reply cut into parts that each fit one message; blocks stay whole where they can. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.shared.markdown import sections
from adapters.shared.text.drawing import draw_block
from adapters.shared.text.entities import Rendered, clipped, joined
from adapters.shared.text.splitting import MOST_ENTITIES, stretches
from bot.domain.events import Reply

GAP: Final = len("\n\n")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block as drawn, the stretch of the source it is from, and where it begins in the whole."""

    source: tuple[int, int]
    shown: Rendered
    start: int

    @property
    def end(self) -> int:
        return self.start + self.shown.units


def storable(text: str) -> str:
    """Return a text that is the same, offsets included, when it was stored and is read again."""
    return _SURROGATE.sub("\ufffd", text).replace("\x00", "")


def split(
    reply: Reply, full: int, *, last: Rendered, most_entities: int = MOST_ENTITIES
) -> list[Reply]:
    """Return a reply as parts of at most `full` units as drawn, at least one.

    The last part alone has the footer and the buttons, which are drawn as `last`. A part that is
    less than a block has its `stretch`.
    """
    if reply.stretch is not None:
        return [reply]
    text = storable(reply.text)
    pieces = list(_pieces(text))
    whole = joined(piece.shown for piece in pieces)
    places = _with_room(whole, stretches(whole, full, most_entities), last, full, most_entities)
    if len(places) < 2:
        return [replace(reply, text=text)]
    parts = [_part(text, pieces, start, end, reply) for start, end in places]
    tail = parts.pop()
    return [*parts, replace(reply, text=tail.text, stretch=tail.stretch)]


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    for section in sections(text):
        shown = draw_block(section.block)
        if shown.text:
            piece = _Piece((section.start, section.end), shown, at)
            at = piece.end + GAP
            yield piece


def _part(text: str, pieces: Sequence[_Piece], start: int, end: int, reply: Reply) -> Reply:
    touched = [piece for piece in pieces if piece.end > start and piece.start < end]
    first, last = touched[0], touched[-1]
    is_whole = (start, end) == (first.start, last.end)
    return Reply(
        text=text[first.source[0] : last.source[1]],
        kind=reply.kind,
        stretch=None if is_whole else (start - first.start, end - first.start),
    )


def _with_room(
    whole: Rendered,
    places: list[tuple[int, int]],
    last: Rendered,
    full: int,
    most_entities: int,
) -> list[tuple[int, int]]:
    """Return the places of parts, the last of them with room for the lines that end a reply."""
    if not places or not last.text:
        return places
    start, end = places[-1]
    tail = clipped(whole, start, end)
    room = full - last.units - GAP
    entities = most_entities - len(last.entities)
    if tail.units <= room and len(tail.entities) <= entities:
        return places
    return [
        *places[:-1],
        *((start + at, start + to) for at, to in stretches(tail, room, entities)),
    ]
