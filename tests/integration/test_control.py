"""Operator tools: the command in a process of its own, and the bot it talks to over its socket."""

import asyncio
import contextlib
import logging
import os
import stat
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from bot.control.address import SOCKET
from bot.control.server import ControlServer
from bot.control.words import MOST_BYTES, Answer, Ask, End, Say, Use, from_bot, line_of
from bot.domain.errors import StartError
from bot.domain.ports import Dialogue, Tool
from tests.fakes.operator import bot_on, using


@contextlib.asynccontextmanager
async def running(folder: Path, tools: Mapping[str, Tool]) -> AsyncIterator[ControlServer]:
    """Let a bot offer tools."""
    server = ControlServer(folder, tools)
    await server.open()
    try:
        yield server
    finally:
        await server.close()


class Verify:
    """A tool that asks once, and remembers what became of it."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.answer = ""

    async def __call__(self, dialogue: Dialogue) -> int:
        try:
            await dialogue.say("🐶 Dog")
            self.begun.set()
            self.answer = await dialogue.ask("The same? ")
            await dialogue.say(f"You said {self.answer}.")
        finally:
            self.ended.set()
        return 0 if self.answer == "yes" else 1


@pytest.fixture
def verify() -> Verify:
    """A tool."""
    return Verify()


@pytest.fixture
async def data(tmp_path: Path, verify: Verify) -> AsyncIterator[Path]:
    """A data folder on which a bot runs."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    async with running(folder, {"matrix verify": verify}):
        yield folder


async def test_a_tool_speaks_asks_and_ends_through_a_pipe(data: Path) -> None:
    """What it says is shown line by line, and its exit code is the command's."""
    for answer, code in (("yes", 0), ("no, they are not", 1)):
        async with using(data) as operator:
            operator.type(f"{answer}\n")
            assert await operator.left() == code
        assert operator.seen == f"🐶 Dog\nThe same? \nYou said {answer}.\n"


async def test_a_tool_speaks_asks_and_ends_at_a_terminal(data: Path) -> None:
    """The terminal shows what is typed itself, so it is not shown again."""
    async with using(data, has_keyboard=True) as operator:
        await operator.until("The same? ")
        operator.type("yes\n")
        assert await operator.left() == 0
    assert operator.seen == "🐶 Dog\nThe same? You said yes.\n"


async def test_an_answer_without_the_end_of_its_line_counts(data: Path) -> None:
    """As `printf yes |` gives it."""
    async with using(data) as operator:
        operator.type("yes")
        await operator.leave()
        assert await operator.left() == 0


async def test_the_socket_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask is, which stays as it was; and it is gone at the end."""
    before = os.umask(0)
    try:
        async with running(tmp_path, {}):
            mode = (tmp_path / SOCKET).lstat().st_mode
            assert os.umask(0) == 0
    finally:
        os.umask(before)
    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o600)
    assert list(tmp_path.iterdir()) == []


async def test_a_socket_that_was_left_is_replaced(data: Path, tmp_path: Path) -> None:
    """As a bot that was killed leaves it: its folder's lock tells that nobody listens."""
    (data / SOCKET).rename(tmp_path / SOCKET)
    async with running(tmp_path, {"matrix verify": Verify()}), using(tmp_path) as operator:
        operator.type("yes\n")
        assert await operator.left() == 0


async def test_what_is_no_socket_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Then there are no tools, which is said once, and the bot runs all the same."""
    (tmp_path / SOCKET).write_text("mine")
    async with running(tmp_path, {}):
        (line,) = [record.getMessage() for record in caplog.records]
    assert f"{SOCKET} cannot be opened" in line
    assert (tmp_path / SOCKET).read_text() == "mine"


async def test_a_folder_with_a_long_path_will_do(tmp_path: Path) -> None:
    """A socket's address has about a hundred bytes, a path may have thousands."""
    folder = tmp_path / ("deep " * 20) / ("ü" * 100)
    folder.mkdir(parents=True)
    async with running(folder, {"matrix verify": Verify()}), using(folder) as operator:
        operator.type("yes\n")
        assert await operator.left() == 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("left", ["nothing", "no folder", "socket", "file"])
async def test_without_a_bot_it_says_so(tmp_path: Path, left: str) -> None:
    """In one line, with what to do."""
    data = tmp_path / "data"
    if left != "no folder":
        data.mkdir()
    if left == "socket":
        async with running(data, {}):
            (data / SOCKET).rename(data / "kept")
        (data / "kept").rename(data / SOCKET)
    elif left == "file":
        (data / SOCKET).touch()
    async with using(data) as operator:
        assert await operator.left() == 2
    expected = f"no bot is running on {data}: start it, then run this again beside it"
    assert operator.seen == f"hearthkey: {expected}\n"


