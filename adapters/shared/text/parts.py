"""A reply cut into parts that each fit one message; blocks stay whole where they can. Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from adapters.shared.markdown import sections
from adapters.shared.text.drawing import draw_block
from adapters.shared.text.entities import Rendered, clipped, joined
from adapters.shared.text.splitting import MOST_ENTITIES, NO_LIMIT, first_stretch, stretches
from bot.domain.events import Reply

GAP: Final = len("\n\n")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LEAST: Final = 2  # units: a character
_SPARE: Final = 0.97


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
    cutting = _Cutting(reply)
    places = stretches(cutting.whole, full, most_entities)
    places = _with_room(cutting.whole, places, last, full, most_entities)
    if len(places) < 2:
        return [cutting.reply]
    return [cutting.part(start, end) for start, end in places]


def split_by_load(reply: Reply, full: int, load: Callable[[Reply], float]) -> list[Reply]:
    """Return a reply as parts of at most `full` units as drawn, each as full as it may be.

    `load` says how full a message is by a part, which is more than 1.0 for none.
    """
    if reply.stretch is not None:
        return [reply]
    cutting = _Cutting(reply)
    parts: list[Reply] = []
    after = 0
    while (found := _fullest(cutting, after, full, load)) is not None:
        part, after = found
        parts.append(part)
    return parts if len(parts) > 1 else [cutting.reply]


def _fullest(
    cutting: "_Cutting", after: int, full: int, load: Callable[[Reply], float]
) -> tuple[Reply, int] | None:
    """Return the next part and where it ends; None: there is nothing more."""
    room = full
    while (place := first_stretch(cutting.whole, room, NO_LIMIT, after=after)) is not None:
        part = cutting.part(*place)
        length, over = place[1] - place[0], load(part)
        if over <= 1.0 or length <= _LEAST:
            return part, place[1]
        room = max(_LEAST, int(length / over * _SPARE))
    return None


class _Cutting:
    """A reply that is cut: its blocks as drawn, one after the other."""

    def __init__(self, reply: Reply) -> None:
        self.reply = replace(reply, text=storable(reply.text))
        self._pieces = list(_pieces(self.reply.text))
        self.whole = joined(piece.shown for piece in self._pieces)
        self._end = self.whole.units

    def part(self, start: int, end: int) -> Reply:
        """Return what lies between two places; what is last has the footer and the buttons."""
        touched = [each for each in self._pieces if each.end > start and each.start < end]
        first, last = touched[0], touched[-1]
        is_whole = (start, end) == (first.start, last.end)
        part = Reply(
            text=self.reply.text[first.source[0] : last.source[1]],
            kind=self.reply.kind,
            stretch=None if is_whole else (start - first.start, end - first.start),
        )
        if end < self._end:
            return part
        return replace(self.reply, text=part.text, stretch=part.stretch)


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    for section in sections(text):
        shown = draw_block(section.block)
        if shown.text:
            piece = _Piece((section.start, section.end), shown, at)
            at = piece.end + GAP
            yield piece


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
    return [*places[:-1], *stretches(whole, room, entities, after=start)]
