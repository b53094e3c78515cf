"""What each wire dialect costs over the least code that reads it.

`python -m tests.bench.dialects NAME …` is the measured process; it prints its figures as JSON.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
import msgspec

from adapters.providers.catalogue import Row as Vendor
from adapters.providers.catalogue import rows
from adapters.providers.dialect import Dialect, encode
from adapters.providers.refusals import Asked
from adapters.providers.registry import DIALECTS, build_providers
from adapters.shared.http import HttpClient
from bot.domain.chat import ChatRequest, Event, Message, Role, TextDelta
from bot.domain.models import begin_with
from bot.domain.secret import Secret
from tests.bench.parent import run_module
from tests.bench.table import Row
from tests.simulators.behaviour import Behaviour, answer_text, answer_tokens
from tests.simulators.faces import face_of
from tests.simulators.process import served
from tests.simulators.witness import Seen

_KEY: Final = Secret("sk-canary-bench-0001")
_PIECE: Final = 1_024  # about what a socket hands out at a time
_PARSED_TOKENS: Final = 1_000
_ROUNDS: Final = 20
CPU_RATIO: Final = 2.0


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of CPU: per 1,000 tokens read from memory, and per answer over a socket."""

    parse_ms: float
    bare_parse_ms: float
    cpu_ms: float
    bare_cpu_ms: float
    wrong: int


def measure(tokens: int, streams: int) -> Iterator[tuple[str, Figures]]:
    """Measure every dialect in a fresh process, at a vendor in another one."""
    for name in DIALECTS:
        with _vendor(name) as url:
            done = run_module("tests.bench.dialects", name, url, str(tokens), str(streams))
        yield name, msgspec.json.decode(done, type=Figures)


def table(found: Iterable[tuple[str, Figures]]) -> Iterator[Row]:
    """Yield the rows of the bench's table."""
    for name, it in found:
        ratio = it.cpu_ms / it.bare_cpu_ms
        yield Row(
            name=f"{name}: reading 1,000 tokens",
            house=f"{it.parse_ms:.1f} ms",
            aiohttp=f"{it.bare_parse_ms:.1f} ms",
        )
        yield Row(
            name=f"{name}: CPU per answer",
            house=f"{it.cpu_ms:.1f} ms",
            aiohttp=f"{it.bare_cpu_ms:.1f} ms",
        )
        yield Row(
            name="  of bare aiohttp's",
            house=f"{ratio:.2f} x",
            aim=f"≤ {CPU_RATIO:g} x",
            is_met=ratio <= CPU_RATIO,
        )


@contextmanager
def _vendor(name: str) -> Iterator[str]:
    with served("tests.simulators.vendor_sim", "--row", row_of(name).id) as said:
        yield said["url"]


def row_of(dialect: str) -> Vendor:
    """Return the first vendor that speaks a dialect."""
    return next(row for row in rows() if row.dialect == dialect and not row.is_demo)


def _question(tokens: int, model: str) -> ChatRequest:
    text = f"[sim tokens={tokens}]"
    return ChatRequest(model=model, messages=(Message(Role.USER, text),), max_tokens=8_192)


def _chat(said: dict[str, Any]) -> str:
    return "".join(each["delta"].get("content") or "" for each in said["choices"])


def _responses(said: dict[str, Any]) -> str:
    return said["delta"] if said["type"] == "response.output_text.delta" else ""


def _anthropic(said: dict[str, Any]) -> str:
    is_text = said["type"] == "content_block_delta"
    return said["delta"].get("text", "") if is_text else ""


def _google(said: dict[str, Any]) -> str:
    parts = [
        part for each in said.get("candidates", ()) for part in each["content"].get("parts", ())
    ]
    return "".join(part["text"] for part in parts if not part.get("thought"))


_BARE: Final[Mapping[str, Callable[[dict[str, Any]], str]]] = {
    "openai_chat": _chat,
    "deepseek": _chat,
    "openai_responses": _responses,
    "anthropic": _anthropic,
    "google": _google,
}


