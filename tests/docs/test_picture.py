"""The picture of a chat shows what the bot says today."""

import re

import pytest

from scripts.chat_picture import KEY, PICTURE, picture
from scripts.phone import WIDTH
from scripts.typesetting import PLAIN, text_width, typeset

_BOX = re.compile(r'<path class="(?:bot|member)" d="M([\d.]+) [\d.]+h([\d.]+)')
_TEXT = re.compile(r'<text[^>]* x="([\d.]+)" y="[\d.]+" textLength="([\d.]+)"')
_ROUND = 16


async def test_the_picture_is_up_to_date() -> None:
    """If not: `make picture`."""
    assert PICTURE.read_text("utf-8") == await picture()


def test_the_picture_shows_no_key() -> None:
    """Only its mask."""
    drawn = PICTURE.read_text("utf-8")
    assert KEY not in drawn
    assert "canary" not in drawn
    assert "sk-\N{HORIZONTAL ELLIPSIS}abcd" in drawn


def test_nothing_runs_out_of_its_bubble() -> None:
    """Neither text nor a button's label."""
    messages = PICTURE.read_text("utf-8").split("</g>")[1].strip().split("\n\n")
    assert len(messages) >= 5
    for message in filter(_BOX.match, messages):
        corner, straight = map(float, _BOX.findall(message)[0])
        left, right = corner - _ROUND, corner + straight + _ROUND
        assert left >= 0
        assert right <= WIDTH
        texts = [(float(x), float(x) + float(long)) for x, long in _TEXT.findall(message)]
        assert texts
        assert all(left < start < end < right for start, end in texts)


@pytest.mark.parametrize("text", ["one two three four five", "W" * 40, "a " * 30, "no\n\nend"])
def test_lines_are_broken_where_they_are_full(text: str) -> None:
    """Every word is kept, and none is outside."""
    (block,) = typeset(text, [], size=15, room=60, code_room=40)
    assert block.width <= 60
    said = "".join(run.text for line in block.lines for run in line)
    assert said.replace(" ", "") == "".join(text.split())


def test_formats_are_counted_in_units_of_utf_16() -> None:
    """A sign beyond the first plane is two of them."""
    entities = [{"type": "bold", "offset": 3, "length": 2}]
    (block,) = typeset("\N{FIRE} ab c", entities, size=15, room=300, code_room=300)
    assert [(run.text, sorted(run.style)) for run in block.lines[0]] == [
        ("\N{FIRE}", []),
        ("ab", ["bold"]),
        ("c", []),
    ]


def test_what_cannot_be_drawn_is_refused() -> None:
    """Rather than drawn as if it were plain."""
    with pytest.raises(KeyError, match="spoiler"):
        typeset("a", [{"type": "spoiler", "offset": 0, "length": 1}], size=15, room=9, code_room=9)
    assert text_width("", 15, PLAIN) == 0
