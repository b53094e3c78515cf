"""Replies as Telegram is sent them: text, footer, parts and keyboards."""

from itertools import pairwise

import pytest

from adapters.shared.text.entities import NOTHING, Rendered
from adapters.shared.text.growing import Preview, preview
from adapters.telegram.render import FULL, draw_reply, keyboard, split_reply
from bot.domain.events import Button, Reply, ReplyKind, Rows
from tests.fakes.telegram_rules import check, check_keyboard, said_of

FOOTER = "Demo · about $0.02"
ROWS: Rows = ((Button("Retry", "turn:retry"), Button("Keys", url="https://keys.example")),)


def test_a_footer_is_the_last_line() -> None:
    """It is one line in italics, and its signs mean nothing."""
    drawn = draw_reply(Reply(text="**a**", footer="b_c_\n*d* $"))
    assert drawn.text == "a\n\nb_c_ *d* $"
    assert said_of(drawn) == ["bold: a", "italic: b_c_ *d* $"]


def test_a_reply_without_text_or_footer() -> None:
    """What is not there leaves no gap."""
    assert draw_reply(Reply(text="", footer="a")).text == "a"
    assert draw_reply(Reply(text=" ")) == NOTHING
    assert split_reply(Reply(text="", buttons=ROWS)) == [Reply(text="", buttons=ROWS)]


def test_what_fits_is_one_part() -> None:
    """A short reply stays as it is."""
    reply = Reply(text="# a\n\nb", footer=FOOTER, buttons=ROWS, kind=ReplyKind.ANSWER)
    assert split_reply(reply) == [reply]


def test_a_part_is_not_cut_again() -> None:
    """What shows a stretch is a part already."""
    part = Reply(text="a" * 9_000, stretch=(0, 4_000))
    assert split_reply(part) == [part]


def test_whole_blocks_make_parts() -> None:
    """They are grouped while they fit; the last part has footer and buttons."""
    paragraphs = [letter * 1_500 for letter in "abcde"]
    reply = Reply(text="\n\n".join(paragraphs), footer=FOOTER, buttons=ROWS, kind=ReplyKind.ANSWER)
    first, second, last = split_reply(reply)
    assert [part.text.split() for part in (first, second, last)] == [
        paragraphs[:2],
        paragraphs[2:4],
        paragraphs[4:],
    ]
    assert [part.stretch for part in (first, second, last)] == [None] * 3
    assert {part.kind for part in (first, second, last)} == {ReplyKind.ANSWER}
    assert (first.footer, first.buttons) == ("", ())
    assert (last.footer, last.buttons) == (FOOTER, ROWS)


def test_a_block_that_is_too_long_is_shown_in_stretches() -> None:
    """Each part draws its own lines of the code, in its language."""
    code = "\n".join(f"    a = {number}" for number in range(600))
    parts = split_reply(Reply(text=f"Before.\n\n```py\n{code}\n```\n\nAfter **it**."))
    drawn = [draw_reply(part) for part in parts]
    assert "\n".join(shown.text for shown in drawn) == f"Before.\n\n{code}\n\nAfter it."
    assert [part.stretch is not None for part in parts].count(True) >= 2
    for shown in drawn:
        check(shown, limit=FULL)
        assert any(each.language == "py" for each in shown.entities)


def test_no_letter_is_lost_where_what_turns_the_direction_is_cut() -> None:
    """A sign that is alone in the last part is left out of it, and nothing else."""
    text = "\u202b" + "word " * 1_620 + "\u202c" + "the end"
    *_, last = split_reply(Reply(text=text, footer="f" * 60))
    assert draw_reply(last).text.endswith("the end\n\n" + "f" * 60)


def test_a_stretch_is_kept_within_the_text() -> None:
    """A stretch from an older drawing may reach too far."""
    assert draw_reply(Reply(text="**ab** cd", stretch=(1, 99))).text == "b cd"
    assert said_of(draw_reply(Reply(text="**ab** cd", stretch=(-4, 1)))) == ["bold: a"]
    assert draw_reply(Reply(text="ab", stretch=(5, 9))) == NOTHING


def test_a_footer_that_does_not_fit_takes_a_paragraph_along() -> None:
    """It never comes alone, and the last part is not too long."""
    text = "\n\n".join(("a" * 2_000, "b" * (FULL - 2_010)))
    assert len(split_reply(Reply(text=text))) == 1
    *_, last = parts = split_reply(Reply(text=text, footer=FOOTER))
    assert len(parts) == 2
    assert last.text.startswith("b")
    assert draw_reply(last).text.endswith(f"b\n\n{FOOTER}")


def test_a_footer_that_is_an_entity_too_many() -> None:
    """A hundred bold words and an italic footer are two messages."""
    parts = split_reply(Reply(text="**a** b " * 100, footer=FOOTER))
    assert [len(draw_reply(part).entities) for part in parts] == [99, 2]


def test_what_storage_cannot_hold_moves_nothing() -> None:
    """Half characters and zeros are gone before places are counted."""
    text = "\x00a\ud800 " + "b" * 5_000
    first, last = split_reply(Reply(text=text))
    assert draw_reply(first).text.startswith("a\ufffd b")
    assert "\x00" not in first.text + last.text
    assert "".join(draw_reply(part).text for part in (first, last)).count("b") == 5_000


