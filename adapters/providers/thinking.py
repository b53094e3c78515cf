"""Telling thinking from answer where a vendor puts both into one text."""

from enum import Enum
from typing import Final

from bot.domain.chat import ReasoningDelta, TextDelta

_OPEN: Final = "<think>"
_CLOSE: Final = "</think>"


class _Part(Enum):
    START = "start"
    THINKING = "thinking"
    AFTER = "after"
    ANSWER = "answer"


class ThinkSplitter:
    """Splits a text that may begin with `<think>…</think>`, however it is cut into pieces.

    Only at the very start: later the same letters are a quotation, and stay.
    """

    def __init__(self) -> None:
        """Begin before the first piece."""
        self._part = _Part.START
        self._held = ""

    def feed(self, piece: str) -> list[TextDelta | ReasoningDelta]:
        """Return what is certain now; a tag that may be half here is held back."""
        if self._part is _Part.ANSWER:
            return [TextDelta(piece)]
        found: list[TextDelta | ReasoningDelta] = []
        held = self._held + piece
        self._held = ""
        if self._part is _Part.START:
            bare = held.lstrip()
            if bare.startswith(_OPEN):
                self._part, held = _Part.THINKING, bare[len(_OPEN) :]
            elif _OPEN.startswith(bare):
                self._held = held
                return found
            else:
                self._part = _Part.ANSWER
                return [TextDelta(held)]
        if self._part is _Part.THINKING:
            thought, close, rest = held.partition(_CLOSE)
            if not close:
                keep = _overlap(thought)
                self._held = thought[len(thought) - keep :]
                thought = thought[: len(thought) - keep]
            if thought:
                found.append(ReasoningDelta(thought))
            if not close:
                return found
            self._part, held = _Part.AFTER, rest
        held = held.lstrip()
        if held:
            self._part = _Part.ANSWER
            found.append(TextDelta(held))
        return found

    def close(self) -> list[TextDelta | ReasoningDelta]:
        """Return what was held back, at the end of the text."""
        held, self._held = self._held, ""
        if not held:
            return []
        return [ReasoningDelta(held) if self._part is _Part.THINKING else TextDelta(held)]


def _overlap(text: str) -> int:
    """Return how many last characters of `text` may be the first of a closing tag."""
    for size in range(min(len(text), len(_CLOSE) - 1), 0, -1):
        if _CLOSE.startswith(text[-size:]):
            return size
    return 0
