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

from adapters.console.output import Output
from adapters.console.page import Page
from adapters.console.prompt import new_prompt
from adapters.console.translate import LEAVING, CommandHint, is_leaving, read_line, read_secret
from bot.domain.chat import Identity, Place
from bot.domain.errors import StorageUnavailable
from bot.domain.events import Body, Command, Incoming, QuestionKind, Reply, SecretText
from bot.domain.ports import Clock, Receiver, ReplySink

_NARROWEST = 20  # columns; in a window narrower still, lines wrap where it wants
_PROMPTS = {
    None: "you> ",
    QuestionKind.MENU: "choose> ",
    QuestionKind.TEXT: "text> ",
    QuestionKind.KEY: "Paste the key (it is not shown): ",
}


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
        incoming: Callable[[Body], Incoming],
        commands: Sequence[CommandHint],
        recent: list[str],
    ) -> None:
        """Take what the frontend knows; the terminal is left as it is until `run`."""
        self._output = output
        self._greeting = greeting
        self._incoming = incoming
        self._secret_commands = frozenset(hint.name for hint in commands if hint.has_secret)
        self._input = create_input(stdin)
        self._screen = create_output(stdout)
        if isinstance(self._screen, Vt100_Output):
            # a late answer to "where is the cursor" would be read as typed text
            self._screen.enable_cpr = False
        self._session = new_prompt(
            terminal=self._input,
            screen=self._screen,
            commands=(*commands, *LEAVING),
            recent=recent,
            message=self._message,
            is_kept=self._is_kept,
            is_hidden=lambda: self._kind is QuestionKind.KEY,
            interrupt=self._interrupt,
        )
        self._page = Page(write=self._write, redraw=self._redraw, size=self._size, clock=clock)
        self._asked: Callable[[], QuestionKind | None] = lambda: None
        self._kind: QuestionKind | None = None
        self._handed_over = asyncio.Event()
        self._stop_wanted = asyncio.Event()
        self._is_busy = False
        self._is_stopping = False

    async def run(self, receiver: Receiver, identity: Identity, place: Place) -> None:
        """Talk until the member leaves or the terminal has gone."""

        def asked() -> QuestionKind | None:
            question = receiver.open_question(identity, place)
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
                    tasks.create_task(self._watch(receiver, place)),
                    tasks.create_task(self._stop(receiver)),
                ]
                await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
                for part in parts:
                    part.cancel()

    def post(self, reply: Reply) -> None:
        """Print a message; raises SendUnknown when the terminal has gone."""
        self._page.post(reply)

    def sink(self) -> ReplySink:
        """Return where an answer can grow."""
        return self._page.sink()

    async def _talk(self, receiver: Receiver) -> None:
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
            if (body := self._read(line)) is not None:
                await self._hand_over(receiver, body)

    def _read(self, line: str) -> Body | None:
        """Read a line by the prompt it was typed at: what was typed unseen is a secret."""
        if self._kind is QuestionKind.KEY:
            return read_secret(line, self._secret_commands)
        return read_line(line, self._secret_commands)

    async def _hand_over(self, receiver: Receiver, body: Body) -> None:
        self._is_busy = True
        self._handed_over.set()
        with suppress(StorageUnavailable):  # the application itself has said so
            await receiver.receive(self._incoming(body))

    async def _watch(self, receiver: Receiver, place: Place) -> None:
        """Know when nothing is running any more, so that Ctrl-C leaves."""
        while True:
            await self._handed_over.wait()
            self._handed_over.clear()
            await receiver.settled(place)
            self._redraw()  # a question may have been opened, or be over
            if not self._handed_over.is_set():
                self._is_busy = self._is_stopping = False

    async def _stop(self, receiver: Receiver) -> None:
        while True:
            await self._stop_wanted.wait()
            self._stop_wanted.clear()
            await self._hand_over(receiver, Command("stop"))

    async def _gone(self) -> None:
        await self._output.gone.wait()

    def _interrupt(self) -> bool:
        """Take Ctrl-C: the first one stops what is running, if anything is."""
        if self._is_stopping or not (self._is_busy or self._page.is_answering):
            return False
        self._is_stopping = True
        self._stop_wanted.set()
        return True

    def _is_kept(self, line: str) -> bool:
        if self._kind in {QuestionKind.KEY, QuestionKind.MENU}:
            return False
        return not isinstance(read_line(line, self._secret_commands), SecretText)

    def _message(self) -> StyleAndTextTuples:
        """Return what stands before the cursor; the line that stays has no frame above it."""
        if self._session.app.is_done:
            return [("bold", _PROMPTS[self._kind])]
        self._kind = self._asked()
        return [*to_formatted_text(ANSI(self._page.frame)), ("bold", _PROMPTS[self._kind])]

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
