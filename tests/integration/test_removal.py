"""A key or a conversation removed while an answer comes in: real stores, a real socket."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from bot.access import Access
from bot.app import assemble
from bot.clock import SystemClock
from bot.domain.chat import Identity, MemberId, Place
from bot.domain.events import Body, Command, Incoming, MessageRef, Press, SecretText, Text
from bot.domain.ports import Stores
from bot.domain.secret import Secret
from bot.router import Router
from storage.folder import DATABASE
from storage.stores import open_stores
from storage.vault import MasterKey
from tests.fakes.frontend import FakeFrontend
from tests.fakes.prices import FakePrices
from tests.simulators.vendor_sim import VendorSim

ME: Final = Identity("fake", "me")
HERE: Final = Place("fake", "me")
KEY: Final = "sk-canary-removal-1234567890"
STALLS: Final = "Why do leeks grow so tall? [sim stall_after=3]"
NEXT: Final = "And what of onions?"
MASTER: Final = MasterKey(bytes(range(32)))
_WITHIN_S: Final = 10.0


class Camera:
    """Copies the data folder at each commit, as a kill at that moment would leave it."""

    def __init__(self, folder: Path, into: Path) -> None:
        self._folder = folder
        self._into = into
        self.is_on = False

    @property
    def pictures(self) -> list[Path]:
        """The copies, oldest first."""
        return sorted(self._into.glob("*"))

    def probe(self, point: str) -> None:
        """Be called around each commit."""
        if self.is_on and point == "after commit":
            shutil.copytree(self._folder, self._into / f"{len(self.pictures):03d}")


class House:
    """The application with one member, and what is on its disk."""

    def __init__(
        self, folder: Path, frontend: FakeFrontend, router: Router, camera: Camera
    ) -> None:
        self.folder = folder
        self.camera = camera
        self.frontend = frontend
        self.router = router
        self._updates = 0

    async def offer(self, body: Body) -> None:
        """Hand over an update."""
        self._updates += 1
        await self.router.receive(
            Incoming(
                update=f"u{self._updates}",
                sender=ME,
                sender_name="Me",
                place=HERE,
                body=body,
                sent_at=datetime.now(UTC),
                message=MessageRef(f"m{self._updates}"),
            )
        )

    async def begin(self, question: str) -> None:
        """Ask something and wait for the first words of the answer."""
        sinks = len(self.frontend.sinks)
        await self.offer(Text(question))
        await until(lambda: any(sink.shown for sink in self.frontend.sinks[sinks:]))

    async def reply(self, body: Body) -> None:
        """Send something that is no question and wait until it is answered."""
        shown = len(self.frontend.shown)
        await self.offer(body)
        await until(lambda: len(self.frontend.shown) > shown)

    async def press(self, action: str) -> None:
        """Press the newest button whose action begins like this, and wait for the reply."""
        rows = (row for shown in reversed(self.frontend.shown) for row in shown.reply.buttons)
        found = next(each.action for row in rows for each in row if each.action.startswith(action))
        await self.reply(Press(found))

    async def settled(self) -> None:
        """Wait until nothing is left to do."""
        async with asyncio.timeout(_WITHIN_S):
            await self.router.settled(HERE)

    def rows(self, sql: str) -> list[Any]:
        """Look into the database from outside."""
        with closing(sqlite3.connect(self.folder / DATABASE)) as connection:
            return connection.execute(sql).fetchall()

    def blobs(self, table: str, *columns: str) -> list[bytes]:
        """Return the sealed values of columns as they are on the disk now."""
        found = self.rows(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 - our own names
        return [blob for row in found for blob in row if blob]

    def has(self, blob: bytes) -> bool:
        """Whether any file of the folder holds these bytes; sealed values are long enough."""
        return _has(self.folder, blob)


def _has(folder: Path, blob: bytes) -> bool:
    return any(blob in path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something on the other side of a socket."""
    async with asyncio.timeout(_WITHIN_S):
        while not is_so():  # noqa: ASYNC110 - what is over there sends no events
            await asyncio.sleep(0.002)


@pytest.fixture
async def sim() -> AsyncIterator[VendorSim]:
    """A vendor on a socket."""
    async with VendorSim() as running:
        yield running


@pytest.fixture
async def house(sim: VendorSim, tmp_path: Path) -> AsyncIterator[House]:
    """The application, with a key that the vendor takes."""
    folder = tmp_path / "data"
    clock = SystemClock()
    camera = Camera(folder, tmp_path / "pictures")
    stores = await open_stores(folder, MASTER, clock, probe=camera.probe)
    http = HttpClient()
    frontend = FakeFrontend()
    router = assemble(
        stores=stores,
        providers=build_providers(http, endpoints={"sim": sim.url}),
        frontends=(frontend,),
        clock=clock,
        access=Access(allowed=frozenset({ME})),
        prices=FakePrices(),
    )
    await router.start()
    there = House(folder, frontend, router, camera)
    await there.reply(SecretText(Command("addkey", "sim"), Secret(KEY)))
    await there.settled()
    assert there.rows("SELECT count(*) FROM api_keys") == [(1,)]
    yield there
    await router.close()
    await http.close()
    await stores.close()


