"""The town with the whole application around it: real storage, real vendors' dialects."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.providers.catalogue import Row, rows
from adapters.providers.registry import DIALECTS, build_providers
from adapters.shared.http import HttpClient
from bot.access import Access
from bot.app import assemble
from bot.clock import SystemClock
from bot.domain.chat import MemberId, MessageRef, Overrides, Place, Scope
from bot.domain.effects import Choose, Effect, PutKey
from bot.domain.events import Body, Command, Incoming
from bot.domain.events import Press as Pressed
from bot.domain.groups import GroupId
from bot.domain.keys import KeyHealth
from bot.domain.models import KeyNeed
from bot.domain.ports import Applied, Providers
from bot.domain.prices import Listing
from bot.domain.secret import Secret
from bot.fairness import Fairness
from bot.router import Router
from storage.stores import SqlStores, open_stores
from storage.vault import MasterKey
from tests.fakes.prices import FakePrices, flat
from tests.isolation.people import Club, Someone, Town, make_town, place_of
from tests.isolation.screen import Screen
from tests.simulators.faces import face_of
from tests.simulators.vendor_sim import VendorSim

_MODELS: Final = 2
_AT_ONCE: Final = 3


def one_of_each_dialect() -> Mapping[str, Row]:
    """Return a vendor of every dialect, by its id."""
    keyed = [row for row in rows() if not row.is_demo and row.key_need is KeyNeed.REQUIRED]
    chosen = (next(row for row in keyed if row.dialect == name) for name in DIALECTS)
    return {row.id: row for row in chosen}


@dataclass(slots=True)
class World:
    """The town in its house. `labels` are who is called what in which group."""

    town: Town
    stores: SqlStores
    router: Router
    screen: Screen
    sims: Mapping[str, VendorSim]
    models: Mapping[str, Sequence[str]]
    providers: Providers
    ids: dict[str, MemberId]
    groups: dict[str, GroupId]
    updates: int = 0

    async def send(
        self, name: str, place: str, body: Body, message: MessageRef | None = None
    ) -> None:
        """Let somebody say or press something somewhere."""
        await self.router.receive(self._incoming(name, place_of(place), body, message))

    async def labels(self) -> Mapping[tuple[str, str], str]:
        """Return what vendors know everybody by, by group and name."""
        found = {}
        for club in self.town.clubs.values():
            for name in club.members:
                payer = await self.stores.groups.payer(self.groups[club.name], self.ids[name])
                if payer is not None:
                    found[club.name, name] = f"M{payer.number}"
        return found

    async def stands(self, name: str, place: str) -> str:
        """Return where somebody's newest question in a place stands."""
        session = await self.stores.settings.session(place_of(place), self.ids[name])
        last = await self.stores.turns.last(session.id, self.ids[name])
        return f"is {last.state} {last.detail}: {last.question}" if last else "is none"

    async def settled(self) -> None:
        """Wait until all that was sent is handled, wherever that led."""
        for name in (*self.town.clubs, *self.town.people):
            await self.router.settled(place_of(name))

    async def press(self, place: Place, message: MessageRef, action: str) -> None:
        """Let whoever is alone in a place press a button there."""
        await self.send(place.chat, place.chat, Pressed(action), message)

    def _incoming(
        self, name: str, place: Place, body: Body, message: MessageRef | None = None
    ) -> Incoming:
        self.updates += 1
        someone = self.town.people[name]
        return Incoming(
            update=f"u{self.updates}",
            sender=someone.identity,
            sender_name=someone.shown_name,
            place=place,
            body=body,
            sent_at=SystemClock().now(),
            message=message or MessageRef(f"in{self.updates}"),
        )

    async def move_in(self) -> None:
        """Give everybody their keys and choices, and the groups theirs."""
        await asyncio.gather(*map(self._settle_member, self.town.people.values()))
        await asyncio.gather(*map(self._found_club, self.town.clubs.values()))

    async def _settle_member(self, someone: Someone) -> None:
        member = await self.stores.settings.member(
            someone.identity, someone.shown_name, is_operator=False
        )
        self.ids[someone.name] = member.id
        first = someone.vendors[0]
        mine = Overrides(
            provider=first,
            model=self.models[first][0],
            window=None,
            instructions=someone.instructions,
        )
        keys = [self._key(someone, vendor) for vendor in someone.vendors]
        choice = await self._choice(someone.name, someone.name, Scope.MEMBER, mine)
        await self._do(someone.name, someone.name, *keys, choice)

    async def _found_club(self, club: Club) -> None:
        group = await self.stores.groups.note(
            place_of(club.name), title=f"Group {club.name}", is_allowed=True
        )
        self.groups[club.name] = group.id
        self.screen.admins.add((club.name, club.admin))
        shared = Overrides(
            provider=club.vendor,
            model=self.models[club.vendor][0],
            window=None,
            instructions=club.instructions,
        )
        choice = await self._choice(club.admin, club.name, Scope.SESSION, shared)
        await self._do(club.admin, club.name, choice)

    def _key(self, someone: Someone, vendor: str) -> PutKey:
        return PutKey(
            member=self.ids[someone.name],
            provider=vendor,
            origin=self.providers[vendor].spec.origin,
            key=Secret(someone.key(vendor)),
            health=KeyHealth.WORKS,
        )

    async def _choice(self, name: str, place: str, scope: Scope, chosen: Overrides) -> Choose:
        session = await self.stores.settings.session(place_of(place), self.ids[name])
        return Choose(scope=scope, member=self.ids[name], session=session.id, overrides=chosen)

    async def _do(self, name: str, place: str, *effects: Effect) -> None:
        incoming = self._incoming(name, place_of(place), Command("setup"))
        row = await self.stores.intake.accept(incoming)
        assert row is not None
        result = await self.stores.intake.finish(row.id, effects, ())
        assert result.applied is Applied.DONE


