"""The whole application over stores in memory, on Matrix's adapter and a simulated homeserver."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from adapters.matrix.account import Account
from adapters.matrix.frontend import MatrixFrontend
from adapters.shared.http import HttpClient
from bot.access import Access
from bot.app import assemble
from bot.clock import SystemClock
from bot.domain.chat import Identity, Place
from bot.domain.ports import Clock, Keepsakes, Providers
from bot.domain.secret import Secret
from bot.router import Router
from storage.memory import MemoryStores
from tests.fakes.prices import FakePrices
from tests.simulators.matrix.screen import Shown
from tests.simulators.matrix.server import Simulator
from tests.simulators.matrix.writing import Made
from tests.transcripts.cast import companies

ALICE: Final = "@alice:home.test"
BOB: Final = "@bob:home.test"
CLUB: Final = "Club"


class SealedFrontend(MatrixFrontend):
    """Takes every room for an encrypted one: the simulated people's phones have no crypto."""

    def is_unsealed(self, place: Place) -> bool:
        del place
        return False


def connect(
    sim: Simulator,
    *,
    http: HttpClient,
    clock: Clock,
    keepsakes: Keepsakes,
    folder: Path,
    made: type[MatrixFrontend] = MatrixFrontend,
) -> MatrixFrontend:
    """Return a frontend of the simulated bot's account."""
    return made(
        Account(homeserver=sim.url, user=sim.bot, password=Secret(sim.password)),
        http=http,
        clock=clock,
        keepsakes=keepsakes,
        folder=folder,
    )


class MatrixHouse:
    """A running bot. A crash is `stop` and then `start` again on the same stores and folder.

    People are named as in the simulator, short (`alice`) or whole; a room left out is the person's
    direct one. `is_sealed`: the application takes rooms for encrypted ones.
    """

    def __init__(
        self,
        sim: Simulator,
        folder: Path,
        *,
        clock: Clock | None = None,
        providers: Providers | None = None,
        access: Access | None = None,
        is_sealed: bool = True,
    ) -> None:
        self.sim = sim
        self.folder = folder
        self.clock = clock or SystemClock()
        self.stores = MemoryStores(self.clock)
        self.companies = companies()
        self.providers: Providers = providers or self.companies
        self.access = access or Access(
            is_open=True, operators=frozenset({Identity("matrix", ALICE)})
        )
        self.frontend: MatrixFrontend
        self.router: Router
        self._made = SealedFrontend if is_sealed else MatrixFrontend
        self._running: asyncio.Future[None] | None = None
        self._http: HttpClient | None = None

    async def start(self) -> None:
        """Log in and sync."""
        self._http = HttpClient()
        self.frontend = connect(
            self.sim,
            http=self._http,
            clock=self.clock,
            keepsakes=self.stores.keepsakes,
            folder=self.folder,
            made=self._made,
        )
        await self.frontend.check()
        self.router = assemble(
            stores=self.stores,
            providers=self.providers,
            frontends=[self.frontend],
            clock=self.clock,
            access=self.access,
            prices=FakePrices(),
        )
        await self.router.start()
        self._running = asyncio.ensure_future(self.frontend.run(self.router))

    async def stop(self, grace_s: float = 0.0) -> None:
        """End, as a service manager ends it."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self.router.close(grace_s)
        await self.frontend.close()
        if self._http is not None:
            await self._http.close()

    async def restart(self) -> None:
        """Stop and start."""
        await self.stop()
        await self.start()

    async def say(self, text: str, person: str = "alice", **more: Any) -> str:  # noqa: ANN401 - the people's
        """Let somebody write, and wait until it was taken; return the event."""
        return await self.taken(self.sim.people.say(person, text, **more))

    async def ask(self, text: str, person: str = "alice", **more: Any) -> str:  # noqa: ANN401 - the people's
        """Let somebody write, and wait until all of it was answered."""
        event = await self.say(text, person, **more)
        await self.settle(more.get("room", ""), more.get("thread", ""), person=person)
        return event

    async def thread(self, root: str, text: str, person: str = "alice", room: str = "") -> str:
        """Let somebody ask in a thread, and wait until all of it was answered."""
        return await self.ask(text, person, room=room, thread=root)

    async def edit(self, event: str, text: str, person: str = "alice", room: str = "") -> str:
        """Let somebody change a message, and wait until that was taken."""
        return await self.taken(self.sim.people.edit(person, event, text, room=room))

    async def react(self, event: str, sign: str, person: str = "alice", room: str = "") -> str:
        """Let somebody put a sign under a message, and wait until that was taken."""
        return await self.taken(self.sim.people.react(person, event, sign, room=room))

    async def redact(self, event: str, person: str = "alice", room: str = "") -> str:
        """Let somebody take an event back, and wait until that was taken."""
        return await self.taken(self.sim.people.redact(person, event, room=room))

    async def taken(self, made: Made) -> str:
        """Wait until the bot has said that it has an event; return the event's id."""
        await self.sim.until(lambda: self.sim.confirmed >= made.update)
        return made.event

    async def settle(self, room: str = "", thread: str = "", *, person: str = "alice") -> None:
        """Wait until everything in a room, or a thread of it, was handled and shown."""
        await self.router.settled(self.place(room or self.direct(person), thread))

    def direct(self, person: str = "alice") -> str:
        """Return somebody's direct room."""
        return self.sim.people.direct_rooms[self.sim.server.user(person)]

    def place(self, room: str, thread: str = "") -> Place:
        """Return a room the bot is in, or a thread of it, as the application knows it."""
        found = self.frontend._rooms.find(room)
        assert found is not None, f"the bot is not in {room}"
        return found.place(thread)

    def screen(self, room: str = "") -> Sequence[Shown]:
        """Return the messages of a room as they stand."""
        return self.sim.screen(room or self.direct())

    def said(self, room: str = "") -> list[str]:
        """Return the texts of the bot's messages in a room."""
        return [each.body for each in self.screen(room) if each.is_ours]


@asynccontextmanager
async def matrix_house(**more: Any) -> AsyncIterator[MatrixHouse]:  # noqa: ANN401 - the house's
    """Run a bot at a homeserver of its own, where alice and bob have direct rooms with it."""
    with TemporaryDirectory() as folder:
        async with Simulator() as sim:
            sim.people.direct("alice")
            sim.people.direct("bob")
            house = MatrixHouse(sim, Path(folder) / "matrix", **more)
            await house.start()
            try:
                yield house
            finally:
                await house.stop()
