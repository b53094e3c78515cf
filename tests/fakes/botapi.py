"""A Bot API with a bot's account and a webhook, for who looks at those; it has no messages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

from aiohttp import web

ME: Final = {"id": 1, "is_bot": True, "first_name": "H", "username": "hearth_bot"}


class BotApi:
    """A Bot API that answers with what a test puts in, and notes the methods."""

    def __init__(self) -> None:
        self.url = ""
        self.me: dict[str, object] = {**ME, "can_join_groups": True}
        self.webhook: dict[str, object] = {"url": "", "pending_update_count": 0}
        self.asked: list[str] = []
        self.bodies: list[object] = []
        self.ahead = timedelta()
        self.instead: Callable[[], web.Response] | None = None

    async def handle(self, request: web.Request) -> web.Response:
        method = request.path.rpartition("/")[2]
        self.asked.append(method)
        self.bodies.append(await request.json())
        response = self.instead() if self.instead else self._answer(method)
        response.headers["Date"] = format_datetime(datetime.now(UTC) + self.ahead)
        return response

    def _answer(self, method: str) -> web.Response:
        if method == "deleteWebhook":
            self.webhook["url"] = ""
        results = {"getMe": self.me, "getWebhookInfo": self.webhook, "deleteWebhook": True}
        return web.json_response({"ok": True, "result": results[method]})

    def refuse(self, status: int, said: str = "Refused") -> None:
        """Answer every call so."""
        body = {"ok": False, "error_code": status, "description": said}
        self.instead = lambda: web.json_response(body, status=status)


@asynccontextmanager
async def serving(handle: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """Listen on loopback."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
