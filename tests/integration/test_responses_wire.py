"""OpenAI's Responses API over real sockets."""

from collections.abc import AsyncIterator

import pytest

from bot.domain import errors
from bot.domain.chat import Finish, FinishReason
from bot.domain.errors import NoPermission, ProviderError
from bot.domain.models import Effort
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from tests.simulators.asking import hear, request, vendor_at
from tests.simulators.behaviour import Behaviour
from tests.simulators.responses_face import ResponsesFace
from tests.simulators.vendor_sim import VendorSim

MODEL = "gpt-6.1-terra"


@pytest.fixture
async def sim() -> AsyncIterator[VendorSim]:
    """The vendor, on this machine."""
    async with VendorSim(ResponsesFace()) as vendor:
        yield vendor


@pytest.fixture
async def openai(sim: VendorSim) -> AsyncIterator[Provider]:
    """The provider that asks it."""
    async with vendor_at(sim, "openai") as provider:
        yield provider


@pytest.mark.parametrize("is_whole", [False, True])
async def test_thinking_apart(sim: VendorSim, openai: Provider, is_whole: bool) -> None:
    """Streamed or whole: thinking, answer, count and end, and nothing kept at the vendor."""
    sim.queue.append(Behaviour(text="An answer.", reasoning="hm, so", is_whole=is_whole))
    heard = await hear(openai, request(model=MODEL, effort=Effort.LOW))
    assert (heard.text, heard.reasoning) == ("An answer.", "hm, so")
    assert heard.usage[0].reasoning_tokens == 2
    assert heard.finish == [Finish(FinishReason.STOP)]
    assert sim.witness.seen[-1].body["store"] is False


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("refusal", FinishReason.FILTERED),
        ("content_filter", FinishReason.FILTERED),
        ("max_output_tokens", FinishReason.LENGTH),
    ],
)
@pytest.mark.parametrize("is_whole", [False, True])
async def test_other_ends(
    sim: VendorSim, openai: Provider, finish: str, reason: FinishReason, is_whole: bool
) -> None:
    """What was said is kept, with its count."""
    sim.queue.append(Behaviour(text="I will not.", finish=finish, is_whole=is_whole))
    heard = await hear(openai, request(model=MODEL))
    assert heard.error is None
    assert heard.text == "I will not."
    assert heard.finish == [Finish(reason)]
    assert len(heard.usage) == 1


@pytest.mark.parametrize(
    ("act", "leaf"),
    [
        (Behaviour(finish="failed:server_error"), errors.ServerFault),
        (Behaviour(error_after=1), errors.ServerFault),
        (
            Behaviour(error_after=1, error={"code": "rate_limit_exceeded", "message": "slow"}),
            errors.RateLimited,
        ),
        (Behaviour(cut_after=1), errors.Cut),
        (Behaviour(has_end=False), errors.Cut),
    ],
)
async def test_failures_within(
    sim: VendorSim, openai: Provider, act: Behaviour, leaf: type[ProviderError]
) -> None:
    """The text so far is there, and nothing may be sent again by itself."""
    sim.queue.append(act)
    heard = await hear(openai, request("one two three", model=MODEL))
    assert heard.text
    assert type(heard.failure) is leaf
    assert not heard.failure.is_unsent
    assert heard.finish == []


async def test_a_restricted_key_is_valid(openai: Provider) -> None:
    """It may not list, and that is no invalid key: what it may do shows when it is used."""
    with pytest.raises(NoPermission):
        await openai.check_key(Secret("scoped"))
    assert (await hear(openai, request(model=MODEL), Secret("scoped"))).error is None


async def test_a_key_without_credit_passes_the_check(openai: Provider) -> None:
    """The list is free; the first question tells, as money and not as a rate."""
    await openai.check_key(Secret("poor"))
    heard = await hear(openai, request(model=MODEL), Secret("poor"))
    assert type(heard.failure) is errors.NoCredit


@pytest.mark.parametrize("model", ["gpt-6.1-terra", "gpt-6.2-sol", "gpt-4o", "gpt-5.4", "o3"])
@pytest.mark.parametrize("effort", [None, *Effort])
async def test_no_choice_is_refused(openai: Provider, model: str, effort: Effort | None) -> None:
    """Whatever was chosen, each family gets what it takes."""
    asked = request(model=model, effort=effort, temperature=0.4, max_tokens=5)
    heard = await hear(openai, asked)
    assert heard.error is None
