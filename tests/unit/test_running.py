"""A running turn: what it takes from a stream, and how it is ended from outside."""

import asyncio

import pytest

from bot.domain.chat import (
    Choices,
    Finish,
    FinishReason,
    MemberId,
    Place,
    ReasoningDelta,
    SessionId,
    TextDelta,
    Turn,
    TurnId,
    TurnState,
)
from bot.running import Ended, Reason, Running
from tests.fakes.clock import START, let_run
from tests.fakes.provider import USED


@pytest.fixture
def running() -> Running:
    """Return a turn that has just begun to run."""
    turn = Turn(
        id=TurnId(1),
        session=SessionId(1),
        place=Place("fake", "here"),
        member=MemberId("alice"),
        question="why?",
        choices=Choices(),
        state=TurnState.RECEIVED,
        received_at=START,
    )
    return Running(turn=turn, attempt=1)


def test_only_text_is_more_text(running: Running) -> None:
    """Thinking, counts and the end are noted, and nothing is shown for them."""
    events = (TextDelta("a"), ReasoningDelta("b"), TextDelta("c"), USED, Finish(FinishReason.STOP))
    assert [running.take(event) for event in events] == [True, False, True, False, False]
    assert (running.text, running.usage, running.finish) == ("ac", USED, FinishReason.STOP)


async def test_what_is_guarded_can_be_ended_once_begun_and_before(running: Running) -> None:
    """Whoever waits for it learns that it was ended, every time."""
    task = asyncio.ensure_future(running.guard(asyncio.Event().wait()))
    await let_run()
    running.end(Reason.STOPPED)
    with pytest.raises(Ended):
        await task
    begun: list[int] = []

    async def more() -> None:
        begun.append(1)

    with pytest.raises(Ended):
        await running.guard(more())
    assert begun == []


def test_the_first_reason_counts(running: Running) -> None:
    """A stop stays a stop though the process ends a moment later."""
    running.end(Reason.STOPPED)
    running.end(Reason.SHUTDOWN)
    assert running.reason is Reason.STOPPED


async def test_an_end_of_the_whole_task_is_no_stop(running: Running) -> None:
    """It goes on as the cancellation that it is."""
    task = asyncio.ensure_future(running.guard(asyncio.Event().wait()))
    await let_run()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_guarded_work_returns_what_it_returns(running: Running) -> None:
    """And raises what it raises."""

    async def works() -> int:
        return 7

    async def fails() -> int:
        raise KeyError

    assert await running.guard(works()) == 7
    with pytest.raises(KeyError):
        await running.guard(fails())
