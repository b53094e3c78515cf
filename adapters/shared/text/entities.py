"""A message's text and what is said of its stretches, as Telegram takes them."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from adapters.shared.text.units import from_units, is_visible, length, to_units

BOLD: Final = "bold"
ITALIC: Final = "italic"
STRIKE: Final = "strikethrough"
CODE: Final = "code"
PRE: Final = "pre"
LINK: Final = "text_link"
QUOTE: Final = "blockquote"
FOLDED_QUOTE: Final = "expandable_blockquote"
AS_THEY_ARE: Final = frozenset({CODE, PRE})
_QUOTES = frozenset({QUOTE, FOLDED_QUOTE})

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BIDI_OR_LINE = re.compile("[\u202a-\u202e\u2066-\u2069\n]")
_OPENED_BY = {"\u202c": "\u202a\u202b\u202d\u202e", "\u2069": "\u2066\u2067\u2068"}


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds for a stretch of a text; offset and length are in UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str = ""
    language: str = ""

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.offset + self.length

    def moved(self, offset: int, end: int) -> "Entity":
        """Return the same for another stretch."""
        if offset == self.offset and end == self.end:
            return self
        return Entity(self.type, offset, end - offset, self.url, self.language)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text with its entities: sorted, trimmed, nested, none of them empty."""

    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def units(self) -> int:
        """How long the text is in UTF-16 units."""
        return length(self.text)


NOTHING: Final = Rendered("")


def settled(units: str, entities: Iterable[Entity]) -> Rendered:
    """Return units as a message: trimmed, without lone direction controls or entities of nothing.

    As on the server, space at the beginning is kept where an entity begins with it (the
    indentation of code).
    """
    if _BIDI.search(units):
        units, entities = _paired(units, entities)
    end = len(units.rstrip())
    entities = list(entities)
    code = sorted(each.offset for each in entities if each.type in AS_THEY_ARE)
    kept = [found for each in entities if (found := _trimmed(each, units, end, code))]
    kept.sort(key=_order)
    start = len(units) - len(units.lstrip())
    if kept:
        start = min(start, kept[0].offset)
    if not is_visible(units, start, end):
        return NOTHING
    if start:
        kept = [each.moved(each.offset - start, each.end - start) for each in kept]
    return Rendered(from_units(units[start:end]), tuple(kept))


def joined(parts: Iterable[Rendered], gap: str = "\n\n") -> Rendered:
    """Return parts one after the other, `gap` between them; those without text are left out."""
    texts: list[str] = []
    entities: list[Entity] = []
    at = 0
    for part in parts:
        if not part.text:
            continue
        entities += [each.moved(each.offset + at, each.end + at) for each in part.entities]
        texts.append(part.text)
        at += part.units + len(gap)
    return Rendered(gap.join(texts), tuple(entities))


def clipped(shown: Rendered, start: int, end: int) -> Rendered:
    """Return a stretch, in units, of what is shown; what lies outside of it is nothing."""
    units = to_units(shown.text)
    start, end = max(start, 0), min(end, len(units))
    return cut_out(units, shown.entities, start, end)


def cut_out(units: str, entities: Sequence[Entity], start: int, end: int) -> Rendered:
    """Return a stretch of a text of units."""
    within = (
        each.moved(max(each.offset, start) - start, min(each.end, end) - start)
        for each in entities
        if each.offset < end and each.end > start
    )
    return settled(units[start:end], within)


def around(entity: Entity, gaps: Sequence[tuple[int, int]]) -> Iterator[Entity]:
    """Yield what is left of an entity around stretches of which it may not be said."""
    at = entity.offset
    for start, end in gaps[bisect_left(gaps, (entity.offset, 0)) :]:
        if start >= entity.end:
            break
        if start > at:
            yield entity.moved(at, start)
        at = end
    if at < entity.end:
        yield entity.moved(at, entity.end)


def unturned(text: str) -> str:
    """Return a text without what turns the reading direction and is not closed in its own line."""
    return _paired(text, ())[0] if _BIDI.search(text) else text


def _order(entity: Entity) -> tuple[int, int, bool, bool]:
    """Sort what is within something after it, also where both are as long."""
    is_outermost, is_innermost = entity.type in _QUOTES, entity.type in AS_THEY_ARE
    return entity.offset, -entity.length, not is_outermost, is_innermost


def _trimmed(entity: Entity, units: str, most: int, code: Sequence[int]) -> Entity | None:
    """Return an entity without the space at its ends; code keeps it, also within a quote."""
    start, end = entity.offset, min(entity.end, most)
    if entity.type not in AS_THEY_ARE:
        covered = units[start:end]
        is_quote = entity.type in _QUOTES
        end -= len(covered) - len(covered.rstrip("\n" if is_quote else None))
        start += len(covered) - len(covered.lstrip())
        if is_quote and (first := bisect_left(code, entity.offset)) < len(code):
            start = min(start, code[first])
    return entity.moved(start, end) if is_visible(units, start, end) else None


def _paired(units: str, entities: Iterable[Entity]) -> tuple[str, list[Entity]]:
    """Take out what turns the reading direction and is not closed in its own line."""
    lone = _lone(units)
    pieces = [
        units[start + 1 : end] for start, end in zip([-1, *lone], [*lone, len(units)], strict=True)
    ]
    moved = [
        each.moved(
            each.offset - bisect_left(lone, each.offset), each.end - bisect_left(lone, each.end)
        )
        for each in entities
    ]
    return "".join(pieces), moved


def _lone(units: str) -> list[int]:
    lone: list[int] = []
    opened: list[int] = []
    for found in _BIDI_OR_LINE.finditer(units):
        char, at = found[0], found.start()
        if char == "\n":
            lone += opened
            opened = []
        elif char not in _OPENED_BY:
            opened.append(at)
        elif opened and units[opened[-1]] in _OPENED_BY[char]:
            opened.pop()
        else:
            lone.append(at)
    return sorted(lone + opened)
