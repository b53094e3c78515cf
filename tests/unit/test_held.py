"""Held secrets: in memory, one per member and place, ten minutes at most."""

import pytest

from bot.domain.chat import MemberId, Place
from bot.domain.secret import Secret
from bot.held import HeldSecrets
from tests.fakes.clock import FakeClock

ALICE = MemberId("alice")
BOB = MemberId("bob")
HERE = Place("fake", "here")
THERE = Place("fake", "there")


@pytest.fixture
def clock() -> FakeClock:
    """Time that stands still."""
    return FakeClock()


async def test_a_secret_is_taken_once(clock: FakeClock) -> None:
    """After it was taken it is gone."""
    held = HeldSecrets(clock)
    held.hold(ALICE, HERE, Secret("sk-canary-1"), "around it")
    assert held.take(ALICE, HERE) == (Secret("sk-canary-1"), "around it")
    assert held.take(ALICE, HERE) is None


async def test_nobody_elses_secret_is_given(clock: FakeClock) -> None:
    """Not another member's, and not another place's."""
    held = HeldSecrets(clock)
    held.hold(ALICE, HERE, Secret("sk-canary-1"), "")
    assert held.take(BOB, HERE) is None
    assert held.take(ALICE, THERE) is None
    assert held.take(ALICE, HERE) is not None


async def test_a_newer_secret_takes_the_olders_place(clock: FakeClock) -> None:
    """There is one at a time."""
    held = HeldSecrets(clock)
    held.hold(ALICE, HERE, Secret("sk-canary-1"), "")
    held.hold(ALICE, HERE, Secret("sk-canary-2"), "")
    assert held.take(ALICE, HERE) == (Secret("sk-canary-2"), "")


async def test_after_ten_minutes_it_is_gone(clock: FakeClock) -> None:
    """At ten minutes it is still there, after them not."""
    held = HeldSecrets(clock)
    held.hold(ALICE, HERE, Secret("sk-canary-1"), "")
    await clock.advance(600)
    assert held.take(ALICE, HERE) is not None
    held.hold(ALICE, HERE, Secret("sk-canary-1"), "")
    await clock.advance(601)
    assert held.take(ALICE, HERE) is None


async def test_old_ones_leave_memory_when_another_comes(clock: FakeClock) -> None:
    """A secret nobody takes does not stay until it is asked for."""
    held = HeldSecrets(clock)
    held.hold(ALICE, HERE, Secret("sk-canary-1"), "")
    await clock.advance(601)
    held.hold(BOB, HERE, Secret("sk-canary-2"), "")
    assert len(held._held) == 1


async def test_there_are_never_more_than_a_thousand(clock: FakeClock) -> None:
    """The oldest makes room for the newest."""
    held = HeldSecrets(clock)
    for number in range(1_001):
        held.hold(MemberId(f"m{number}"), HERE, Secret("sk-canary-1"), "")
    assert len(held._held) == 1_000
    assert held.take(MemberId("m0"), HERE) is None
    assert held.take(MemberId("m1000"), HERE) is not None
