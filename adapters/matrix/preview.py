"""An answer while it grows: the first message of it, as its end will show it. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.matrix.drawn import html_of_drawn, plain
from adapters.matrix.html import html_of
from adapters.matrix.render import FULL, MOST_BYTES, content_of
from adapters.matrix.wire import Json
from adapters.shared.markdown import Rereader, blocks_done
from adapters.shared.nodes import Block
from adapters.shared.text.drawing import draw_block
from adapters.shared.text.entities import Rendered, clipped
from adapters.shared.text.growing import held_back
from adapters.shared.text.parts import storable
from adapters.shared.text.splitting import NO_LIMIT, first_stretch
from bot.domain.events import ReplyKind

_MOST_READ: Final = 16_384  # characters; one message shows less
_GAP: Final = "\n\n"
_MORE: Final = "…"
_ROOM: Final = 0.97  # the rest is for the sign that there is more, and for an edit's own fields
_BEYOND: Final = 1.25  # what comes after so much changes nothing before
_LEAST: Final = 0.02  # less of a message is not worth a cut
_SMALLER: Final = 0.9


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A block, or the beginning of one, as a message has it."""

    shown: Rendered
    body: str
    html: str
    load: float

    @classmethod
    def whole(cls, block: Block) -> "_Drawn":
        shown = draw_block(block)
        return cls.made(shown, html_of((block,)))

    @classmethod
    def made(cls, shown: Rendered, html: str) -> "_Drawn":
        """Say also how much of a message it takes; an edit has all of it twice."""
        body = plain(shown)
        size = 2 * len(json.dumps([body + _GAP, html]))
        return cls(shown, body, html, max(len(body + _GAP) / FULL, size / MOST_BYTES))


class Preview:
    """One answer's growing message. What does not change any more is read and drawn once."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._reader = Rereader()
        self._done = ""
        self._lines = 0
        self._blocks: list[_Drawn] = []
        self._read = ""
        self._full: Json | None = None

    def show(self, text: str) -> Json | None:
        """Return what is to be seen of the text so far; None: nothing yet.

        It ends with "…" if there is more.
        """
        if self._full is not None and text.startswith(self._read):
            return self._full
        self._full, self._read = None, text[:_MOST_READ]
        head = storable(self._read)
        if not head.startswith(self._done):
            self._done, self._lines, self._blocks = "", 0, []
        self._take_done(head)
        rest = held_back(head[len(self._done) :], self._reader)
        blocks = [*self._blocks, *self._drawn(rest)]
        total = sum(each.load for each in blocks)
        if total <= _ROOM and self._read == text:
            return _as_content(blocks)
        shown = _as_content(_first(blocks), more=_MORE)
        if total > _BEYOND:
            self._full = shown
        return shown

    def _take_done(self, head: str) -> None:
        """Put blocks aside that are done, which some can only be when there is another line."""
        lines = head.count("\n")
        if lines == self._lines:
            return
        self._lines = lines
        rest = head[len(self._done) :]
        done = rest[: blocks_done(rest)]
        self._blocks += self._drawn(done)
        self._done += done

    def _drawn(self, text: str) -> list[_Drawn]:
        drawn = (_Drawn.whole(section.block) for section in self._reader.sections(text))
        return [each for each in drawn if each.body]


def _first(blocks: Sequence[_Drawn]) -> list[_Drawn]:
    """Return the blocks that one message holds, and as much of the next as there is room for."""
    first: list[_Drawn] = []
    room = _ROOM
    for each in blocks:
        if each.load > room:
            first += _beginning(each.shown, room, least=_LEAST if first else 0.0)
            break
        first.append(each)
        room -= each.load
    return first


def _beginning(shown: Rendered, room: float, *, least: float) -> list[_Drawn]:
    """Return as much of a block as there is room for, if it is worth it."""
    limit = int(FULL * room)
    while limit > max(FULL * least, 1):
        place = first_stretch(shown, limit, NO_LIMIT, is_filled=True)
        if place is None:
            break
        part = clipped(shown, *place)
        found = _Drawn.made(part, html_of_drawn(part))
        if found.load <= room:
            return [found]
        limit = int(min(limit, place[1] - place[0]) * _SMALLER)
    return []


def _as_content(blocks: Sequence[_Drawn], more: str = "") -> Json | None:
    """Return blocks as the content of a message; None: there is nothing to be seen."""
    body, html = _GAP.join(each.body for each in blocks), "".join(each.html for each in blocks)
    if not body.strip():
        return None
    if more:
        body, html = f"{body}{_GAP}{more}", f"{html}<p>{more}</p>"
    return content_of(body, html, ReplyKind.ANSWER)
