"""Any answer, at any moment of its growth, is HTML that clients let through, and fits."""

from itertools import pairwise
from pathlib import Path
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.matrix.html import safe
from adapters.matrix.render import MOST_BYTES, Preview, _bytes, content, split_reply
from bot.domain.events import Reply, ReplyKind

SAMPLE: Final = (Path(__file__).parents[1] / "recorded" / "nasty_answer.md").read_text()
_PIECES: Final = st.sampled_from(
    [
        *("word ", "\n", "\n\n", "- ", "1. ", "> ", "```", "```py\n", "`", "**", "*", "_", "~~"),
        *("| a | b |\n", "|---|---|\n", "# ", "[x](https://a.example)", "<b>", "&amp;", "$x^2$"),
        *("\u202e", "😀", "字", "\ud800", "\x00", "   ", "\t", "![i](https://a.example/i.png)"),
        *("@room", "https://matrix.to/#/@alice:hs.test", "javascript:", "- [x] ", "---\n"),
    ]
)
MARKDOWN: Final = st.lists(_PIECES, max_size=60).map("".join)


def check(text: str) -> None:
    """Check every part of an answer."""
    for part in split_reply(Reply(text=text, kind=ReplyKind.ANSWER, footer="end")):
        found = content(part)
        assert _bytes(found) <= MOST_BYTES
        assert found["m.mentions"] == {}
        if "formatted_body" in found:
            markup = str(found["formatted_body"])
            assert safe(markup) == markup


@given(MARKDOWN)
def test_any_markdown_is_safe_and_fits(text: str) -> None:
    """Whatever a model writes."""
    check(text)


@settings(max_examples=10)
@given(MARKDOWN.map(lambda text: text * 60))
def test_long_markdown_is_safe_and_fits(text: str) -> None:
    """However long."""
    check(text)


def test_every_beginning_of_a_nasty_answer_is_safe() -> None:
    """At no moment is a tag open that is not closed, nor anything let through."""
    growing, lengths = Preview(), range(1, len(SAMPLE), 31)
    shown = [growing.show(SAMPLE[:length]) for length in lengths]
    for each in filter(None, shown):
        markup = str(each.get("formatted_body", ""))
        assert safe(markup) == markup
        assert _bytes(each) <= MOST_BYTES
    grown = [len(each["body"]) for each in shown if each and each["body"][-1] != "…"]
    assert len(grown) > 100
    assert all(after > before - 600 for before, after in pairwise(grown))
