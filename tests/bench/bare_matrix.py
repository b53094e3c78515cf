"""The least code that does the same calls: a sync loop, a stream, an edit each 1.5 s, the end."""

import asyncio
import itertools
import json
import os
import sys
import time
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.bench import lines

_BASE = f"{os.environ['HEARTHKEY_MATRIX_HOMESERVER']}/_matrix/client/v3"
_USER = os.environ["HEARTHKEY_MATRIX_USER"]
_MODEL = os.environ["HEARTHKEY_ENDPOINTS"].partition("=")[2]
_HEADERS = {"Authorization": f"Bearer {lines.KEY}", "Content-Type": "application/json"}
_EDIT_S = 1.5
_numbers = itertools.count()


class _Server:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self._headers: dict[str, str] = {}

    async def call(self, method: str, path: str, body: object = None, **query: str) -> Any:  # noqa: ANN401 - JSON
        url = f"{_BASE}/{path}"
        async with self.session.request(
            method, url, json=body, params=query, headers=self._headers
        ) as response:
            return await response.json()

    async def log_in(self) -> None:
        said = await self.call(
            "POST",
            "login",
            {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": _USER},
                "password": os.environ["HEARTHKEY_MATRIX_PASSWORD"],
            },
        )
        self._headers = {"Authorization": f"Bearer {said['access_token']}"}

    async def send(self, room: str, text: str, edits: str = "") -> str:
        content: dict[str, Any] = {"msgtype": "m.text", "body": text}
        if edits:
            relation = {"rel_type": "m.replace", "event_id": edits}
            content = {**content, "m.new_content": content, "m.relates_to": relation}
        path = f"rooms/{quote(room)}/send/m.room.message/{next(_numbers)}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def type(self, room: str, *, is_on: bool) -> None:
        body = {"typing": is_on, "timeout": 30_000}
        await self.call("PUT", f"rooms/{quote(room)}/typing/{quote(_USER)}", body)


async def _answer(server: _Server, room: str, text: str, event: str) -> None:
    await server.call("POST", f"rooms/{quote(room)}/receipt/m.read/{quote(event)}", {})
    await server.type(room, is_on=True)
    said, message, shown_at = "", "", 0.0
    url = f"{_MODEL}/chat/completions"
    body = lines.request_body(text)
    async with server.session.post(url, data=body, headers=_HEADERS) as response:
        async for line in response.content:
            if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                continue
            for choice in json.loads(line[6:])["choices"]:
                said += choice["delta"].get("content", "")
            if said and time.monotonic() - shown_at >= _EDIT_S:
                shown_at = time.monotonic()
                shown = await server.send(room, said, message)
                message = message or shown
    await server.send(room, said, message)
    await server.type(room, is_on=False)


async def _main() -> None:
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        asyncio.TaskGroup() as group,
    ):
        server = _Server(session)
        await server.log_in()
        since = (await server.call("GET", "sync", timeout="0"))["next_batch"]
        sys.stderr.write("Hearthkey runs on Matrix\n")
        sys.stderr.flush()
        while True:
            found = await server.call("GET", "sync", since=since, timeout="30000")
            since = found["next_batch"]
            for room, part in found.get("rooms", {}).get("join", {}).items():
                for event in part["timeline"]["events"]:
                    if event["type"] == "m.room.message" and event["sender"] != _USER:
                        said = event["content"]["body"]
                        group.create_task(_answer(server, room, said, event["event_id"]))


if __name__ == "__main__":
    asyncio.run(_main())
