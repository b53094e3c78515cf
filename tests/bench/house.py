"""Hearthkey itself as a subject: the real application over SQLite on a disk and real sockets."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.providers.prices import PriceTable
from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from bot.access import Access
from bot.app import assemble
from bot.clock import SystemClock
from bot.domain.chat import Identity, Overrides, Place, Scope, TurnState
from bot.domain.effects import Choose, PutKey
from bot.domain.events import Command, Incoming, MessageRef, Text
from bot.domain.keys import KeyHealth
from bot.domain.ports import Applied, Ending, Provider
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from bot.router import Router
from storage.stores import SqlStores, open_stores
from storage.vault import MasterKey
from tests.bench import lines
from tests.bench.jobs import Job, Report, work
from tests.bench.screen import NAME, Screen

_PROVIDER = "bench"
_WARM_UP = 0
_TOKENS = 60
# So many that a small window is full: what is said once about that is not said while measuring.
_WARM_UPS = 10
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class House:
    """The parts a job needs."""

    stores: SqlStores
    provider: Provider
    router: Router
    screen: Screen

    def incoming(self, member: int, update: str, body: Text | Command) -> Incoming:
        """Return an update as the screen's messenger would bring it."""
        return Incoming(
            update=update,
            sender=Identity(NAME, str(member)),
            sender_name=f"Member {member}",
            place=Place(NAME, str(member)),
            body=body,
            sent_at=SystemClock().now(),
            message=MessageRef(update),
        )

    async def ask(self, member: int, text: str, update: str) -> str:
        """Send a message and return the whole answer."""
        incoming = self.incoming(member, update, Text(text))
        answer = self.screen.expect(incoming.place)
        await self.router.receive(incoming)
        return await answer

    async def move_in(self, members: Iterable[int], *, window: int | None = None) -> None:
        """Give members a key and a model, as their commands would."""
        await asyncio.gather(*(self._move_in(member, window) for member in members))

    async def _move_in(self, number: int, window: int | None) -> None:
        incoming = self.incoming(number, f"key-{number}", Command("addkey"))
        member = await self.stores.settings.member(
            incoming.sender, incoming.sender_name, is_operator=False
        )
        session = await self.stores.settings.session(incoming.place, member.id)
        row = await self.stores.intake.accept(incoming)
        assert row is not None
        spec = self.provider.spec
        key = PutKey(
            member=member.id,
            provider=spec.id,
            origin=spec.origin,
            key=Secret(lines.KEY),
            health=KeyHealth.WORKS,
        )
        choice = Choose(
            scope=Scope.MEMBER,
            member=member.id,
            session=session.id,
            overrides=Overrides(provider=spec.id, model=lines.MODEL, window=window),
        )
        result = await self.stores.intake.finish(row.id, (key, choice), ())
        assert result.applied is Applied.DONE

    async def fill(self, stored: int) -> None:
        """Store so many members, and so many messages in member 0's conversation."""
        await _in_groups(self._greet, range(1, stored))
        await _in_groups(self._remember, range(stored // 2))

    async def _greet(self, number: int) -> None:
        await self.stores.settings.member(
            Identity(NAME, str(number)), f"Member {number}", is_operator=False
        )

    async def _remember(self, number: int) -> None:
        text = Text(lines.question(_WARM_UP, tokens=_TOKENS, rate=0))
        incoming = self.incoming(0, f"fill-{number}", text)
        turn = await self.stores.intake.accept_turn(incoming, limit=2 * _AT_ONCE)
        assert turn is not None
        assert await self.stores.turns.begin_attempt(turn.id, 1)
        ending = Ending(
            state=TurnState.ANSWERED,
            answer=lines.answer(_WARM_UP, _TOKENS),
            usage=Usage(input_tokens=20, output_tokens=_TOKENS),
        )
        await self.stores.turns.end(turn.id, 1, ending)


async def _in_groups(act: Callable[[int], Awaitable[None]], numbers: range) -> None:
    """Act for each number, many at once: then they share commits."""
    for start in range(0, len(numbers), _AT_ONCE):
        await asyncio.gather(*map(act, numbers[start : start + _AT_ONCE]))


@asynccontextmanager
async def open_house(base_url: str) -> AsyncIterator[House]:
    """Open the house over a folder that is gone afterwards."""
    clock, screen, http = SystemClock(), Screen(), HttpClient()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hearthkey-bench-"))
        stores = await open_stores(Path(folder) / "data", MasterKey(bytes(32)), clock)
        stack.push_async_callback(stores.close)
        stack.push_async_callback(http.close)
        providers = build_providers(
            http, endpoints={_PROVIDER: base_url}, base_urls={}, proxies={}, demo=None
        )
        router = assemble(
            stores=stores,
            providers=providers,
            frontends=(screen,),
            clock=clock,
            access=Access(is_open=True),
            prices=PriceTable(),
        )
        stack.push_async_callback(router.close)
        await router.start()
        yield House(stores, providers[_PROVIDER], router, screen)


async def run_house(job: Job) -> Report:
    """Do a job: parallel questions by a member each, others all by one."""
    members = 1 if job.spread_s is None else job.count
    async with open_house(job.base_url) as house:
        await house.move_in(range(members), window=job.window)
        await house.fill(job.stored)
        for number in range(_WARM_UPS):
            await house.ask(0, lines.question(_WARM_UP, tokens=_TOKENS, rate=0), f"warm-{number}")

        async def ask(number: int, text: str) -> str:
            return await house.ask((number - job.first) % members, text, f"q-{number}")

        async def settle() -> None:
            for member in range(members):
                await house.router.settled(Place(NAME, str(member)))

        await settle()
        database = house.stores.database
        return await work(job, ask, settle=settle, commits=lambda: database.commits)
