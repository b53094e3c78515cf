"""The loops to compare with: the least code that gets an answer out of a stream."""

import json
from collections.abc import AsyncIterable, AsyncIterator

import aiohttp
import httpx

from tests.bench import lines
from tests.bench.jobs import Job, Report, work

_HEADERS = {"Authorization": f"Bearer {lines.KEY}", "Content-Type": "application/json"}
_WARM_UP = lines.question(0, tokens=1, rate=0)


async def run_aiohttp(job: Job) -> Report:
    """Answer over one aiohttp session."""
    url = f"{job.base_url}/chat/completions"
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(_: int, text: str) -> str:
            body = lines.request_body(text)
            async with session.post(url, data=body, headers=_HEADERS) as response:
                return await _collect(response.content)

        await ask(0, _WARM_UP)
        return await work(job, ask)


async def run_httpx(job: Job) -> Report:
    """Answer over one httpx client."""
    url = f"{job.base_url}/chat/completions"
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=120) as client:

        async def ask(_: int, text: str) -> str:
            body = lines.request_body(text)
            async with client.stream("POST", url, content=body, headers=_HEADERS) as response:
                return await _collect(_lines(response.aiter_bytes()))

        await ask(0, _WARM_UP)
        return await work(job, ask)


async def _collect(body: AsyncIterable[bytes]) -> str:
    text = ""
    async for line in body:
        if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
            continue
        for choice in json.loads(line[6:])["choices"]:
            text += choice["delta"].get("content", "")
    return text


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Split as aiohttp's reader does; httpx's own `aiter_lines` breaks at U+2028."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
