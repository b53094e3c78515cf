"""The console where standard input is no terminal: lines in, whole messages out."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TextIO

from adapters.console.keyboard import Keyboard
from adapters.console.output import Output
from adapters.console.render import plain
from adapters.console.translate import is_leaving
from bot.domain.chat import Place
from bot.domain.errors import SendUnknown, StorageUnavailable
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Receiver, ReplySink

_CHUNK = 65_536
_LONGEST_LINE = 1_048_576  # bytes; what is longer comes as several lines


class PlainScreen:
    """Answers come whole, since what reads them may be a file or another program."""

    def __init__(self, *, stdin: TextIO, output: Output, keyboard: Keyboard) -> None:
        """Take what the frontend knows; does no I/O."""
        self._stdin = stdin
        self._output = output
        self._keyboard = keyboard
        self._has_written = False

    async def run(self, receiver: Receiver) -> None:
        """Handle line after line, each one to its end, until there are no more, or no reader."""
        async with asyncio.TaskGroup() as tasks:
            talk = tasks.create_task(self._talk(receiver))
            gone = tasks.create_task(self._output.gone.wait())
            await asyncio.wait({talk, gone}, return_when=asyncio.FIRST_COMPLETED)
            talk.cancel()
            gone.cancel()

    async def _talk(self, receiver: Receiver) -> None:
        keyboard = self._keyboard
        with suppress(SendUnknown):  # `gone` ends the run
            await keyboard.enter(receiver, self._write)
            async for line in read_lines(self._stdin.fileno()):
                if is_leaving(line):
                    return
                if not await keyboard.moved(line, receiver, self._write):
                    await self._hand_over(receiver, line)
                await keyboard.settled(receiver)
        await keyboard.settled(receiver)

    def post(self, place: Place, reply: Reply) -> None:
        """Write a message; raises SendUnknown when nobody reads any more."""
        self._write("\n".join(filter(None, (self._keyboard.elsewhere(place), plain(reply)))))

    def sink(self, place: Place) -> ReplySink:
        """Return a sink that writes at its end only."""
        return _WholeSink(self, place)

    async def _hand_over(self, receiver: Receiver, line: str) -> None:
        seat = self._keyboard.seat
        question = receiver.open_question(seat.identity, seat.place)
        incoming = self._keyboard.read(line, question.kind if question else None)
        if incoming is not None:
            with suppress(StorageUnavailable):  # the application itself has said so
                await receiver.receive(incoming)

    def _write(self, text: str) -> None:
        gap = "\n" if self._has_written else ""
        self._has_written = True
        self._output.write(f"{gap}{text}\n")


class _WholeSink:
    def __init__(self, screen: PlainScreen, place: Place) -> None:
        self._screen = screen
        self._place = place

    async def open(self) -> None:
        """Show nothing."""

    def show(self, text: str) -> None:
        """Wait for the whole."""

    async def finish(self, reply: Reply, *, key: str) -> MessageRef | None:  # noqa: ARG002 - the port's
        self._screen.post(self._place, reply)
        return None

    async def close(self) -> None:
        """Nothing was begun."""


async def read_lines(fd: int) -> AsyncIterator[str]:
    """Yield the lines of a file, pipe or socket without a thread that a stop would wait for."""
    held = b""
    while chunk := await _read(fd):
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
        if len(held) > _LONGEST_LINE:
            yield held.decode(errors="replace")
            held = b""
    if held:
        yield held.decode(errors="replace")


async def _read(fd: int) -> bytes:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    try:
        loop.add_reader(fd, readable.set)
    except PermissionError:  # a regular file: the selector will not have it, and it never waits
        return os.read(fd, _CHUNK)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(fd)
    return os.read(fd, _CHUNK)
