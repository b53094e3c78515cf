"""A server limits all that an account sends: answers come first, and frames out of their way."""

import asyncio
from contextlib import ExitStack

from adapters.matrix.pacing import BURST, Pacing, Weight
from tests.fakes.clock import FakeClock, let_run


async def test_as_many_answers_as_stock_limits_allow_wait_for_nothing() -> None:
    """Ten rooms that end at once are ten sends."""
    pacing = Pacing(FakeClock())
    async with asyncio.timeout(1):
        for _ in range(int(BURST)):
            await pacing.admit(Weight.ANSWER)


async def test_frames_leave_a_send_for_every_answer_that_grows() -> None:
    """With ten at once nothing is shown before the ends, with four some is."""
    for growing, frames in ((10, 0), (4, 6)):
        pacing = Pacing(FakeClock())
        with ExitStack() as answers:
            for _ in range(growing):
                answers.enter_context(pacing.growing())
            assert sum(pacing.has_room() for _ in range(20)) == frames


async def test_one_answer_alone_tries_if_the_server_takes_more() -> None:
    """What is taken beyond the stock limits shows that this server has wider ones."""
    clock = FakeClock()
    pacing = Pacing(clock)
    with pacing.growing():
        for _ in range(40):
            await clock.advance(1.5)
            assert pacing.has_room()
            assert pacing.gap_s() == 1.5


async def test_after_a_refusal_frames_are_as_rare_as_the_server_wants() -> None:
    """Then it takes one in five seconds, and frames come every six."""
    clock = FakeClock()
    pacing = Pacing(clock)
    with pacing.growing():
        assert pacing.has_room()
        pacing.refused(5.0)
        assert not pacing.has_room()
        assert pacing.gap_s() == 6.0
        shown = 0
        for _ in range(20):
            await clock.advance(6)
            shown += pacing.has_room()
        assert 16 <= shown <= 20


async def test_what_waits_goes_by_its_weight() -> None:
    """A key's deletion before answers, answers before notes, in the order they came."""
    clock = FakeClock()
    pacing = Pacing(clock)
    pacing.refused(5.0)
    went: list[str] = []

    async def send(name: str, weight: Weight) -> None:
        await pacing.admit(weight)
        went.append(name)

    async with asyncio.TaskGroup() as group:
        for name, weight in (
            ("note", Weight.REPLY),
            ("first answer", Weight.ANSWER),
            ("second answer", Weight.ANSWER),
            ("deletion", Weight.DELETION),
        ):
            group.create_task(send(name, weight))
        await let_run()
        assert not went
        await clock.advance(5)
    assert went == ["deletion", "first answer", "second answer", "note"]


async def test_who_stops_waiting_holds_up_nobody() -> None:
    """A cancelled send lets the next one go."""
    clock = FakeClock()
    pacing = Pacing(clock)
    pacing.refused(5.0)
    first = asyncio.ensure_future(pacing.admit(Weight.ANSWER))
    second = asyncio.ensure_future(pacing.admit(Weight.REPLY))
    await let_run()
    first.cancel()
    await clock.advance(5)
    async with asyncio.timeout(1):
        await second
    assert first.cancelled()


async def test_frames_wait_while_an_answer_waits() -> None:
    """The room that opens is the answer's."""
    clock = FakeClock()
    pacing = Pacing(clock)
    pacing.refused(5.0)
    waiting = asyncio.ensure_future(pacing.admit(Weight.ANSWER))
    await let_run()
    assert not pacing.has_room()
    await clock.advance(5)
    await waiting
