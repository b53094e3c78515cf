"""A reply as the events it becomes on Matrix."""

from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest

from adapters.matrix.render import (
    FULL,
    MOST_BYTES,
    Preview,
    _bytes,
    content,
    edit_of,
    in_thread,
    replying_to,
    split_reply,
)
from bot.domain.events import Button, Reply, ReplyKind


def html(text: str) -> str:
    """Return the HTML of an answer; its plain text where it needs none."""
    found = content(Reply(text=text, kind=ReplyKind.ANSWER))
    return str(found.get("formatted_body", found["body"]))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words = ""

    def handle_data(self, data: str) -> None:
        self.words += data


def words(found: dict[str, Any]) -> str:
    """Return what a reader sees of a content, without any space and the signs of lists."""
    parser = _Words()
    parser.feed(found.get("formatted_body") or escape(found["body"]))
    return "".join(parser.words.replace("•", "").split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words", "plain words"),
        (
            "a **b** *c* ~~d~~ `e`",
            "<p>a <strong>b</strong> <em>c</em> <del>d</del> <code>e</code></p>",
        ),
        ("# Head", "<h3>Head</h3>"),
        ("one\ntwo", "<p>one<br>two</p>"),
        ("- a\n  1. b", "<ul><li>a<ol><li>b</li></ol></li></ul>"),
        ("3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'),
        ("- [x] done", "<ul><li>☑ done</li></ul>"),
        ("> q", "<blockquote><p>q</p></blockquote>"),
        (
            "```py\nx < 1\n```",
            '<pre><code class="language-py">x &lt; 1\n</code></pre>',
        ),
        ("[here](https://a.example/x)", '<p><a href="https://a.example/x">here</a></p>'),
        (
            "[bank.example](https://evil.example)",
            '<p><a href="https://evil.example">bank.example</a> (evil.example)</p>',
        ),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a & b <c>", "a & b <c>"),
        ("![cat](https://a.example/c.png)", '<p><a href="https://a.example/c.png">cat</a></p>'),
        ("---", "<hr>"),
        ("$x^2$", "<p><code>x²</code></p>"),
    ],
)
def test_markdown_is_html_that_every_client_shows(text: str, expected: str) -> None:
    """And characters of a model's are never tags."""
    found = html(text)
    if expected == text:
        assert "formatted_body" not in content(Reply(text=text)) or "&lt;" in found
    else:
        assert found == expected


def test_a_table_is_legible_without_one() -> None:
    """Narrow: aligned lines; wide: rows of words. Never a tag for it, which not all show."""
    narrow = html("| a | b |\n|---|---|\n| 1 | 2 |")
    assert narrow.startswith("<pre><code>")
    wide = html("| a | b |\n|---|---|\n| " + "long " * 20 + "| 2 |")
    assert "<strong>b:</strong> 2" in wide
    assert "<table" not in narrow + wide


def test_what_rings_and_what_does_not() -> None:
    """An answer does, a notice does not; a mention is said, or said to be none."""
    answer = content(Reply(text="x", kind=ReplyKind.ANSWER), mentions=["@alice:hs.test"])
    assert (answer["msgtype"], answer["m.mentions"]) == (
        "m.text",
        {"user_ids": ["@alice:hs.test"]},
    )
    notice = content(Reply(text="@room @alice:hs.test"))
    assert (notice["msgtype"], notice["m.mentions"]) == ("m.notice", {})


def test_choices_are_numbers_and_the_footer_is_last() -> None:
    """So they can be typed where there are no buttons."""
    rows = ((Button("Haiku", "model:use:1"),), (Button("Close", "model:close"),))
    found = content(Reply(text="Which?", footer="Haiku, about $0.01", buttons=rows))
    hint = "Send a number or react with it."
    assert found["body"] == f"Which?\n\n1 Haiku\n0 Close\n{hint}\n\nHaiku, about $0.01"
    assert found["formatted_body"] == (
        f"<p>Which?</p><p>1 Haiku<br>0 Close<br>{hint}</p><p><em>Haiku, about $0.01</em></p>"
    )


def test_an_edit_holds_the_new_text_and_calls_nobody() -> None:
    """A relation of the first message is no part of it."""
    new = in_thread(content(Reply(text="**b**"), mentions=["@a:hs.test"]), "$root", "$latest")
    edit = edit_of("$m", new)
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$m"}
    assert edit["m.new_content"]["formatted_body"] == "<p><strong>b</strong></p>"
    assert "m.relates_to" not in edit["m.new_content"]
    assert edit["m.mentions"] == {}
    assert edit["body"] == "* b"


def test_threads_and_replies() -> None:
    """A thread is a reply where there are no threads; a reply quotes nothing."""
    bare = content(Reply(text="x"))
    assert in_thread(bare, "$root", "$latest")["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$latest"},
    }
    assert replying_to(bare, "$q")["m.relates_to"] == {"m.in_reply_to": {"event_id": "$q"}}
    assert replying_to(bare, "$q")["body"] == "x"


@pytest.mark.parametrize(
    "text",
    [
        "word " * 9_000,
        "字" * 30_000,
        "```py\n" + "x = '<&>'\n" * 4_000 + "```",
        "\n\n".join(f"- **item** {n} `code` [a](https://a.example/{n})" for n in range(1_500)),
        "<" * 20_000,
        "😀" * 9_000,
    ],
    ids=["words", "chinese", "code", "items", "brackets", "emoji"],
)
def test_parts_fit_an_event_also_as_an_edit_and_lose_nothing(text: str) -> None:
    """Whatever the text is made of; they are drawn the same after they were stored."""
    parts = split_reply(Reply(text=text, footer="the end", kind=ReplyKind.ANSWER))
    assert len(parts) > 1
    drawn = [content(part) for part in parts]
    assert all(_bytes(each) <= MOST_BYTES for each in drawn)
    assert all(len(each["body"]) <= FULL for each in drawn)
    assert [each["body"].endswith("the end") for each in drawn] == [False] * (len(parts) - 1) + [
        True
    ]
    whole = content(Reply(text=text))
    assert "".join(map(words, drawn)).removesuffix("theend") == words(whole)


def test_a_growing_answer_is_seen_as_its_end_will_be() -> None:
    """Up to one message, with a sign that there is more."""
    growing = Preview()
    assert growing.show("") is None
    text = "# Head\n\n- a\n- b\n\nwords"
    assert growing.show(text) == content(Reply(text=text, kind=ReplyKind.ANSWER))
    long = growing.show("word " * 4_000)
    assert long is not None
    assert long["body"].endswith(" …")
    assert growing.show("word " * 5_000) == long


def test_half_a_table_is_not_shown_as_lines() -> None:
    """Until it is seen to be one."""
    growing = Preview()
    shown = growing.show("words\n\n| a | b |")
    assert shown is not None
    assert shown["body"] == "words"
