"""The door: closed by default, and quiet to strangers."""

from bot.access import Access
from bot.domain.chat import Identity

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


def test_everybody_may_come_in_where_only_the_host_sits() -> None:
    """They are no operators by that, and nobody else may."""
    access = Access(local=frozenset({"console"}))
    bob = Identity("console", "bob")
    assert access.admits(bob)
    assert not access.is_operator(bob)
    assert not access.admits(Identity("telegram", "bob"))
