"""The whole application on Matrix's adapter, at a real homeserver, with scripted companies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from adapters.matrix.account import Account
from adapters.matrix.frontend import MatrixFrontend
from adapters.shared.http import HttpClient
from bot.access import Access
from bot.app import assemble
from bot.clock import SystemClock
from bot.domain.chat import Identity
from bot.domain.ports import Stores
from bot.domain.secret import Secret
from bot.router import Router
from storage.memory import MemoryStores
from tests.fakes.prices import FakePrices
from tests.fakes.provider import answer
from tests.homeserver.synapse import Synapse
from tests.phone.phone import Phone, Shown
from tests.transcripts.cast import companies

BOT: Final = "@hearth:home.test"
ALICE: Final = "@alice:home.test"
BOB: Final = "@bob:home.test"
KEY: Final = "sk-ant-api03-canary-0000000abcd"


class MatrixBot:
    """A running bot. A crash is `crash` and then `start` again on the same stores."""

    def __init__(self, server: Synapse, folder: Path, *members: str) -> None:
        self._server = server
        self.folder = folder / "matrix"
        self.clock = SystemClock()
        self.stores: Stores = MemoryStores(self.clock)
        self.companies = companies()
        self.access = Access(
            operators=frozenset({Identity("matrix", ALICE)}),
            allowed=frozenset(Identity("matrix", each) for each in members),
        )
        self.frontend: MatrixFrontend
        self.router: Router
        self._http: HttpClient | None = None
        self._running: asyncio.Future[None] | None = None

    async def start(self, *, is_restored: bool = False) -> None:
        """Log in and sync."""
        self._http = HttpClient()
        self.frontend = MatrixFrontend(
            Account(homeserver=self._server.url, user=BOT, password=Secret("pw-canary-hearth")),
            http=self._http,
            clock=self.clock,
            keepsakes=self.stores.keepsakes,
            folder=self.folder,
            is_restored=is_restored,
            operators=lambda: [each.id for each in self.access.operators],
        )
        await self.frontend.check()
        self.router = assemble(
            stores=self.stores,
            providers=self.companies,
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

    async def ask(self, mine: Phone, room: str, question: str, said: str) -> Shown:
        """Let somebody ask, and the company say this; return it as the phone shows it."""
        self.companies["anthropic"].enqueue(*answer(said))
        await mine.say(room, question)
        return await mine.heard(room, said.replace("*", ""))

    @property
    def prompt(self) -> list[str]:
        """What the company was sent last."""
        asked = self.companies["anthropic"].asked[-1].request
        return [message.text for message in asked.messages]


@asynccontextmanager
async def matrix_bot(server: Synapse, folder: Path, *members: str) -> AsyncIterator[MatrixBot]:
    """Run a bot that answers alice, its operator, and these members."""
    bot = MatrixBot(server, folder, *members)
    await bot.start()
    try:
        yield bot
    finally:
        await bot.stop()
