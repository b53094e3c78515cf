"""DeepSeek over real sockets."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from bot.domain import errors
from bot.domain.chat import Finish, FinishReason
from bot.domain.keys import Balance, KeyHealth
from bot.domain.models import Effort
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from tests.simulators.asking import KEY, hear, request, vendor_at
from tests.simulators.behaviour import Behaviour
from tests.simulators.deepseek_face import DeepSeekFace
from tests.simulators.vendor_sim import VendorSim

MODEL = "deepseek-flash"


@pytest.fixture
async def sim() -> AsyncIterator[VendorSim]:
    """The vendor, on this machine."""
    async with VendorSim(DeepSeekFace()) as vendor:
        yield vendor


@pytest.fixture
async def deepseek(sim: VendorSim) -> AsyncIterator[Provider]:
    """The provider that asks it."""
    async with vendor_at(sim, "deepseek") as provider:
        yield provider


async def test_an_answer_after_a_queue(sim: VendorSim, deepseek: Provider) -> None:
    """Signs of life are no text; thinking is apart; hits of the cache are counted."""
    usage = {
        "prompt_tokens": 9,
        "prompt_cache_hit_tokens": 4,
        "prompt_cache_miss_tokens": 5,
        "completion_tokens": 3,
    }
    sim.queue.append(Behaviour(text="Yes.", reasoning="hm", keep_alives=3, usage=usage))
    heard = await hear(deepseek, request(model=MODEL))
    assert (heard.text, heard.reasoning) == ("Yes.", "hm")
    assert heard.usage[0].cache_read_tokens == 4
    assert heard.finish == [Finish(FinishReason.STOP)]


async def test_balances(deepseek: Provider) -> None:
    """The check says what is left in each currency, and when nothing is."""
    report = await deepseek.check_key(KEY)
    assert report.health is KeyHealth.WORKS
    assert report.balances == (Balance(Decimal("1.23")), Balance(Decimal("8.00"), "CNY"))
    assert (await deepseek.check_key(Secret("poor"))).health is KeyHealth.NO_CREDIT


@pytest.mark.parametrize(
    ("act", "leaf"),
    [
        (Behaviour(finish="insufficient_system_resource"), errors.Overloaded),
        (Behaviour(error_after=1), errors.ServerFault),
        (Behaviour(cut_after=1), errors.Cut),
    ],
)
async def test_failures_within(
    sim: VendorSim, deepseek: Provider, act: Behaviour, leaf: type[errors.ProviderError]
) -> None:
    """The text so far is there, and nothing may be sent again by itself."""
    sim.queue.append(act)
    heard = await hear(deepseek, request("one two three", model=MODEL))
    assert heard.text
    assert type(heard.failure) is leaf
    assert not heard.failure.is_unsent


async def test_no_credit(deepseek: Provider) -> None:
    """A 402 is about money."""
    heard = await hear(deepseek, request(model=MODEL), Secret("poor"))
    assert type(heard.failure) is errors.NoCredit


@pytest.mark.parametrize("effort", [None, *Effort])
async def test_no_choice_is_refused(deepseek: Provider, effort: Effort | None) -> None:
    """Whatever was chosen, the vendor gets what it takes."""
    asked = request(model=MODEL, effort=effort, temperature=0.4, user="u-opaque")
    heard = await hear(deepseek, asked)
    assert heard.error is None
