"""The composition root: builds, starts and stops; the only module that sees everything."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from adapters.providers.prices import PriceTable
from adapters.providers.registry import build_providers, key_forms
from adapters.shared.http import HttpClient
from bot import frontends
from bot.access import Access
from bot.assents import Assents
from bot.claims import Claims
from bot.clock import SystemClock
from bot.commands import by_name
from bot.commands.spec import Desk
from bot.config import Config
from bot.delivery import Courier
from bot.domain.errors import StartError, StorageUnavailable
from bot.domain.ports import Clock, Frontend, Operator, Providers, Stores
from bot.domain.prices import PriceList
from bot.failurenotes import FailureNotes
from bot.held import HeldSecrets
from bot.modellists import ModelLists
from bot.notices import Notices
from bot.pricebook import PriceBook
from bot.questions import Questions
from bot.router import Router
from bot.sessions import SessionManager
from bot.tasks import Tasks
from storage.folder import Facts
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
) -> Router:
    """Wire the application's own rooms together; no I/O. Without `claims` nobody can claim it."""
    by_frontend = {frontend.name: frontend for frontend in frontends}
    abilities = {name: frontend.abilities for name, frontend in by_frontend.items()}
    tasks = Tasks()
    courier = Courier(stores.turns, by_frontend, clock, tasks)
    questions = Questions(clock, abilities)
    models = ModelLists(stores.keys, providers, clock)
    book = PriceBook(prices, models)
    failures = FailureNotes()
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
        key_forms=key_forms(),
        commands=by_name(),
        abilities=abilities,
        messengers=by_frontend,
        access=access,
        claims=claims or Claims(access, clock),
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


def run(config: Config) -> int:
    """Run until the end of the console's input, SIGTERM or SIGINT. Raises StartError."""
    forbid_core_dumps()
    return asyncio.run(_run(config))


async def _run(config: Config) -> int:
    clock = SystemClock()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as house:
        found, stores = await _storage(config, clock, house)
        http = HttpClient()
        house.push_async_callback(http.close)
        sealed_in = f"Data in {config.data_dir}, sealed with the {found.describe()}."
        access = _access(config, await stores.settings.operators())
        messengers, claims, start_line = await _messengers(
            config, http, clock, access, house=house, sealed_in=sealed_in
        )
        providers = await _providers(config, http, house)
        router = assemble(
            stores=stores,
            providers=providers,
            frontends=messengers,
            clock=clock,
            access=access,
            prices=PriceTable(),
            claims=claims,
        )
        if config.has_messenger or not sys.stdin.isatty():
            _print_for_host(start_line)
        _log.info("ready")
        house.push_async_callback(router.close, GRACE_S)
        await router.start()
        await _serve(messengers, router, [claims.run(), _tidy_daily(stores, clock)], stop)
    return 0


def _access(config: Config, claimed: Sequence[Operator]) -> Access:
    """Return the door as the settings and those who claimed the bot have it."""
    return Access(
        is_open=config.access.is_open,
        operators=config.access.operators | {each.identity for each in claimed},
        allowed=config.access.allowed,
        operator_name=claimed[0].name if claimed else "",
    )


async def _messengers(
    config: Config,
    http: HttpClient,
    clock: Clock,
    access: Access,
    *,
    house: contextlib.AsyncExitStack,
    sealed_in: str,
) -> tuple[Sequence[Frontend], Claims, str]:
    """Build what is configured, else the console, whose user owns the bot by sitting at it.

    Returns the line to begin with, too. Raises StartError where a messenger refuses us for good.
    """
    if config.telegram is None:
        start_line = f"{_CONSOLE}{sealed_in}"
        console = frontends.console(clock, start_line)
        access.operators |= {console.identity}
        return [console], Claims(access, clock), start_line
    telegram = frontends.telegram(config.telegram, http, clock)
    house.push_async_callback(telegram.close)
    await telegram.check()
    claims = Claims(
        access,
        clock,
        is_open=not access.operators,
        show=_print_for_host,
        link=telegram.private_link,
    )
    return [telegram], claims, f"Hearthkey runs on Telegram{telegram.named}. {sealed_in}"


def _print_for_host(line: str) -> None:
    """Write past the log, which would hide a code and may be off."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


async def _storage(
    config: Config, clock: Clock, house: contextlib.AsyncExitStack
) -> tuple[Found, SqlStores]:
    """Open the data folder with the master key that its own facts ask for."""
    if config.matrix is not None:
        raise StartError(["Matrix is not in this version yet: leave its settings out"])
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


async def _providers(
    config: Config, http: HttpClient, house: contextlib.AsyncExitStack
) -> Providers:
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


async def _demo(house: contextlib.AsyncExitStack) -> str:
    """Start the model to try the console with."""
    from adapters.providers.demo import DemoServer  # noqa: PLC0415  # a server costs memory

    demo = DemoServer()
    house.push_async_callback(demo.close)
    return await demo.start()


async def _serve(
    frontends: Sequence[Frontend],
    router: Router,
    beside: Sequence[Coroutine[Any, Any, None]],
    stop: asyncio.Event,
) -> None:
    """Run the frontends, and what runs beside them, until they end or `stop` is set."""
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(frontend.run(router)) for frontend in frontends]
        aside = [group.create_task(each) for each in (_end_on(stop, running), *beside)]
        await asyncio.wait(running)
        for task in aside:
            task.cancel()


async def _end_on(stop: asyncio.Event, running: Sequence[asyncio.Task[None]]) -> None:
    await stop.wait()
    for task in running:
        task.cancel()


async def _tidy_daily(stores: SqlStores, clock: Clock) -> None:
    while True:
        await clock.sleep(_DAY_S)
        try:
            await stores.tidy()
        except StorageUnavailable as error:
            _log.error("what is old cannot be deleted now: %s", error.reason)
