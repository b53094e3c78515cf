"""The Markdown walker never raises, loses nothing, and knows which blocks are done."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from hypothesis import given
from hypothesis import strategies as st

from adapters.shared.markdown import blocks_done, parse

PIECES = (
    *("\n", "\n\n", "  \n", "    ", "\t", " ", "# ", "## ", "> ", "- ", "* ", "1. ", "7) "),
    *("- [ ] ", "```", "```py\n", "~~~", "`", "``", "**", "*", "_", "~~", "[", "](", ")", "!["),
    *("<b>", "</div>", "<https://h.example>", "(http://g.example 'h')", "| a | b |\n|---|--:|\n"),
    *("|", "|-|-|\n", "---\n", "===\n", "***\n", "\\", "&", "&lt;", "[a]: /b\n", "\r\n", "\r"),
    *(
        "$",
        "$$",
        "\n$$\n",
        "\\(",
        "\\)",
        "\\[ ",
        "\\]\n",
        "\\begin{cases}",
        "\\end{cases}\n",
        "=",
        "+ ",
    ),
    *("\u2028", "\x00", "\x1b[2J", "\ud800", "這是", "「", "\U0001d4b3", "a", "bc", "def", "gh"),
)
markdown = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
texts = markdown | st.text(max_size=80)


def strings(node: object) -> Iterator[str]:
    """Yield every text that nodes hold: what is in them, infos, addresses and titles."""
    if type(node) is str:  # a Mark is one too, and no text
        yield node
    elif isinstance(node, tuple):
        for child in node:
            yield from strings(child)
    elif is_dataclass(node):
        for field in fields(node):
            yield from strings(getattr(node, field.name))


def letters(text: str) -> Counter[str]:
    """Count the letters of which the pieces are made, digits and signs left out."""
    return Counter(char for char in text if char in "abcdefgh")


@given(texts)
def test_never_raises_at_any_prefix(text: str) -> None:
    """Every prefix of every text is read."""
    for length in range(len(text) + 1):
        parse(text[:length])
        assert 0 <= blocks_done(text[:length]) <= length


@given(markdown)
def test_no_letter_is_lost(text: str) -> None:
    """Each letter of the source is in a node; an autolink's are in it twice."""
    assert not letters(text) - letters("".join(strings(parse(text))))


@given(markdown, markdown)
def test_done_blocks_stay_as_they_are(text: str, more: str) -> None:
    """Whatever comes after, done blocks and the rest read as they do apart."""
    done = blocks_done(text)
    assert parse(text[:done]) + parse(text[done:] + more) == parse(text + more)
