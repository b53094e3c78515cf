"""Matrix's adapter at a simulated homeserver, with a scripted receiver behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from adapters.matrix.account import Account
from adapters.matrix.frontend import MatrixFrontend
from adapters.shared.http import HttpAnswer, HttpClient
from bot.clock import SystemClock
from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.events import Incoming
from bot.domain.ports import Clock
from bot.domain.secret import Secret
from storage.memory import MemoryStores
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.receiver import ScriptedReceiver
from tests.simulators.matrix.server import PASSWORD, Simulator

ALICE: Final = Identity("matrix", "@alice:home.test")


async def nothing(receiver: ScriptedReceiver, incoming: Incoming) -> None:
    """Answer nothing."""
    del receiver, incoming


class WatchedHttp(HttpClient):
    """A client that knows how many of its calls are on their way, but those that wait for news."""

    def __init__(self) -> None:
        super().__init__()
        self._on_their_way = 0
        self._ended = asyncio.Event()

    async def call(self, method: str, url: str, **more: Any) -> HttpAnswer:  # noqa: ANN401 - handed on
        if "/sync?" in url:
            return await super().call(method, url, **more)
        self._on_their_way += 1
        try:
            return await super().call(method, url, **more)
        finally:
            self._on_their_way -= 1
            self._ended.set()

    @property
    def is_busy(self) -> bool:
        """Whether one is on its way."""
        return self._on_their_way > 0

    async def quiet(self) -> None:
        """Wait until none is on its way, and what came of them has been done."""
        await let_run()
        while self.is_busy:
            self._ended.clear()
            await self._ended.wait()
            await let_run()


class MatrixLine:
    """One account; its lives come one after another, with the same stores and data folder."""

    def __init__(self, sim: Simulator, folder: Path, clock: Clock) -> None:
        self.sim = sim
        self.clock = clock
        self.stores = MemoryStores(clock)
        self.receiver = ScriptedReceiver(nothing)
        self.frontend: MatrixFrontend
        self.http: WatchedHttp
        self._folder = folder
        self._running: asyncio.Future[None] | None = None

    async def start(self, **account: Any) -> None:  # noqa: ANN401 - the account's
        """Log in, and run."""
        self.http = WatchedHttp()
        given: dict[str, Any] = {"password": Secret(PASSWORD)} | account
        self.frontend = MatrixFrontend(
            Account(homeserver=self.sim.url, user=self.sim.bot, **given),
            http=self.http,
            clock=self.clock,
            keepsakes=self.stores.keepsakes,
            folder=self._folder,
        )
        await self.frontend.check()
        self._running = asyncio.ensure_future(self.frontend.run(self.receiver))

    async def stop(self) -> None:
        """End, as a service manager ends it; what the run failed with is raised."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            self._running = None
            await self.frontend.close()
            await self.http.close()

    async def restart(self) -> None:
        """Stop and start."""
        await self.stop()
        await self.start()

    async def taken(self, update: int) -> None:
        """Wait until an update was confirmed, and so made durable."""
        await self.sim.until(lambda: self.sim.confirmed >= update)

    async def hears(self, text: str, *, room: str = "") -> None:
        """Let alice write, and wait until it was taken."""
        await self.taken(self.sim.people.say("alice", text, room=room).update)

    def place(self, room: str, thread: str = "") -> Place:
        """Return a private room as the application knows it."""
        return Place("matrix", room, thread, PlaceKind.PRIVATE)

    def count(self, name: str) -> int:
        """Return how often a call was made, by its name or kind."""
        return sum(name in {each.name, each.kind} for each in self.sim.calls)

    def is_in(self, room: str) -> str:
        """Return what the bot is in a room."""
        return self.sim.server.rooms[room].membership(self.sim.bot)


@asynccontextmanager
async def matrix_line(folder: Path, clock: Clock | None = None) -> AsyncIterator[MatrixLine]:
    """Give an account at a homeserver of its own, not started."""
    async with Simulator() as sim:
        line = MatrixLine(sim, folder / "matrix", clock or SystemClock())
        try:
            yield line
        finally:
            await line.stop()


async def waited(clock: FakeClock, *pauses_s: float) -> None:
    """Let exactly these pauses be made, one after another."""
    for count in range(1, len(pauses_s) + 1):
        async with asyncio.timeout(10):
            while len(clock.slept) < count:
                stirred = asyncio.Event()
                clock.stirred = stirred.set
                await stirred.wait()
        assert clock.slept == list(pauses_s[:count])
        await clock.advance(clock.slept[-1])
