"""The stores on a disk that fails, in a process that dies, beside another process."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final

import pytest

from bot.domain.chat import TurnId, TurnState
from bot.domain.effects import PutKey
from bot.domain.errors import StartError, StorageUnavailable
from bot.domain.events import Command, InboxId, Text
from bot.domain.keys import KeyHealth
from bot.domain.ports import Ending
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from storage.folder import DATABASE
from storage.stores import SqlStores, open_stores
from storage.vault import MasterKey
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import ORIGIN, Neighbours

KEY: Final = MasterKey(b"k" * 32)
ROOT: Final = Path(__file__).parents[2]
BIG: Final = "long answer " * 2_000


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@asynccontextmanager
async def living(folder: Path, clock: FakeClock) -> AsyncIterator[tuple[SqlStores, Neighbours]]:
    """Return open stores and who lives in them."""
    stores = await open_stores(folder, KEY, clock)
    try:
        yield stores, Neighbours(stores, clock)
    finally:
        await stores.close()


async def pragma(stores: SqlStores, text: str) -> int:
    """Set something on the writer; return what SQLite says."""
    rows = list(await stores.database._writer.execute_fetchall(f"PRAGMA {text}"))
    return int(rows[0][0]) if rows else 0


class Course:
    """The steps of a turn and a command, each of which is one write, and what they promised."""

    def __init__(self, stores: SqlStores, house: Neighbours) -> None:
        """Begin with nothing done."""
        self.stores = stores
        self.house = house
        self.turn = TurnId(0)
        self.row = InboxId(0)
        self._text = house.incoming(Text("q" * 3_000), update="text")
        self._command = house.incoming(Command("addkey"), update="command")

    def steps(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """Return the steps in their order."""
        return (self.ask, self.begin, self.checkpoint, self.end, self.accept, self.finish)

    async def ask(self) -> None:
        """Take a question; one that was refused is new when it comes again."""
        turn = await self.stores.intake.accept_turn(self._text, limit=5)
        assert turn is not None
        self.turn = turn.id

    async def begin(self) -> None:
        """Begin its attempt."""
        assert await self.stores.turns.begin_attempt(self.turn, 1)

    async def checkpoint(self) -> None:
        """Keep what arrived."""
        await self.stores.turns.checkpoint({self.turn: BIG})

    async def end(self) -> None:
        """End it, with an answer, usage and a reply."""
        found = await self.stores.turns.find(self.turn)
        assert found is not None
        member = await self.house.member()
        ending = Ending(
            state=TurnState.ANSWERED,
            answer=BIG,
            usage=Usage(input_tokens=7),
            replies=(self.house.reply(member, BIG, turn=found),),
        )
        assert len(await self.stores.turns.end(self.turn, 1, ending)) == 1

    async def accept(self) -> None:
        """Take a command."""
        row = await self.stores.intake.accept(self._command)
        assert row is not None
        self.row = row.id

    async def finish(self) -> None:
        """Handle it."""
        member = await self.house.member()
        put = PutKey(
            member=member.id,
            provider="demo",
            origin=ORIGIN,
            key=Secret("k" * 9_000),
            health=KeyHealth.WORKS,
        )
        result = await self.stores.intake.finish(self.row, (put,), ())
        assert result.applied.value == "done"

    async def standing(self) -> tuple[object, ...]:
        """Return everything that is stored, as the ports show it."""
        member = await self.house.member()
        turn = await self.stores.turns.find(self.turn) if self.turn else None
        return (
            turn,
            [row.outgoing.reply.text for row in await self.stores.turns.deliveries()],
            await self.stores.keys.keys(member.id),
            (await self.stores.settings.spent(member.id)).answers,
            await self.stores.intake.pending(),
        )


async def run_through(
    course: Course, fail: Callable[[], Awaitable[None]], mend: Callable[[], Awaitable[None]]
) -> int:
    """Let each step fail, then succeed; return how many failed."""
    failed = 0
    for step in course.steps():
        before = await course.standing()
        await fail()
        try:
            await step()
        except StorageUnavailable:
            failed += 1
            await mend()
            assert await course.standing() == before, step.__name__
            await step()
        else:
            await mend()
        assert await course.standing() != before, step.__name__
    return failed


async def check_whole(folder: Path) -> None:
    """Fail if the file is damaged."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("room", range(8))
async def test_a_full_disk_loses_nothing(tmp_path: Path, clock: FakeClock, room: int) -> None:
    """A write that does not fit leaves everything as it was, and works when there is room.

    `room` is how many pages are free, so that steps fail at different statements.
    """
    async with living(tmp_path / "data", clock) as (stores, house):
        await house.member()

        async def fail() -> None:
            pages = await pragma(stores, "page_count")
            free = await pragma(stores, "freelist_count")
            # What a step deletes it may use again: no page is free but the room.
            assert free <= pages
            await pragma(stores, f"max_page_count = {pages + room}")

        async def mend() -> None:
            await pragma(stores, "max_page_count = 1073741823")

        failed = await run_through(Course(stores, house), fail, mend)
        if room == 0:
            assert failed >= 3
    await check_whole(tmp_path / "data")