@asynccontextmanager
async def open_world(folder: Path, seed: int) -> AsyncIterator[World]:
    """Open the town's house over an empty folder, with everybody in it."""
    vendors = one_of_each_dialect()
    clock, screen = SystemClock(), Screen()
    async with AsyncExitStack() as stack:
        sims = {
            name: await stack.enter_async_context(VendorSim(face_of(row)))
            for name, row in vendors.items()
        }
        http = HttpClient()
        stack.push_async_callback(http.close)
        providers = build_providers(http, base_urls={name: sim.url for name, sim in sims.items()})
        models = {name: await _models(providers, name) for name in vendors}
        stores = await open_stores(folder / "data", MasterKey(bytes(32)), clock)
        stack.push_async_callback(stores.close)
        router = assemble(
            stores=stores,
            providers=providers,
            frontends=[screen],
            clock=clock,
            access=Access(is_open=True),
            prices=_prices(models),
            fairness=Fairness(clock, at_once=_AT_ONCE),
        )
        stack.push_async_callback(router.close)
        await router.start()
        world = World(
            town=make_town(tuple(vendors), random.Random(seed)),
            stores=stores,
            router=router,
            screen=screen,
            sims=sims,
            models=models,
            providers=providers,
            ids={},
            groups={},
        )
        screen.press = world.press
        await world.move_in()
        yield world


async def _models(providers: Providers, vendor: str) -> Sequence[str]:
    listed = await providers[vendor].list_models(Secret("sk-canary-town-hall"))
    return [model.id for model in listed[:_MODELS]]


def _prices(models: Mapping[str, Sequence[str]]) -> FakePrices:
    """Return prices by which every vendor's second model is dearer than its first."""
    return FakePrices(
        [
            Listing(
                provider=vendor,
                model=model,
                name=model,
                price=flat(str(number), str(5 * number)),
                context_tokens=128_000,
            )
            for vendor, of_vendor in models.items()
            for number, model in enumerate(of_vendor, 1)
        ]
    )
