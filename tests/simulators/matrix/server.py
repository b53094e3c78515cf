"""The homeserver over HTTP, and its people over HTTP too where they are in another process."""

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Self

from aiohttp import web

from tests.simulators.journal import Journal
from tests.simulators.matrix import api_accounts, api_keys, api_reading, api_rooms
from tests.simulators.matrix.accounts import Json, Session
from tests.simulators.matrix.calls import Call, Route
from tests.simulators.matrix.control import control
from tests.simulators.matrix.faults import Faults, names_of
from tests.simulators.matrix.homeserver import Homeserver
from tests.simulators.matrix.limits import Limits
from tests.simulators.matrix.logins import make_device
from tests.simulators.matrix.people import People
from tests.simulators.matrix.refusals import Refused, unknown_token, unrecognized
from tests.simulators.matrix.screen import Shown, screen
from tests.simulators.matrix.wire import (
    Seen,
    answer,
    broken_answer,
    cut,
    read_body,
    read_token,
    refused_answer,
)

PASSWORD: Final = "pw-canary-000000000000000000000000"
DEVICE: Final = "HEARTHKEY"
ROUTES: Final[tuple[Route, ...]] = (
    *api_accounts.ROUTES,
    *api_reading.ROUTES,
    *api_rooms.ROUTES,
    *api_keys.ROUTES,
)


@dataclass(slots=True)
class Simulator:
    """One homeserver with one bot. `without`: calls, by name, that another server answers."""

    witness: Path | None = None
    name: str = "home.test"
    bot_name: str = "hearth"
    password: str = PASSWORD
    without: set[str] = field(default_factory=set)
    url: str = ""
    calls: list[Seen] = field(default_factory=list)
    faults: Faults = field(default_factory=lambda: Faults(frozenset(each.name for each in ROUTES)))
    journal: Journal = field(init=False)
    server: Homeserver = field(init=False)
    people: People = field(init=False)
    _runner: web.AppRunner | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.journal = Journal(self.witness)
        self.journal.listeners.append(self._news.set)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Be another server, where the bot is alone; what was written down stays."""
        self.server = Homeserver(self.name, self.bot_name, self.journal)
        self.people = People(self.server)
        self.people.make(self.bot_name, password=self.password)
        self.server.listener = self._news.set

    @property
    def bot(self) -> str:
        """The bot's account."""
        return self.server.bot

    @property
    def limits(self) -> Limits:
        """How much is too much."""
        return self.server.limits

    @property
    def confirmed(self) -> int:
        """Up to where the bot has said that it has everything."""
        return self.server.confirmed

    def token(self, device: str | None = DEVICE) -> str:
        """Return a new token of the bot's, as an operator is given one; None: of no device."""
        account = self.server.accounts[self.bot]
        made = make_device(self.server, account, device) if device else None
        return self.server.log_in(account, made)

    def delegate(self) -> None:
        """Be a server whose logins are another service's: no passwords, no end of a session."""
        self.server.is_delegated = True
        self.without |= {"login_flows", "login", "logout", "delete_devices"}

    def screen(self, room: str) -> list[Shown]:
        """Return a room's messages as a phone shows them."""
        return screen(self.server.rooms[room], self.bot)

    async def start(self, port: int = 0) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_post("/sim/{verb}", self._control)
        for route in ROUTES:
            path = f"/_matrix/client/{route.path}"
            app.router.add_route(route.method, path, partial(self._handle, route))
        app.router.add_route("*", "/{tail:.*}", self._handle_unknown)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=1_024)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def until(self, is_so: Callable[[], bool], *, within_s: float = 20.0) -> None:
        """Wait for something; it is looked at after every effect and every call."""
        async with asyncio.timeout(within_s):
            while not is_so():
                self._news.clear()
                await self._news.wait()

    async def _control(self, request: web.Request) -> web.StreamResponse:
        found = await control(self, request.match_info["verb"], await request.json())
        return answer(200, found)

    async def _handle_unknown(self, _: web.Request) -> web.StreamResponse:
        return answer(404, unrecognized().body())

    async def _handle(self, route: Route, request: web.Request) -> web.StreamResponse:
        seen = Seen(
            name=route.name,
            room=request.match_info.get("room", ""),
            query=request.query_string,
            at=asyncio.get_running_loop().time(),
        )
        self.calls.append(seen)
        self._news.set()
        raw = await request.read()
        try:
            return await self._answered(route, request, raw, seen)
        except Refused as refused:
            return refused_answer(seen, refused)
        finally:
            self._news.set()

    async def _answered(
        self, route: Route, request: web.Request, raw: bytes, seen: Seen
    ) -> web.StreamResponse:
        body = read_body(route, raw)
        names = names_of(route.name, body)
        seen.kind = names[0]
        fault = self.faults.take(names)
        if fault is not None:
            await fault.wait()
            if broken := broken_answer(fault, request):
                return broken
        call = self._call(route, request, body)
        seen.user = call.who.account.id if call.who else ""
        if fault is not None and (refusal := fault.refusal()):
            raise refusal
        found = route.handler(call)
        if inspect.isawaitable(found):
            found = await found
        if fault is not None and fault.reset == "after":
            return cut(request)
        seen.status = 200
        return answer(200, found)

    def _call(self, route: Route, request: web.Request, body: Json) -> Call:
        if route.name in self.without:
            raise unrecognized()
        token = read_token(request)
        session = None if route.is_open else self._session(token)
        return Call(
            server=self.server,
            name=route.name,
            parts=request.match_info,
            query=request.query,
            body=body,
            token=token,
            who=session,
        )

    def _session(self, token: str) -> Session:
        if not token:
            raise Refused(401, "M_MISSING_TOKEN", "Missing access token")
        if token not in self.server.sessions:
            raise unknown_token()
        return self.server.sessions[token]
