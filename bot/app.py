"""The composition root: builds, starts and stops; the only module that sees everything."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.console.seat import HOST
from adapters.providers.prices import PriceTable
from adapters.providers.registry import build_providers, key_forms
from adapters.shared.http import HttpClient
from bot import frontends
from bot.access import Access
from bot.assents import Assents
from bot.claims import Claims
from bot.clock import SystemClock
from bot.codes import draw_code
from bot.commands import by_name
from bot.commands.spec import Desk
from bot.config import Config
from bot.control.server import ControlServer
from bot.delivery import Courier
from bot.discretion import Discretion
from bot.domain.chat import Identity
from bot.domain.errors import StartError, StorageUnavailable
from bot.domain.ports import Clock, Frontend, Operator, Providers, Stores, Tool
from bot.domain.prices import PriceList
from bot.failurenotes import FailureNotes
from bot.fairness import Fairness
from bot.held import HeldSecrets
from bot.invitations import Invitations
from bot.links import Links
from bot.messengers import Messenger, Messengers
from bot.modellists import ModelLists
from bot.notices import Notices
from bot.paying import Paying
from bot.pricebook import PriceBook
from bot.questions import Questions
from bot.roster import Roster
from bot.router import Router
from bot.sessions import SessionManager
from bot.tasks import Tasks
from storage.folder import DEVICE, Facts
from storage.hardening import forbid_core_dumps
from storage.masterkey import Found, find_master_key
from storage.stores import SqlStores, open_stores
from storage.vault import MasterKey

_log = logging.getLogger(__name__)
GRACE_S: Final = 8.0  # of the ten seconds in which a service manager expects the end
_DAY_S: Final = 86_400.0
_CONSOLE: Final = (
    "Hearthkey console. Demo model on, nothing leaves this computer unless you add a key of a"
    " company. /help for commands. Ctrl-C stops an answer, twice leaves.\n"
)


def assemble(
    *,
    stores: Stores,
    providers: Providers,
    frontends: Sequence[Frontend],
    clock: Clock,
    access: Access,
    prices: PriceList,
    claims: Claims | None = None,
    fairness: Fairness | None = None,
    roster: Roster | None = None,
    draw: Callable[[int], str] = draw_code,
) -> Router:
    """Wire the application's own rooms together; no I/O.

    Without `claims` nobody can claim it; without `fairness` members have no limits.
    """
    by_frontend = {frontend.name: frontend for frontend in frontends}
    abilities = {name: frontend.abilities for name, frontend in by_frontend.items()}
    tasks = Tasks()
    courier = Courier(stores.turns, by_frontend, clock, tasks)
    questions = Questions(clock, abilities)
    models = ModelLists(stores.keys, providers, clock)
    book = PriceBook(prices, models)
    failures = FailureNotes()
    discretion = Discretion(stores, by_frontend)
    paying = Paying(
        stores=stores,
        frontends=by_frontend,
        providers=providers,
        models=models,
        prices=book,
        clock=clock,
    )
    sessions = SessionManager(
        stores=stores,
        providers=providers,
        frontends=by_frontend,
        courier=courier,
        questions=questions,
        models=models,
        clock=clock,
        tasks=tasks,
        prices=book,
        failures=failures,
        paying=paying,
        discretion=discretion,
        fairness=fairness or Fairness(clock),
    )
    desk = Desk(
        stores=stores,
        providers=providers,
        clock=clock,
        runner=sessions,
        held=HeldSecrets(clock),
        assents=Assents(clock),
        notices=Notices(courier, clock, tasks),
        models=models,
        prices=book,
        failures=failures,
        paying=paying,
        discretion=discretion,
        key_forms=key_forms(),
        commands=by_name(),
        abilities=abilities,
        messengers=by_frontend,
        access=access,
        roster=roster or Roster(stores, access),
        claims=claims or Claims(access, clock),
        invitations=Invitations(stores.people, clock, draw=draw),
        links=Links(clock, draw=draw),
    )
    return Router(
        stores=stores,
        frontends=by_frontend,
        access=access,
        questions=questions,
        sessions=sessions,
        courier=courier,
        desk=desk,
        tasks=tasks,
    )


def run(config: Config, *, name: str = HOST, room: str = "") -> int:
    """Run until the end of the console's input, SIGTERM or SIGINT. Raises StartError.

    In the console, `name` sits at it first, in a room or in private.
    """
    forbid_core_dumps()
    return asyncio.run(_run(config, name=name, room=room))


async def _run(config: Config, *, name: str = HOST, room: str = "") -> int:
    clock = SystemClock()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as house:
        found, stores = await _storage(config, clock, house)
        http = HttpClient()
        house.push_async_callback(http.close)
        sealed_in = f"Data in {config.data_dir}, sealed with the {found.describe()}."
        access = _access(config, await stores.settings.operators())
        roster = Roster(stores, access)
        await roster.load()
        if config.has_messenger:
            configured = frontends.configured(
                config,
                http,
                clock,
                keepsakes=stores.keepsakes,
                device=config.data_dir / DEVICE,
                is_restored=stores.is_restored,
                access=access,
            )
            front = await _messengers(configured, clock, access, house, sealed_in=sealed_in)
        else:
            front = _console(clock, access, sealed_in=sealed_in, name=name, room=room)
        providers = await _providers(config, http, house)
        router = assemble(
            stores=stores,
            providers=providers,
            frontends=front.frontends,
            clock=clock,
            access=access,
            prices=PriceTable(),
            claims=front.claims,
            fairness=Fairness(
                clock,
                at_once=config.members.turns,
                per_minute=config.members.turns_per_minute,
            ),
            roster=roster,
        )
        house.push_async_callback(router.close, GRACE_S)
        control = ControlServer(config.data_dir, front.tools)
        house.push_async_callback(control.close)
        await control.open()
        if config.has_messenger or not sys.stdin.isatty():
            _print_for_host(front.start_line)
        _log.info("ready")
        _leave_to_rest()
        await router.start()
        await _serve(
            front.runs(router), [front.claims.run(), _tidy_daily(stores, clock, roster)], stop
        )
    return 0


def _leave_to_rest() -> None:
    """Let no collection look through what a start made: that would hold up everybody at once."""
    gc.freeze()
    gc.enable()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Front:
    """Where people meet the bot, and how that is run."""

    frontends: Sequence[Frontend]
    runs: Callable[[Router], Sequence[Coroutine[Any, Any, None]]]
    claims: Claims
    start_line: str
    tools: Mapping[str, Tool] = field(default_factory=dict)


def _access(config: Config, claimed: Sequence[Operator]) -> Access:
    """Return the door as the settings and those who claimed the bot have it."""
    return Access(
        is_open=config.access.is_open,
        operators=config.access.operators,
        allowed=config.access.allowed,
        operator_name=claimed[0].name if claimed else "",
    )


def _console(clock: Clock, access: Access, *, sealed_in: str, name: str, room: str) -> _Front:
    """Open the terminal, whose user owns the bot by sitting at it, also as somebody else."""
    start_line = f"{_CONSOLE}{sealed_in}"
    console = frontends.console(clock, start_line, name=name, room=room)
    access.operators |= {Identity(console.name, HOST)}
    access.local |= {console.name}
    return _Front(
        frontends=[console],
        runs=lambda router: [console.run(router)],
        claims=Claims(access, clock),
        start_line=start_line,
    )


async def _messengers(
    configured: Sequence[Messenger],
    clock: Clock,
    access: Access,
    house: AsyncExitStack,
    *,
    sealed_in: str,
) -> _Front:
    """Check the messengers. Raises StartError where each of them refuses us for good."""
    messengers = Messengers(configured, clock)
    house.push_async_callback(messengers.close)
    await messengers.check()
    claims = Claims(
        access,
        clock,
        is_open=not access.deciding,
        show=_print_for_host,
        link=messengers.claim_link,
    )
    return _Front(
        frontends=messengers.frontends,
        runs=messengers.runs,
        claims=claims,
        start_line=f"Hearthkey runs on {messengers.named}. {sealed_in}",
        tools=messengers.tools,
    )


def _print_for_host(line: str) -> None:
    """Write past the log, which would hide a code and may be off."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


