"""Calls to the Bot API over a real socket: what is sent, and what each failure is taken for."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from telegram import Bot

from adapters.shared.http import HttpClient
from adapters.telegram.wire import CallError, Wire
from tests.canaries import Canaries

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """A Bot API that answers every call in one way."""

    def __init__(self) -> None:
        self.answer: Answer = _ok
        self.url = ""
        self.seen: list[tuple[str, str, object]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append((request.path, request.content_type, json.loads(body)))
        return await self.answer(request)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Listen on loopback."""
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
async def bot(server: Server, canaries: Canaries) -> AsyncIterator[Bot]:
    """The library's own bot over our wire."""
    http = HttpClient()
    wire = Wire(http)
    yield Bot(canaries.new("123:"), f"{server.url}/bot", request=wire, get_updates_request=wire)
    await http.close()


async def _ok(_: web.Request) -> web.StreamResponse:
    return web.json_response({"ok": True, "result": True})


def refusing(status: int, **more: object) -> Answer:
    """Return an answer as the Bot API refuses."""

    async def answer(_: web.Request) -> web.StreamResponse:
        body = {"ok": False, "error_code": status, "description": "Refused: it IS so", **more}
        return web.json_response(body, status=status)

    return answer


async def _reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _garbage(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b"<html>sent to nobody</html>")


async def test_a_call_is_json(bot: Bot, server: Server) -> None:
    """Numbers and lists are sent as such, once."""
    await bot.send_chat_action(7, "typing", api_kwargs={"some": [{"a": 1}]})
    (path, kind, body) = server.seen[0]
    assert path.endswith("/sendChatAction")
    assert kind == "application/json"
    assert body == {"chat_id": 7, "action": "typing", "some": [{"a": 1}]}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
async def test_a_refusal_says_that_nothing_was_done(bot: Bot, server: Server, status: int) -> None:
    """Its words are kept for comparing, in lower case."""
    server.answer = refusing(status)
    with pytest.raises(CallError) as told:
        await bot.send_chat_action(7, "typing")
    assert (told.value.status, told.value.said) == (status, "refused: it is so")
    assert told.value.is_surely_refused


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_fault_of_the_server_leaves_it_open(bot: Bot, server: Server, status: int) -> None:
    """It may have been done."""
    server.answer = refusing(status)
    with pytest.raises(CallError) as told:
        await bot.send_chat_action(7, "typing")
    assert not told.value.is_surely_refused


async def test_what_the_server_asks_for_is_kept(bot: Bot, server: Server) -> None:
    """How long to wait, and where a group has gone."""
    server.answer = refusing(429, parameters={"retry_after": 17})
    with pytest.raises(CallError) as told:
        await bot.send_chat_action(7, "typing")
    assert told.value.retry_after_s == 17
    server.answer = refusing(400, parameters={"migrate_to_chat_id": -1009})
    with pytest.raises(CallError) as told:
        await bot.send_chat_action(7, "typing")
    assert told.value.new_chat == "-1009"


@pytest.mark.parametrize("answer", [_reset, _garbage], ids=["reset", "garbage"])
async def test_a_broken_answer_leaves_it_open(bot: Bot, server: Server, answer: Answer) -> None:
    """The call arrived; what came of it is not known."""
    server.answer = answer
    with pytest.raises(CallError) as told:
        await bot.send_chat_action(7, "typing")
    assert (told.value.status, told.value.is_unsent) == (0, False)


async def test_a_call_to_nobody_was_not_sent(canaries: Canaries) -> None:
    """Nothing listens there, so it may be sent again."""
    http = HttpClient()
    wire = Wire(http)
    bot = Bot(canaries.new("123:"), "http://127.0.0.1:9/bot", request=wire)
    with pytest.raises(CallError) as told:
        await bot.send_chat_action(7, "typing")
    assert told.value.is_unsent
    await http.close()


@pytest.mark.parametrize(
    "answer", [refusing(500), _reset, _garbage, _ok], ids=["500", "reset", "garbage", "ok"]
)
async def test_no_line_and_no_error_holds_the_token_or_a_message(
    bot: Bot, server: Server, canaries: Canaries, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    """The token is in every address, and the library tells parameters at DEBUG."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("telegram").setLevel(logging.WARNING)
    server.answer = answer
    try:
        await bot.send_chat_action(canaries.new("chat "), "typing")
    except CallError as error:
        caplog.records.append(logging.makeLogRecord({"msg": f"{error!r} {error} {vars(error)}"}))
    assert not canaries.search(" ".join(record.getMessage() for record in caplog.records))
