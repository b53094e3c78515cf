"""Where a message that is too long is cut."""

import re

import pytest

from adapters.shared.markdown import parse
from adapters.shared.text.drawing import draw
from adapters.shared.text.entities import NOTHING, Rendered
from adapters.shared.text.graphemes import is_within, whole_before
from adapters.shared.text.splitting import split, stretches
from adapters.shared.text.units import to_units
from tests.fakes.telegram_rules import check, said_of

CASES: dict[str, tuple[str, int, list[str]]] = {
    "nothing": ("", 10, []),
    "fits": ("a" * 10, 10, ["a" * 10]),
    "between paragraphs": ("one two.\n\nthree\nfour", 16, ["one two.", "three\nfour"]),
    "not for a very short part": ("a\n\nbb cc dd ee ff gg", 16, ["a\n\nbb cc dd ee", "ff gg"]),
    "between lines": ("one. two\nthree four", 14, ["one. two", "three four"]),
    "between sentences": ("One two three. Four five six", 20, ["One two three.", "Four five six"]),
    "after a quoted sentence": ('Say "it is so." Four five', 20, ['Say "it is so."', "Four five"]),
    "between Chinese sentences": ("一二三四。五六七八九", 8, ["一二三四。", "五六七八九"]),
    "between words": ("one two three", 9, ["one two", "three"]),
    "within a word": ("a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
    "exactly at a space": ("one two", 3, ["one", "two"]),
    "spaces between go": ("one   \n\n\n   two", 5, ["one", "two"]),
    "what belongs to its words": ("one two\u00a0three", 10, ["one", "two\u00a0three"]),
}


@pytest.mark.parametrize(("text", "limit", "parts"), CASES.values(), ids=CASES)
def test_cuts(text: str, limit: int, parts: list[str]) -> None:
    """Each text is cut so."""
    assert [part.text for part in split(Rendered(text), limit)] == parts


CLUSTERS = {
    "surrogates": "🙂",
    "family": "👨\u200d👩\u200d👧\u200d👦",
    "skin": "👍🏽",
    "flag": "🇩🇪",
    "flag of tags": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "variation": "❤\ufe0f",
    "keycap": "1\ufe0f\u20e3",
    "marks": "e\u0301\u0323",
    "Hindi": "क्षि",
    "Korean": "\u1112\u1161\u11ab",
    "Thai": "กำ".replace("ำ", "\u0e34"),
}


@pytest.mark.parametrize("cluster", CLUSTERS.values(), ids=CLUSTERS)
def test_what_is_one_to_the_eye_is_never_cut(cluster: str) -> None:
    """At each possible place, and beside its like."""
    size = len(to_units(cluster))
    for before in range(21):
        parts = split(Rendered("a" * before + cluster * 3 + "b" * 21), 20)
        for part in parts:
            rest = part.text.strip("ab")
            assert rest == cluster * (len(to_units(rest)) // size)


def test_a_pile_of_marks_is_cut_between_characters() -> None:
    """A character of a thousand marks is no character: the message must go out."""
    pile = "a" + "\u0301" * 1_000 + "🙂" * 100
    parts = split(Rendered(pile), 100)
    assert "".join(part.text for part in parts) == pile
    for part in parts:
        check(part, limit=100)


def test_places_between_characters() -> None:
    """Flags are pairs from where they begin, and a place before the start is none."""
    flags = to_units("🇩🇪🇫🇷")
    assert [at for at in range(len(flags) + 1) if not is_within(flags, at)] == [0, 4, 8]
    assert whole_before(flags, 7, 0) == 4
    assert whole_before("abc", 2, 0) == 2


def test_code_is_cut_at_a_line_end_and_keeps_its_language() -> None:
    """Indentation stays, and each part is code of the same language."""
    code = "\n".join(f"    line {number}" for number in range(20))
    parts = split(draw(parse(f"```py\n{code}\n```")), 60)
    assert "\n".join(part.text for part in parts) == code
    for part in parts:
        check(part, limit=60)
        assert said_of(part) == [f"pre: {part.text} py"]
        assert all(re.fullmatch(r"    line \d+", line) for line in part.text.split("\n"))


def test_code_that_fits_a_message_is_whole() -> None:
    """Even where the part before it is short; not where an answer still grows."""
    shown = draw(parse("text\n```\n" + "a b\n" * 10 + "```\nafter"))
    code = "\n".join(["a b"] * 10)
    assert [part.text for part in split(shown, 42)] == ["text", code, "after"]
    assert stretches(shown, 42, is_filled=True)[0][1] > 36


def test_a_line_of_code_that_is_too_long() -> None:
    """It is cut between words, or anywhere, and nothing of it is lost."""
    for line in ("word " * 30, "x" * 150):
        parts = split(draw(parse(f"```\n{line}\n```")), 40)
        assert "".join(part.text for part in parts).replace(" ", "") == line.replace(" ", "")
        assert {each.type for part in parts for each in part.entities} == {"pre"}


@pytest.mark.parametrize(
    "uncut", ["`some code in a line`", "[a link of words](https://a.example)"]
)
def test_code_and_links_stay_whole(uncut: str) -> None:
    """They go to the next part instead."""
    shown = draw(parse(f"aaaa bbbb cccc {uncut} dddd"))
    (of_all,) = said_of(shown)
    parts = split(shown, 24)
    assert [said_of(part) for part in parts if part.entities] == [[of_all]]


def test_a_link_too_long_for_any_part_is_a_link_in_each() -> None:
    """It is cut between its words."""
    parts = split(draw(parse(f"[{'word ' * 20}x](https://a.example)")), 30)
    assert len(parts) > 3
    assert {said_of(part)[0].split()[-1] for part in parts} == {"https://a.example"}


def test_styles_go_on_in_the_next_part() -> None:
    """Bold in a quote is bold in a quote in each part."""
    parts = split(draw(parse("> **one two three four five**")), 10)
    assert [said_of(part) for part in parts] == [
        [f"blockquote: {part.text}", f"bold: {part.text}"] for part in parts
    ]


def test_many_bold_words_arrive_all_bold() -> None:
    """Beyond a hundred entities there is another part."""
    words = [f"w{number}" for number in range(180)]
    parts = split(draw(parse(" ".join(f"**{word}** and" for word in words))))
    assert [len(part.entities) for part in parts] == [100, 80]
    assert [said for part in parts for said in said_of(part)] == [f"bold: {w}" for w in words]
    for part in parts:
        check(part)


def test_nothing_has_no_parts() -> None:
    """Space alone is no message."""
    assert split(NOTHING) == split(Rendered(" \n ")) == []