def _bare_text(name: str, line: bytes) -> str:
    """Return what a line of a stream adds to the answer, read as plainly as can be."""
    if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
        return ""
    return _BARE[name](json.loads(line[6:]))


def _stream_bytes(name: str, provider: Dialect) -> bytes:
    """Return a whole answer of 1,000 tokens as this vendor sends it."""
    face = face_of(row_of(name))
    act = Behaviour(tokens=_PARSED_TOKENS)
    body = provider.write(_question(_PARSED_TOKENS, "sim-1")).body
    seen = Seen(method="POST", path="", headers={}, key=_KEY, body=body)
    seen.answer = answer_text(act, "")
    frames = [*face.opening(act, seen)]
    for token in answer_tokens(seen.answer):
        frames += face.delta(token, act)
    frames += face.ending(act, seen)
    lines = []
    for frame in frames:
        data = frame.data if isinstance(frame.data, str) else json.dumps(frame.data)
        lines.append((f"event: {frame.name}\n" if frame.name else "") + f"data: {data}\n\n")
    return "".join(lines).encode()


def _parse_ms(provider: Dialect, stream: bytes) -> float:
    pieces = [stream[at : at + _PIECE] for at in range(0, len(stream), _PIECE)]

    def read() -> str:
        reader = provider.reader(Asked(provider="bench"))
        events: list[Event] = []
        for piece in pieces:
            events += reader.feed(piece)
        everything = (*events, *reader.end())
        return "".join(each.text for each in everything if isinstance(each, TextDelta))

    return _cpu_ms(read)


def _bare_parse_ms(name: str, stream: bytes) -> float:
    return _cpu_ms(lambda: "".join(_bare_text(name, line) for line in stream.split(b"\n")))


def _cpu_ms(read: Callable[[], str]) -> float:
    """Return the CPU of one reading; its text must be whole."""
    assert len(read().split()) == _PARSED_TOKENS
    before = time.process_time()
    for _ in range(_ROUNDS):
        read()
    return (time.process_time() - before) * 1_000 / _ROUNDS


async def _over_sockets(streams: int, ask: Callable[[], Any]) -> tuple[float, list[str]]:
    """Return the CPU per answer and the answers; the first use of anything was before."""
    await ask()
    before = time.process_time()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask()) for _ in range(streams)]
    spent_ms = (time.process_time() - before) * 1_000 / streams
    return spent_ms, [task.result() for task in tasks]


async def _measured(name: str, url: str, tokens: int, streams: int) -> Figures:
    row = row_of(name)
    http = HttpClient()
    provider = build_providers(http, base_urls={row.id: url})[row.id]
    assert isinstance(provider, Dialect)
    first = begin_with(await provider.list_models(_KEY))
    assert first is not None
    question = _question(tokens, first.id)
    call = provider.write(question)

    async def ask() -> str:
        events = provider.stream(question, _KEY)
        return "".join([each.text async for each in events if isinstance(each, TextDelta)])

    auth = provider._line._key_header(Asked(provider=row.id, key=_KEY))
    headers = {
        key: value.reveal() if isinstance(value, Secret) else value
        for key, value in {**auth, **call.headers, "content-type": "application/json"}.items()
    }
    body = encode(call.body)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask_barely() -> str:
            async with session.post(f"{url}/{call.path}", data=body, headers=headers) as response:
                return "".join([_bare_text(name, line) async for line in response.content])

        bare_ms, bare_texts = await _over_sockets(streams, ask_barely)
    spent_ms, texts = await _over_sockets(streams, ask)
    await http.close()
    stream = _stream_bytes(name, provider)
    return Figures(
        parse_ms=_parse_ms(provider, stream),
        bare_parse_ms=_bare_parse_ms(name, stream),
        cpu_ms=spent_ms,
        bare_cpu_ms=bare_ms,
        wrong=sum(len(text.split()) != tokens for text in (*texts, *bare_texts)),
    )


if __name__ == "__main__":
    _, dialect, base_url, tokens_each, stream_count = sys.argv
    figures = asyncio.run(_measured(dialect, base_url, int(tokens_each), int(stream_count)))
    sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
