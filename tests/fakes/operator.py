"""An operator at a host's terminal, with the command in a process of its own."""

import asyncio
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_COMMAND: Final = "import sys; from bot.cli import main; sys.exit(main())"


class Operator:
    """Somebody who has called `hearthkey matrix …` and sees what it says."""

    def __init__(self, process: asyncio.subprocess.Process, keyboard: int | None) -> None:
        self.process = process
        self.seen = ""
        self._keyboard = keyboard

    async def until(self, text: str) -> None:
        """Wait until a text is on the screen."""
        assert self.process.stdout is not None
        while text not in self.seen:
            chunk = await self.process.stdout.read(4_096)
            assert chunk, f"{text!r} is not in {self.seen!r}"
            self.seen += chunk.decode()

    def type(self, text: str) -> None:
        """Type something; nothing is sent by a terminal before the end of a line."""
        if self._keyboard is not None:
            os.write(self._keyboard, text.encode())
            return
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())

    async def leave(self) -> None:
        """Let the input end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.stdin.wait_closed()

    async def left(self) -> int:
        """Wait until the command has ended; return its exit code."""
        assert self.process.stdout is not None
        self.seen += (await self.process.stdout.read()).decode()
        return await self.process.wait()


def environment(data: Path) -> dict[str, str]:
    """Return an environment with a data folder, and nothing of this machine's settings."""
    return {"HOME": str(data.parent), "HEARTHKEY_DATA_DIR": str(data), "LANG": "C.UTF-8"}


@asynccontextmanager
async def bot_on(data: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Let a bot run on a data folder, in the console, until its input ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _COMMAND, "run"),
        cwd=ROOT,
        env=environment(data),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(b"/help\n")
        assert await process.stdout.readline()  # it takes messages, so all of it has started
        yield process
    finally:
        await process.communicate(b"")


@asynccontextmanager
async def using(
    data: Path,
    tool: str = "verify",
    *,
    has_keyboard: bool = False,
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[Operator]:
    """Call a tool beside the bot on a data folder, at a terminal or through a pipe."""
    keyboard, line = pty.openpty() if has_keyboard else (None, None)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _COMMAND, "matrix", tool),
        cwd=ROOT,
        env=environment(data) | dict(more or {}),
        stdin=asyncio.subprocess.PIPE if line is None else line,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=_heed_interrupts,
    )
    try:
        yield Operator(process, keyboard)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        for descriptor in (keyboard, line):
            if descriptor is not None:
                os.close(descriptor)


def _heed_interrupts() -> None:
    """Be as at a terminal: what runs in the background of a script is born deaf to them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
