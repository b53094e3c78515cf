"""Replies as the events they become on Matrix."""

import json
from html import escape
from html.parser import HTMLParser

import pytest
import vodozemac

from adapters.matrix.render import (
    FULL,
    content,
    edit_of,
    in_thread,
    load_of,
    replying_to,
    split_reply,
)
from adapters.matrix.wire import Json
from bot.domain.events import Button, Reply, ReplyKind, Rows
from storage.codec import dump_reply, load_reply

ID = "$" + "e" * 43
# An event has 65,536 bytes; the other fields of one in a large room take some 3,000.
MOST_SEALED = 62_500


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words = ""

    def handle_data(self, data: str) -> None:
        self.words += data


def words(found: Json) -> str:
    """Return what a reader sees of a content, without any space and the signs of lists."""
    parser = _Words()
    parser.feed(found.get("formatted_body") or escape(found["body"]))
    return "".join(parser.words.replace("•", "").split())


def sealed(found: Json) -> int:
    """Return how long an edit is once it is encrypted as the library does it."""
    event = {"type": "m.room.message", "content": edit_of(ID, found), "room_id": "!" + "r" * 43}
    text = json.dumps(event, separators=(",", ":"))
    return len(vodozemac.GroupSession().encrypt(text.encode()).to_base64())


def test_what_rings_and_what_does_not() -> None:
    """An answer does, a notice does not; a mention is said, or said to be none."""
    answer = content(Reply(text="x", kind=ReplyKind.ANSWER), mentions=["@alice:hs.test"])
    assert answer == {
        "msgtype": "m.text",
        "body": "x",
        "m.mentions": {"user_ids": ["@alice:hs.test"]},
    }
    notice = content(Reply(text="x"))
    assert notice == {"msgtype": "m.notice", "body": "x", "m.mentions": {}}


@pytest.mark.parametrize(
    "text",
    [
        "@room wake up",
        "@alice:hs.test",
        "[Alice](https://matrix.to/#/@alice:hs.test)",
        "https://matrix.to/#/@alice:hs.test",
        '<a href="https://matrix.to/#/@alice:hs.test">Alice</a>',
    ],
)
def test_a_model_calls_nobody(text: str) -> None:
    """Whatever it writes is said to be no mention, in the first message and in its edits."""
    found = content(Reply(text=text, kind=ReplyKind.ANSWER))
    assert found["m.mentions"] == {}
    edit = edit_of(ID, found)
    assert (edit["m.mentions"], edit["m.new_content"]["m.mentions"]) == ({}, {})


def test_html_only_where_it_says_more() -> None:
    """A text without any stress is sent once."""
    assert "formatted_body" not in content(Reply(text="a & <b>\nc\n\nd"))
    stressed = content(Reply(text="*a*"))
    assert stressed["format"] == "org.matrix.custom.html"
    assert stressed["formatted_body"] == "<p><em>a</em></p>"


ROWS: Rows = (
    (Button("Haiku", "model:use:1"), Button("Son & net", "model:use:2")),
    (Button("Key page", url="https://keys.example/a?b&c"), Button("Copy id", copy="x")),
)


def test_choices_are_numbers_and_addresses_are_written_out() -> None:
    """How a choice is made is said once, the footer comes last. What only copies is no choice."""
    rows = (*ROWS, (Button("Cancel", "model:cancel"),))
    found = content(Reply(text="Which?", footer="Haiku,  about\n$0.01 *", buttons=rows))
    assert found["body"] == (
        "Which?\n\n1 Haiku\n2 Son & net\n0 Cancel\nSend a number or react with it."
        "\nKey page: https://keys.example/a?b&c\n\nHaiku, about $0.01 *"
    )
    assert found["formatted_body"] == (
        "<p>Which?</p><p>1 Haiku<br>2 Son &amp; net<br>0 Cancel<br>Send a number or react with it."
        '<br>Key page: <a href="https://keys.example/a?b&amp;c">https://keys.example/a?b&amp;c</a>'
        "</p><p><em>Haiku, about $0.01 *</em></p>"
    )


def test_what_is_not_there_leaves_no_gap() -> None:
    """Neither a text nor choices are needed."""
    assert content(Reply(text="", footer="a"))["body"] == "a"
    address = content(Reply(text="", buttons=((Button("Page", url="https://a.example"),),)))
    assert address["body"] == "Page: https://a.example"


