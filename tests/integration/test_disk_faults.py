"""The whole application on a disk that fails at each write of a question and of a command."""

import asyncio
import ctypes
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from bot.access import Access
from bot.app import assemble
from bot.checkpoints import CHECKPOINT_S
from bot.clock import SystemClock
from bot.domain.chat import Identity, Place
from bot.domain.errors import StorageUnavailable
from bot.domain.events import Body, Command, Incoming, MessageRef, SecretText, Text
from bot.domain.secret import Secret
from bot.router import Router
from bot.texts.turns import SENT_AGAIN
from storage.stores import SqlStores, open_stores
from storage.vault import MasterKey
from tests.fakes.frontend import FakeFrontend
from tests.fakes.prices import FakePrices
from tests.fakes.provider import FakeProvider

ME: Final = Identity("fake", "me")
HERE: Final = Place("fake", "me")
CANNOT_STORE: Final = "cannot store"
_WITHIN_S: Final = 10.0
_MOST_WRITES: Final = 40
_SMALL_DISK: Final = "size=4m"


class HurriedClock(SystemClock):
    """The machine's time, but nobody sleeps long: waiting for the disk takes no seconds here."""

    async def sleep(self, seconds: float) -> None:
        """Wait a hundredth of it, but for checkpoints: hurried, they are writes at any place."""
        await asyncio.sleep(seconds if seconds == CHECKPOINT_S else min(seconds, 1.0) / 100)


class Disk:
    """Fails every commit from the `at`-th on, counted anew by `fail_from`; 0: none."""

    def __init__(self) -> None:
        self.writes = 0
        self._at = 0

    def fail_from(self, at: int) -> None:
        """Count from here, and fail from the `at`-th write on."""
        self.writes, self._at = 0, at

    @property
    def has_failed(self) -> bool:
        """Whether a write has failed since."""
        return bool(self._at) and self.writes >= self._at

    def probe(self, point: str) -> None:
        """Be asked before each commit."""
        if point == "before commit":
            self.writes += 1
            if self.has_failed:
                raise sqlite3.OperationalError("database or disk is full")


class House:
    """The application with a member who sends again what was not taken, as messengers do."""

    def __init__(self, stores: SqlStores, provider: FakeProvider, frontend: FakeFrontend) -> None:
        self.stores = stores
        self.provider = provider
        self.frontend = frontend
        self.router: Router = assemble(
            stores=stores,
            providers={provider.spec.id: provider},
            frontends=(frontend,),
            clock=HurriedClock(),
            access=Access(allowed=frozenset({ME})),
            prices=FakePrices(),
        )

    async def offer(self, update: str, body: Body) -> bool:
        """Hand over an update; whether it was taken, and so need not come again."""
        incoming = Incoming(
            update=update,
            sender=ME,
            sender_name="Me",
            place=HERE,
            body=body,
            sent_at=datetime.now(UTC),
            message=MessageRef(f"of-{update}"),
        )
        try:
            await self.router.receive(incoming)
        except StorageUnavailable:
            return False
        return True

    async def send(self, update: str, body: Body) -> None:
        """Send something on a good disk and wait until it is dealt with."""
        assert await self.offer(update, body)
        async with asyncio.timeout(_WITHIN_S):
            await self.router.settled(HERE)

    def complaints(self) -> int:
        """Return how often the member was told that nothing can be stored."""
        return sum(CANNOT_STORE in text for text in self.frontend.texts)


@asynccontextmanager
async def house(
    folder: Path,
    disk: Disk,
    *,
    provider: FakeProvider | None = None,
    frontend: FakeFrontend | None = None,
) -> AsyncIterator[House]:
    """Open the house in a folder, with a key from the first time on."""
    key = folder.parent / f"{folder.name}.key"
    if not key.exists():
        key.write_bytes(os.urandom(32))
    stores = await open_stores(
        folder, MasterKey(key.read_bytes()), HurriedClock(), probe=disk.probe
    )
    there = House(stores, provider or FakeProvider(), frontend or FakeFrontend())
    await there.router.start()
    try:
        yield there
    finally:
        await there.router.close()
        await stores.close()


async def _with_key(there: House) -> None:
    body = SecretText(Command("addkey", there.provider.spec.id), Secret("demo-key-1234567890"))
    await there.send("key", body)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(_WITHIN_S):
        while not is_so():  # noqa: ASYNC110 - the disk knows no events
            await asyncio.sleep(0.002)


async def _writes_of(folder: Path, update: str, body: Body) -> int:
    """Return how many commits an update makes on a good disk."""
    disk = Disk()
    async with house(folder, disk) as there:
        await _with_key(there)
        disk.fail_from(0)
        await there.send(update, body)
        return disk.writes


async def _through_a_full_disk(there: House, disk: Disk, at: int, update: str, body: Body) -> None:
    """Send an update while the disk fails from its `at`-th write on; then it works again."""
    disk.fail_from(at)
    is_taken = await there.offer(update, body)
    await _until(lambda: disk.has_failed)
    await asyncio.sleep(0.03)
    disk.fail_from(0)
    if not is_taken:
        assert await there.offer(update, body)
    async with asyncio.timeout(_WITHIN_S):
        await there.router.settled(HERE)


