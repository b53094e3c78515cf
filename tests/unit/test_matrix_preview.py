"""An answer that grows on Matrix: its first message at every moment."""

import pytest

from adapters.matrix.preview import Preview
from adapters.matrix.render import content, load_of
from bot.domain.events import Reply, ReplyKind


def shown(text: str) -> str:
    """Return the plain text of a frame; empty: nothing is shown."""
    found = Preview().show(text)
    return found["body"] if found else ""


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "```py\n", "|"])
def test_nothing_is_shown_of_nothing(text: str) -> None:
    """Nor of what nobody can see."""
    assert Preview().show(text) is None


@pytest.mark.parametrize(
    "text",
    ["words", "# Head\n\n- a\n- **b**\n\n> c\n\n```py\nd", "a\n\n1. b\n\n   c\n2. d\n\n---"],
)
def test_a_frame_is_what_the_end_will_be(text: str) -> None:
    """As long as it fits one message."""
    assert Preview().show(text) == content(Reply(text=text, kind=ReplyKind.ANSWER))


def test_half_a_table_and_half_a_formula_are_not_shown() -> None:
    """They would be something else a moment later."""
    assert shown("words\n\n| a | b |") == "words"
    assert shown("words $x^") == "words"
    assert shown("```\n| a | $x") == "```\n| a | $x\n```"


def test_what_is_more_than_a_message_is_said_to_be_more() -> None:
    """The first message is as full as it can be, and stays as it is."""
    growing = Preview()
    frame = growing.show("word " * 4_000)
    assert frame is not None
    assert frame["body"].endswith("\n\n…")
    assert 0.8 < load_of(frame) <= 1.0
    assert growing.show("word " * 5_000) is frame


def test_a_block_that_outgrows_the_message_does_not_vanish() -> None:
    """What was seen of it before stays to be seen."""
    growing = Preview()
    lines = "".join(f"line {number}\n" for number in range(1_400))
    before = 0
    for length in range(0, len(lines), 500):
        frame = growing.show(f"Look:\n\n```py\n{lines[:length]}")
        assert frame is not None
        assert load_of(frame) <= 1.0
        assert len(frame["body"]) >= min(before, 8_000)
        before = len(frame["body"])
    assert before > 8_000


def test_another_text_is_shown_anew() -> None:
    """A second attempt begins from the beginning, also after a full message."""
    growing = Preview()
    growing.show("word " * 5_000)
    assert growing.show("Anew.") == content(Reply(text="Anew.", kind=ReplyKind.ANSWER))


def test_a_source_beyond_measure() -> None:
    """Of markup without end the beginning is read, and it is said that there is more."""
    found = shown("**a** [b](https://c.example) " + "`" * 20_000)
    assert found.startswith("a b (https://c.example)")
    assert found.endswith("…")
