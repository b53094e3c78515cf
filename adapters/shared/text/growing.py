"""An answer while it grows: the one message of it that can be seen. Pure."""

from typing import Final

from adapters.shared.formulas import open_at
from adapters.shared.markdown import Rereader, blocks_done
from adapters.shared.nodes import CodeBlock
from adapters.shared.text.drawing import draw_block
from adapters.shared.text.entities import NOTHING, Rendered, clipped, joined
from adapters.shared.text.splitting import stretches

_MOST: Final = 16_384  # characters that are read; a message shows a quarter of them
_MOST_HELD: Final = 400  # characters; what was meant as no formula must not stop the answer
_MORE: Final = Rendered(" …")


def preview(text: str, full: int) -> Rendered:
    """Return the first message of an answer that is not whole yet; it may be nothing."""
    return Preview(full).show(text)


class Preview:
    """One answer's growing message. What does not change any more is read and drawn once.

    `full` is how many units a message holds.
    """

    def __init__(self, full: int) -> None:
        """Begin with nothing."""
        self._room = full
        self._enough = full + full // 4  # what comes after so many changes nothing before
        self._done = ""
        self._shown = NOTHING
        self._full: Rendered | None = None
        self._lines = 0
        self._reader = Rereader()

    def seen(self, text: str) -> Rendered | None:
        """Return what is to be seen of the text so far; None: nothing yet."""
        shown = self.show(text)
        return shown if shown.text else None

    def show(self, text: str) -> Rendered:
        """Return what is to be seen of the text so far; it ends with " …" if there is more."""
        head = text[:_MOST].replace("\x00", "")
        if not head.startswith(self._done):
            self._done, self._shown, self._full, self._lines = "", NOTHING, None, 0
        if self._full is None:
            self._take_done(head)
        if self._full is not None:
            return self._full
        rest = self._drawn(held_back(head[len(self._done) :], self._reader))
        whole = joined((self._shown, rest))
        first = self._first(whole, is_all=len(text) <= _MOST)
        if whole.units > self._enough:
            self._full = first
        return first

    def _take_done(self, text: str) -> None:
        """Put blocks aside that are done, which some can only be when there is another line."""
        lines = text.count("\n")
        if lines == self._lines:
            return
        self._lines = lines
        rest = text[len(self._done) :]
        done = rest[: blocks_done(rest)]
        if not done:
            return
        self._done += done
        self._shown = joined((self._shown, self._drawn(done)))
        first = self._first(self._shown, is_all=True)
        if first != self._shown:
            self._full = first

    def _drawn(self, text: str) -> Rendered:
        return joined(draw_block(section.block) for section in self._reader.sections(text))

    def _first(self, whole: Rendered, *, is_all: bool) -> Rendered:
        """Return what fits one message, where it stays when more comes."""
        places = stretches(whole, self._room, is_filled=True)
        if not places or (len(places) == 1 and is_all):
            return whole
        return joined((clipped(whole, *places[0]), _MORE), gap="")


def held_back(text: str, reader: Rereader) -> str:
    """Return a text without what would be shown as something else a moment later."""
    if "\ud800" <= text[-1:] <= "\udbff":
        text = text[:-1]
    start = text.rfind("\n\n") + 1
    if not _may_change(text[start:]):
        return text
    found = reader.sections(text)
    if not found or isinstance(found[-1].block, CodeBlock):
        return text
    return text[:start] + _without_half_formula(_without_half_table(text[start:]))


def _may_change(text: str) -> bool:
    return any(sign in text for sign in ("|", "$", "\\"))


def _without_half_formula(text: str) -> str:
    at = open_at(text)
    return text[:at] if at >= 0 and len(text) - at < _MOST_HELD else text


def _without_half_table(text: str) -> str:
    """Leave out a row that is not whole, and a table's first lines until it is seen to be one."""
    *lines, last = text.split("\n")
    begins = len(lines)
    while begins and lines[begins - 1].lstrip().startswith("|"):
        begins -= 1
    if len(lines) - begins == 1:
        return "\n".join(lines[:begins])
    if last.lstrip().startswith("|"):
        return "\n".join(lines)
    return text
