"""What every provider promises: each row of the catalogue, the demo, and a named endpoint."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from adapters.providers.catalogue import DEMO, Quirks, rows
from adapters.providers.demo import DemoServer
from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from bot.domain.chat import Finish, FinishReason, TextDelta
from bot.domain.errors import InvalidKey, ModelUnavailable, Unreachable
from bot.domain.keys import KeyHealth, KeyReport
from bot.domain.models import KeyNeed, begin_with
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from tests.simulators.asking import KEY, hear, request
from tests.simulators.faces import face_of
from tests.simulators.vendor_sim import VendorSim

NAMED = "home"
BY_ID = {row.id: row for row in rows()}
IDS = [*BY_ID, NAMED]


@dataclass(frozen=True, slots=True)
class Subject:
    """A provider with a server behind it, and a model that is there."""

    provider: Provider
    model: str
    has_check: bool = True
    has_list: bool = True


@pytest.fixture(params=IDS)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """Every provider there is, at a server on this machine."""
    name: str = request.param
    http, demo = HttpClient(), DemoServer(tokens_per_s=0)
    async with VendorSim(face_of(BY_ID[name]) if name in BY_ID else None) as sim:
        demo_url = await demo.start()
        vendors = {name: sim.url} if name in BY_ID and name != DEMO else {}
        providers = build_providers(
            http, endpoints={NAMED: sim.url}, base_urls=vendors, demo=demo_url
        )
        try:
            quirks = BY_ID[name].quirks if name in BY_ID else Quirks()
            has_list = bool(quirks.models)
            model = begin_with(await providers[name].list_models(KEY)) if has_list else None
            yield Subject(
                providers[name],
                model.id if model else "sim-1",
                # A vendor that was moved is asked nothing at its old address.
                has_check=bool(quirks.check) and not urlsplit(quirks.check).netloc,
                has_list=has_list,
            )
        finally:
            await http.close()
            await demo.close()


async def test_an_answer_comes_whole(subject: Subject) -> None:
    """There is text, then one count, then one end, which is last."""
    heard = await hear(subject.provider, request("who are you?", model=subject.model))
    assert heard.error is None
    assert heard.text.strip()
    assert heard.finish == [Finish(FinishReason.STOP)]
    assert heard.events[-1] == heard.finish[0]
    [usage] = heard.usage
    assert usage.input_tokens > 0
    assert usage.output_tokens > 0
    assert not usage.is_estimated


async def test_everything_a_member_can_set_is_taken(subject: Subject) -> None:
    """Temperature, length and instructions are no reason to refuse."""
    asked = request(
        "hello", model=subject.model, temperature=0.2, max_tokens=2_000, system="Be brief."
    )
    heard = await hear(subject.provider, asked)
    assert heard.error is None
    assert heard.text


async def test_a_good_key_passes_the_check(subject: Subject) -> None:
    """The free call says nothing against it."""
    await subject.provider.check_key(KEY)


@pytest.mark.parametrize("key", ["bad", "", "sk canary", "sk-canary\n", "sk-canary-\u2028é"])
async def test_a_bad_key_is_rejected_in_every_call(subject: Subject, key: str) -> None:
    """Also one that can stand in no header: it goes nowhere, and no error shows it."""
    secret = Secret(key)
    if not key and subject.provider.spec.key_need is KeyNeed.OPTIONAL:
        heard = await hear(subject.provider, request(model=subject.model), secret)
        assert heard.error is None  # here no key is as good as any
        return
    if key == "bad" and not subject.has_check:
        assert await subject.provider.check_key(secret) == KeyReport(health=KeyHealth.UNCHECKED)
    else:
        with pytest.raises(InvalidKey):
            await subject.provider.check_key(secret)
    if key == "bad" and not subject.has_list:
        assert not await subject.provider.list_models(secret)
    else:
        with pytest.raises(InvalidKey):
            await subject.provider.list_models(secret)
    heard = await hear(subject.provider, request(model=subject.model), secret)
    assert type(heard.failure) is InvalidKey
    assert heard.failure.is_unsent
    assert heard.failure.provider == subject.provider.spec.id
    if len(key) > 3:
        assert key not in f"{heard.failure!r} {heard.failure} {heard.failure.said}"


async def test_models_can_be_asked(subject: Subject) -> None:
    """Each listed model has an id, and the one to begin with answers."""
    models = await subject.provider.list_models(KEY)
    if not subject.has_list:
        assert not models
        return
    assert models
    assert all(model.id and model.label for model in models)
    heard = await hear(subject.provider, request(model=models[0].id))
    assert heard.error is None


async def test_a_model_that_is_not_there(subject: Subject) -> None:
    """It is named as such, and nothing was billed."""
    asked = request(model="[sim status=404]")
    heard = await hear(subject.provider, asked)
    assert type(heard.failure) is ModelUnavailable
    assert heard.failure.is_unsent
    assert heard.failure.model == asked.model


async def test_leaving_early_is_fine(subject: Subject) -> None:
    """An iterator closed after its first event ends the request, and the next one works."""
    model = "hearthkey-demo-long" if subject.provider.spec.is_demo else subject.model
    stream = subject.provider.stream(request("[sim tokens=5000]", model=model), KEY)
    async with aclosing(stream) as events:  # type: ignore[type-var]  # every stream is a generator
        first = await anext(aiter(events))
    assert isinstance(first, TextDelta)
    heard = await hear(subject.provider, request(model=subject.model))
    assert heard.error is None


async def test_two_at_once_do_not_mix(subject: Subject) -> None:
    """Each stream is its own."""
    first = subject.provider.stream(request("one", model=subject.model), KEY)
    second = subject.provider.stream(request("one", model=subject.model), KEY)
    texts = ["", ""]
    open_streams = [(0, first), (1, second)]
    while open_streams:
        for number, stream in list(open_streams):
            event = await anext(aiter(stream), None)
            if event is None:
                open_streams.remove((number, stream))
            elif isinstance(event, TextDelta):
                texts[number] += event.text
    assert texts[0] == texts[1] != ""


async def test_constructing_does_nothing(unused_tcp_port: int) -> None:
    """A provider is made without a loop's help; the first call finds that nobody is there."""
    http = HttpClient()
    url = f"http://127.0.0.1:{unused_tcp_port}/v1"
    provider = build_providers(http, endpoints={NAMED: url})[NAMED]
    with pytest.raises(Unreachable) as caught:
        await provider.check_key(KEY)
    assert caught.value.is_unsent
    await http.close()


def test_the_demos_origin_stays_when_its_port_changes() -> None:
    """A key stored for the demo opens after the next start."""
    first, second = (
        build_providers(HttpClient(), demo=f"http://127.0.0.1:{port}/x/v1")[DEMO]
        for port in (4001, 4002)
    )
    assert first.spec == second.spec
    assert first.spec.origin == "demo://hearthkey"


def test_no_demo_unless_it_runs() -> None:
    """Without a server there is no such provider."""
    assert DEMO not in build_providers(HttpClient())