async def test_a_bot_is_found_while_it_runs_and_after_it_was_killed(tmp_path: Path) -> None:
    """The whole of it: `hearthkey run`, killed, run again, and ended well."""
    data = tmp_path / "data"
    for is_killed in (True, False):
        async with bot_on(data) as bot:
            async with using(data) as operator:
                assert await operator.left() == 2
            assert operator.seen.startswith("The bot that runs has no tool")
            assert stat.S_IMODE((data / SOCKET).lstat().st_mode) == 0o600
            if is_killed:
                bot.kill()
                await bot.wait()
        assert (data / SOCKET).exists() == is_killed
        async with using(data) as operator:
            assert await operator.left() == 2
        assert operator.seen.startswith("hearthkey: no bot is running on")


async def test_a_tool_is_used_at_one_terminal_at_a_time(data: Path, verify: Verify) -> None:
    """The second one is told and ends; the first one goes on."""
    async with using(data) as first:
        await first.until("The same? ")
        async with using(data) as second:
            assert await second.left() == 2
        assert second.seen == (
            "“matrix verify” is in use at another terminal: end it there first.\n"
        )
        assert not verify.ended.is_set()
        first.type("yes\n")
        assert await first.left() == 0


@pytest.mark.parametrize("how", ["killed", "interrupted", "end of input", "hung up"])
async def test_a_tool_ends_when_its_terminal_goes_away(
    data: Path, verify: Verify, how: str
) -> None:
    """And can be used again at once."""
    async with using(data, has_keyboard=how == "hung up") as operator:
        await operator.until("The same? ")
        if how == "killed":
            operator.process.kill()
        elif how == "interrupted":
            operator.process.send_signal(2)
        elif how == "hung up":
            operator.type("\x04")
        else:
            await operator.leave()
        code = await operator.left()
        await verify.ended.wait()
    assert code == {"killed": -9, "interrupted": 130}.get(how, 1)
    assert ("No answer came" in operator.seen) == (how in {"end of input", "hung up"})
    async with using(data) as operator:
        operator.type("yes\n")
        assert await operator.left() == 0


async def test_a_tool_that_waits_for_something_else_ends_with_its_terminal(
    tmp_path: Path,
) -> None:
    """It need not say or ask anything to learn that nobody is there."""
    waiting, ended = asyncio.Event(), asyncio.Event()

    async def verify(_: Dialogue) -> int:
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 0

    async with running(tmp_path, {"matrix verify": verify}), using(tmp_path) as operator:
        await waiting.wait()
        operator.process.kill()
        await ended.wait()


async def test_a_tool_that_is_not_there_is_said(data: Path) -> None:
    """As where Matrix is not configured."""
    async with using(data, "reset-identity") as operator:
        assert await operator.left() == 2
    assert operator.seen.startswith("The bot that runs has no tool “matrix reset-identity”: ")
    assert operator.seen.count("\n") == 1


