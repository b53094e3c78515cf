"""The least code that does the same calls: one poll loop, a stream, a draft a second, the end."""

import asyncio
import json
import os
import sys
import time
from typing import Any

import aiohttp

from tests.bench import lines

_BASE = f"{os.environ['HEARTHKEY_TELEGRAM_API_BASE']}/bot{os.environ['HEARTHKEY_TELEGRAM_TOKEN']}"
_MODEL = os.environ["HEARTHKEY_ENDPOINTS"].partition("=")[2]
_HEADERS = {"Authorization": f"Bearer {lines.KEY}", "Content-Type": "application/json"}


async def _call(session: aiohttp.ClientSession, method: str, **params: object) -> Any:  # noqa: ANN401 - JSON
    async with session.post(f"{_BASE}/{method}", json=params) as response:
        return (await response.json())["result"]


async def _answer(session: aiohttp.ClientSession, chat: int, text: str) -> None:
    await _call(session, "sendMessageDraft", chat_id=chat, draft_id=1, text="")
    said, shown_at = "", 0.0
    url = f"{_MODEL}/chat/completions"
    async with session.post(url, data=lines.request_body(text), headers=_HEADERS) as response:
        async for line in response.content:
            if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                continue
            for choice in json.loads(line[6:])["choices"]:
                said += choice["delta"].get("content", "")
            if said and time.monotonic() - shown_at >= 1.0:
                shown_at = time.monotonic()
                await _call(session, "sendMessageDraft", chat_id=chat, draft_id=1, text=said)
    await _call(session, "sendMessage", chat_id=chat, text=said)


async def _main() -> None:
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        asyncio.TaskGroup() as group,
    ):
        sys.stderr.write("Hearthkey runs on Telegram\n")
        sys.stderr.flush()
        offset = 0
        while True:
            for update in await _call(session, "getUpdates", offset=offset, timeout=50):
                offset = update["update_id"] + 1
                message = update["message"]
                group.create_task(_answer(session, message["chat"]["id"], message["text"]))


if __name__ == "__main__":
    asyncio.run(_main())
