"""The demo: a vendor in the house, reached as any other."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from adapters.providers.catalogue import DEMO
from adapters.providers.demo import DemoServer
from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from bot.domain import errors
from bot.domain.chat import Finish, FinishReason
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from tests.simulators.asking import KEY, hear, request

MODEL = "hearthkey-demo"


@dataclass(frozen=True, slots=True)
class Demo:
    """The provider, its server's URL, and the pool."""

    provider: Provider
    url: str
    http: HttpClient


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    """A demo that answers at once."""
    http, server = HttpClient(), DemoServer(tokens_per_s=0)
    url = await server.start()
    yield Demo(build_providers(http, demo=url)[DEMO], url, http)
    await http.close()
    await server.close()


@pytest.mark.parametrize(
    ("question", "next_step"),
    [
        ("How do I get an API key?", "/addkey"),
        ("which models are there?", "/model"),
        ("Is my data private?", "/privacy"),
        ("what does it cost", "/usage"),
        ("what can I do here", "/help"),
        ("help", "/help"),
        ("Does it work with Telegram?", "hearthkey init"),
        ("can I use matrix", "hearthkey init"),
        ("set the temperature", "/temp"),
        ("hi", "/addkey"),
        ("who are you?", "/addkey"),
        ("Write a poem about rain", "/addkey"),
    ],
)
async def test_it_says_what_to_type_next(demo: Demo, question: str, next_step: str) -> None:
    """Whatever is asked, there is a next step, and it fits."""
    heard = await hear(demo.provider, request(question, model=MODEL))
    assert heard.error is None
    assert next_step in heard.text


@pytest.mark.parametrize("question", ["hi", "who are you?", "Write a poem about rain"])
async def test_it_says_that_it_is_a_demo(demo: Demo, question: str) -> None:
    """Nobody takes it for a model, or for a company."""
    heard = await hear(demo.provider, request(question, model=MODEL))
    assert "demo model" in heard.text
    assert "No AI company is asked" in heard.text
    assert "leaves this computer" in heard.text


async def test_the_long_answer_has_a_shape(demo: Demo) -> None:
    """A table, a list and code, to see how they look, and time enough to stop it."""
    heard = await hear(demo.provider, request("hi", model="hearthkey-demo-long"))
    assert "|---|" in heard.text
    assert "```python" in heard.text
    assert "\n1. " in heard.text
    assert 'f"Hello, {name}"' in heard.text
    assert heard.usage[0].output_tokens > 600


async def test_the_limit_holds(demo: Demo) -> None:
    """An answer is cut at the limit, counted, and says so."""
    heard = await hear(demo.provider, request("hi", model=MODEL, max_tokens=5))
    assert len(heard.text.split()) == 5
    assert heard.usage[0].output_tokens == 5
    assert heard.finish == [Finish(FinishReason.LENGTH)]


async def test_its_models(demo: Demo) -> None:
    """The short one first, with name and window."""
    first, second = await demo.provider.list_models(KEY)
    assert (first.id, first.name, first.context_tokens) == (MODEL, "Hearthkey demo", 8_192)
    assert second.id == "hearthkey-demo-long"


async def test_it_rejects_a_key_as_a_vendor_would(demo: Demo) -> None:
    """`bad` is bad; what else there is, is good."""
    with pytest.raises(errors.InvalidKey) as caught:
        await demo.provider.check_key(Secret("bad"))
    assert "Incorrect API key" in caught.value.said
    await demo.provider.check_key(Secret("anything"))


async def test_a_prompt_too_long(demo: Demo) -> None:
    """It has a window, and keeps to it."""
    heard = await hear(demo.provider, request("word " * 8_000, model=MODEL))
    assert type(heard.failure) is errors.TooLong


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"model": 5}'])
async def test_a_request_that_is_none(demo: Demo, body: bytes) -> None:
    """A vendor's 400."""
    headers = {"authorization": "Bearer demo-key"}
    call = demo.http.stream_post(f"{demo.url}/chat/completions", headers=headers, body=body)
    async with call as answer:
        assert answer.status == 400
        assert b"invalid_request_error" in await answer.read_all()


async def test_without_streaming(demo: Demo) -> None:
    """An answer in one piece, as the API has it."""
    body = b'{"model": "hearthkey-demo", "messages": [{"role": "user", "content": "hi"}]}'
    headers = {"authorization": "Bearer demo-key"}
    call = demo.http.stream_post(f"{demo.url}/chat/completions", headers=headers, body=body)
    async with call as answer:
        assert answer.headers["content-type"] == "application/json"
        said = await answer.read_all()
    assert b'"finish_reason":"stop"' in said
    assert b'"usage"' in said


async def test_nobody_else_on_this_machine_gets_in(demo: Demo) -> None:
    """Without the path of this run there is nothing; it listens to this machine only."""
    parts = urlsplit(demo.url)
    assert parts.hostname == "127.0.0.1"
    headers = {"authorization": "Bearer demo-key"}
    answer = await demo.http.get(f"http://{parts.netloc}/v1/models", headers=headers)
    assert answer.status == 404
    other = DemoServer()
    assert urlsplit(await other.start()).path != parts.path
    await other.close()


async def test_its_pace() -> None:
    """A word at a time, as a model does; and closing does not wait for the end of an answer."""
    http, server = HttpClient(), DemoServer(tokens_per_s=100)
    provider = build_providers(http, demo=await server.start())[DEMO]
    started_at = time.monotonic()
    heard = await hear(provider, request("hi", model=MODEL, max_tokens=10))
    assert time.monotonic() - started_at >= 0.09
    assert len(heard.events) > 5
    stream = provider.stream(request("hi", model="hearthkey-demo-long"), KEY)
    await anext(aiter(stream))
    async with asyncio.timeout(4):
        await http.close()
        await server.close()
