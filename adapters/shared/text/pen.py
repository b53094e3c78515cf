"""Writing a message from its beginning to its end, and noting what holds for which stretch."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Final

from adapters.shared.text.entities import (
    CODE,
    FOLDED_QUOTE,
    LINK,
    PRE,
    QUOTE,
    Entity,
    Rendered,
    around,
    settled,
)
from adapters.shared.text.units import cleaned, is_visible, to_units

NONE: Final = ""
SPACE: Final = " "
LINE: Final = "\n"
BLANK: Final = "\n\n"
_WIDTHS = {NONE: 0, SPACE: 1, LINE: 2, BLANK: 3}
_INDENT = "   "
_DEEPEST = 6
_FOLDED = 400


class Pen:
    """Writes text and keeps count in UTF-16 units.

    A gap is written only when something comes after it. Stresses are never said of code, which
    may be in nothing but a quote.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._pieces: list[str] = []
        self._at = 0
        self._gap = NONE
        self._depth = 0
        self._styles: list[Entity] = []
        self._code: list[Entity] = []
        self._quotes: list[Entity] = []
        self._active: set[str] = set()

    @property
    def is_in_link(self) -> bool:
        """Whether what is written belongs to a link."""
        return LINK in self._active

    def rendered(self) -> Rendered:
        """Return what was written."""
        styles = self._styles
        if self._code and styles:
            gaps = [(each.offset, each.end) for each in self._code]
            styles = list(chain.from_iterable(around(each, gaps) for each in styles))
        return settled("".join(self._pieces), [*styles, *self._code, *self._quotes])

    def leave(self, gap: str) -> None:
        """Leave a gap before whatever comes next, the widest that is asked for."""
        if _WIDTHS[gap] > _WIDTHS[self._gap]:
            self._gap = gap

    def write(self, text: str) -> None:
        """Write text as it is."""
        if units := to_units(cleaned(text)):
            self._put(units, _INDENT * min(self._depth, _DEEPEST))

    def code(self, text: str) -> None:
        """Write code within a line; a link's words stay the link's."""
        units = to_units(cleaned(text))
        if self.is_in_link or not is_visible(units, 0, len(units)):
            self.write(text)
            return
        self._put(units, _INDENT * min(self._depth, _DEEPEST))
        self._code.append(Entity(CODE, self._at - len(units), len(units)))

    def block(self, text: str, language: str = "") -> None:
        """Write lines of code, at the left edge."""
        units = to_units(cleaned(text.expandtabs(4))).rstrip()
        if not is_visible(units, 0, len(units)):
            return
        first = len(units) - len(units.lstrip())
        units = units[units.rfind("\n", 0, first) + 1 :]
        self.leave(LINE)
        self._put(units, "")
        self._code.append(Entity(PRE, self._at - len(units), len(units), language=language))

    @contextmanager
    def style(self, kind: str, url: str = "") -> Iterator[None]:
        """Say something of all that is written within."""
        if kind in self._active:
            yield
            return
        start = self._at
        self._active.add(kind)
        yield
        self._active.remove(kind)
        if self._at > start:
            self._styles.append(Entity(kind, start, self._at - start, url))

    @contextmanager
    def indented(self) -> Iterator[None]:
        """Begin each further line within a step further to the right."""
        self._depth += 1
        yield
        self._depth -= 1

    @contextmanager
    def quote(self) -> Iterator[None]:
        """Quote all that is written within; a quote within a quote is the same quote."""
        if QUOTE in self._active:
            yield
            return
        self.leave(LINE)
        start, depth, self._depth = self._at, self._depth, 0
        self._active.add(QUOTE)
        yield
        self._active.remove(QUOTE)
        self._depth = depth
        if self._at > start:
            kind = FOLDED_QUOTE if self._at - start > _FOLDED else QUOTE
            self._quotes.append(Entity(kind, start, self._at - start))

    def _put(self, units: str, indent: str) -> None:
        if self._gap and self._at:
            gap = self._gap if self._gap == SPACE else self._gap + indent
            self._pieces.append(gap)
            self._at += len(gap)
        self._gap = NONE
        self._pieces.append(units)
        self._at += len(units)
