"""Lanes and tasks: order within a key, none between keys, and nobody left behind."""

import asyncio

import pytest

from bot.domain.chat import Place
from bot.lanes import Lanes
from bot.tasks import Tasks
from tests.fakes.clock import let_run

HERE = Place("fake", "here")
THERE = Place("fake", "there")


async def test_jobs_of_a_lane_run_in_order_and_lanes_side_by_side() -> None:
    """A held job holds up its own lane only."""
    lanes, log, gate = Lanes(Tasks()), list[str](), asyncio.Event()

    async def job(name: str, *, waits: bool = False) -> None:
        if waits:
            await gate.wait()
        log.append(name)

    lanes.put((HERE, "a"), lambda: job("a1", waits=True))
    lanes.put((HERE, "a"), lambda: job("a2"))
    lanes.put((HERE, "b"), lambda: job("b1"))
    await let_run()
    assert log == ["b1"]
    assert lanes.length((HERE, "a")) == 2
    gate.set()
    await let_run()
    assert log == ["b1", "a1", "a2"]
    assert lanes.length((HERE, "a")) == 0


async def test_a_lane_tells_what_is_pending_until_it_is_empty() -> None:
    """It is the newest job's event; another place has none."""
    lanes, gate = Lanes(Tasks()), asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    first = lanes.put((HERE, 1), wait)
    second = lanes.put((HERE, 1), wait)
    assert lanes.pending(HERE) == [second]
    assert lanes.pending(THERE) == []
    gate.set()
    await let_run()
    assert first.is_set()
    assert second.is_set()
    assert lanes.pending(HERE) == []


async def test_a_failing_job_does_not_hold_up_the_next(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged by its type and place; its text may hold a member's words."""
    lanes, log = Lanes(Tasks()), list[str]()

    async def fails() -> None:
        raise ValueError("a member's words")

    async def works() -> None:
        log.append("ran")

    failed = lanes.put((HERE, 1), fails)
    lanes.put((HERE, 1), works)
    await let_run()
    assert log == ["ran"]
    assert failed.is_set()
    assert "ValueError(" in caplog.text
    assert "a member's words" not in caplog.text


async def test_closing_ends_the_running_job_and_forgets_the_rest() -> None:
    """Whoever waits for a job that will not run is let go."""
    tasks = Tasks()
    lanes, begun = Lanes(tasks), list[str]()

    async def endless(name: str) -> None:
        begun.append(name)
        await asyncio.Event().wait()

    running = lanes.put((HERE, 1), lambda: endless("one"))
    waiting = lanes.put((HERE, 1), lambda: endless("two"))
    await let_run()
    await tasks.close()
    assert begun == ["one"]
    assert running.is_set()
    assert waiting.is_set()
    assert lanes.length((HERE, 1)) == 0


async def test_closing_ends_what_is_started_on_the_way_out() -> None:
    """A task begun by an ending one is awaited too."""
    tasks, ends = Tasks(), list[str]()

    async def late() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("late")

    async def first() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            _ = tasks.start(late())
            await asyncio.sleep(0)
            ends.append("first")

    _ = tasks.start(first())
    await let_run()
    await tasks.close()
    assert sorted(ends) == ["first", "late"]
    assert await tasks.idle(0)


async def test_idle_says_whether_the_time_was_enough() -> None:
    """It waits for all that runs, no longer than it was told."""
    tasks, gate = Tasks(), asyncio.Event()
    assert await tasks.idle(0)
    task = tasks.start(gate.wait())
    assert not await tasks.idle(0)
    gate.set()
    assert await tasks.idle(5)
    assert task.done()