KEYBOARDS: dict[str, tuple[Rows, list[list[dict[str, object]]] | None]] = {
    "none": ((), None),
    "rows": (
        ROWS,
        [
            [
                {"text": "Retry", "callback_data": "turn:retry"},
                {"text": "Keys", "url": "https://keys.example"},
            ]
        ],
    ),
    "danger": (
        ((Button("Remove", "key:do", is_danger=True),),),
        [[{"text": "Remove", "callback_data": "key:do", "style": "danger"}]],
    ),
    "copy": (
        ((Button("Copy", copy="abc"),), (Button("Copy", copy="a" * 257),)),
        [[{"text": "Copy", "copy_text": {"text": "abc"}}]],
    ),
    "an address the server refuses": (((Button("NAS", url="http://nas/"),),), None),
    "nothing to press": (((Button("Nothing"),), ()), None),
}


@pytest.mark.parametrize(("rows", "keys"), KEYBOARDS.values(), ids=KEYBOARDS)
def test_keyboards(rows: Rows, keys: list[list[dict[str, object]]] | None) -> None:
    """Each menu is this keyboard, which the server takes."""
    assert keyboard(rows) == keys
    check_keyboard(keys or [])


def test_an_action_that_is_too_long() -> None:
    """The rules for keyboards know the limit in bytes."""
    check_keyboard(keyboard(((Button("A", "é" * 32),),)) or [])
    with pytest.raises(ValueError, match="callback_data"):
        check_keyboard(keyboard(((Button("A", "é" * 33),),)) or [])


def test_an_address_that_can_be_no_button_is_said() -> None:
    """It stands below the text, on a line of its own."""
    rows = ((Button("NAS", url="http://nas/"), Button("Go", "a:b")),)
    assert (
        draw_reply(Reply(text="a", footer="b", buttons=rows)).text == "a\n\nNAS: http://nas/\n\nb"
    )


FRAMES = {
    "nothing": ("", ""),
    "space": (" \n", ""),
    "text": ("Hel", "Hel"),
    "open stress": ("a **b", "a **b"),
    "open fence": ("a\n```py\nb = $c |", "a\n\nb = $c |"),
    "fence without a line": ("```py", ""),
    "half a character": ("a \ud83d", "a"),
    "head of a table": ("a\n| b | c |", "a"),
    "half a rule of a table": ("a\n\n| b | c |\n|--", "a"),
    "half a row": ("| b | c |\n|---|---|\n| d", "b  c\n─  ─"),
    "whole row": ("| b | c |\n|---|---|\n| d | e |\n", "b  c\n─  ─\nd  e"),
    "open formula": ("a $b_1", "a"),
    "closed formula": ("a $b_1$ c", "a b₁ c"),
    "money": ("it costs $5 or", "it costs $5 or"),
    "open round formula": ("a \\(b", "a"),
    "open formula by itself": ("a\n\n\\[\nb\n- c", "a"),
    "a dollar long ago": ("a $b " + "c" * 400, "a $b " + "c" * 400),
    "an escaped dollar": ("a \\$b", "a $b"),
}


@pytest.mark.parametrize(("text", "shown"), FRAMES.values(), ids=FRAMES)
def test_a_frame_of_a_growing_answer(text: str, shown: str) -> None:
    """What would look otherwise a moment later is held back, a while."""
    frame = preview(text, FULL)
    assert frame.text == shown
    if shown:
        check(frame)


def test_a_full_answer_stands_still() -> None:
    """From where it is full on, the same is shown, with a sign that there is more."""
    growing = Preview(FULL)
    text = "\n\n".join(f"Paragraph {number} of many, **all** alike." for number in range(400))
    frames = [growing.show(text[:length]) for length in range(0, len(text), 97)]
    first_full = next(n for n, frame in enumerate(frames) if frame.text.endswith(" …"))
    assert len({frame.text for frame in frames[first_full:]}) == 1
    assert frames[-1] == preview(text, FULL)
    (start, *_) = split_reply(Reply(text=text))
    assert frames[-1].text == f"{draw_reply(start).text} …"
    for frame in frames[1:]:
        check(frame)


def test_a_full_answer_does_not_shrink() -> None:
    """What was seen stays, even where the parts will be cut before a block of code."""
    growing = Preview(FULL)
    text = "a" * 2_000 + "\n\n```\n" + "b = c\n" * 600
    frames = [growing.show(text[:length]).units for length in range(1, len(text), 50)]
    assert all(after > before - FULL // 8 for before, after in pairwise(frames))
    assert frames[-1] > FULL * 7 // 8


def test_an_answer_that_begins_anew() -> None:
    """A text that does not go on from the one before is drawn by itself."""
    growing = Preview(FULL)
    growing.show("a\n\nb\n\nc")
    assert growing.show("d\n\ne") == Rendered("d\n\ne")


def test_an_answer_of_addresses_says_that_there_is_more() -> None:
    """A source that was not read to its end may be short on the screen."""
    text = f"[a](https://b.example/{'c' * 1_000})\n\n" * 30
    assert preview(text, FULL).text.endswith(" …")
