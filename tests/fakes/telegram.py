"""The whole application over stores in memory, on Telegram's adapter and a simulated Bot API."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final

from adapters.shared.http import HttpClient
from adapters.telegram.frontend import TelegramFrontend
from adapters.telegram.menu import MenuEntry
from bot.access import Access
from bot.app import assemble
from bot.clock import SystemClock
from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.effects import ChangePayer
from bot.domain.groups import Agreed
from bot.domain.ports import Clock, Providers
from bot.domain.secret import Secret
from bot.router import Router
from storage.memory import MemoryStores
from storage.memory_effects import apply
from tests.fakes.prices import FakePrices
from tests.simulators.telegram.server import Simulator
from tests.simulators.telegram.state import Message
from tests.transcripts.cast import companies

ALICE: Final = 7
BOB: Final = 8
GROUP: Final = -1_001
MENU: Final = (
    MenuEntry(name="new", help="start afresh", in_groups=1),
    MenuEntry(name="invite", help="let somebody in", is_for_operators=True),
)


class TelegramHouse:
    """A running bot. A crash is `stop` and then `start` again on the same stores."""

    def __init__(
        self, sim: Simulator, *, clock: Clock | None = None, providers: Providers | None = None
    ) -> None:
        self.sim = sim
        self.clock = clock or SystemClock()
        self.stores = MemoryStores(self.clock)
        self.companies = companies()
        self.providers: Providers = providers or self.companies
        self.access = Access(is_open=True, operators=frozenset({Identity("telegram", "7")}))
        self.frontend: TelegramFrontend
        self.router: Router
        self._running: asyncio.Future[None] | None = None
        self._http: HttpClient | None = None

    async def start(self) -> None:
        """Start polling."""
        self._http = HttpClient()
        self.frontend = TelegramFrontend(
            Secret(self.sim.token),
            http=self._http,
            clock=self.clock,
            menu=MENU,
            operators=lambda: self.access.accounts_of_operators("telegram"),
            base=self.sim.url,
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

    async def stop(self) -> None:
        """End, as a service manager ends it."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self.router.close()
        await self.frontend.close()
        if self._http is not None:
            await self._http.close()

    async def pays(self, *people: int, chat: int = GROUP) -> None:
        """Let a group be allowed, and people in it have agreed to pay there."""
        group = await self.stores.groups.note(place(chat), title="Club", is_allowed=True)
        for person in people:
            who = Identity("telegram", str(person))
            member = await self.stores.settings.member(who, "", is_operator=False)
            agreed = Agreed("", "", Decimal(1_000))
            effect = ChangePayer(member=member.id, group=group.id, agreed=agreed)
            assert apply(self.stores._state, effect, frontend="telegram") is not None

    async def say(self, text: str, person: int = ALICE, **more: Any) -> int:  # noqa: ANN401 - the people's
        """Let somebody write, and wait until it was taken; return the message's id."""
        message, update = self.sim.people.say(person, text, **more)
        await self.taken(update)
        return message

    async def tap(self, label: str, person: int = ALICE, chat: int | None = None) -> str:
        """Let somebody tap the newest button with this label; return its query's id."""
        message, data = self.find(label, chat or person)
        query, update = self.sim.people.press(person, message.id, data, chat=chat)
        await self.taken(update)
        await self.sim.until(lambda: self.sim.state.queries[query] is not None)
        return query

    async def taken(self, update: int) -> None:
        """Wait until an update was confirmed."""
        await self.sim.until(lambda: self.sim.updates.confirmed >= update)

    async def settle(self, chat: int = ALICE, thread: str = "") -> None:
        """Wait until everything in a chat was handled and shown."""
        await self.router.settled(place(chat, thread))

    async def ask(self, text: str, person: int = ALICE, **more: Any) -> int:  # noqa: ANN401 - the people's
        """Let somebody write, and wait until all of it was answered."""
        message = await self.say(text, person, **more)
        await self.settle(more.get("chat") or person)
        return message

    def screen(self, chat: int = ALICE) -> Sequence[Message]:
        """Return the messages of a chat as they stand."""
        return list(self.sim.state.chats[chat].screen.values())

    def said(self, chat: int = ALICE) -> list[str]:
        """Return the texts of the bot's messages in a chat."""
        return [each.text for each in self.screen(chat) if each.is_ours]

    def find(self, label: str, chat: int) -> tuple[Message, str]:
        """Return the newest message with a button of this label, and what the button sends."""
        for message in reversed(self.screen(chat)):
            for button in (button for row in message.rows for button in row):
                if button["text"] == label:
                    return message, button["callback_data"]
        raise AssertionError(f"no button [{label}] in {chat}")


def place(chat: int, thread: str = "") -> Place:
    """Return a chat as the application knows it."""
    kind = PlaceKind.PRIVATE if chat > 0 else PlaceKind.GROUP
    return Place("telegram", str(chat), thread, kind)


@asynccontextmanager
async def telegram_house(**more: Any) -> AsyncIterator[TelegramHouse]:  # noqa: ANN401 - the house's
    """Run a bot at a Bot API of its own."""
    async with Simulator() as sim:
        sim.people.private(ALICE, "Alice")
        sim.people.private(BOB, "Bob")
        house = TelegramHouse(sim, **more)
        await house.start()
        try:
            yield house
        finally:
            await house.stop()
