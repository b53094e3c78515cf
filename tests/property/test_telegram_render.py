"""Whatever a model writes, Telegram takes what is made of it, and no text is lost."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shared.markdown import parse, sections
from adapters.shared.text.drawing import draw
from adapters.shared.text.entities import NOTHING, Rendered
from adapters.shared.text.growing import Preview, preview
from adapters.shared.text.splitting import split
from adapters.telegram.render import FULL, draw_reply, split_reply
from bot.domain.events import Button, Reply, ReplyKind
from storage.codec import dump_reply, load_reply
from tests.fakes.telegram_rules import check, check_shape

PIECES = (
    *("\n", "\n\n", "  \n", "    ", "\t", " ", "# ", "> ", ">> ", "- ", "  - ", "1. ", "7) "),
    *("- [ ] ", "```", "```py\n", "~~~", "`", "``", "**", "*", "_", "~~", "[", "](", ")", "!["),
    *("<b>", "<think>", "<https://h.example>", "(http://g.example 'h')", "(http://nas/x)"),
    *("| a | b |\n|---|--:|\n", "| 一 | b |", "|", "|-|-|\n", "---\n", "\\", "&", "&lt;", "\r\n"),
    *("&#x202e;", "\u202e", "\u202c", "\u2067", "\u2069", "\u200f", "שלום", "\u2028", "\x00"),
    *(
        "\x1b[2J",
        "\ud800",
        "\udc00",
        "這是",
        "「",
        "👨\u200d👩\u200d👧",
        "🇩🇪",
        "👍🏽",
        "e\u0301",
        "\u0301",
    ),
    *("\ufe0f", "\u200d", "\u00a0", "\u200b", "\U0001d4b3", "a", "bc ", "def. ", "gh" * 20),
    *("$", "$$", "$x_1$", "\\(", "\\)", "\\[", "\\]", "\\frac{a}{b}", "\\begin{cases}"),
)
markdown = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
texts = markdown | st.text(max_size=120)


def seen(shown: Rendered) -> str:
    """Return what of a message can be seen."""
    return "".join(filter(is_seen, shown.text))


def is_seen(char: str) -> bool:
    """Say whether a character is more than space, a sign to the screen or an empty filler."""
    is_filler = char in "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc"
    is_variant = "\ufe00" <= char <= "\ufe0f" or "\u180b" <= char <= "\u180f"
    is_sign = unicodedata.category(char) == "Cf" or "\U000e0000" <= char <= "\U000e0fff"
    return not (char.isspace() or is_filler or is_variant or is_sign)


@given(texts)
def test_every_drawing_is_taken(text: str) -> None:
    """What is drawn has nothing the server refuses or changes."""
    shown = draw(parse(text))
    if shown != NOTHING:
        check_shape(shown)


@given(texts, st.integers(10, 200), st.integers(6, 100))
def test_parts_are_taken_and_lose_nothing(text: str, limit: int, most: int) -> None:
    """Parts fit, and what is no space is in them in its order."""
    shown = draw(parse(text))
    parts = split(shown, limit, most)
    for part in parts:
        check(part, limit=limit, most_entities=most)
    assert seen(shown) == "".join(map(seen, parts))


@given(markdown)
def test_sections_read_by_themselves_as_in_the_text(text: str) -> None:
    """A stretch of blocks, cut out, is the same blocks."""
    found = sections(text)
    assert parse(text) == tuple(section.block for section in found)
    for first in range(len(found)):
        for last in range(first, len(found)):
            stretch = text[found[first].start : found[last].end]
            assert parse(stretch) == tuple(s.block for s in found[first : last + 1])


long_texts = st.tuples(markdown, markdown, st.integers(1, 60)).map(lambda t: t[0] * t[2] + t[1])
footers = st.sampled_from(("", "Demo 4.1 mini · 1.2K tokens · about $0.02"))


@given(long_texts, footers)
def test_replies_in_parts(text: str, footer: str) -> None:
    """Stored and drawn one by one, a reply's parts fit and together say what the whole says."""
    reply = Reply(
        text=text, footer=footer, buttons=((Button("A", "a:b"),),), kind=ReplyKind.ANSWER
    )
    parts = [load_reply(dump_reply(part)) for part in split_reply(reply)]
    drawn = [draw_reply(part) for part in parts]
    for shown in drawn:
        if shown != NOTHING:
            check(shown)
    assert "".join(map(seen, drawn)) == seen(draw_reply(reply))
    assert [bool(part.buttons) for part in parts] == [False] * (len(parts) - 1) + [True]
    assert {part.footer for part in parts[:-1]} <= {""}
    assert {part.kind for part in parts} == {ReplyKind.ANSWER}
    assert len(parts) == 1 or all(shown != NOTHING for shown in drawn)


@given(long_texts, st.data())
def test_an_answer_grows(text: str, data: st.DataObject) -> None:
    """Each frame is taken, and drawing it anew shows the same until it is full."""
    growing = Preview(FULL)
    for length in sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8))):
        frame = growing.show(text[:length])
        if frame != NOTHING:
            check(frame)
        assert frame.text.endswith(" …") or frame == preview(text[:length], FULL)


def test_an_empty_answer() -> None:
    """Nothing is shown of nothing, nor of what nobody can see."""
    assert [preview(text, FULL) for text in ("", " \n", "\u200b", "```py\n", "|")] == [NOTHING] * 5


SAMPLE = (Path(__file__).parents[1] / "recorded" / "nasty_answer.md").read_text("utf-8")


@pytest.mark.parametrize(("start", "step"), [(0, 1), (3_300, 7), (6_600, 7)])
def test_every_beginning_of_a_nasty_answer_is_taken(start: int, step: int) -> None:
    """However an answer of ten thousand characters is cut off, a frame of it is a message."""
    text, growing, before = SAMPLE[start:], Preview(FULL), NOTHING
    for length in range(0, len(text) + 1, step):
        frame = growing.show(text[:length])
        if frame not in {before, NOTHING}:
            check(frame)
        before = frame


def test_no_word_of_a_nasty_answer_is_lost() -> None:
    """Each word of the source is in one of the parts, signs of Markdown and TeX aside."""
    parts = split_reply(Reply(text=SAMPLE))
    assert len(parts) > 2
    drawn = [draw_reply(part) for part in parts]
    for shown in drawn:
        check(shown)
    said = "\n".join(shown.text for shown in drawn)
    addresses = " ".join(each.url for shown in drawn for each in shown.entities)
    languages = {each.language for shown in drawn for each in shown.entities}
    source = re.sub(
        r"\$[^$\n]+\$|\$\$.*?\$\$|\\\[.*?\\\]|\\\(.*?\\\)", " ", SAMPLE, flags=re.DOTALL
    )
    for word in re.findall(r"\w+", source):
        assert word in said or word in addresses or word in languages, word