def test_an_edit_holds_the_new_text_and_calls_nobody() -> None:
    """A relation of the first message is no part of it."""
    new = in_thread(content(Reply(text="**b**"), mentions=["@a:hs.test"]), "$root", "$latest")
    assert edit_of("$m", new) == {
        "msgtype": "m.notice",
        "body": "* b",
        "format": "org.matrix.custom.html",
        "formatted_body": "* <p><strong>b</strong></p>",
        "m.mentions": {},
        "m.new_content": {
            "msgtype": "m.notice",
            "body": "b",
            "format": "org.matrix.custom.html",
            "formatted_body": "<p><strong>b</strong></p>",
            "m.mentions": {"user_ids": ["@a:hs.test"]},
        },
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$m"},
    }


def test_threads_and_replies() -> None:
    """A thread is a reply where there are no threads; a reply quotes nothing."""
    bare = content(Reply(text="x"))
    assert in_thread(bare, "$root", "$latest")["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$latest"},
    }
    assert replying_to(bare, "$q") == bare | {
        "m.relates_to": {"m.in_reply_to": {"event_id": "$q"}}
    }


def test_what_fits_is_one_part() -> None:
    """A short reply stays as it is, and so does what is a part already."""
    reply = Reply(text="# a\n\nb", footer="c", buttons=ROWS, kind=ReplyKind.ANSWER)
    assert split_reply(reply) == [reply]
    part = Reply(text="a" * 30_000, stretch=(0, 9_000))
    assert split_reply(part) == [part]


def test_whole_blocks_make_parts() -> None:
    """They are grouped while they fit; the last part has footer and buttons."""
    paragraphs = [letter * 4_000 for letter in "abcde"]
    reply = Reply(text="\n\n".join(paragraphs), footer="f", buttons=ROWS, kind=ReplyKind.ANSWER)
    first, second, last = split_reply(reply)
    assert [part.text.split() for part in (first, second, last)] == [
        paragraphs[:2],
        paragraphs[2:4],
        paragraphs[4:],
    ]
    assert {part.stretch for part in (first, second, last)} == {None}
    assert {part.kind for part in (first, second, last)} == {ReplyKind.ANSWER}
    assert (first.footer, first.buttons, second.footer, second.buttons) == ("", (), "", ())
    assert (last.footer, last.buttons) == ("f", ROWS)


def test_code_goes_on_as_code() -> None:
    """Each part of a long block is a block in its language, cut between lines."""
    lines = [f"    a = {number}" for number in range(3_000)]
    source = "```py\n{}\n```".format("\n".join(lines))
    drawn = [content(part) for part in split_reply(Reply(text=source))]
    assert len(drawn) > 2
    bodies = [each["body"].removeprefix("```py\n").removesuffix("\n```") for each in drawn]
    assert "\n".join(bodies).split("\n") == lines
    for each in drawn:
        assert each["formatted_body"].startswith('<pre><code class="language-py">    a = ')


LONG = {
    "words": "word " * 9_000,
    "chinese": "字" * 30_000,
    "stressed chinese": "**字** " * 9_000,
    "code": "```py\n" + "x = '<&>'\n" * 4_000 + "```",
    "items": "\n".join(f"- **item** {n} `code` [a](https://a.example/{n})" for n in range(1_500)),
    "brackets": "<" * 20_000,
    "emoji": "😀" * 9_000,
    "families": "👨\u200d👩\u200d👧 " * 3_000,
    "long addresses": f"[a](https://a.example/{'&' * 2_000}) " * 30,
    "one endless address": f"[a](https://a.example/{'b' * 80_000})",
    "turns": "\u202e\u202d" * 12_000,
    "deep quotes": "> " * 12 + "a " * 20_000,
    "a table": "| a | b |\n|---|---|\n" + f"| {'c' * 50} | `d` |\n" * 900,
}


@pytest.mark.parametrize("name", LONG)
def test_parts_fit_an_event_also_as_an_edit_and_lose_nothing(name: str) -> None:
    """Whatever the text is made of; they are drawn the same after they were stored."""
    reply = Reply(text=LONG[name], footer="the end", buttons=ROWS, kind=ReplyKind.ANSWER)
    parts = split_reply(reply)
    drawn = [content(load_reply(dump_reply(part))) for part in parts]
    assert drawn == [content(part) for part in parts]
    for each in drawn:
        assert load_of(each) <= 1.0
        assert len(each["body"]) <= FULL
        assert sealed(each) <= MOST_SEALED
    assert "".join(map(words, drawn)) == words(content(reply))
    assert [bool(part.footer) for part in parts] == [False] * (len(parts) - 1) + [True]


@pytest.mark.parametrize("name", ["words", "chinese", "code", "items"])
def test_parts_are_well_filled(name: str) -> None:
    """A text of one kind is not cut into crumbs."""
    *parts, _ = split_reply(Reply(text=LONG[name], kind=ReplyKind.ANSWER))
    assert parts
    assert min(load_of(content(part)) for part in parts) > 0.75