async def test_a_read_only_disk_loses_nothing(tmp_path: Path, clock: FakeClock) -> None:
    """Every write is refused with one short reason, reading goes on, and then all works."""
    async with living(tmp_path / "data", clock) as (stores, house):
        await house.member()
        course = Course(stores, house)

        async def fail() -> None:
            await pragma(stores, "query_only = ON")
            with pytest.raises(StorageUnavailable) as caught:
                await house.ask("refused")
            assert caught.value.reason == "readonly"

        async def mend() -> None:
            await pragma(stores, "query_only = OFF")

        assert await run_through(course, fail, mend) == len(course.steps())
    await check_whole(tmp_path / "data")


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[None]:
    """Mount a disk of one megabyte; skip where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        mounted = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
    except OSError:
        pytest.skip("there is no mount here")
    if await mounted.wait():
        pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        await (await asyncio.create_subprocess_exec("umount", str(folder))).wait()


async def test_a_really_full_disk_loses_nothing(tmp_path: Path, clock: FakeClock) -> None:
    """No space is left in the middle of talking; what was answered is all there after."""
    async with small_disk(tmp_path / "disk"):
        folder = tmp_path / "disk" / "data"
        kept: list[TurnId] = []
        async with living(folder, clock) as (stores, house):

            async def talk() -> None:
                while True:
                    kept.append((await house.talk("q", BIG)).id)

            with pytest.raises(StorageUnavailable) as caught:
                await talk()
            assert caught.value.reason in {"full", "ioerr write", "ioerr shmsize"}
            assert len(kept) > 3
            found = [await stores.turns.find(turn) for turn in kept]
        assert [turn.answer for turn in found if turn] == [BIG] * len(kept)
        await check_whole(folder)


_DYING: Final = """
import asyncio, os, signal, sys
from pathlib import Path
from storage.stores import open_stores
from storage.vault import MasterKey
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import Neighbours
when, left = sys.argv[2], int(sys.argv[3])
def probe(now):
    global left
    left -= now == when
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
async def main():
    clock = FakeClock()
    stores = await open_stores(Path(sys.argv[1]), MasterKey(b"k" * 32), clock, probe=probe)
    house = Neighbours(stores, clock)
    while True:
        turn = await house.ask("q")
        print("asked", turn.id, flush=True)
        await house.answer(turn, "a")
        print("answered", turn.id, flush=True)
asyncio.run(main())
"""


def die(folder: Path, when: str, commits: int) -> list[list[str]]:
    """Let a process be killed at one of its commits; return what it had been promised."""
    done = subprocess.run(
        [sys.executable, "-c", _DYING, str(folder), when, str(commits)],
        check=False,
        timeout=60,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


@pytest.mark.parametrize("when", ["before commit", "after commit"])
@pytest.mark.parametrize("commits", [4, 5, 6])
async def test_a_kill_loses_nothing_that_was_promised(
    tmp_path: Path, clock: FakeClock, when: str, commits: int
) -> None:
    """Whatever was returned to a caller is there after the kill, and nothing is half there."""
    folder = tmp_path / "data"
    promised = await asyncio.to_thread(die, folder, when, commits)
    assert promised
    async with living(folder, clock) as (stores, _):
        assert not stores.is_restored
        for word, id_ in promised:
            turn = await stores.turns.find(TurnId(int(id_)))
            assert turn is not None
            if word == "answered":
                assert (turn.state, turn.answer) == (TurnState.ANSWERED, "a")
        open_turns = [turn.state for turn in await stores.turns.recover()]
        assert len(open_turns) <= 1
    await check_whole(folder)


async def test_a_second_process_does_not_start(tmp_path: Path, clock: FakeClock) -> None:
    """The folder is one process's; when that one is killed the folder is free."""
    folder = tmp_path / "data"
    script = _DYING.replace("while True:", "print('in', flush=True)\n    while True:").replace(
        'turn = await house.ask("q")', "await asyncio.sleep(60)"
    )
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(folder), "never", "0", stdout=-1, cwd=ROOT
    )
    try:
        assert other.stdout is not None
        assert await other.stdout.readline() == b"in\n"
        with pytest.raises(StartError) as caught:
            await open_stores(folder, KEY, clock)
        assert str(folder) in caught.value.problems[0]
    finally:
        other.kill()
        await other.wait()
    async with living(folder, clock) as (stores, _):
        assert not stores.is_restored
