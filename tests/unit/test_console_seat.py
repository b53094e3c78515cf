"""Who sits at the keyboard, and what of what they type in a room is for the bot."""

import pytest

from adapters.console.keyboard import Keyboard
from adapters.console.seat import Seat, private_of, read_name, room_of, title_of
from bot.domain.chat import Identity, PlaceKind
from bot.domain.events import Command, QuestionKind, SecretText, Text
from bot.domain.secret import Secret
from tests.fakes.clock import FakeClock

NAMES: dict[str, str | None] = {
    "bob": "bob",
    "Bob": "bob",
    "Zoë2": "zoë2",
    "李": "李",
    "b" * 20: "b" * 20,
    "b" * 21: None,
    "": None,
    "a b": None,
    "a_b": None,
    "room:club": None,
}


@pytest.mark.parametrize(("typed", "name"), NAMES.items(), ids=[each or "none" for each in NAMES])
def test_names(typed: str, name: str | None) -> None:
    """Letters and digits of any script, up to twenty; case does not count."""
    assert read_name(typed) == name


def test_a_room_is_nobodys_private_chat() -> None:
    """Even if both are called the same."""
    bob, club = Seat("bob"), Seat("bob", "bob")
    assert bob.identity == club.identity == Identity("console", "bob")
    assert bob.place == private_of("bob")
    assert club.place == room_of("bob")
    assert bob.place.chat != club.place.chat
    assert club.place.kind is PlaceKind.GROUP
    assert title_of(club.place) == title_of(bob.place) == "bob"
    assert [each.label for each in (Seat(), bob, Seat(room="club"))] == ["", "bob", "me in club"]


FOR_THE_BOT: dict[str, tuple[str, QuestionKind | None, bool]] = {
    "words": ("hello", None, False),
    "a command": ("/model", None, True),
    "its name": ("@bot hello", None, True),
    "a number of a menu": ("2", QuestionKind.MENU, True),
    "words beside a menu": ("2 or 3?", QuestionKind.MENU, False),
    "a number without one": ("2", None, False),
    "the text that is asked for": ("hello", QuestionKind.TEXT, True),
    "a key": ("sk-canary-1", QuestionKind.KEY, True),
}


@pytest.mark.parametrize(("line", "asked", "is_meant"), FOR_THE_BOT.values(), ids=FOR_THE_BOT)
def test_what_is_for_the_bot(line: str, asked: QuestionKind | None, *, is_meant: bool) -> None:
    """In a room not every line is; in private each one is."""
    for seat in (Seat("bob", "club"), Seat("bob")):
        incoming = keyboard(seat).read(line, asked)
        assert incoming is not None
        assert incoming.is_addressed is (is_meant or not seat.room)


def test_a_mention_is_taken_off_in_a_room_only() -> None:
    """What follows it is read as any line; where nothing does, nothing is said."""
    room = keyboard(Seat("bob", "club"))
    bodies = [
        each and each.body
        for each in (
            room.read("@bot hi", None),
            room.read("@bot /model x", None),
            room.read("@bot", None),
            keyboard(Seat("bob")).read("@bot hi", None),
        )
    ]
    assert bodies == [Text("hi"), Command("model", "x"), None, Text("@bot hi")]


def test_secrets_are_told() -> None:
    """Also behind the name of the bot."""
    room = keyboard(Seat("bob", "club"))
    incoming = room.read("@bot /addkey demo sk-canary-1", None)
    assert incoming is not None
    assert incoming.body == SecretText(Command("addkey", "demo"), Secret("sk-canary-1"))
    assert room.is_secret("@bot /addkey demo sk-canary-1")
    assert not room.is_secret("@bot hi")


def keyboard(seat: Seat) -> Keyboard:
    """Return a keyboard with somebody at it."""
    return Keyboard(seat, clock=FakeClock(), secret_commands={"addkey"})
