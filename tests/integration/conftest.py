"""What the tests of several files share: a homeserver, and a bot and a phone at it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.fakes.matrix_bot import BOB, BOT, KEY, MatrixBot, matrix_bot
from tests.homeserver.fixtures import (
    running_homeserver,
    running_stock_homeserver,
    shared_homeserver,
    shared_stock_homeserver,
)
from tests.homeserver.synapse import Synapse, synapse
from tests.phone.phone import Phone, phone

__all__ = [
    "running_homeserver",
    "running_stock_homeserver",
    "shared_homeserver",
    "shared_stock_homeserver",
]


@pytest.fixture(scope="module")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A homeserver without limits of messages, with everybody's account."""
    with synapse(tmp_path_factory.mktemp("synapse")) as there:
        for name in ("hearth", "alice", "bob", "mallory"):
            there.register(name)
        yield there


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def matrix(
    homeserver: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[MatrixBot]:
    """The bot, with alice as its operator and bob as a member."""
    async with matrix_bot(homeserver, tmp_path_factory.mktemp("bot"), BOB) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(homeserver: Synapse, matrix: MatrixBot) -> AsyncIterator[Phone]:
    """Alice's phone, and her key with the bot."""
    assert matrix.frontend.device is not None
    async with phone(homeserver, "alice") as mine:
        room = await mine.direct(BOT)
        await mine.say(room, f"!addkey anthropic {KEY}")
        await mine.heard(room, "key accepted")
        yield mine