async def test_a_removed_key_ends_its_request_and_leaves_no_byte(
    house: House, sim: VendorSim
) -> None:
    """The vendor sees us leave, what came is settled as an estimate, the key is gone for good."""
    await house.begin(STALLS)
    sealed = house.blobs("api_keys", "key", "mask")
    assert sealed
    assert all(house.has(blob) for blob in sealed)
    await _remove_key(house)
    await house.settled()
    await until(lambda: sim.witness.asked[-1].ended == "disconnected")
    assert house.rows("SELECT state, detail FROM turns") == [("stopped", "removed")]
    assert house.rows("SELECT estimated, output > 0 FROM usage") == [(1, 1)]
    assert house.rows("SELECT count(*) FROM api_keys") == [(0,)]
    assert not any(house.has(blob) for blob in (*sealed, KEY.encode()))


async def test_a_removed_key_is_used_for_no_question_that_waited(
    house: House, sim: VendorSim
) -> None:
    """The next in the line is not asked in the moment between the end and the removal."""
    await house.begin(STALLS)
    await house.offer(Text(NEXT))
    await _remove_key(house)
    await house.settled()
    assert [seen.question for seen in sim.witness.asked] == [STALLS]
    states = house.rows("SELECT state, detail FROM turns ORDER BY id")
    assert states == [("stopped", "removed"), ("waiting", "key")]


async def test_a_kill_just_after_the_removal_leaves_no_byte_for_long(house: House) -> None:
    """What the log file still held of the key is gone when the next start is ready."""
    sealed = house.blobs("api_keys", "key", "mask")
    await house.reply(Command("removekey", "sim"))
    house.camera.is_on = True
    await house.press("removekey:do:")
    await house.settled()
    house.camera.is_on = False
    had_traces = 0
    for folder in house.camera.pictures:
        has_traces = all(_has(folder, blob) for blob in sealed)
        stores = await open_stores(folder, MASTER, SystemClock())
        is_removed = not await stores.keys.keys(await _member(stores))
        had_traces += is_removed and has_traces
        if is_removed:
            assert not any(_has(folder, blob) for blob in sealed)
        await stores.close()
    assert had_traces


async def _member(stores: Stores) -> MemberId:
    return (await stores.settings.member(ME, "Me", is_operator=False)).id


async def test_a_deleted_conversation_ends_its_request_and_leaves_no_byte(
    house: House, sim: VendorSim
) -> None:
    """Words and answer are gone from every file; what it cost stays."""
    await house.reply(Text("What goes with rice?"))
    await house.settled()
    await house.begin(STALLS)
    sealed = house.blobs("turns", "question", "answer", "choices")
    assert len(sealed) >= 5
    await _delete_session(house)
    await house.settled()
    await until(lambda: sim.witness.asked[-1].ended == "disconnected")
    assert house.rows("SELECT count(*) FROM turns") == [(0,)]
    assert house.rows("SELECT estimated FROM usage ORDER BY id") == [(0,), (1,)]
    assert not any(house.has(blob) for blob in sealed)


async def test_a_deleted_conversation_asks_nothing_more_of_what_waited(
    house: House, sim: VendorSim
) -> None:
    """A question that waited in it goes with it, unasked."""
    await house.begin(STALLS)
    await house.offer(Text(NEXT))
    await _delete_session(house)
    await house.settled()
    assert [seen.question for seen in sim.witness.asked] == [STALLS]
    assert house.rows("SELECT count(*) FROM turns") == [(0,)]


async def test_after_a_removal_talk_goes_on(house: House, sim: VendorSim) -> None:
    """A new key answers the question that comes next."""
    await house.begin(STALLS)
    await _remove_key(house)
    await house.settled()
    await house.reply(SecretText(Command("addkey", "sim"), Secret(KEY)))
    await house.reply(Text(NEXT))
    await house.settled()
    assert sim.witness.asked[-1].question == NEXT
    assert house.frontend.texts[-1] == f"You asked: {NEXT}"


async def _remove_key(house: House) -> None:
    await house.reply(Command("removekey", "sim"))
    await house.press("removekey:do:")


async def _delete_session(house: House) -> None:
    await house.reply(Command("sessions"))
    await house.press("sessions:open:")
    await house.press("sessions:delete:")
    await house.press("sessions:erase:")