async def test_a_fault_is_a_line_with_a_reference(
    tmp_path: Path, canary: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    """The log has it under that reference; neither has the error's words."""
    words = canary()

    async def verify(_: Dialogue) -> int:
        raise RuntimeError(words)

    async with running(tmp_path, {"matrix verify": verify}), using(tmp_path) as operator:
        assert await operator.left() == 1
    (line,) = operator.seen.splitlines()
    reference = line.rpartition("ref=")[2]
    assert words not in line
    errors = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert [f"ref={reference}" in each.getMessage() for each in errors] == [True]


async def test_what_the_operator_must_mend_is_said_as_it_is(tmp_path: Path) -> None:
    """A StartError has its words for them."""

    async def verify(_: Dialogue) -> int:
        raise StartError(["the server is too old", "so is the clock"])

    async with running(tmp_path, {"matrix verify": verify}), using(tmp_path) as operator:
        assert await operator.left() == 2
    assert operator.seen == "the server is too old\nso is the clock\n"


async def test_a_text_does_nothing_to_the_terminal(tmp_path: Path) -> None:
    """What a server said may be in it."""

    async def verify(dialogue: Dialogue) -> int:
        await dialogue.say("a\x1b[2Jb\nc\u202ed")
        await dialogue.ask("\x1b]0;evil\x07? ")
        return 0

    async with running(tmp_path, {"matrix verify": verify}), using(tmp_path) as operator:
        operator.type("\n")
        assert await operator.left() == 0
    assert operator.seen == "a\ufffd[2Jb\nc\ufffdd\n\ufffd]0;evil\ufffd? \n"


async def test_what_was_typed_to_a_question_that_is_gone_answers_no_other(
    tmp_path: Path,
) -> None:
    """The phone gave up while somebody was typing: their yes is for no later question."""
    gave_up = asyncio.Event()
    answers: list[str] = []

    async def verify(dialogue: Dialogue) -> int:
        asked = asyncio.ensure_future(dialogue.ask("The same? "))
        await gave_up.wait()
        asked.cancel()
        await asyncio.wait([asked])
        await dialogue.say("The phone gave up.")
        answers.append(await dialogue.ask("Again? "))
        return 0

    async with (
        running(tmp_path, {"matrix verify": verify}),
        using(tmp_path, has_keyboard=True) as operator,
    ):
        await operator.until("The same? ")
        operator.type("ye")
        gave_up.set()
        await operator.until("\nThe phone gave up.\nAgain? ")
        operator.type("no\n")
        assert await operator.left() == 0
    assert answers == ["no"]


async def test_what_is_said_beside_a_question_leaves_it_open(tmp_path: Path) -> None:
    """It is shown again below."""
    asked = asyncio.Event()

    async def verify(dialogue: Dialogue) -> int:
        answer = asyncio.ensure_future(dialogue.ask("The same? "))
        await asked.wait()
        await dialogue.say("Still here.")
        return 0 if await answer == "yes" else 1

    async with (
        running(tmp_path, {"matrix verify": verify}),
        using(tmp_path, has_keyboard=True) as operator,
    ):
        await operator.until("The same? ")
        asked.set()
        await operator.until("\nStill here.\nThe same? ")
        operator.type("yes\n")
        assert await operator.left() == 0


async def test_two_questions_at_once_are_asked_one_after_the_other(tmp_path: Path) -> None:
    """Each gets its own answer."""

    async def verify(dialogue: Dialogue) -> int:
        first, second = await asyncio.gather(dialogue.ask("1? "), dialogue.ask("2? "))
        await dialogue.say(f"{first} {second}")
        return 0

    async with running(tmp_path, {"matrix verify": verify}), using(tmp_path) as operator:
        operator.type("one\ntwo\n")
        assert await operator.left() == 0
    assert operator.seen == "1? \n2? \none two\n"


async def test_a_bot_that_stops_is_said_at_the_terminal(tmp_path: Path, verify: Verify) -> None:
    """Also to somebody who is about to answer; the tool does not keep the bot from stopping."""
    async with using(tmp_path, has_keyboard=True) as operator:
        async with running(tmp_path, {"matrix verify": verify}):
            await operator.until("The same? ")
        assert verify.ended.is_set()
        assert await operator.left() == 1
    assert "The bot has ended the connection" in operator.seen


async def test_long_texts_are_cut(tmp_path: Path) -> None:
    """So that no line is longer than what is read of one."""

    async def verify(dialogue: Dialogue) -> int:
        await dialogue.say("\x00" * 1_000_000)
        return len(await dialogue.ask("?")) // 1_000

    async with running(tmp_path, {"matrix verify": verify}), using(tmp_path) as operator:
        operator.type("\x00" * 1_000_000 + "\n")
        assert await operator.left() == 4


GARBAGE = {
    "nothing": b"",
    "no json": b"hello\n",
    "no word": b'{"type":"sing"}\n',
    "an answer": line_of(Answer(1, "yes")),
    "half a word": line_of(Use("matrix verify"))[:-5],
    "too long": b"x" * (2 * MOST_BYTES) + b"\n",
}


@pytest.mark.parametrize("sent", GARBAGE.values(), ids=GARBAGE)
async def test_who_does_not_name_a_tool_is_hung_up_on(
    data: Path, verify: Verify, sent: bytes
) -> None:
    """Nothing runs, nothing is answered, and others are served."""
    reader, writer = await asyncio.open_unix_connection(data / SOCKET)
    writer.write(sent)
    writer.write_eof()
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    assert not verify.begun.is_set()
    async with using(data) as operator:
        operator.type("yes\n")
        assert await operator.left() == 0


async def test_who_says_nothing_is_hung_up_on(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is there to be used."""
    monkeypatch.setattr("bot.control.terminal._FIRST_S", 0.01)
    reader, writer = await asyncio.open_unix_connection(data / SOCKET)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()


async def test_an_answer_nobody_asked_for_is_none(data: Path, verify: Verify) -> None:
    """One to another question, or a second one, changes nothing."""
    reader, writer = await asyncio.open_unix_connection(data / SOCKET)
    writer.write(line_of(Use("matrix verify")))
    assert from_bot.decode(await reader.readline()) == Say("🐶 Dog")
    assert from_bot.decode(await reader.readline()) == Ask(1, "The same? ")
    for number, text in ((0, "no"), (2, "no"), (1, "yes"), (1, "no")):
        writer.write(line_of(Answer(number, text)))
    assert from_bot.decode(await reader.readline()) == Say("You said yes.")
    assert from_bot.decode(await reader.readline()) == End(0)
    writer.close()
    assert verify.answer == "yes"