async def _storage(config: Config, clock: Clock, house: AsyncExitStack) -> tuple[Found, SqlStores]:
    """Open the data folder with the master key that its own facts ask for."""
    chosen: list[Found] = []

    def find_key(facts: Facts) -> MasterKey:
        found = find_master_key(
            config.key_env, config.data_dir, is_empty=facts.is_empty, salt=facts.salt
        )
        chosen.append(found)
        return found.key

    stores = await open_stores(config.data_dir, find_key, clock)
    house.push_async_callback(stores.close)
    return chosen[0], stores


async def _providers(config: Config, http: HttpClient, house: AsyncExitStack) -> Providers:
    demo_url = None if config.has_messenger else await _demo(house)
    try:
        return build_providers(
            http,
            endpoints={each.id: each.base_url for each in config.endpoints},
            base_urls={
                name: each.base_url for name, each in config.providers.items() if each.base_url
            },
            proxies={
                **{
                    name: each.proxy.reveal()
                    for name, each in config.providers.items()
                    if each.proxy
                },
                **{each.id: each.proxy.reveal() for each in config.endpoints if each.proxy},
            },
            demo=demo_url,
        )
    except ValueError as error:
        raise StartError([f"a provider's setting does not fit: {error}"]) from None


async def _demo(house: AsyncExitStack) -> str:
    """Start the model to try the console with."""
    from adapters.providers.demo import DemoServer  # noqa: PLC0415  # a server costs memory

    demo = DemoServer()
    house.push_async_callback(demo.close)
    return await demo.start()


async def _serve(
    runs: Sequence[Coroutine[Any, Any, None]],
    beside: Sequence[Coroutine[Any, Any, None]],
    stop: asyncio.Event,
) -> None:
    """Run the frontends, and what runs beside them, until they end or `stop` is set."""
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(each) for each in runs]
        aside = [group.create_task(each) for each in (_end_on(stop, running), *beside)]
        await asyncio.wait(running)
        for task in aside:
            task.cancel()


async def _end_on(stop: asyncio.Event, running: Sequence[asyncio.Task[None]]) -> None:
    await stop.wait()
    for task in running:
        task.cancel()


async def _tidy_daily(stores: SqlStores, clock: Clock, roster: Roster) -> None:
    while True:
        await clock.sleep(_DAY_S)
        try:
            await stores.tidy()
            await roster.load()
        except StorageUnavailable as error:
            _log.error("what is old cannot be deleted now: %s", error.reason)
