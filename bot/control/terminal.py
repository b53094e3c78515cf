"""The operator's terminal, as the running bot sees it: the other end of a connection."""

import asyncio
import contextlib
from typing import Final

import msgspec

from bot.control.words import (
    LONGEST,
    Answer,
    Ask,
    End,
    FromBot,
    FromTerminal,
    Say,
    Use,
    Withdraw,
    from_terminal,
    line_of,
)

_FIRST_S: Final = 10.0
_LAST_S: Final = 2.0


class Terminal:
    """A Dialogue over a connection. What is sent to a terminal that went away goes nowhere."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the two ends of it."""
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()
        self._number = 0
        self._answer: asyncio.Future[str] | None = None

    async def wanted(self) -> str | None:
        """Return the name of the tool that is asked for; None if nothing proper is."""
        try:
            async with asyncio.timeout(_FIRST_S):
                word = await self._word()
        except TimeoutError:
            return None
        return word.tool if isinstance(word, Use) else None

    async def say(self, line: str) -> None:
        """Show a line."""
        await self._send(Say(line[:LONGEST]))

    async def ask(self, prompt: str) -> str:
        """Show a question, and return what was typed. One question is open at a time."""
        async with self._turn:
            self._number += 1
            self._answer = asyncio.get_running_loop().create_future()
            try:
                await self._send(Ask(self._number, prompt[:LONGEST]))
                return await self._answer
            except asyncio.CancelledError:
                self._writer.write(line_of(Withdraw(self._number)))
                raise
            finally:
                self._answer = None

    async def listen(self) -> None:
        """Take answers until the terminal goes away, or sends what nobody asked for."""
        while isinstance(word := await self._word(), Answer):
            answer = self._answer
            if answer is not None and word.number == self._number and not answer.done():
                answer.set_result(word.text)

    async def end(self, code: int) -> None:
        """Tell the exit code, and hang up when that has arrived, or does not."""
        await self._send(End(code))
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LAST_S):
                await self._writer.wait_closed()

    def hang_up(self) -> None:
        """Let go at once, whatever has not arrived."""
        self._writer.transport.abort()

    async def _word(self) -> FromTerminal | None:
        # An end, a line that is too long and one that is no word are the same: no more is read.
        try:
            word: FromTerminal = from_terminal.decode(await self._reader.readuntil(b"\n"))
        except (
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            msgspec.DecodeError,
            OSError,
        ):
            return None
        return word

    async def _send(self, word: FromBot) -> None:
        with contextlib.suppress(OSError):  # `listen` tells that nobody is there
            self._writer.write(line_of(word))
            await self._writer.drain()
