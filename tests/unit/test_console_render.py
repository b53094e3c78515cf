"""How replies look in the console."""

import re
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from adapters.console.growing import Growing
from adapters.console.render import menu_lines, plain, visible
from adapters.console.styled import document
from adapters.shared.markdown import parse
from bot.domain.events import Button, Reply

MENU = (
    (Button("Demo", "addkey:company:demo"), Button("OpenAI", "addkey:company:openai")),
    (Button("Key page", url="https://keys.example"), Button("Cancel", "addkey:cancel")),
)
_SGR = re.compile(r"\x1b\[[0-9;]*m")


def shown(text: str, width: int = 40) -> str:
    """Return Markdown as a terminal gets it, colours included."""
    console = Console(
        file=StringIO(), force_terminal=True, color_system="256", width=width, emoji=False
    )
    with console.capture() as captured:
        console.print(document(parse(text)), crop=False)
    return captured.get()


def drawn(text: str, width: int = 40) -> str:
    """Return Markdown as it reads on the screen."""
    lines = _SGR.sub("", shown(text, width)).splitlines()
    return "\n".join(line.rstrip() for line in lines)


VISIBLE = {
    "colour": ("a\x1b[31mb", "a␛[31mb"),
    "title": ("\x1b]0;x\x07", "␛]0;x␇"),
    "eight-bit controls": ("\x9b2J\x85", "\ufffd2J\ufffd"),
    "delete and return": ("a\x7f\rb", "a␡␍b"),
    "Windows line ends": ("a\r\nb", "a\nb"),
    "tabs and lines stay": ("a\tb\nc", "a\tb\nc"),
    "reading direction": ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
    "half a character": ("a\ud800", "a\ufffd"),
    "other scripts stay": ("שלום 這是 🙂", "שלום 這是 🙂"),
}


@pytest.mark.parametrize(("text", "seen"), VISIBLE.values(), ids=VISIBLE)
def test_visible(text: str, seen: str) -> None:
    """Controls become pictures of themselves."""
    assert visible(text) == seen


def test_menu_on_one_line_or_several() -> None:
    """Choices stand on one line while there is room, the address below."""
    assert menu_lines(MENU, 80) == ["1 Demo  2 OpenAI  0 Cancel", "Key page: https://keys.example"]
    assert menu_lines(MENU, 20)[:3] == ["1 Demo", "2 OpenAI", "0 Cancel"]
    assert menu_lines((), 80) == []


def test_plain_reply() -> None:
    """A reply keeps its Markdown, then footer and choices."""
    reply = Reply(text="**Hi**\x1b[2J", footer="Demo, free", buttons=MENU)
    assert plain(reply) == (
        "**Hi**␛[2J\nDemo, free\n1 Demo  2 OpenAI  0 Cancel\nKey page: https://keys.example"
    )
    assert plain(Reply(text="x")) == "x"


LOOKS = {
    "stresses": ("# A **b**\n\n*c* ~~d~~ `e`", "A b\n\nc d e"),
    "bullets": ("- a\n- b\n  3. c\n  4. d", "• a\n• b\n  3. c\n  4. d"),
    "loose list": ("- a\n\n  b\n- c", "• a\n\n  b\n\n• c"),
    "tasks": ("- [ ] a\n- [x] b", "• [ ] a\n• [x] b"),
    "wrapped item": (
        "1. " + "word " * 10,
        "1. word word word word word word word\n   word word word",
    ),
    "wrapped task": (
        "- [x] " + "leek " * 8,
        "• [x]" + " leek" * 7 + "\n      leek",
    ),
    "empty items": ("1.\n2.", "1.\n2."),
    "code": ("```py\na = 1\n\nb\n```", "    py\n    a = 1\n\n    b"),
    "quote": ("> a\n>\n> > b", "│ a\n│\n│ │ b"),
    "rule": ("a\n\n---", "a\n\n" + "─" * 20),
    "link": ("[a](https://b.example/c)", "a (https://b.example/c)"),
    "link with a title": ("[a](/c 'd')", "a (/c d)"),
    "bare link": ("<https://b.example>", "https://b.example"),
    "mail": ("<a@b.example>", "a@b.example"),
    "link that lies": (
        "[https://bank.example](https://b.example)",
        "https://bank.example (https://b.example)",
    ),
    "link without words": ("[](https://b.example)", "https://b.example"),
    "image": ("![a](https://b.example)", "a (https://b.example)"),
    "table": ("|a|b|\n|-|-:|\n|c|1|", "a     b\n───────\nc     1"),
    "formulas": (
        "a $x_1*2*$ \\(b\\)\n\\[\nc\n- d\n\\]",
        "a $x_1*2*$ \\(b\\)\n\n\\[\nc\n- d\n\\]",
    ),
    "markup of the library": ("[bold]x[/bold] :smile:", "[bold]x[/bold] :smile:"),
}


