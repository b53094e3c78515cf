"""Who added the bot to a group is told once it is sure that somebody did."""

from datetime import UTC, datetime

from adapters.telegram.joins import settled
from adapters.telegram.translate import Joined, Left, Moved, Said
from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.events import Incoming, Text

ALICE = Identity("telegram", "7")
CLUB = Place("telegram", "-1001", kind=PlaceKind.GROUP)
OLD = Place("telegram", "-5", kind=PlaceKind.GROUP)
JOINED = Joined("2", CLUB, ALICE, "Alice")
LEFT = Left("3", CLUB)
MOVED = Moved("4", OLD, CLUB.chat)
HELLO = Said(
    incoming=Incoming(
        update="5",
        sender=ALICE,
        sender_name="Alice",
        place=Place("telegram", "-1001", "9", PlaceKind.GROUP),
        body=Text("hello"),
        sent_at=datetime(2026, 11, 26, tzinfo=UTC),
    )
)


def test_a_join_may_yet_be_a_move() -> None:
    """Nothing else is known of the chat."""
    found = settled([JOINED])
    assert (found.whole, found.open) == ((), (JOINED,))


def test_a_move_is_no_join() -> None:
    """Whichever of the two is said first."""
    for order in ((JOINED, MOVED), (MOVED, JOINED)):
        found = settled(order)
        assert (found.whole, found.open) == ((MOVED,), ())


def test_where_somebody_writes_the_bot_was_added() -> None:
    """It is told before what they write, which it may change; a topic is in the same chat."""
    assert settled([JOINED, HELLO]).whole == (JOINED,)


def test_what_was_undone_is_not_told() -> None:
    """The last word of a chat counts, and another chat's is no word."""
    assert settled([JOINED, LEFT]).whole == (LEFT,)
    assert settled([LEFT, JOINED]).open == (JOINED,)
    assert settled([LEFT, JOINED]).whole == ()
    elsewhere = Left("6", OLD)
    assert settled([JOINED, elsewhere]) == settled([elsewhere, JOINED])
