"""The stores under test: SQLite on a disk, and the twin in memory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.ports import Stores
from storage.memory import MemoryStores
from storage.stores import open_stores
from storage.vault import MasterKey
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import Neighbours
from tests.fakes.two import Two


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture(params=["sqlite", "memory"])
async def house(
    request: pytest.FixtureRequest, clock: FakeClock, tmp_path: Path
) -> AsyncIterator[Neighbours]:
    """Return an empty house over each implementation."""
    if request.param == "memory":
        twin: Stores = MemoryStores(clock)
        yield Neighbours(twin, clock)
        return
    stores = await open_stores(tmp_path / "data", MasterKey(b"k" * 32), clock)
    yield Neighbours(stores, clock)
    await stores.close()


@pytest.fixture
async def two(house: Neighbours) -> Two:
    """Return such a house, with one person in it who still is two members."""
    return await Two.move_in(house)
