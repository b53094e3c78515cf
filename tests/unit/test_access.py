"""The door: closed by default, and quiet to strangers."""

from datetime import timedelta

from bot.access import Access
from bot.domain.chat import Identity
from tests.fakes.clock import START

ALICE = Identity("fake", "alice")
MALLORY = Identity("fake", "mallory")


def test_nobody_may_come_in_by_default() -> None:
    """A door nobody opened is closed."""
    assert not Access().admits(ALICE)


def test_operators_and_allowed_identities_may_come_in() -> None:
    """Only an operator decides who else may."""
    access = Access(operators=frozenset({ALICE}), allowed=frozenset({MALLORY}))
    assert access.admits(ALICE)
    assert access.admits(MALLORY)
    assert access.is_operator(ALICE)
    assert not access.is_operator(MALLORY)


def test_the_same_id_on_another_messenger_is_somebody_else() -> None:
    """An identity is qualified by its frontend."""
    access = Access(allowed=frozenset({ALICE}))
    assert not access.admits(Identity("other", "alice"))


def test_an_open_door_admits_anybody_and_makes_nobody_an_operator() -> None:
    """Coming in is not deciding."""
    access = Access(is_open=True)
    assert access.admits(MALLORY)
    assert not access.is_operator(MALLORY)


def test_a_stranger_is_told_once_an_hour() -> None:
    """What they write in between is met with silence, and does not prolong it."""
    access = Access()
    assert access.may_tell(MALLORY, START)
    assert not access.may_tell(MALLORY, START + timedelta(minutes=59))
    assert access.may_tell(ALICE, START + timedelta(minutes=59))
    assert access.may_tell(MALLORY, START + timedelta(minutes=60))


def test_a_crowd_of_strangers_does_not_fill_the_memory() -> None:
    """A thousand are remembered; the one told longest ago is forgotten first."""
    access = Access()
    for number in range(1_001):
        access.may_tell(Identity("fake", f"s{number}"), START)
    assert len(access._told) == 1_000
    assert access.may_tell(Identity("fake", "s0"), START)
    assert not access.may_tell(Identity("fake", "s1000"), START)
