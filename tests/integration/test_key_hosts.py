"""At every vendor's dialect: a key goes to its own host, in its own header, and nowhere else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import pytest

from adapters.providers.catalogue import Row, rows
from adapters.providers.registry import DIALECTS, build_providers
from adapters.shared.http import HttpClient
from bot.domain.chat import ChatRequest, Message, Role
from bot.domain.errors import ProviderError
from bot.domain.models import KeyNeed, begin_with
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from tests.simulators.asking import KEY, hear, vendor_at
from tests.simulators.behaviour import Behaviour
from tests.simulators.faces import face_of
from tests.simulators.vendor_sim import VendorSim

_CALLS: Final = 2_000
_AT_ONCE: Final = 100
_MEMBERS: Final = ("alice", "bob")
_KEY_HEADERS: Final = ("authorization", "x-api-key", "x-goog-api-key", "api-key")


def _one_of_each() -> Mapping[str, Row]:
    """Return a vendor of every dialect."""
    keyed = [row for row in rows() if not row.is_demo and row.key_need is KeyNeed.REQUIRED]
    return {name: next(row for row in keyed if row.dialect == name) for name in DIALECTS}


VENDORS: Final = _one_of_each()


@asynccontextmanager
async def _serving(row: Row) -> AsyncIterator[VendorSim]:
    async with VendorSim(face_of(row)) as sim:
        yield sim


async def _model(provider: Provider) -> str:
    first = begin_with(await provider.list_models(KEY))
    assert first is not None
    return first.id


def _request(text: str, model: str) -> ChatRequest:
    return ChatRequest(model=model, messages=(Message(Role.USER, text),), max_tokens=4_096)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("row", VENDORS.values(), ids=VENDORS.keys())
async def test_no_redirect_is_followed(row: Row, status: int) -> None:
    """Neither a question, nor a list, nor a check goes on to where a vendor points."""
    async with _serving(row) as sim, _serving(row) as other, vendor_at(sim, row.id) as provider:
        model = await _model(provider)
        elsewhere = Behaviour(status=status, headers={"location": f"{other.url}/models"}, body="")
        sim.queue.extend([elsewhere] * 3)
        heard = await hear(provider, _request("hi", model))
        assert str(status) in heard.failure.said
        with pytest.raises(ProviderError):
            await provider.list_models(KEY)
        if row.quirks.check:
            with pytest.raises(ProviderError):
                await provider.check_key(KEY)
        assert other.connections == 0


@pytest.mark.parametrize("row", VENDORS.values(), ids=VENDORS.keys())
async def test_a_key_stands_in_one_header(row: Row) -> None:
    """The vendor's own, and no other place: not the address, not the body."""
    async with _serving(row) as sim, vendor_at(sim, row.id) as provider:
        model = await _model(provider)
        await provider.check_key(KEY)
        assert (await hear(provider, _request("hi", model))).error is None
        for seen in sim.witness.seen:
            holding = [name for name, value in seen.headers.items() if KEY.reveal() in value]
            assert len(holding) == 1
            assert holding[0] in _KEY_HEADERS
            assert sum(name in seen.headers for name in _KEY_HEADERS) == 1
            assert KEY.reveal() not in seen.path
            assert KEY.reveal() not in repr(seen.body)
            assert "cookie" not in seen.headers


@pytest.mark.parametrize("row", VENDORS.values(), ids=VENDORS.keys())
async def test_a_proxy_is_one_vendors(row: Row) -> None:
    """What is set for one vendor carries its calls, all of them, and nobody else's."""
    http = HttpClient()
    mine = VendorSim(face_of(row))
    async with _serving(row) as sim, _serving(row) as home, mine as proxy:
        providers = build_providers(
            http,
            base_urls={row.id: sim.url},
            endpoints={"home": home.url},
            proxies={row.id: f"http://127.0.0.1:{proxy.port}"},
        )
        model = await _model(providers[row.id])
        await hear(providers[row.id], _request("hi", model))
        assert len(proxy.witness.seen) >= 2
        assert all(seen.path.startswith(sim.url) for seen in proxy.witness.seen)
        assert sim.connections == 0
        count = len(proxy.witness.seen)
        await hear(providers["home"], _request("hi", "sim-1"), Secret("sk-canary-home-0001"))
        assert len(proxy.witness.seen) == count
        assert home.connections == 1
    await http.close()


async def test_two_members_at_every_vendor_never_mix() -> None:
    """2,000 calls side by side over one pool: each key and each question where it belongs."""
    http = HttpClient(max_connections=_AT_ONCE)
    async with AsyncExitStack() as stack:
        sims = {row.id: await stack.enter_async_context(_serving(row)) for row in VENDORS.values()}
        stack.push_async_callback(http.close)
        providers = build_providers(http, base_urls={name: sim.url for name, sim in sims.items()})
        models = {name: await _model(providers[name]) for name in sims}
        gate = asyncio.Semaphore(_AT_ONCE)

        async def ask(number: int) -> None:
            vendor = list(sims)[number % len(sims)]
            member = _MEMBERS[number // len(sims) % len(_MEMBERS)]
            text = f"{member} {vendor} {number} [sim tokens=3 piece=11]"
            key = Secret(f"sk-canary-{member}-{vendor}")
            async with gate:
                heard = await hear(providers[vendor], _request(text, models[vendor]), key)
            assert heard.error is None
            assert heard.text.split() == ["word1", "word2", "word3"]

        async with asyncio.TaskGroup() as group:
            for number in range(_CALLS):
                group.create_task(ask(number))
        _check(sims)


def _check(sims: Mapping[str, VendorSim]) -> None:
    asked: Counter[tuple[str, str]] = Counter()
    for vendor, sim in sims.items():
        for seen in sim.witness.asked:
            member, meant, _ = seen.question.split(" ", 2)
            assert meant == vendor
            assert seen.key.reveal() == f"sk-canary-{member}-{vendor}"
            asked[member, vendor] += 1
    assert sum(asked.values()) == _CALLS
    assert set(asked.values()) == {_CALLS // len(sims) // len(_MEMBERS)}
