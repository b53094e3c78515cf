"""What a client cut in pieces is one message again, and nobody else's words get into it."""

from dataclasses import replace
from datetime import UTC, datetime

from adapters.telegram.pieces import gather
from adapters.telegram.translate import Said
from bot.domain.chat import Identity, Place
from bot.domain.events import Body, Command, Incoming, Press, Text, Unread, Unreadable
from bot.domain.pieces import whole as joined

FULL = "x" * 4_096
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def say(number: int, body: Body | str, who: str = "7", album: str = "") -> Said:
    """Return an update of somebody's private chat."""
    incoming = Incoming(
        update=str(number),
        sender=Identity("telegram", who),
        sender_name=who,
        place=Place("telegram", who),
        body=Text(body) if isinstance(body, str) else body,
        sent_at=NOW,
    )
    return Said(incoming=incoming, album=album)


def numbers(said: Said) -> list[str]:
    """Return the updates that make up a message."""
    return [*(each.update for each in said.incoming.before), said.update]


def test_a_long_text_is_one_message() -> None:
    """Its pieces are kept as they came, oldest first."""
    found = gather([say(1, FULL), say(2, FULL), say(3, "the end")])
    (whole,) = found.whole
    assert numbers(whole) == ["1", "2", "3"]
    assert [each.body for each in whole.incoming.before] == [Text(FULL), Text(FULL)]
    assert whole.incoming.body == Text("the end")
    assert found.open == ()


def test_a_text_that_may_go_on_is_held_back_and_nothing_else() -> None:
    """Others do not wait for it."""
    found = gather([say(1, FULL), say(2, "hi", who="8"), say(3, FULL)])
    assert [numbers(each) for each in found.whole] == [["2"]]
    assert [numbers(each) for each in found.open] == [["1", "3"]]


def test_another_persons_words_stay_theirs() -> None:
    """Pieces are put together per sender and place."""
    found = gather([say(1, FULL), say(2, "bob", who="8"), say(3, "end")])
    assert [numbers(each) for each in found.whole] == [["1", "3"], ["2"]]


def test_a_short_text_begins_a_message_of_its_own() -> None:
    """Two messages sent one after the other are two questions."""
    found = gather([say(1, "one"), say(2, "two")])
    assert [numbers(each) for each in found.whole] == [["1"], ["2"]]


def test_a_command_goes_on_too() -> None:
    """Long instructions are not cut, and their end is no question."""
    found = gather([say(1, Command("system", "y" * 4_080)), say(2, "and kind")])
    (whole,) = found.whole
    assert joined(whole.incoming).body == Command("system", "y" * 4_080 + "\nand kind")


def test_an_album_is_one_message() -> None:
    """It is as its first picture; without the others it is held back."""
    photo = Unreadable(Unread.PHOTO)
    found = gather([say(1, photo, album="a"), say(2, photo, album="a"), say(3, "hi")])
    assert [numbers(each) for each in found.whole] == [["1", "2"], ["3"]]
    assert [numbers(each) for each in gather([say(1, photo, album="a")]).open] == [["1"]]


def test_a_press_is_never_a_piece() -> None:
    """A button is pressed on its own."""
    pressed = replace(say(2, Press("stop:now")), query="q")
    found = gather([say(1, FULL), pressed])
    assert [numbers(each) for each in found.whole] == [["1"], ["2"]]
