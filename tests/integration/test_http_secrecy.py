"""A key goes to the host it was meant for, and to nobody and nothing else."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from bot.domain import errors
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from tests.simulators.asking import KEY, endpoint, hear, request
from tests.simulators.behaviour import Behaviour
from tests.simulators.vendor_sim import VendorSim


@pytest.fixture
async def sim() -> AsyncIterator[VendorSim]:
    """A vendor."""
    async with VendorSim() as server:
        yield server


@pytest.fixture
async def other() -> AsyncIterator[VendorSim]:
    """Somebody else."""
    async with VendorSim() as server:
        yield server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(sim: VendorSim, other: VendorSim, status: int) -> None:
    """Neither a question nor a check of a key goes on to where a vendor points."""
    elsewhere = Behaviour(
        status=status, headers={"location": f"{other.url}/chat/completions"}, body=""
    )
    sim.queue.extend((elsewhere, elsewhere))
    async with endpoint(sim) as provider:
        heard = await hear(provider, request())
        assert type(heard.failure) is errors.BadRequest
        assert str(status) in heard.failure.said
        assert other.url not in heard.failure.said
        with pytest.raises(errors.BadRequest):
            await provider.check_key(KEY)
    assert len(sim.witness.seen) == 2
    assert other.connections == 0


async def test_two_members_at_two_vendors_never_mix(sim: VendorSim, other: VendorSim) -> None:
    """Over one pool, each key and each question arrives where it belongs, alone."""
    http = HttpClient()
    providers = build_providers(http, endpoints={"here": sim.url, "there": other.url})

    async def ask(name: str, number: int) -> None:
        key = Secret(f"sk-canary-{name}-{number}")
        text = f"from {name} {number} [sim tokens=20 piece=7]"
        heard = await hear(providers[name], request(text), key)
        assert heard.error is None
        assert len(heard.text.split()) == 20

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(ask("here", number))
            group.create_task(ask("there", number))
    await http.close()
    for name, server in (("here", sim), ("there", other)):
        assert len(server.witness.asked) == 20
        for seen in server.witness.asked:
            whose = seen.question.split()[2]
            assert seen.key.reveal() == f"sk-canary-{name}-{whose}"
            assert seen.question.startswith(f"from {name} ")


async def test_cookies_are_never_sent(sim: VendorSim) -> None:
    """What a vendor wants remembered of one member does not come back with the next."""
    sim.default = Behaviour(headers={"set-cookie": "member=alice; Path=/"})
    url = sim.url.replace("127.0.0.1", "localhost")  # cookie jars take none from an address
    async with endpoint(sim, url=url) as provider:
        for _ in range(2):
            await provider.check_key(KEY)
            assert (await hear(provider, request())).error is None
    assert len(sim.witness.seen) == 4
    assert all("cookie" not in seen.headers for seen in sim.witness.seen)


async def test_what_is_sent_along(sim: VendorSim) -> None:
    """Nothing that tells the host, the library or the version, and nothing compressed back."""
    async with endpoint(sim) as provider:
        await hear(provider, request())
    [seen] = sim.witness.seen
    assert seen.headers == {
        "host": f"127.0.0.1:{sim.port}",
        "authorization": f"Bearer {KEY.reveal()}",
        "content-type": "application/json",
        "accept": "text/event-stream, application/json",
        "accept-encoding": "identity",
        "user-agent": "hearthkey",
        "content-length": seen.headers["content-length"],
    }


async def test_the_environment_chooses_no_proxy(
    sim: VendorSim, other: VendorSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the operator's own setting does."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url.removesuffix("/v1"))
    async with endpoint(sim) as provider:
        assert (await hear(provider, request())).error is None
    assert other.connections == 0


@pytest.mark.parametrize(
    "act",
    [
        Behaviour(),
        Behaviour(reset="body"),
        Behaviour(tokens=3, cut_after=1),
        Behaviour(status=401, error={"message": f"Bad key: {KEY.reveal()}, sorry"}),
        Behaviour(tokens=3, error_after=1, error={"message": f"Bad key: {KEY.reveal()}"}),
    ],
    ids=["an answer", "a reset", "a cut", "an echo of the key", "an echo in the stream"],
)
async def test_no_key_and_no_question_in_logs_and_errors(
    sim: VendorSim, act: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even at the most talkative level, and not when the vendor says it back."""
    caplog.set_level(logging.DEBUG)
    sim.queue.append(act)
    async with endpoint(sim) as provider:
        heard = await hear(provider, request("a private question"))
    said = f"{heard.error!r} {heard.error} {heard.error and vars(heard.error)}"
    for secret in (KEY.reveal(), "a private question"):
        assert secret not in caplog.text
        assert secret not in said


async def test_leaving_ends_the_request_at_the_vendor(sim: VendorSim) -> None:
    """`/stop` is seen by the vendor as a connection that closed."""
    sim.queue.append(Behaviour(tokens=3, stall_after=2))
    async with endpoint(sim) as provider:
        stream = provider.stream(request(), KEY)
        await anext(aiter(stream))
        await close(stream)
        await until_disconnected(sim)


async def test_cancelling_ends_the_request_at_the_vendor(sim: VendorSim) -> None:
    """So is a cancelled task, at whatever it waits for."""
    sim.queue.append(Behaviour(tokens=3, stall_after=2))
    async with endpoint(sim) as provider:
        arrived = asyncio.Event()
        task = asyncio.ensure_future(listen(provider, arrived))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until_disconnected(sim)


async def listen(provider: Provider, arrived: asyncio.Event) -> None:
    """Take events for ever."""
    async for _ in provider.stream(request(), KEY):
        arrived.set()


async def close(stream: object) -> None:
    """Close an event stream, which is a generator."""
    await stream.aclose()  # type: ignore[attr-defined]  # the port promises an iterator only


async def until_disconnected(sim: VendorSim) -> None:
    """Wait until the vendor notices."""
    async with asyncio.timeout(2):
        while sim.witness.asked[0].ended != "disconnected":  # noqa: ASYNC110  (it has no event)
            await asyncio.sleep(0.005)
