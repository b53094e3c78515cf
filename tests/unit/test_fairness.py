"""What one member may have at once, and that nobody else feels it."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest

from bot.domain.chat import MemberId
from bot.fairness import Fairness
from tests.fakes.clock import FakeClock, let_run

ALICE, BOB = MemberId("alice"), MemberId("bob")


class Turns:
    """Turns that begin when they may and end when the test says so; `begun` in that order."""

    def __init__(self, fairness: Fairness) -> None:
        self.fairness = fairness
        self.begun: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Event] = {}

    async def ask(self, *names: str, member: MemberId = ALICE) -> None:
        """Let turns come, and go as far as they may."""
        for name in names:
            self._ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.ensure_future(self._run(name, member))
            await let_run()

    async def end(self, name: str) -> None:
        """End a turn."""
        self._ends[name].set()
        await let_run()

    async def _run(self, name: str, member: MemberId) -> None:
        async with self.fairness.turn(member):
            self.begun.append(name)
            await self._ends[name].wait()


@contextmanager
def turns(fairness: Fairness) -> Iterator[Turns]:
    """Give turns, none of which outlives the test."""
    them = Turns(fairness)
    yield them
    for task in them.tasks.values():
        task.cancel()


async def test_without_limits_nothing_waits() -> None:
    """However much comes at once."""
    with turns(Fairness(FakeClock())) as them:
        names = [f"t{number}" for number in range(100)]
        await them.ask(*names)
        assert them.begun == names
        assert them.fairness.has_room(ALICE)


async def test_so_many_run_at_once_and_the_others_follow_in_order() -> None:
    """Each that ends lets the next one begin, in order of arrival."""
    with turns(Fairness(FakeClock(), at_once=2)) as them:
        await them.ask("a", "b")
        assert not them.fairness.has_room(ALICE)
        await them.ask("c", "d")
        assert them.begun == ["a", "b"]
        await them.end("b")
        assert them.begun == ["a", "b", "c"]
        await them.end("a")
        await them.end("c")
        assert them.begun == ["a", "b", "c", "d"]
        assert them.fairness.has_room(ALICE)


async def test_nobody_waits_for_another() -> None:
    """A member who has all they may have leaves the others as much."""
    with turns(Fairness(FakeClock(), at_once=1, per_minute=2)) as them:
        await them.ask("a1", "a2", "a3")
        await them.ask("b1", member=BOB)
        assert them.begun == ["a1", "b1"]


async def test_a_place_never_comes_twice_before_another() -> None:
    """Two places that go on asking take turns, since each has one that waits."""
    with turns(Fairness(FakeClock(), at_once=1)) as them:
        await them.ask("x0", "club1", "home1")
        await them.end("x0")
        for done in ("club1", "home1", "club2", "home2"):
            place, number = done[:-1], int(done[-1])
            await them.ask(f"{place}{number + 1}")
            await them.end(done)
        assert them.begun == ["x0", "club1", "home1", "club2", "home2", "club3"]


async def test_so_many_begin_within_a_minute() -> None:
    """What is over waits until the oldest is a minute ago, and no longer."""
    clock = FakeClock()
    with turns(Fairness(clock, per_minute=2)) as them:
        await them.ask("a")
        await clock.advance(20)
        await them.ask("b", "c", "d")
        assert them.begun == ["a", "b"]
        await clock.advance(39.9)
        assert them.begun == ["a", "b"]
        await clock.advance(0.1)
        assert them.begun == ["a", "b", "c"]
        await clock.advance(20)
        assert them.begun == ["a", "b", "c", "d"]


@pytest.mark.parametrize("limit", ["at_once", "per_minute"])
async def test_one_that_gives_up_leaves_no_trace(limit: str) -> None:
    """Whether it was the first to wait or not, the others come as if it had never been."""
    clock = FakeClock()
    with turns(Fairness(clock, **{limit: 1})) as them:
        await them.ask("a", "b", "c", "d")
        them.tasks["b"].cancel()
        them.tasks["c"].cancel()
        await them.end("a")
        await clock.advance(60)
        assert them.begun == ["a", "d"]
        await them.end("d")
        await clock.advance(60)
        assert them.fairness.has_room(ALICE)


async def test_a_turn_is_over_though_it_failed() -> None:
    """It was begun, so it counts for the minute, and no longer holds a place."""
    fairness = Fairness(FakeClock(), at_once=1, per_minute=2)
    with pytest.raises(KeyError):
        async with fairness.turn(ALICE):
            raise KeyError
    assert fairness.has_room(ALICE)
    async with fairness.turn(ALICE):
        pass
    assert not fairness.has_room(ALICE)


async def test_who_has_been_quiet_costs_nothing() -> None:
    """A minute after their last turn, nothing is known of them; who is busy is kept."""
    clock = FakeClock()
    fairness = Fairness(clock, at_once=1, per_minute=5)
    async with AsyncExitStack() as running:
        await running.enter_async_context(fairness.turn(BOB))
        for number in range(50):
            async with fairness.turn(MemberId(f"m{number}")):
                pass
        await clock.advance(60)
        async with fairness.turn(ALICE):
            assert set(fairness._lines) == {ALICE, BOB}
            assert not fairness.has_room(BOB)