@pytest.mark.parametrize(("text", "seen"), LOOKS.values(), ids=LOOKS)
def test_looks(text: str, seen: str) -> None:
    """Each text looks like this, 40 columns wide."""
    assert drawn(text) == seen


def test_a_table_without_room_becomes_lines() -> None:
    """Narrow windows get a line per cell."""
    text = "|Name|Weight|\n|-|-|\n|Leek|200 g|\n|Onion|90 g|"
    assert drawn(text, 14) == "Name: Leek\nWeight: 200 g\n\nName: Onion\nWeight: 90 g"
    assert drawn("|Name|Weight|\n|-|-|", 14) == "Name\nWeight"


def test_links_are_text_only() -> None:
    """No link carries an address that is not to be read."""
    assert "\x1b]8" not in shown("[a](https://b.example) <https://c.example>")


pieces = st.sampled_from(
    (
        *(
            "\n",
            "\n\n",
            "# ",
            "> ",
            "- ",
            "1. ",
            "```\n",
            "`",
            "**",
            "*",
            "[",
            "](",
            ")",
            "| a | b |",
        ),
        *("\n|---|---|\n", "|", "    ", "\t", "\x1b[2J", "\x9b", "\x07", "\r", "\x00", "\u202e"),
        *("abcdefgh", "bad cafe ", "這是", "「", "🙂", "h" * 50),
    )
)


@given(st.lists(pieces, max_size=30).map("".join), st.sampled_from((12, 20, 80)))
def test_no_letter_lost_and_no_control_let_through(text: str, width: int) -> None:
    """Whatever the width, each letter is on the screen and colours are the only sequences."""
    seen = shown(text, width)
    bare = _SGR.sub("", seen)
    assert not [
        char for char in bare if char != "\n" and (ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0)
    ]
    for letter in "bcdefgh":
        assert bare.count(letter) >= text.count(letter)


def test_a_growing_answer_prints_each_block_once() -> None:
    """Done blocks come out once; the last part is what is still missing."""
    answer = Growing()
    printed = []
    text = "\n one\n\n- a\n- b\n\ntwo\n\n```\nx\n\ny\n```\nthree "
    for length in range(len(text) + 1):
        answer.offer(text[:length])
        printed.append(answer.take_done())
    parts = [part for part in printed if part]
    assert parts == ["one\n\n", "- a\n- b\n\n", "two\n\n"]
    assert answer.rest == "```\nx\n\ny\n```\nthree "
    assert answer.ending(text.strip()) == "```\nx\n\ny\n```\nthree"


def test_a_final_text_that_reads_otherwise_is_printed_whole() -> None:
    """What is stored is what the member sees, once more if need be."""
    answer = Growing()
    answer.offer("one\n\ntwo\n\nthr")
    assert answer.take_done() == "one\n\n"
    answer.offer("other")
    assert answer.rest == ""
    assert answer.take_done() == ""
    assert answer.ending("other") == "other"


def test_a_final_text_that_was_all_printed() -> None:
    """Nothing is left to print, spaces at the end aside."""
    answer = Growing()
    begun = [answer.has_begun]
    answer.offer("one\n\ntwo\n")
    answer.take_done()
    assert [*begun, answer.has_begun] == [False, True]
    assert answer.ending("one") == ""


@given(st.lists(pieces, max_size=20).map("".join), st.data())
def test_what_is_printed_is_the_answer(text: str, data: st.DataObject) -> None:
    """However it streams, the printed parts together are the final text."""
    answer = Growing()
    printed = ""
    for length in sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6))):
        answer.offer(text[:length])
        printed += answer.take_done()
    printed += answer.ending(text)
    assert printed.rstrip() == text.strip()
