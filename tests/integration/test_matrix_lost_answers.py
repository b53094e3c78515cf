"""A homeserver that did what it was asked and whose answer was lost: nothing is there twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

import pytest

from bot.domain.chat import Identity
from bot.domain.errors import FrontendError
from bot.domain.events import Reply, ReplyKind
from bot.domain.ports import Growth
from tests.fakes.clock import FakeClock
from tests.fakes.matrix import BOB, MatrixHouse, matrix_house
from tests.simulators.matrix.faults import Fault

_LOST: Final = (Fault(reset="after"), Fault(reset="after"))  # the client itself tries once more
_FIRST: Final = "These are the first words, and enough of them to be shown."
_WHOLE: Final = Reply(text=f"{_FIRST} That is all.", kind=ReplyKind.ANSWER)


@pytest.fixture
def clock() -> FakeClock:
    """Time stands still, but for where a test lets it pass."""
    return FakeClock()


@pytest.fixture
async def house(clock: FakeClock) -> AsyncIterator[MatrixHouse]:
    """A bot that has heard of Alice's room."""
    async with matrix_house(clock=clock) as house:
        house.sim.server.now = lambda: clock.now().timestamp()
        await house.ask("!help")
        yield house


async def _sleep_through(clock: FakeClock, seconds: float) -> None:
    """Wait until somebody wants to sleep for so long, and let that pass."""
    async with asyncio.timeout(10):
        while seconds not in clock.slept:
            stirred = asyncio.Event()
            clock.stirred = stirred.set
            await stirred.wait()
    await clock.advance(seconds)


def _answers(house: MatrixHouse) -> Sequence[str]:
    """Return what stands below the help."""
    return house.said()[1:]


@pytest.mark.parametrize("faults", [_LOST, (Fault(answer={}),), (Fault(garbage=True),)])
async def test_a_message_sent_again_is_the_same(
    house: MatrixHouse, faults: Sequence[Fault]
) -> None:
    """The second call returns what the first one sent, if it did."""
    place = house.place(house.direct())
    house.sim.faults.add("message", *faults)
    with pytest.raises(FrontendError):
        await house.frontend.post(place, _WHOLE, key="k1")
    again = await house.frontend.post(place, _WHOLE, key="k1")
    assert again == house.screen()[-1].event
    assert _answers(house) == [_WHOLE.text]


@pytest.mark.parametrize("is_tried_again", [False, True])
async def test_an_answer_that_may_have_begun_ends_in_that_message(
    house: MatrixHouse, clock: FakeClock, *, is_tried_again: bool
) -> None:
    """Whether more of it was shown before its end or not."""
    sink = house.frontend.sink(house.place(house.direct()), Growth())
    house.sim.faults.add("message", *_LOST)
    await sink.open()
    sink.show(_FIRST)
    await house.sim.until(lambda: not house.sim.faults.queues["message"])
    if is_tried_again:
        await _sleep_through(clock, 1.0)
    message = await sink.finish(_WHOLE, key="k1")
    assert message == house.screen()[-1].event
    assert _answers(house) == [_WHOLE.text]


async def test_an_answer_that_surely_did_not_begin_is_sent_at_its_end(
    house: MatrixHouse, clock: FakeClock
) -> None:
    """After the pause that the server wanted; as one message that is never edited."""
    sink = house.frontend.sink(house.place(house.direct()), Growth())
    house.sim.faults.add("message", Fault(status=429, retry_after_ms=2_000))
    await sink.open()
    sink.show(_FIRST)
    await house.sim.until(lambda: not house.sim.faults.queues["message"])
    finishing = asyncio.ensure_future(sink.finish(_WHOLE, key="k1"))
    await _sleep_through(clock, 2.0)
    shown = house.screen()[-1]
    assert (shown.event, shown.body, shown.edits) == (await finishing, _WHOLE.text, 0)


async def test_a_chat_that_may_have_been_opened_is_an_error(house: MatrixHouse) -> None:
    """Nobody knows its id; the next try opens one that is known."""
    house.sim.faults.add("create_room", Fault(answer={}))
    with pytest.raises(FrontendError):
        await house.frontend.open_private(Identity("matrix", BOB))
    place = await house.frontend.open_private(Identity("matrix", BOB))
    assert place is not None
    assert place.chat in house.sim.server.rooms


async def test_a_room_that_may_have_been_joined_is_joined(
    house: MatrixHouse, clock: FakeClock
) -> None:
    """The call is made again, as that changes nothing."""
    house.sim.faults.add("join", Fault(answer={"room_id": 5}))
    room = house.sim.people.direct("carol", is_joined=False)
    await _sleep_through(clock, 5.0)
    await house.sim.until(lambda: house.sim.server.rooms[room].membership(house.sim.bot) == "join")
