"""Cutting what is too long for one message where a reader would."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from adapters.shared.text.entities import CODE, LINK, PRE, Entity, Rendered, cut_out
from adapters.shared.text.graphemes import is_within, whole_before
from adapters.shared.text.units import to_units

MOST_UNITS: Final = 4_096
MOST_ENTITIES: Final = 100
NO_LIMIT: Final = 1_000_000  # of entities, where they do not count
_UNCUT = frozenset({CODE, LINK})
_BINDING = "\u00a0\u2007\u202f"
_SENTENCE = re.compile(r"[.!?…]['\")\]»”’]*(?=\s)|[。！？]['\")\]」』）”’]*")  # noqa: RUF001 - as Chinese writes them


def split(
    shown: Rendered, limit: int = MOST_UNITS, most_entities: int = MOST_ENTITIES
) -> list[Rendered]:
    """Return a message's parts, none longer than `limit` units or with more entities."""
    units = to_units(shown.text)
    parts = (
        cut_out(units, shown.entities, start, end)
        for start, end in stretches(shown, limit, most_entities)
    )
    return [part for part in parts if part.text]


def stretches(
    shown: Rendered,
    limit: int = MOST_UNITS,
    most_entities: int = MOST_ENTITIES,
    *,
    after: int = 0,
    is_filled: bool = False,
) -> list[tuple[int, int]]:
    """Return where each part after a place begins and ends, in units; only space lies between.

    A block of code that fits a message is not cut, however short the part before it becomes.
    With `is_filled` parts are as full as they can be, whatever is cut.
    """
    return list(_Cutter(shown, limit, most_entities, is_filled=is_filled).parts(after))


def first_stretch(
    shown: Rendered,
    limit: int = MOST_UNITS,
    most_entities: int = MOST_ENTITIES,
    *,
    after: int = 0,
    is_filled: bool = False,
) -> tuple[int, int] | None:
    """Return where the next part after a place begins and ends; None: there is nothing more."""
    parts = _Cutter(shown, limit, most_entities, is_filled=is_filled).parts(after)
    return next(parts, None)


class _Cutter:
    def __init__(
        self, shown: Rendered, limit: int, most_entities: int, *, is_filled: bool
    ) -> None:
        self._units = to_units(shown.text)
        self._limit = limit
        self._most = most_entities
        self._is_filled = is_filled
        self._entities = shown.entities
        self._code = _Spans([each for each in shown.entities if each.type == PRE])
        self._uncut = _Spans([each for each in shown.entities if each.type in _UNCUT])

    def parts(self, after: int = 0) -> Iterator[tuple[int, int]]:
        start, coming = self._begin(after), 0
        over: list[Entity] = []
        while start < len(self._units):
            while coming < len(self._entities) and self._entities[coming].offset <= start:
                over.append(self._entities[coming])
                coming += 1
            over = [each for each in over if each.end > start]
            room = self._room(start, coming, len(over))
            end = self._cut(start, room) if room < len(self._units) else room
            if last := self._units[start:end].rstrip():
                yield start, start + len(last)
            start = self._begin(end)

    def _begin(self, at: int) -> int:
        """Skip space, but not what indents code."""
        units, end = self._units, at
        while end < len(units) and units[end].isspace():
            end += 1
        if code := self._code.over(end):
            return max(units.rfind("\n", at, end) + 1, at, code.offset)
        return end

    def _room(self, start: int, coming: int, over: int) -> int:
        """Return how far a part can reach, by its length and by its entities."""
        room = min(start + self._limit, len(self._units))
        too_many = max(coming, coming + self._most - over)
        if too_many < len(self._entities):
            return min(room, self._entities[too_many].offset)
        return room

    def _cut(self, start: int, room: int) -> int:
        """Return where a part that begins at `start` ends, at `room` at the latest."""
        length = room - start
        quarter, half = start + length // 4, start + length // 2
        if self._is_filled:
            quarter = half = room - length // 8
        code = self._code.over(room)
        if not self._is_filled and code and start < code.offset and code.length <= self._limit:
            return code.offset
        ways: tuple[tuple[Callable[[int, int], int], int], ...] = (
            (self._paragraph, quarter),
            (self._line, half),
            (self._line_of_code, quarter),
            (self._sentence, half),
            (self._word, quarter),
        )
        for way, least in ways:
            if (found := way(least, room)) > start:
                return found
        uncut = self._uncut.over(room)
        if uncut and uncut.offset > start:
            room = uncut.offset
        return max(whole_before(self._units, room, start), start + 1)

    def _paragraph(self, least: int, room: int) -> int:
        return self._last("\n\n", least, room, self._is_plain)

    def _line(self, least: int, room: int) -> int:
        return self._last("\n", least, room, self._is_plain)

    def _line_of_code(self, least: int, room: int) -> int:
        return self._last("\n", least, room, lambda at: self._code.over(at) is not None)

    def _last(self, mark: str, least: int, room: int, is_good: Callable[[int], bool]) -> int:
        """Return the last place before a `mark` where it is good to cut, or -1."""
        at = self._units.rfind(mark, least, room + len(mark))
        while at > least and not is_good(at):
            at = self._units.rfind(mark, least, at + len(mark) - 1)
        return at if at > least else -1

    def _sentence(self, least: int, room: int) -> int:
        ends = [found.end() for found in _SENTENCE.finditer(self._units, least, room + 1)]
        return next((at for at in reversed(ends) if at <= room and self._is_plain(at)), -1)

    def _word(self, least: int, room: int) -> int:
        for at in range(room, least, -1):
            char = self._units[at]
            if char.isspace() and char not in _BINDING and not self._uncut.over(at):
                return at
        return -1

    def _is_plain(self, at: int) -> bool:
        return not (self._code.over(at) or self._uncut.over(at) or is_within(self._units, at))


class _Spans:
    """Stretches that do not overlap, in order."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._entities = entities
        self._starts = [each.offset for each in entities]

    def over(self, at: int) -> Entity | None:
        """Return the one that has `at` inside of it, if there is one."""
        number = bisect_right(self._starts, at) - 1
        found = self._entities[number] if number >= 0 else None
        return found if found and found.offset < at < found.end else None
