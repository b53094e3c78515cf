"""The composition root: builds, starts and stops; the only module that sees everything."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from adapters.console.frontend import ConsoleFrontend
from adapters.console.translate import CommandHint
from adapters.providers.demo import DemoServer
from adapters.providers.prices import PriceTable
from adapters.providers.registry import build_providers, key_forms
from adapters.shared.http import HttpClient
from bot.access import Access
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
        notices=Notices(courier, clock, tasks),
        models=models,
        prices=book,
        failures=failures,
        key_forms=key_forms(),
        commands=by_name(),
        abilities=abilities,
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
        providers = await _providers(config, http, house)
        start_line = _start_line(config, found)
        console = _console(clock, start_line)
        frontends = [console]
        access = _access(config, await stores.settings.operators())
        claims = _claims(access, clock, frontends)
        access.operators |= {console.identity}
        router = assemble(
            stores=stores,
            providers=providers,
            frontends=frontends,
            clock=clock,
            access=access,
            prices=PriceTable(),
            claims=claims,
        )
        if not sys.stdin.isatty():
            sys.stderr.write(f"{start_line}\n")
        _log.info("ready")
        house.push_async_callback(router.close, GRACE_S)
        await router.start()
        await _serve(frontends, router, [claims.run(), _tidy_daily(stores, clock)], stop)
    return 0


def _access(config: Config, claimed: Sequence[Operator]) -> Access:
    """Return the door as the settings and those who claimed the bot have it."""
    return Access(
        is_open=config.access.is_open,
        operators=config.access.operators | {each.identity for each in claimed},
        allowed=config.access.allowed,
        operator_name=claimed[0].name if claimed else "",
    )


def _claims(access: Access, clock: Clock, frontends: Sequence[Frontend]) -> Claims:
    """Let the bot be claimed if nobody owns it and somebody else than its host can write to it."""
    is_reachable = any(not frontend.abilities.is_local for frontend in frontends)
    return Claims(
        access, clock, is_open=is_reachable and not access.operators, show=_print_for_host
    )


def _print_for_host(line: str) -> None:
    """Write past the log, which would hide a code and may be off."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


async def _storage(
    config: Config, clock: Clock, house: contextlib.AsyncExitStack
) -> tuple[Found, SqlStores]:
    """Open the data folder with the master key that its own facts ask for."""
    if config.has_messenger:
        problem = "Telegram and Matrix are not in this version yet: leave their settings out"
        raise StartError([problem])
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
    demo = DemoServer()
    house.push_async_callback(demo.close)
    demo_url = await demo.start()
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


def _console(clock: Clock, start_line: str) -> ConsoleFrontend:
    hints = [
        CommandHint(
            name=command.name,
            usage=command.usage,
            help=command.help,
            has_secret=command.has_secret,
        )
        for name, command in by_name().items()
        if name == command.name
    ]
    return ConsoleFrontend(commands=hints, clock=clock, greeting=start_line)


def _start_line(config: Config, found: Found) -> str:
    return (
        "Hearthkey console. Demo model on, nothing leaves this computer unless you add a key of a"
        f" company. /help for commands. Ctrl-C stops an answer, twice leaves.\nData in"
        f" {config.data_dir}, sealed with the {found.describe()}."
    )


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
