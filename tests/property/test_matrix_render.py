"""Whatever a model writes, Matrix's clients take what is made of it, and no text is lost."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.matrix import html as markup
from adapters.matrix.drawn import html_of_drawn
from adapters.matrix.preview import Preview
from adapters.matrix.render import content, load_of, split_reply
from adapters.matrix.wire import Json
from adapters.shared.markdown import parse
from adapters.shared.text.drawing import draw
from adapters.shared.text.entities import clipped
from bot.domain.events import Button, Reply, ReplyKind
from storage.codec import dump_reply, load_reply

SAMPLE: Final = (Path(__file__).parents[1] / "recorded" / "nasty_answer.md").read_text("utf-8")
_PIECES: Final = (
    *("word ", "\n", "\n\n", "- ", "  - ", "1. ", "> ", "# ", "```", "```py\n", "`", "**", "*"),
    *("_", "~~", "[", "](", "![", "[x](https://a.example/b?c&d)", "](https://g.example 'h')"),
    *("| a | b |\n|---|--:|\n", "| 一 | b |", "|", "<b>", "<script>", "&amp;", "&#x202e;", "&"),
    *("$x_1^2$", "$$", "\\[", "\\]", "\u202e", "\u202c", "\u2067", "😀", "字", "\ud800", "\x00"),
    *("\x1b[2J", "   ", "\t", "\\", '"', "'", "👨\u200d👩\u200d👧", "e\u0301", "\u200b", "\u00a0"),
    *("@room", "https://matrix.to/#/@alice:hs.test", "javascript:", "- [x] ", "---\n", "\r\n"),
)
MARKDOWN: Final = st.lists(st.sampled_from(_PIECES), max_size=60).map("".join)
TEXTS: Final = MARKDOWN | st.text(max_size=120)
_TAGS: Final = {
    *("a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol"),
    *("p", "pre", "strong", "ul"),
}


class _Checked(HTMLParser):
    """Reads HTML and finds fault with what is no HTML that Matrix's clients show."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, html

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS
        assert not (tag == "a" and "a" in self._open)
        assert not (tag in {"p", "pre", "ul", "ol", "hr"} and "p" in self._open)
        for name, value in attrs:
            assert (tag, name) in {("a", "href"), ("ol", "start"), ("code", "class")}
            assert name != "href" or (value or "").startswith(("http://", "https://"))
            assert name != "class" or (value or "").startswith("language-")
        if tag not in {"br", "hr"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def check(found: Json) -> None:
    """Check a content by itself."""
    assert load_of(found) <= 1.0
    assert found["m.mentions"] == {}
    if (html := found.get("formatted_body")) is not None:
        assert markup.safe(html) == html
        _Checked(html)


def letters(text: str) -> str:
    """Return the letters of a text, which no sign of Markdown or HTML is."""
    return "".join(filter(str.isalnum, text))


@given(TEXTS)
def test_the_second_line_finds_nothing_to_stop(text: str) -> None:
    """What is built is safe by itself: cleaning changes how it is written, not what it says."""
    built = "".join(map(markup._block, parse(text)))
    cleaned = _Checked(markup.safe(built))
    assert _Checked(built).text.replace("\r", "\n") == cleaned.text
    assert built.count("<") == markup.safe(built).count("<")


@given(TEXTS, st.integers(0, 200), st.integers(0, 200))
def test_any_stretch_is_html(text: str, start: int, length: int) -> None:
    """Wherever it is cut, it has the words of the text there."""
    shown = clipped(draw(parse(text)), start, start + length)
    html = html_of_drawn(shown)
    assert markup.safe(html) == html
    assert letters(_Checked(html).text) == letters(shown.text)


@given(TEXTS, st.booleans())
def test_any_reply_in_parts(text: str, is_question: bool) -> None:
    """Stored and drawn one by one, its parts fit, and say what the whole says."""
    rows = ((Button("Again", "a:b"), Button("Close", "a:close")),) if is_question else ()
    reply = Reply(text=text, kind=ReplyKind.ANSWER, footer="end", buttons=rows)
    for part in split_reply(reply):
        check(content(load_reply(dump_reply(part))))


@settings(max_examples=10)
@given(MARKDOWN, st.integers(40, 400))
def test_long_replies_in_parts(text: str, times: int) -> None:
    """However long: no letter is lost in the plain text, nor twice in it."""
    reply = Reply(text=text * times, kind=ReplyKind.ANSWER, footer="end")
    parts = split_reply(reply)
    drawn = [content(load_reply(dump_reply(part))) for part in parts]
    for each in drawn:
        check(each)
    said = letters("".join(each["body"] for each in drawn))
    if "](" in text or "```" in text or len(parts) == 1:
        return  # an address and a language are said again where what they belong to goes on
    assert said == letters(content(reply)["body"])


@given(TEXTS, st.data())
def test_an_answer_grows(text: str, data: st.DataObject) -> None:
    """Each frame can be shown, and drawing it anew shows the same."""
    growing, many = Preview(), data.draw(st.integers(1, 200))
    text *= many
    for length in sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4))):
        frame = growing.show(text[:length])
        if frame is not None:
            check(frame)
            assert frame["body"].endswith("…") or frame == Preview().show(text[:length])


@pytest.mark.parametrize(
    ("start", "end", "step"),
    [(0, 3_600, 1), (3_600, 7_200, 7), (7_200, 10_900, 7), (0, 10_900, 97)],
)
def test_every_beginning_of_a_nasty_answer_can_be_shown(start: int, end: int, step: int) -> None:
    """However an answer is cut off, there is HTML of it, and all of what was read before."""
    text, growing, before = SAMPLE[start:end], Preview(), ""
    for length in range(0, len(text) + 1, step):
        frame = growing.show(text[:length])
        if frame is not None and frame["body"] != before:
            check(frame)
            before = frame["body"]
    assert len(before) > len(text) * 2 // 3


def test_no_word_of_a_nasty_answer_is_lost() -> None:
    """Each word of the source is in the plain text and in the HTML, signs aside."""
    source = re.sub(
        r"\$[^$\n]+\$|\$\$.*?\$\$|\\\[.*?\\\]|\\\(.*?\\\)", " ", SAMPLE, flags=re.DOTALL
    )
    drawn = [content(part) for part in split_reply(Reply(text=SAMPLE))]
    assert len(drawn) > 1
    bodies = "\n".join(each["body"] for each in drawn)
    htmls = "\n".join(each["formatted_body"] for each in drawn)
    tags = " ".join(re.findall(r"<[^>]*>", htmls))
    said = _Checked(htmls).text + tags
    for word in re.findall(r"\w+", source):
        assert word in bodies, word
        assert word in said, word
