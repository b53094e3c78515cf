"""Removals under way hold back the turns of their member, and of nobody else."""

import asyncio

from bot.domain.chat import MemberId
from bot.removals import Removals
from tests.fakes.clock import let_run

ALICE, BOB = MemberId("alice"), MemberId("bob")


async def test_a_removal_lasts_until_its_task_has_ended() -> None:
    """The commit that follows in the same task is part of the removal."""
    removals, committed = Removals(), asyncio.Event()

    async def remove() -> None:
        removals.begin(ALICE)
        await committed.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(remove())
        await let_run()
        waiting = group.create_task(removals.are_over(ALICE))
        await let_run()
        assert not waiting.done()
        assert not await removals.are_over(BOB)
        committed.set()
    assert waiting.result()
    assert not await removals.are_over(ALICE)


async def test_a_turn_waits_for_every_removal_of_its_member() -> None:
    """Two at once, in two places, both come first."""
    removals, first, second = Removals(), asyncio.Event(), asyncio.Event()

    async def remove(until: asyncio.Event) -> None:
        removals.begin(ALICE)
        await until.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(remove(first))
        group.create_task(remove(second))
        await let_run()
        waiting = group.create_task(removals.are_over(ALICE))
        first.set()
        await let_run()
        assert not waiting.done()
        second.set()
    assert waiting.result()
