"""How far the bot has read is kept when something came that must not come again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.matrix.account import Account
from adapters.matrix.frontend import MatrixFrontend
from adapters.shared.http import HttpClient
from bot.domain.chat import Place, PlaceKind
from bot.domain.events import Incoming, Reply, Text
from bot.domain.secret import Secret
from storage.memory import MemoryStores
from tests.fakes.clock import FakeClock
from tests.fakes.receiver import ScriptedReceiver
from tests.simulators.matrix.server import PASSWORD, Simulator

_SINCE = "matrix/since"


class Host:
    """What a bot keeps, and what it heard over all its lives."""

    def __init__(self, sim: Simulator, folder: Path) -> None:
        self.sim = sim
        self.room = sim.people.direct(sim.people.make("alice"))
        self.heard = ScriptedReceiver(self._nothing)
        self._folder = folder
        self._clock = FakeClock()
        self._stores = MemoryStores(self._clock)

    async def _nothing(self, receiver: ScriptedReceiver, incoming: Incoming) -> None:
        pass

    @asynccontextmanager
    async def life(self) -> AsyncIterator[MatrixFrontend]:
        """Run the adapter, and have it read what there is."""
        http = HttpClient()
        frontend = MatrixFrontend(
            Account(homeserver=self.sim.url, user=self.sim.bot, password=Secret(PASSWORD)),
            http=http,
            clock=self._clock,
            keepsakes=self._stores.keepsakes,
            folder=self._folder,
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(frontend.run(self.heard))
            await self.caught_up()
            yield frontend
            running.cancel()
        await frontend.close()
        await http.close()

    async def caught_up(self) -> str:
        """Wait until the bot has read all there is; return how far it would go on from."""
        last = max(row["update"] for row in self.sim.journal.rows if "update" in row)
        await self.sim.until(lambda: self.sim.confirmed >= last)
        kept = await self._stores.keepsakes.get(_SINCE)
        return kept.reveal() if kept else ""


async def test_the_bots_own_words_cost_no_commit(tmp_path: Path) -> None:
    """They may come again; what others say may not."""
    async with Simulator() as sim:
        host = Host(sim, tmp_path / "matrix")
        place = Place("matrix", host.room, "", PlaceKind.PRIVATE)
        async with host.life() as frontend:
            before = await host.caught_up()
            message = await frontend.post(place, Reply(text="Hello."), key="d1")
            assert message
            await frontend.edit(place, message, Reply(text="Hello there."))
            assert await host.caught_up() == before
            sim.people.say("alice", "Hi.")
            after = await host.caught_up()
            assert after != before
            await frontend.post(place, Reply(text="What can I do?"), key="d2")
            assert await host.caught_up() == after
        async with host.life():
            pass
        assert host.heard.bodies == [Text("Hi.")]


async def test_of_very_many_own_words_few_come_again(tmp_path: Path) -> None:
    """A start must not have to read a whole night of edits."""
    async with Simulator() as sim:
        host = Host(sim, tmp_path / "matrix")
        place = Place("matrix", host.room, "", PlaceKind.PRIVATE)
        async with host.life() as frontend:
            kept = set()
            for number in range(102):
                await frontend.post(place, Reply(text=f"{number}"), key=f"d{number}")
                kept.add(await host.caught_up())
            assert 2 <= len(kept) <= 4
