"""A frontend of each kind that has a server, at the simulated one, with a member there."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.matrix.account import Account
from adapters.matrix.frontend import MatrixFrontend
from adapters.shared.http import HttpClient
from adapters.telegram.frontend import TelegramFrontend
from bot.clock import SystemClock
from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.events import MessageRef
from bot.domain.ports import Receiver
from bot.domain.secret import Secret
from storage.memory import MemoryStores
from tests.contract.stands import CLUB, Stand, end
from tests.simulators.matrix.server import PASSWORD
from tests.simulators.matrix.server import Simulator as Homeserver
from tests.simulators.telegram.server import Simulator as BotApi

_ALICE: Final = 7
_BOB: Final = 8
_CLUB: Final = -1_001


@dataclass
class TelegramStand:
    """A bot at a Bot API of its own."""

    frontend: TelegramFrontend
    sim: BotApi
    whispers: bool = True
    _running: asyncio.Future[None] | None = None

    @property
    def place(self) -> Place:
        return Place("telegram", str(_ALICE))

    @property
    def identity(self) -> Identity:
        return Identity("telegram", str(_ALICE))

    @property
    def group(self) -> Place | None:
        return Place("telegram", str(_CLUB), kind=PlaceKind.GROUP)

    @property
    def admin(self) -> Identity:
        return Identity("telegram", str(_BOB))

    @property
    def is_in_group(self) -> bool:
        return self.sim.state.chats[_CLUB].bot != "left"

    def seen_in_group(self, by: Identity) -> Sequence[str]:
        return [each.text for each in self.sim.people.sees(int(by.id), _CLUB) if each.is_ours]

    async def start(self, receiver: Receiver) -> None:
        await self.frontend.check()
        self._running = asyncio.ensure_future(self.frontend.run(receiver))

    async def say(self, text: str) -> MessageRef:
        message, _ = self.sim.people.say(_ALICE, text)
        return MessageRef(str(message))

    def shown(self) -> Sequence[str]:
        return self._texts(is_ours=True)

    def typed(self) -> Sequence[str]:
        return self._texts(is_ours=False)

    def cut(self) -> None:
        self.sim.faults.is_out = True

    def mend(self) -> None:
        self.sim.faults.is_out = False

    async def ended(self) -> None:
        assert self._running is not None
        await self._running

    async def close(self) -> None:
        await end(self._running)
        await self.frontend.close()

    def _texts(self, *, is_ours: bool) -> Sequence[str]:
        screen = self.sim.state.chats[_ALICE].screen.values()
        return [each.text for each in screen if each.is_ours is is_ours]


@asynccontextmanager
async def telegram() -> AsyncIterator[Stand]:
    """Give Telegram's adapter at a simulated Bot API."""
    http = HttpClient()
    async with BotApi() as sim:
        sim.people.private(_ALICE, "Alice")
        club = sim.people.group(_CLUB, CLUB, members=(_ALICE,), admins=(_BOB,))
        club.bot = "administrator"
        frontend = TelegramFrontend(
            Secret(sim.token), http=http, clock=SystemClock(), base=sim.url
        )
        try:
            yield TelegramStand(frontend, sim)
        finally:
            await http.close()


@dataclass
class MatrixStand:
    """A bot at a homeserver of its own."""

    frontend: MatrixFrontend
    sim: Homeserver
    room: str
    club: str
    whispers: bool = False
    _running: asyncio.Future[None] | None = None

    @property
    def admin(self) -> Identity:
        return Identity("matrix", self.sim.server.user("bob"))

    @property
    def group(self) -> Place | None:
        return Place("matrix", self.club, kind=PlaceKind.GROUP)

    @property
    def is_in_group(self) -> bool:
        return self.sim.server.rooms[self.club].membership(self.sim.bot) == "join"

    def seen_in_group(self, by: Identity) -> Sequence[str]:
        del by  # nothing is hidden here
        return [each.body for each in self.sim.screen(self.club) if each.is_ours]

    @property
    def place(self) -> Place:
        return Place("matrix", self.room)

    @property
    def identity(self) -> Identity:
        return Identity("matrix", self.sim.server.user("alice"))

    async def start(self, receiver: Receiver) -> None:
        await self.frontend.check()
        self._running = asyncio.ensure_future(self.frontend.run(receiver))
        came = self.sim.server.rooms[self.club].moved
        await self.sim.until(lambda: self.sim.confirmed >= came)

    async def say(self, text: str) -> MessageRef:
        return MessageRef(self.sim.people.say("alice", text).event)

    def shown(self) -> Sequence[str]:
        return [each.body for each in self.sim.screen(self.room) if each.is_ours]

    def typed(self) -> Sequence[str]:
        return [each.body for each in self.sim.screen(self.room) if not each.is_ours]

    def cut(self) -> None:
        self.sim.faults.is_out = True

    def mend(self) -> None:
        self.sim.faults.is_out = False

    async def ended(self) -> None:
        assert self._running is not None
        await self._running

    async def close(self) -> None:
        await end(self._running)
        await self.frontend.close()


@asynccontextmanager
async def matrix(folder: Path) -> AsyncIterator[Stand]:
    """Give Matrix's adapter at a simulated homeserver."""
    http, clock = HttpClient(), SystemClock()
    async with Homeserver() as sim:
        room = sim.people.direct("alice")
        club = sim.people.group("bob", CLUB, members=["alice"])
        frontend = MatrixFrontend(
            Account(homeserver=sim.url, user=sim.bot, password=Secret(PASSWORD)),
            http=http,
            clock=clock,
            keepsakes=MemoryStores(clock).keepsakes,
            folder=folder / "matrix",
        )
        try:
            yield MatrixStand(frontend, sim, room, club)
        finally:
            await http.close()
