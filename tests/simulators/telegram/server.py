"""The Bot API over HTTP, and its people over HTTP too where they are in another process."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import unquote

from aiohttp import web

from tests.simulators.journal import Journal
from tests.simulators.telegram.control import control
from tests.simulators.telegram.faults import Fault, Faults
from tests.simulators.telegram.flood import Flood
from tests.simulators.telegram.methods import METHODS, Server
from tests.simulators.telegram.people import People
from tests.simulators.telegram.refusals import Refused
from tests.simulators.telegram.state import State
from tests.simulators.telegram.updates import Updates

TOKEN: Final = "4242:canary-telegram-bot-token-0000000"
_STRUCTURED: Final = frozenset(
    {
        "entities",
        "reply_markup",
        "reply_parameters",
        "allowed_updates",
        "commands",
        "scope",
        "ephemeral_message_parameters",
    }
)


@dataclass(slots=True, kw_only=True)
class Call:
    """A call of the bot's. `status` 0: no answer was given."""

    method: str
    chat: int | None
    at: float
    status: int = 0
    retry_after: int = 0


@dataclass(slots=True)
class Simulator:
    """One Bot API with one bot. `without`: methods that an older server does not have."""

    witness: Path | None = None
    without: set[str] = field(default_factory=set)
    token: str = TOKEN
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    state: State = field(init=False)
    updates: Updates = field(init=False)
    people: People = field(init=False)
    flood: Flood = field(init=False)
    faults: Faults = field(default_factory=Faults)
    _server: Server = field(init=False)
    _runner: web.AppRunner | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.state = State(Journal(self.witness))
        self.updates = Updates()
        self.flood = Flood(lambda: asyncio.get_running_loop().time())
        self._server = Server(self.state, self.updates, self._knows)
        self.people = People(self._server)
        self.state.journal.listeners.append(self._news.set)
        self.updates.heard = self._news.set

    async def start(self, port: int = 0) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/sim/{verb}", self._control)
        app.router.add_route("*", "/{bot}/{method}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
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
        """Wait for something; it is looked at after every effect and every poll."""
        async with asyncio.timeout(within_s):
            while not is_so():
                self._news.clear()
                await self._news.wait()

    async def _control(self, request: web.Request) -> web.StreamResponse:
        found = await control(self, request.match_info["verb"], await request.json())
        return web.json_response(found)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        params = await _params(request)
        chat = _number(params.get("chat_id"))
        call = Call(method=method, chat=chat, at=asyncio.get_running_loop().time())
        if method != "getupdates":
            self.calls.append(call)
        fault = self.faults.take(method)
        if fault is not None and (broken := await self._break(fault, request)):
            return broken
        try:
            self._check(unquote(request.match_info["bot"]), method, chat, fault)
            result = await METHODS[method](self._server, params)
        except Refused as refused:
            call.status = refused.status
            call.retry_after = int(str(refused.parameters.get("retry_after", 0)))
            return web.json_response(refused.body(), status=refused.status)
        finally:
            self._news.set()
        if fault is not None and fault.reset == "after":
            return _cut(request)
        call.status = 200
        return web.json_response({"ok": True, "result": result})

    def _check(self, bot: str, method: str, chat: int | None, fault: Fault | None) -> None:
        if bot != f"bot{self.token}":
            raise Refused(401, "Unauthorized")
        if fault is not None and (refusal := fault.refusal()):
            raise refusal
        if not self._knows(method):
            raise Refused(404, "Not Found")
        self.flood.check(method, chat)

    def _knows(self, method: str) -> bool:
        return method in METHODS and method not in self.without

    async def _break(self, fault: Fault, request: web.Request) -> web.StreamResponse | None:
        """Do what leaves no proper answer and no effect."""
        if fault.reset == "before":
            return _cut(request)
        if fault.hang:
            await asyncio.Event().wait()
        if fault.garbage:
            return web.Response(body=b"<html>no such thing</html>")
        return None


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _params(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        found: dict[str, Any] = await request.json()
        return found
    fields = {**request.query, **(await request.post())}
    return {
        name: json.loads(str(value)) if name in _STRUCTURED else value
        for name, value in fields.items()
    }


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
