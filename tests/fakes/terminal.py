"""A pseudo-terminal, and the console on it: keys go in, a screen comes out."""

import asyncio
import os
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

from adapters.console.frontend import ConsoleFrontend
from adapters.console.translate import CommandHint
from bot.clock import SystemClock
from tests.fakes.receiver import Answer, ScriptedReceiver
from tests.fakes.screen import Screen

COLUMNS = 60
HINTS = (
    CommandHint(name="addkey", usage="[COMPANY] [KEY]", help="Add a key", has_secret=True),
    CommandHint(name="model", help="Choose a model"),
    CommandHint(name="usage", help="What it cost"),
)
CTRL_C, CTRL_D, UP = "\x03", "\x04", "\x1b[A"


class Terminal:
    """The member's side of a pseudo-terminal, and a console running on the other."""

    def __init__(self, keyboard: int, stdin: TextIO, stdout: TextIO) -> None:
        self.screen = Screen(COLUMNS)
        self.keyboard = keyboard
        self.stdin = stdin
        self.stdout = stdout
        self.recent: list[str] = []
        self._fed = asyncio.Event()
        self.run: asyncio.Task[None]
        self.receiver: ScriptedReceiver

    def listen(self) -> None:
        """Show what comes, until the other side closes."""
        asyncio.get_running_loop().add_reader(self.keyboard, self._feed)

    def _feed(self) -> None:
        self.screen.feed(os.read(self.keyboard, 65_536))
        self._fed.set()

    def press(self, keys: str) -> None:
        """Press keys; a carriage return is Enter."""
        os.write(self.keyboard, keys.encode())

    async def until(self, text: str, *, gone: str = "") -> None:
        """Wait until `text` is on the screen and `gone` is not."""
        async with asyncio.timeout(5):
            while text not in self.screen.text or (gone and gone in self.screen.text):
                self._fed.clear()
                await self._fed.wait()

    async def left(self) -> None:
        """Wait until the console has ended by itself."""
        async with asyncio.timeout(5):
            await self.run
        while True:
            await asyncio.sleep(0)
            self._fed.clear()
            try:
                async with asyncio.timeout(0.02):
                    await self._fed.wait()
            except TimeoutError:
                return

    def is_echoing(self) -> bool:
        """Whether the terminal itself would show what is typed now."""
        return bool(termios.tcgetattr(self.stdin)[3] & termios.ECHO)


@asynccontextmanager
async def console(devices: tuple[int, TextIO, TextIO], answer: Answer) -> AsyncIterator[Terminal]:
    """Run the console with a script behind it, and stop it at the end."""
    terminal = Terminal(*devices)
    terminal.receiver = ScriptedReceiver(answer)
    terminal.receiver.frontend = frontend = ConsoleFrontend(
        commands=HINTS,
        clock=SystemClock(),
        greeting="Hearthkey console.",
        recent=terminal.recent,
        stdin=terminal.stdin,
        stdout=terminal.stdout,
    )
    terminal.listen()
    terminal.run = asyncio.ensure_future(frontend.run(terminal.receiver))
    await terminal.until("you>")
    yield terminal
    asyncio.get_running_loop().remove_reader(terminal.keyboard)
    terminal.run.cancel()
    await asyncio.gather(terminal.run, return_exceptions=True)
    await terminal.receiver.settled(frontend.place)
