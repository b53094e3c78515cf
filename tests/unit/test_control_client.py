"""The command's end of the control socket: what it shows, and how it takes an odd bot."""

import asyncio
import io
import os
import pty
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

import pytest

from bot.control.address import SOCKET
from bot.control.client import use_tool
from bot.control.words import Answer, Ask, End, Say, Use, Withdraw, from_terminal, line_of
from bot.domain.errors import StartError

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def bot(folder: Path, script: Script) -> AsyncIterator[None]:
    """Listen as a bot does, and go by a script."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert from_terminal.decode(await reader.readline()) == Use("matrix verify")
        await script(reader, writer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(serve, folder / SOCKET)
    yield
    server.close()


async def used(folder: Path, stdin: TextIO) -> tuple[int, str]:
    """Use a tool; return the exit code and what was shown."""
    stdout = io.StringIO()
    code = await asyncio.to_thread(use_tool, folder, "matrix verify", stdin, stdout)
    return code, stdout.getvalue()


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, TextIO]]:
    """Return a pipe's two ends: to read from, and to type into."""
    read, write = os.pipe()
    with os.fdopen(read) as stdin, os.fdopen(write, "w") as typed:
        yield stdin, typed


@pytest.fixture
def keyboard() -> Iterator[tuple[TextIO, int]]:
    """Return a terminal to read from, and what types into it."""
    keys, line = pty.openpty()
    with os.fdopen(line) as stdin:
        yield stdin, keys
    os.close(keys)


async def test_a_conversation_through_a_pipe(tmp_path: Path, pipe: tuple[TextIO, TextIO]) -> None:
    """Lines and questions are shown plainly, answers go back with their question's number."""
    stdin, typed = pipe
    answers: list[object] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(line_of(Say("one\ntw\x1bo")) + line_of(Ask(1, "The \x07same? ")))
        answers.append(from_terminal.decode(await reader.readline()))
        writer.write(line_of(Say("")) + line_of(End(7)))

    typed.write("yes\r\n")
    typed.flush()
    async with bot(tmp_path, script):
        assert await used(tmp_path, stdin) == (7, "one\ntw\ufffdo\nThe \ufffdsame? \n\n")
    assert answers == [Answer(1, "yes")]


async def test_the_end_of_the_input_leaves_a_question_unanswered(
    tmp_path: Path, pipe: tuple[TextIO, TextIO]
) -> None:
    """Half a line is an answer; nothing is none."""
    stdin, typed = pipe

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(line_of(Ask(1, "1? ")))
        assert from_terminal.decode(await reader.readline()) == Answer(1, "half")
        writer.write(line_of(Ask(2, "2? ")))
        assert await reader.read() == b""

    typed.write("half")
    typed.close()
    async with bot(tmp_path, script):
        code, shown = await used(tmp_path, stdin)
    assert code == 1
    assert shown == "1? \n2? \nNo answer came, so nothing more was done.\n"


async def test_what_was_typed_at_a_terminal_to_a_question_that_is_gone_is_forgotten(
    tmp_path: Path, keyboard: tuple[TextIO, int]
) -> None:
    """What is said while a question is open is shown above it."""
    stdin, keys = keyboard
    answers: list[object] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(line_of(Ask(1, "1? ")) + line_of(Say("wait")))
        os.write(keys, b"ye")
        writer.write(line_of(Withdraw(1)) + line_of(Say("gone")) + line_of(Ask(2, "2? ")))
        await asked.wait()
        os.write(keys, b"no\n")
        answers.append(from_terminal.decode(await reader.readline()))
        writer.write(line_of(End(0)))

    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Screen(io.StringIO):
        def write(self, text: str) -> int:
            if "2? " in text:
                loop.call_soon_threadsafe(asked.set)
            return super().write(text)

    stdout = Screen()
    async with bot(tmp_path, script):
        code = await asyncio.to_thread(use_tool, tmp_path, "matrix verify", stdin, stdout)
    assert (code, answers) == (0, [Answer(2, "no")])
    assert stdout.getvalue() == "1? \nwait\n1? \ngone\n2? "


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"", "The bot has ended the connection: it stops, or was stopped.\n"),
        (
            b'{"type":"sing"}\n',
            "The bot does not speak this command's language: run the same version of both.\n",
        ),
    ],
    ids=["nothing", "another language"],
)
async def test_a_bot_that_makes_no_sense_is_said(
    tmp_path: Path, pipe: tuple[TextIO, TextIO], sent: bytes, shown: str
) -> None:
    """In a line, and it failed."""

    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)

    async with bot(tmp_path, script):
        assert await used(tmp_path, pipe[0]) == (1, shown)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(), "no bot is running on {}: start it, then run this again beside it"),
        (PermissionError(), "the bot on {} is another account's: run this as that account"),
        (OSError(23, "Too many files"), "the bot on {} cannot be reached: Too many files"),
    ],
    ids=["missing", "not ours", "other"],
)
def test_without_a_way_to_the_bot_it_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, line: str
) -> None:
    """With what to do, where that is known."""

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("bot.control.client.address_of", refuse)
    with pytest.raises(StartError) as caught:
        use_tool(tmp_path, "matrix verify", io.StringIO(), io.StringIO())
    assert caught.value.problems == (line.format(tmp_path),)
