"""The console on a terminal: a prompt below, the conversation above it.

Imported only where there is a terminal. The prompt is always open: what is typed while an answer
grows is taken at once. The terminal stays in raw mode throughout, so that nothing typed between
two prompts is echoed.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TextIO

from prompt_toolkit.formatted_text import ANSI, StyleAndTextTuples, to_formatted_text
from prompt_toolkit.input import create_input
from prompt_toolkit.output import create_output
from prompt_toolkit.output.vt100 import Vt100_Output

from adapters.console.keyboard import Keyboard
from adapters.console.output import Output
from adapters.console.page import Page
from adapters.console.prompt import new_prompt
from adapters.console.translate import LEAVING, MOVING, CommandHint, is_leaving
from bot.domain.chat import Place
from bot.domain.errors import SendUnknown, StorageUnavailable
from bot.domain.events import Command, Incoming, QuestionKind, Reply
from bot.domain.ports import Clock, Receiver, ReplySink

_NARROWEST = 20  # columns; in a window narrower still, lines wrap where it wants
_KEY = "Paste the key (it is not shown): "
_PROMPTS = {None: "you> ", QuestionKind.MENU: "choose> ", QuestionKind.TEXT: "text> "}
_OTHERS = {None: "", QuestionKind.MENU: ", choose", QuestionKind.TEXT: ", text"}


class TerminalScreen:
    """A terminal, from the first prompt to the last."""

    def __init__(
        self,
        *,
        stdin: TextIO,
        stdout: TextIO,
        output: Output,
        greeting: str,
        clock: Clock,
        keyboard: Keyboard,
        commands: Sequence[CommandHint],
        recent: list[str],
    ) -> None:
        """Take what the frontend knows; the terminal is left as it is until `run`."""
        self._output = output
        self._greeting = greeting
        self._keyboard = keyboard
        self._input = create_input(stdin)
        self._screen = create_output(stdout)
        if isinstance(self._screen, Vt100_Output):
            # a late answer to "where is the cursor" would be read as typed text
            self._screen.enable_cpr = False
        self._session = new_prompt(
            terminal=self._input,
            screen=self._screen,
            commands=(*commands, *LEAVING, *MOVING),
            recent=recent,
            message=self._message,
            is_kept=self._is_kept,
            is_hidden=lambda: self._kind is QuestionKind.KEY,
            interrupt=self._interrupt,
        )
        self._page = Page(
            write=self._write,
            redraw=self._redraw,
            size=self._size,
            clock=clock,
            elsewhere=keyboard.elsewhere,
        )
        self._asked: Callable[[], QuestionKind | None] = lambda: None
        self._kind: QuestionKind | None = None
        self._place = keyboard.seat.place  # where the newest line went
        self._handed_over = asyncio.Event()
        self._stop_wanted = asyncio.Event()
        self._is_busy = False
        self._is_stopping = False

    async def run(self, receiver: Receiver) -> None:
        """Talk until the member leaves or the terminal has gone."""

        def asked() -> QuestionKind | None:
            seat = self._keyboard.seat
            question = receiver.open_question(seat.identity, seat.place)
            return question.kind if question else None

        self._asked = asked
        if self._greeting:
            self._page.say(self._greeting)
        with self._input.raw_mode():
            async with asyncio.TaskGroup() as tasks:
                parts = [
                    tasks.create_task(self._talk(receiver)),
                    tasks.create_task(self._gone()),
                    tasks.create_task(self._page.paint()),
                    tasks.create_task(self._watch(receiver)),
                    tasks.create_task(self._stop(receiver)),
                ]
                await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
                for part in parts:
                    part.cancel()

    def post(self, place: Place, reply: Reply) -> None:
        """Print a message; raises SendUnknown when the terminal has gone."""
        self._page.post(place, reply)

    def sink(self, place: Place) -> ReplySink:
        """Return where an answer can grow."""
        return self._page.sink(place)

    async def _talk(self, receiver: Receiver) -> None:
        with suppress(SendUnknown):  # `gone` ends the run
            await self._keyboard.enter(receiver, self._page.say)
        while True:
            try:
                line = await self._session.prompt_async(
                    handle_sigint=False, set_exception_handler=False
                )
            except EOFError:
                return
            except OSError:  # the window was closed
                self._output.let_go()
                return
            if is_leaving(line):
                return
            with suppress(SendUnknown):
                if await self._keyboard.moved(line, receiver, self._page.say):
                    self._page.turn()
                    self._handed_over.set()  # of a new room somebody may have to be told
                    continue
            if (incoming := self._keyboard.read(line, self._kind)) is not None:
                await self._hand_over(receiver, incoming)

    async def _hand_over(self, receiver: Receiver, incoming: Incoming) -> None:
        self._is_busy = True
        self._place = incoming.place
        self._handed_over.set()
        with suppress(StorageUnavailable):  # the application itself has said so
            await receiver.receive(incoming)

    async def _watch(self, receiver: Receiver) -> None:
        """Know when nothing is running any more, so that Ctrl-C leaves."""
        while True:
            await self._handed_over.wait()
            self._handed_over.clear()
            await self._keyboard.settled(receiver)
            self._redraw()  # a question may have been opened, or be over
            if not self._handed_over.is_set():
                self._is_busy = self._is_stopping = False

    async def _stop(self, receiver: Receiver) -> None:
        """Stop what is seen to run; whose it is, is whoever spoke last where it runs."""
        while True:
            await self._stop_wanted.wait()
            self._stop_wanted.clear()
            seat = self._keyboard.speaker(self._page.growing_in or self._place)
            await self._hand_over(receiver, self._keyboard.incoming(Command("stop"), seat))

    async def _gone(self) -> None:
        await self._output.gone.wait()

    def _interrupt(self) -> bool:
        """Take Ctrl-C: the first one stops what is running, if anything is."""
        if self._is_stopping or not (self._is_busy or self._page.growing_in):
            return False
        self._is_stopping = True
        self._stop_wanted.set()
        return True

    def _is_kept(self, line: str) -> bool:
        if self._kind in {QuestionKind.KEY, QuestionKind.MENU}:
            return False
        return not self._keyboard.is_secret(line)

    def _message(self) -> StyleAndTextTuples:
        """Return what stands before the cursor; the line that stays has no frame above it."""
        if self._session.app.is_done:
            return [("bold", self._prompt())]
        self._kind = self._asked()
        return [*to_formatted_text(ANSI(self._page.frame)), ("bold", self._prompt())]

    def _prompt(self) -> str:
        label, kind = self._keyboard.seat.label, self._kind
        if kind is QuestionKind.KEY:
            return f"{label}: {_KEY}" if label else _KEY
        return f"{label}{_OTHERS[kind]}> " if label else _PROMPTS[kind]

    def _write(self, text: str) -> None:
        """Take the prompt away, print, and let it be drawn again below."""
        app = self._session.app
        if app.is_running and not self._output.gone.is_set():
            with suppress(OSError):  # the write that follows meets the same
                app.renderer.erase()
        self._output.write(text)
        app.invalidate()

    def _redraw(self) -> None:
        self._session.app.invalidate()

    def _size(self) -> tuple[int, int]:
        size = self._screen.get_size()
        return max(size.columns or 80, _NARROWEST), size.rows or 24
