"""What the end of a turn tells of the key it was asked with."""

import asyncio

import pytest

from bot.domain.chat import TurnState
from bot.domain.errors import InvalidKey, NoCredit, Overloaded, ProviderError, ServerFault
from bot.domain.keys import KeyHealth, KeyInfo
from tests.fakes.clock import let_run
from tests.fakes.house import House
from tests.fakes.provider import answer


@pytest.fixture
async def house() -> House:
    """Return a house in which Alice has a key."""
    house = House()
    await house.start()
    await house.give_key(key="sk-canary-alice-main")
    return house


async def keys(house: House) -> dict[str, KeyInfo]:
    """Return the member's keys by the end of each."""
    found = await house.stores.keys.keys(await house.member())
    return {info.mask[-4:]: info for info in found}


@pytest.mark.parametrize(
    ("error", "health"),
    [
        (InvalidKey("acme"), KeyHealth.REJECTED),
        (NoCredit("acme"), KeyHealth.NO_CREDIT),
        (ServerFault("acme"), KeyHealth.WORKS),
        (Overloaded("acme", is_unsent=False), KeyHealth.WORKS),
    ],
    ids=str,
)
async def test_a_key_is_known_by_its_use(
    house: House, error: ProviderError, health: KeyHealth
) -> None:
    """A refusal of the key itself is noted, another fault is not, and an answer mends it."""
    house.provider.enqueue(error)
    await house.say("hello")
    ((_, info),) = (await keys(house)).items()
    assert info.health is health
    await house.clock.advance(60)
    await house.say("again")
    ((_, info),) = (await keys(house)).items()
    assert info.health is KeyHealth.WORKS
    assert info.used_at == house.clock.now()


async def test_a_key_that_is_switched_to_meanwhile_is_not_blamed(house: House) -> None:
    """What the running turn meets is noted of the key it was asked with."""
    gate = asyncio.Event()
    house.provider.enqueue(gate, InvalidKey("acme"))
    await house.say("hello")
    await house.give_key(key="sk-canary-alice-rest")
    gate.set()
    await let_run()
    found = await keys(house)
    assert found["main"].health is KeyHealth.REJECTED
    assert (found["rest"].health, found["rest"].is_active) == (KeyHealth.WORKS, True)


async def test_use_is_noted_of_the_key_that_was_asked_with(house: House) -> None:
    """A switch while the answer comes does not move it to the other key."""
    gate = asyncio.Event()
    house.provider.enqueue(gate, *answer("Hi."))
    await house.say("hello")
    await house.give_key(key="sk-canary-alice-rest")
    gate.set()
    await let_run()
    found = await keys(house)
    assert found["main"].used_at == house.clock.now()
    assert found["rest"].used_at is None


@pytest.mark.parametrize("is_running_one", [True, False])
async def test_removing_a_key_ends_only_what_runs_with_it(
    house: House, *, is_running_one: bool
) -> None:
    """The answer of another key of the same company goes on."""
    gate = asyncio.Event()
    house.provider.enqueue(gate, *answer("Hi."))
    await house.say("hello")
    await house.give_key(key="sk-canary-alice-rest")
    found = await keys(house)
    gone = found["main" if is_running_one else "rest"]
    member = await house.member()
    async with asyncio.TaskGroup() as group:  # a removal lasts as long as its task
        group.create_task(house.sessions.cancel(member, provider="acme", key=gone.id))
    gate.set()
    await let_run()
    (turn,) = await house.turns()
    assert turn.state is (TurnState.STOPPED if is_running_one else TurnState.ANSWERED)
