"""What is said once an hour at most."""

from bot.quiet import Quiet
from tests.fakes.clock import FakeClock


async def test_somebody_is_told_once_an_hour() -> None:
    """What they write in between is met with silence, and does not prolong it."""
    clock = FakeClock()
    quiet = Quiet(clock)
    assert quiet.is_due("mallory")
    await clock.advance(59 * 60)
    assert not quiet.is_due("mallory")
    assert quiet.is_due("alice")
    await clock.advance(60)
    assert quiet.is_due("mallory")


def test_a_crowd_does_not_fill_the_memory() -> None:
    """A thousand are remembered; the one told longest ago is forgotten first."""
    quiet = Quiet(FakeClock())
    for number in range(1_001):
        quiet.is_due(number)
    assert len(quiet._told) == 1_000
    assert quiet.is_due(0)
    assert not quiet.is_due(1_000)