async def test_a_question_outlives_a_full_disk_at_each_of_its_writes(tmp_path: Path) -> None:
    """It is asked once and answered once, and the member reads one line about the wait.

    The last write only notes that the answer was shown: nobody waits for that.
    """
    question = Text("What goes with leeks?")
    writes = await _writes_of(tmp_path / "good", "q", question)
    assert 4 <= writes <= _MOST_WRITES
    disk = Disk()
    async with house(tmp_path / "bad", disk) as there:
        await _with_key(there)
        for at in range(1, writes + 1):
            there.frontend.shown.clear()
            there.provider.asked.clear()
            await _through_a_full_disk(there, disk, at, f"q{at}", question)
            assert len(there.provider.asked) == 1, at
            answers = [text for text in there.frontend.texts if "Echo: " in text]
            assert len(answers) == 1, (at, there.frontend.texts)
            assert not answers[0].startswith(SENT_AGAIN)
            assert there.complaints() == (at < writes), (at, there.frontend.texts)
        await there.send("last", question)
        assert there.frontend.texts[-1].startswith("Echo: ")


async def test_a_command_outlives_a_full_disk_at_each_of_its_writes(tmp_path: Path) -> None:
    """It takes effect once, its reply comes once, after one line about the wait."""
    command = Command("new", "Leeks")
    writes = await _writes_of(tmp_path / "good", "c", command)
    assert 3 <= writes <= _MOST_WRITES
    disk = Disk()
    async with house(tmp_path / "bad", disk) as there:
        await _with_key(there)
        for at in range(1, writes + 1):
            await there.send(f"q{at}", Text(f"Question {at}"))
            there.frontend.shown.clear()
            before = await _sessions(there)
            await _through_a_full_disk(there, disk, at, f"c{at}", command)
            assert await _sessions(there) == before + 1, (at, there.frontend.texts)
            said = [text for text in there.frontend.texts if "New conversation" in text]
            assert len(said) == 1, (at, there.frontend.texts)
            assert there.complaints() == (at < writes), (at, there.frontend.texts)


async def _sessions(there: House) -> int:
    rows = await there.stores.database.read(
        lambda connection: connection.execute_fetchall("SELECT count(*) FROM sessions")
    )
    return int(next(iter(rows))[0])


async def test_what_was_taken_outlives_a_restart_on_a_full_disk(tmp_path: Path) -> None:
    """Stopped while the disk is still full, the next start owes the member the same."""
    question = Text("What goes with leeks?")
    writes = await _writes_of(tmp_path / "good", "q", question)
    for at in range(1, writes + 1):
        disk, provider, frontend = Disk(), FakeProvider(), FakeFrontend()
        folder = tmp_path / f"bad-{at}"
        async with house(folder, disk, provider=provider, frontend=frontend) as there:
            await _with_key(there)
            disk.fail_from(at)
            is_taken = await there.offer("q", question)
            await _until(lambda disk=disk: disk.has_failed)  # type: ignore[misc]  # bound now
        disk.fail_from(0)
        async with house(folder, disk, provider=provider, frontend=frontend) as there:
            if not is_taken:
                assert await there.offer("q", question)
            async with asyncio.timeout(_WITHIN_S):
                await there.router.settled(HERE)
        assert len(provider.asked) <= 1, at
        ends = [text for text in frontend.texts if "Echo: " in text or "I was restarted" in text]
        unmarked = [text for text in ends if not text.startswith(SENT_AGAIN)]
        assert ends, (at, frontend.texts)
        assert len(unmarked) <= 1, (at, frontend.texts)


async def test_a_database_at_its_page_limit_takes_nothing_and_loses_nothing(
    tmp_path: Path,
) -> None:
    """SQLite's own refusal of a new page reads as the full disk that it means."""
    async with house(tmp_path / "data", Disk()) as there:
        await _with_key(there)
        await there.send("before", Text("What goes with leeks?"))
        await _limit_pages(there, 1)
        is_taken = await _send_until_refused(there)
        assert not is_taken
        assert there.complaints() == 1
        await _limit_pages(there, 1_000_000)
        await _answers_again(there)


async def _limit_pages(there: House, most: int) -> None:
    """Let the writer's file grow no further than it is, or than `most` pages."""
    await there.stores.database._writer.execute(f"PRAGMA max_page_count = {most:d}")


async def _send_until_refused(there: House) -> bool:
    """Offer long questions until one is not taken; False when that came."""
    there.frontend.shown.clear()
    for number in range(_MOST_WRITES):
        if not await there.offer(f"long{number}", Text("leeks " * 2_000)):
            return False
    return True


async def _answers_again(there: House) -> None:
    """Wait until all that was taken is answered, each once."""
    async with asyncio.timeout(_WITHIN_S):
        await there.router.settled(HERE)
    questions = [asked.question for asked in there.provider.asked]
    await there.send("after", Text("And with rice?"))
    assert there.frontend.texts[-1] == "Echo: And with rice?"
    assert there.provider.asked[-1].question == "And with rice?"
    assert len(there.provider.asked) == len(questions) + 1


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """Mount a small tmpfs; skip where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder.mkdir()
    at = str(folder).encode()
    if os.geteuid() or libc.mount(b"tmpfs", at, b"tmpfs", 0, _SMALL_DISK.encode()):
        pytest.skip("mounting a small disk needs root")
    try:
        yield
    finally:
        libc.umount2(at, 2)


async def test_a_small_disk_that_is_full_takes_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """A real disk, filled by another file, and freed again."""
    with _small_disk(tmp_path / "disk"):
        filler = tmp_path / "disk" / "filler"
        async with house(tmp_path / "disk" / "data", Disk()) as there:
            await _with_key(there)
            await there.send("before", Text("What goes with leeks?"))
            _fill(filler)
            assert not await _send_until_refused(there)
            assert there.complaints() >= 1
            filler.unlink()
            await _answers_again(there)


def _fill(path: Path) -> None:
    """Write until the disk has no room."""
    into = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        while os.write(into, bytes(1024)):
            pass
    except OSError:
        pass
    finally:
        os.close(into)
