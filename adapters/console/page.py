"""What a terminal shows above its prompt: messages for good, and answers that grow."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.text import Text

from adapters.console.growing import Growing
from adapters.console.styled import document, menu, notice
from adapters.shared.markdown import parse
from adapters.shared.nodes import Blocks, CodeBlock, Items
from bot.domain.chat import Place
from bot.domain.errors import SendUnknown
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Clock, ReplySink

_FRAME_S = 1 / 12
_REST = 4  # a frame that took long to draw is followed by so many times as long a pause
_PROMPT_ROWS = 8  # what is left of the window to the prompt and its completions
_GOES_ON = "(the answer goes on)"


class Page:
    """Everything printed goes through `write`, which puts it above the prompt in one piece.

    Blocks of an answer are printed once they are finished; the last one is `frame`, which the
    prompt draws above itself and drops again.
    """

    def __init__(
        self,
        *,
        write: Callable[[str], None],
        redraw: Callable[[], None],
        size: Callable[[], tuple[int, int]],
        clock: Clock,
        elsewhere: Callable[[Place], str],
    ) -> None:
        """Take the terminal's ways; `size` is columns and rows.

        `elsewhere` is the line above what is in another place than the one that is looked at.
        """
        self._write = write
        self._redraw = redraw
        self._size = size
        self._clock = clock
        self._elsewhere = elsewhere
        self._console = Console(file=StringIO(), force_terminal=True, highlight=False, emoji=False)
        self._answers: list[_Answer] = []
        self._newest: _Answer | None = None  # whose part was printed last
        self._has_cut_in = False
        self._changed = asyncio.Event()
        self.frame = ""

    @property
    def growing_in(self) -> Place | None:
        """Where the newest answer is growing, if one is."""
        return self._answers[-1].place if self._answers else None

    def say(self, text: str) -> None:
        """Print a line of the console's own."""
        self._newest = None
        self._print(notice(text))

    def post(self, place: Place, reply: Reply) -> None:
        """Print a message, between the blocks of a growing answer if need be."""
        self._newest = None
        self._print(Group(*self._heading(place), self._message(reply.text, reply)))
        self._has_cut_in = any(answer.text.has_begun for answer in self._answers)

    def sink(self, place: Place) -> ReplySink:
        """Return where an answer can grow."""
        return _GrowingSink(self, place)

    async def paint(self) -> None:
        """Keep the screen up with the answers, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            began = self._clock.monotonic()
            with suppress(SendUnknown):  # the screen's own run ends when the terminal has gone
                self._advance()
            spent = self._clock.monotonic() - began
            await self._clock.sleep(max(_FRAME_S, _REST * spent))

    def turn(self) -> None:
        """Take note that another place is looked at."""
        self._newest = None
        self._changed.set()

    def begin(self, answer: "_Answer") -> None:
        """Show that work has begun."""
        self._answers.append(answer)
        self._changed.set()

    def grow(self) -> None:
        """An answer has more text."""
        self._changed.set()

    def end(self, answer: "_Answer", reply: Reply | None) -> None:
        """Print what is left of an answer; without a reply it is dropped as it stands."""
        if answer in self._answers:
            self._answers.remove(answer)
        if reply is None:
            self._draw_frame()
        else:
            self._print_answer(answer, self._message(answer.text.ending(reply.text), reply))
        self._has_cut_in = False
        self._changed.set()

    def _advance(self) -> None:
        if self._answers and (done := self._answers[0].text.take_done()):
            self._print_answer(self._answers[0], document(parse(done)))
        else:
            self._draw_frame()
            self._redraw()

    def _draw_frame(self) -> None:
        if not self._answers:
            self.frame = ""
            return
        columns, rows = self._size()
        room = max(rows - _PROMPT_ROWS, 1)
        answer = self._answers[0]
        blocks = _tail(parse(answer.text.rest), room)
        shown = document(blocks) if blocks else notice("…")
        heading = () if self._newest is answer else self._heading(answer.place)
        drawn = self._ansi(Group(*heading, shown), columns)
        self.frame = "".join(drawn.splitlines(keepends=True)[-room:]) + "\n"

    def _heading(self, place: Place) -> list[RenderableType]:
        said = self._elsewhere(place)
        return [notice(said)] if said else []

    def _message(self, text: str, reply: Reply) -> RenderableType:
        columns, _ = self._size()
        parts = [document(parse(text))] if text else []
        if reply.footer:
            parts.append(notice(reply.footer))
        if reply.buttons:
            parts.append(menu(reply.buttons, columns))
        return Group(*parts)

    def _print_answer(self, answer: "_Answer", part: RenderableType) -> None:
        above = [] if self._newest is answer else self._heading(answer.place)
        if self._has_cut_in:
            above.append(notice(_GOES_ON))
        self._has_cut_in = False
        self._newest = answer
        self._draw_frame()
        self._print(Group(*above, part))

    def _print(self, part: RenderableType) -> None:
        columns, _ = self._size()
        self._write(self._ansi(Group(part, Text("")), columns))

    def _ansi(self, part: RenderableType, columns: int) -> str:
        with self._console.capture() as captured:
            self._console.print(part, width=columns, crop=False, overflow="fold")
        return captured.get()


@dataclass(eq=False, slots=True)
class _Answer:
    place: Place
    text: Growing = field(default_factory=Growing)


class _GrowingSink:
    def __init__(self, page: Page, place: Place) -> None:
        self._page = page
        self._answer = _Answer(place)

    async def open(self) -> None:
        self._page.begin(self._answer)

    def show(self, text: str) -> None:
        self._answer.text.offer(text)
        self._page.grow()

    async def finish(self, reply: Reply, *, key: str) -> MessageRef | None:  # noqa: ARG002 - the port's
        self._page.end(self._answer, reply)
        return None

    async def close(self) -> None:
        self._page.end(self._answer, None)


def _tail(blocks: Blocks, rows: int) -> Blocks:
    """Return what can be seen of long blocks, so that drawing a frame stays cheap."""
    match blocks:
        case (*before, CodeBlock(text) as code):
            seen = "\n".join(text.split("\n")[-rows:])
            return (*before, replace(code, text=seen))
        case (*before, Items(items, start) as shown):
            first = max(len(items) - rows, 0)
            number = None if start is None else start + first
            return (*before, replace(shown, items=items[first:], start=number))
        case _:
            return blocks
