"""The console where standard input is no terminal: lines in, whole messages out."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Container
from contextlib import suppress
from typing import TextIO

from adapters.console.output import Output
from adapters.console.render import plain
from adapters.console.translate import is_leaving, read_line, read_secret
from bot.domain.chat import Identity, Place
from bot.domain.errors import StorageUnavailable
from bot.domain.events import Body, Incoming, MessageRef, QuestionKind, Reply
from bot.domain.ports import Receiver, ReplySink

_CHUNK = 65_536
_LONGEST_LINE = 1_048_576  # bytes; what is longer comes as several lines


class PlainScreen:
    """Answers come whole, since what reads them may be a file or another program."""

    def __init__(
        self,
        *,
        stdin: TextIO,
        output: Output,
        incoming: Callable[[Body], Incoming],
        secret_commands: Container[str],
    ) -> None:
        """Take what the frontend knows; does no I/O."""
        self._stdin = stdin
        self._output = output
        self._incoming = incoming
        self._secret_commands = secret_commands
        self._has_written = False

    async def run(self, receiver: Receiver, identity: Identity, place: Place) -> None:
        """Handle line after line, each one to its end, until there are no more, or no reader."""
        async with asyncio.TaskGroup() as tasks:
            talk = tasks.create_task(self._talk(receiver, identity, place))
            gone = tasks.create_task(self._output.gone.wait())
            await asyncio.wait({talk, gone}, return_when=asyncio.FIRST_COMPLETED)
            talk.cancel()
            gone.cancel()

    async def _talk(self, receiver: Receiver, identity: Identity, place: Place) -> None:
        async for line in read_lines(self._stdin.fileno()):
            if is_leaving(line):
                return
            question = receiver.open_question(identity, place)
            is_key = question is not None and question.kind is QuestionKind.KEY
            read = read_secret if is_key else read_line
            body = read(line, self._secret_commands)
            if body is not None:
                await self._hand_over(receiver, body)
                await receiver.settled(place)
        await receiver.settled(place)

    def post(self, reply: Reply) -> None:
        """Write a message; raises SendUnknown when nobody reads any more."""
        self._write(plain(reply))

    def sink(self) -> ReplySink:
        """Return a sink that writes at its end only."""
        return _WholeSink(self)

    async def _hand_over(self, receiver: Receiver, body: Body) -> None:
        with suppress(StorageUnavailable):  # the application itself has said so
            await receiver.receive(self._incoming(body))

    def _write(self, text: str) -> None:
        gap = "\n" if self._has_written else ""
        self._has_written = True
        self._output.write(f"{gap}{text}\n")


class _WholeSink:
    def __init__(self, screen: PlainScreen) -> None:
        self._screen = screen

    async def open(self) -> None:
        """Show nothing."""

    def show(self, text: str) -> None:
        """Wait for the whole."""

    async def finish(self, reply: Reply, *, key: str) -> MessageRef | None:  # noqa: ARG002 - the port's
        self._screen.post(reply)
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
