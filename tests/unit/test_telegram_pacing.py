"""Calls go out in order of their weight, and no more than a chat or the server takes."""

import asyncio
import itertools
from collections.abc import Coroutine
from typing import Any

import pytest

from adapters.telegram.pacing import LONGEST_WAIT_S, Pacing, Weight
from bot.domain.chat import Place, PlaceKind
from bot.domain.errors import SendThrottled
from tests.fakes.clock import FakeClock, let_run

HOME = Place("telegram", "1")
OTHER = Place("telegram", "2")
GROUP = Place("telegram", "-100", kind=PlaceKind.GROUP)


@pytest.fixture
def clock() -> FakeClock:
    """Time at a standstill."""
    return FakeClock()


@pytest.fixture
def pacing(clock: FakeClock) -> Pacing:
    """A bot that has sent nothing."""
    return Pacing(clock)


async def order(pacing: Pacing, clock: FakeClock, *weights: Weight) -> list[Weight]:
    """Return in which order calls of these weights, made at once, went out."""
    went: list[Weight] = []

    async def call(weight: Weight) -> None:
        await pacing.admit(HOME, weight)
        went.append(weight)

    async with asyncio.TaskGroup() as group:
        for weight in weights:
            group.create_task(call(weight))
        await clock.advance(10)
    return went


async def test_nothing_waits_while_the_server_refuses_nothing(pacing: Pacing) -> None:
    """Two hundred answers that end at once are sent at once."""
    async with asyncio.timeout(1):
        for number in range(200):
            await pacing.admit(Place("telegram", str(number)), Weight.ANSWER)


async def test_what_waits_goes_out_by_its_weight(pacing: Pacing, clock: FakeClock) -> None:
    """An answer overtakes a reply that came before it."""
    pacing.refused(HOME, 3)
    went = await order(pacing, clock, Weight.REPLY, Weight.ANSWER, Weight.REPLY, Weight.ANSWER)
    assert went == [Weight.ANSWER, Weight.ANSWER, Weight.REPLY, Weight.REPLY]


async def test_a_refusal_holds_up_its_own_chat_only(pacing: Pacing, clock: FakeClock) -> None:
    """Whatever one chat brought on, the others go on."""
    pacing.refused(HOME, 200)
    await pacing.admit(OTHER, Weight.ANSWER)
    with pytest.raises(SendThrottled) as told:
        await pacing.admit(HOME, Weight.ANSWER)
    assert told.value.retry_after_s == 200
    await clock.advance(200)
    await pacing.admit(HOME, Weight.ANSWER)


async def test_what_waits_long_is_told_how_long(pacing: Pacing) -> None:
    """Its sender can note that it surely was not sent."""
    pacing.refused(HOME, LONGEST_WAIT_S + 1)
    with pytest.raises(SendThrottled):
        await pacing.admit(HOME, Weight.REPLY)


async def test_refusals_of_two_chats_together_slow_all_down(
    pacing: Pacing, clock: FakeClock
) -> None:
    """The limit is the bot's own: all wait, and then go one by one."""
    pacing.refused(HOME, 2)
    pacing.refused(OTHER, 2)
    third = Place("telegram", "3")
    went: list[float] = []

    async def call() -> None:
        await pacing.admit(third, Weight.ANSWER)
        went.append(clock.monotonic())

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(call())
        await clock.advance(4)
    assert went[0] == pytest.approx(2)
    assert [after - before for before, after in itertools.pairwise(went)] == (
        pytest.approx([1 / 25] * 4)
    )


async def test_refusals_far_apart_slow_nobody_else_down(pacing: Pacing, clock: FakeClock) -> None:
    """They are two chats' own affairs."""
    pacing.refused(HOME, 2)
    await clock.advance(1.5)
    pacing.refused(OTHER, 2)
    await pacing.admit(Place("telegram", "3"), Weight.ANSWER)


async def test_a_pause_for_all_is_over_some_minutes_later(
    pacing: Pacing, clock: FakeClock
) -> None:
    """Then the bot is as fast as before."""
    pacing.refused(HOME, 1)
    pacing.refused(OTHER, 1)
    await clock.advance(302)
    for number in range(50):
        assert pacing.has_room(Place("telegram", f"n{number}"), Weight.FRAME)


@pytest.mark.parametrize(("place", "most"), [(HOME, 4), (GROUP, 3)], ids=["private", "group"])
async def test_frames_leave_room_for_the_end(pacing: Pacing, place: Place, most: int) -> None:
    """However fast they are offered, the last call of a burst is not theirs."""
    assert sum(pacing.has_room(place, Weight.FRAME) for _ in range(20)) == most
    await pacing.admit(place, Weight.ANSWER)


async def test_a_group_gets_no_more_frames_than_a_minute_allows(
    pacing: Pacing, clock: FakeClock
) -> None:
    """Twenty calls a minute are the limit, edits among them."""
    shown = 0
    for _ in range(120):
        shown += pacing.has_room(GROUP, Weight.FRAME)
        await clock.advance(0.5)
    assert 15 <= shown <= 20


async def test_a_sign_for_typing_gives_way_to_a_frame(pacing: Pacing) -> None:
    """What only decorates goes first."""
    while pacing.has_room(HOME, Weight.TYPING):
        pass
    assert pacing.has_room(HOME, Weight.FRAME)


async def test_a_call_that_is_given_up_lets_the_next_one_go(
    pacing: Pacing, clock: FakeClock
) -> None:
    """A cancelled sender does not block those behind it."""
    pacing.refused(HOME, 2)
    first = asyncio.ensure_future(_run(pacing.admit(HOME, Weight.ANSWER)))
    second = asyncio.ensure_future(_run(pacing.admit(HOME, Weight.REPLY)))
    await let_run()
    first.cancel()
    await clock.advance(3)
    await second
    assert first.cancelled()


async def _run(work: Coroutine[Any, Any, None]) -> None:
    await work
