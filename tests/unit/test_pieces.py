"""A message in pieces, put together: a table of named cases."""

from dataclasses import replace

import pytest

from bot.domain.chat import Identity, Place
from bot.domain.events import (
    Body,
    Command,
    Edited,
    Incoming,
    SecretText,
    Text,
    Unread,
    Unreadable,
)
from bot.domain.pieces import CUT_AT, stub, whole, whole_text, without_known
from bot.domain.secret import Secret
from tests.fakes.clock import START

_FULL = "a" * CUT_AT
_EMOJI = "\N{GRINNING FACE}" * (CUT_AT // 2)


def message(*bodies: Body) -> Incoming:
    """Return the last piece of a message, with those before it."""
    *before, last = (
        Incoming(
            update=f"u{number}",
            sender=Identity("fake", "alice"),
            sender_name="Alice",
            place=Place("fake", "alice"),
            body=body,
            sent_at=START,
        )
        for number, body in enumerate(bodies)
    )
    return replace(last, before=tuple(before))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("one",), "one"),
        (("one", "two"), "one\ntwo"),
        ((_FULL, "b"), f"{_FULL}b"),
        ((_FULL[1:], "b"), f"{_FULL[1:]}\nb"),
        ((_EMOJI, "b"), f"{_EMOJI}b"),
        ((_EMOJI * 2, "b"), f"{_EMOJI * 2}\nb"),
        ((_FULL, _FULL, "b", "c"), f"{_FULL}{_FULL}b\nc"),
        (("", "one", "", "two"), "one\ntwo"),
        ((), ""),
    ],
    ids=[
        "one",
        "lines",
        "cut-hard",
        "one-short-of-it",
        "counted-as-the-messenger-counts",
        "longer-than-any-cut",
        "three",
        "empty-ones",
        "none",
    ],
)
def test_texts_are_put_together(texts: tuple[str, ...], expected: str) -> None:
    """A piece of exactly the most is gone on with where it was cut; others are lines."""
    pieces = message(*map(Text, texts)).pieces if texts else ()
    assert whole_text(pieces) == expected


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ((Text("one"),), Text("one")),
        ((Text("one"), Text("two")), Text("one\ntwo")),
        ((Command("system", "You are"), Text("a cook.")), Command("system", "You are\na cook.")),
        ((Command("system"), Text("You are")), Command("system", "You are")),
        (
            (Command("ask", "a" * (CUT_AT - 5)), Text("b")),
            Command("ask", "a" * (CUT_AT - 5) + "b"),
        ),
        ((Text("see"), Command("new")), Command("new")),
        (
            (Unreadable(Unread.PHOTO, "look"), Unreadable(Unread.VIDEO)),
            Unreadable(Unread.PHOTO, "look"),
        ),
        ((Text("look"), Unreadable(Unread.FILE)), Unreadable(Unread.FILE, "look")),
        (
            (SecretText(Command("addkey"), Secret("sk-canary")), Text("b")),
            SecretText(Command("addkey"), Secret("sk-canary")),
        ),
        ((Edited("two"),), Edited("two")),
    ],
    ids=[
        "text",
        "texts",
        "command",
        "bare-command",
        "command-cut-hard",
        "command-last",
        "album",
        "words-and-a-file",
        "secret",
        "edit",
    ],
)
def test_pieces_mean_one_thing(bodies: tuple[Body, ...], expected: Body) -> None:
    """What they make together is read as if it had come at once, also when it is read again."""
    together = whole(message(*bodies))
    assert together.body == expected
    assert whole(together) == together
    assert [piece.update for piece in together.pieces] == [f"u{n}" for n in range(len(bodies))]


def test_known_pieces_are_left_out() -> None:
    """The newest that is left is the update, the others are before it."""
    incoming = message(Text("one"), Text("two"), Text("three"))
    left = without_known(incoming, {"u1"})
    assert left is not None
    assert [piece.body for piece in left.pieces] == [Text("one"), Text("three")]
    left = without_known(incoming, {"u2"})
    assert left is not None
    assert (left.update, len(left.before)) == ("u1", 1)
    assert without_known(incoming, {"u0", "u1", "u2"}) is None


def test_a_stub_has_no_words() -> None:
    """A secret may be in any piece; what is none stays as it is."""
    incoming = message(Text("sk-can"), Text("ary"))
    secret = stub(incoming.with_body(SecretText(Command("addkey"), Secret("sk-canary"))))
    bodies = [piece.body for piece in secret.pieces]
    assert bodies == [SecretText(Command("addkey"), Secret(""))] * 2
    assert stub(incoming) == incoming
