"""Which database a start finds: the one it left, or one from a backup."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.chat import TurnState
from bot.domain.events import Command
from bot.domain.ports import Ending
from storage.folder import DATABASE
from storage.stores import SqlStores, open_stores
from storage.vault import MasterKey
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import Neighbours


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the data will be."""
    return tmp_path / "data"


async def opened(folder: Path, clock: FakeClock) -> SqlStores:
    """Return the stores of a folder."""
    return await open_stores(folder, MasterKey(b"k" * 32), clock)


@pytest.mark.parametrize("how", ["stamped", "file gone", "other file", "older"])
async def test_a_restored_backup_begins_a_new_epoch(
    folder: Path, clock: FakeClock, how: str
) -> None:
    """What was open expires and is told; nothing is sent or asked by itself."""
    stores = await opened(folder, clock)
    house = Neighbours(stores, clock)
    member = await house.member()
    turn = await house.ask("open?")
    await house.do(replies=[house.reply(member, "on its way")])
    await stores.intake.accept(house.incoming(Command("new"), update="again"))
    await stores.close()
    if how == "stamped":
        with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
            connection.execute("INSERT INTO meta VALUES ('backup', 'now')")
    elif how == "file gone":
        (folder / "epoch").unlink()
    elif how == "other file":
        (folder / "epoch").write_text("0123456789abcdef 1\n")
    else:
        old = (folder / DATABASE).read_bytes()
        await (await opened(folder, clock)).close()
        (folder / DATABASE).write_bytes(old)
    stores = await opened(folder, clock)
    assert stores.is_restored
    assert await stores.intake.pending() == ()
    assert await stores.turns.deliveries() == ()
    (expired,) = await stores.turns.recover()
    assert (expired.id, expired.state) == (turn.id, TurnState.EXPIRED)
    house = Neighbours(stores, clock)
    assert await stores.intake.accept(house.incoming(Command("new"), update="again")) is None
    await stores.close()
    stores = await opened(folder, clock)
    assert not stores.is_restored
    assert len(await stores.turns.recover()) == 1
    told = Ending(
        state=TurnState.EXPIRED, replies=(Neighbours(stores, clock).reply(member, "Retry?"),)
    )
    assert len(await stores.turns.end(turn.id, 0, told)) == 1
    assert await stores.turns.end(turn.id, 0, told) == ()
    assert await stores.turns.recover() == ()
    await stores.close()


async def test_a_crash_between_database_and_file_is_no_restore(
    folder: Path, clock: FakeClock
) -> None:
    """The database may be one start ahead of its file."""
    await (await opened(folder, clock)).close()
    behind = (folder / "epoch").read_text()
    await (await opened(folder, clock)).close()
    (folder / "epoch").write_text(behind)
    stores = await opened(folder, clock)
    assert not stores.is_restored
    await stores.close()
