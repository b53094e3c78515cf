"""What a Matrix event means, whatever is in it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.rooms import Room
from adapters.matrix.seen import Seen, Trace
from adapters.matrix.translate import Me, relation_of, trace_of, translate
from bot.domain.chat import Identity, PlaceKind
from bot.domain.events import (
    Body,
    Command,
    Edited,
    Incoming,
    Reacted,
    Redacted,
    Text,
    Unread,
    Unreadable,
)

ME: Final = Me("@hearth:hs.test", "Hearth")
ALICE: Final = "@alice:hs.test"
NOW: Final = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
MENTION: Final = {"user_ids": [ME.id]}
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


def room(*members: str) -> Room:
    """Return a room with these members and the bot."""
    found = Room("!r:hs.test")
    for user in (ME.id, *(members or (ALICE,))):
        content = {"membership": "join", "displayname": user[1:].partition(":")[0].title()}
        found.apply({"type": "m.room.member", "state_key": user, "content": content})
    return found


CLUB: Final = room(ALICE, "@bob:hs.test")


def said(
    body: str = "hello", kind: str = "m.room.message", *, mentions: object = None, **more: object
) -> dict[str, Any]:
    """Return an event of alice's."""
    content = {"msgtype": "m.text", "body": body, **more}
    if mentions is not None:
        content["m.mentions"] = mentions
    return {
        "type": kind,
        "event_id": "$e",
        "sender": ALICE,
        "origin_server_ts": int(NOW.timestamp() * 1000) - 5_000,
        "content": content,
    }


def related(relation: object, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a message that refers to others."""
    return said(**{"m.relates_to": relation, **more})


def meant(event: dict[str, Any], where: Room | None = None, seen: Seen | None = None) -> Incoming:
    """Return what an event means."""
    found = translate(event, where or room(), ME, seen or Seen(), NOW)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("hello", Text("hello")),
        ("!model haiku", Command("model", "haiku")),
        ("/model  haiku 5 ", Command("model", "haiku 5")),
        ("!Model", Command("model")),
        ("! no command", Text("! no command")),
        ("!!!", Text("!!!")),
        ("Hearth: what is it?", Text("what is it?")),
        ("@hearth:hs.test !stop", Command("stop")),
        ("Hearth what", Text("Hearth what")),
    ],
)
def test_a_message_is_a_text_or_a_command(body: str, expected: Body) -> None:
    """Both signs begin a command, and the bot's name before it only says whom it is for."""
    assert meant(said(body)).body == expected


def test_where_when_and_who() -> None:
    """An update is its event, its place the room, and its time the server's own."""
    found = meant(said())
    assert (found.update, found.message) == ("$e", "$e")
    assert found.sender == Identity("matrix", ALICE)
    assert found.sender_name == "Alice"
    assert found.place.kind is PlaceKind.PRIVATE
    assert found.sent_at == NOW - timedelta(seconds=5)


@pytest.mark.parametrize("stamp", [None, "soon", True, -1, 10**30, 4_000_000_000_000])
def test_a_time_that_cannot_be_is_now(stamp: object) -> None:
    """A server's clock may say anything; nothing is sent in the future."""
    assert meant(said() | {"origin_server_ts": stamp}).sent_at == NOW


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (said(msgtype="m.notice"), None),
        (said("  "), None),
        (said(msgtype="m.image"), Unreadable(Unread.PHOTO)),
        (
            said("look", msgtype="m.image", filename="a.png"),
            Unreadable(Unread.PHOTO, "look"),
        ),
        (said(msgtype="m.audio"), Unreadable(Unread.VOICE)),
        (said(kind="m.sticker"), Unreadable(Unread.STICKER)),
        (said(kind="m.poll.start"), Unreadable(Unread.POLL)),
        (said(kind="m.room.topic"), None),
        (said(msgtype="m.custom"), None),
        (said(msgtype=["m.text"]), None),
    ],
)
def test_what_is_no_text(event: dict[str, Any], expected: Body | None) -> None:
    """Other bots' notices are nothing; files are named, with the words beside them."""
    found = translate(event, room(), ME, Seen(), NOW)
    assert (found.body if found else None) == expected


def test_an_edit_is_its_new_text_in_its_messages_thread() -> None:
    """Only of the sender's own message, wherever that was."""
    seen = Seen()
    seen.note("$first", Trace(ALICE, "$root"))
    seen.note("$others", Trace("@bob:hs.test"))
    new = {"msgtype": "m.text", "body": "better"}
    edit = {"rel_type": "m.replace", "event_id": "$first"}
    found = meant(related(edit, **{"m.new_content": new}), seen=seen)
    assert (found.body, found.message, found.place.thread) == (Edited("better"), "$first", "$root")
    others = related(edit | {"event_id": "$others"}, **{"m.new_content": new})
    assert translate(others, room(), ME, seen, NOW) is None


def test_a_redaction_is_its_senders_word_whoever_made_it() -> None:
    """A moderator may take a member's message back; nobody's word is taken back by the bot's."""
    seen = Seen()
    seen.note("$first", Trace("@bob:hs.test"))
    seen.note("$ours", Trace(ME.id))
    for content, outer in (({"redacts": "$first"}, {}), ({}, {"redacts": "$first"})):
        event = said(kind="m.room.redaction") | {"content": content} | outer
        found = meant(event, CLUB, seen)
        assert found.body == Redacted()
        assert found.sender == Identity("matrix", "@bob:hs.test")
        assert found.message == "$first"
    ours = said(kind="m.room.redaction") | {"content": {"redacts": "$ours"}}
    assert translate(ours, CLUB, ME, seen, NOW) is None


def test_only_signs_under_the_bots_messages_concern_it() -> None:
    """A reaction to somebody else's words is not for us."""
    seen = Seen()
    seen.note("$ours", Trace(ME.id))
    seen.note("$theirs", Trace("@bob:hs.test"))
    for target, expected in (("$ours", Reacted("1️⃣")), ("$theirs", None), ("$gone", None)):
        relation = {"rel_type": "m.annotation", "event_id": target, "key": "1️⃣"}
        event = said(kind="m.reaction") | {"content": {"m.relates_to": relation}}
        found = translate(event, CLUB, ME, seen, NOW)
        assert (found.body if found else None) == expected


def test_a_thread_is_a_place_of_its_own() -> None:
    """Its id is the message it hangs on."""
    thread = {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": True}
    assert meant(related(thread)).place.thread == "$root"


@pytest.mark.parametrize(
    ("event", "is_for_us"),
    [
        (said("hello all"), False),
        (said("hi", mentions=MENTION), True),
        (said("Hearth: hi"), True),
        (said("Hearth: hi", mentions={}), False),
        (related({"m.in_reply_to": {"event_id": "$ours"}}), True),
        (related({"m.in_reply_to": {"event_id": "$theirs"}}), False),
        (related({"rel_type": "m.thread", "event_id": "$ours"}), True),
        (related({"rel_type": "m.thread", "event_id": "$asked"}), True),
        (related({"rel_type": "m.thread", "event_id": "$theirs"}), False),
        (
            related(
                {
                    "rel_type": "m.thread",
                    "event_id": "$theirs",
                    "is_falling_back": True,
                    "m.in_reply_to": {"event_id": "$ours"},
                }
            ),
            False,
        ),
    ],
)
def test_who_is_meant_in_a_group(event: dict[str, Any], *, is_for_us: bool) -> None:
    """A mention, a reply to the bot, or a thread that began with either."""
    seen = Seen()
    seen.note("$ours", Trace(ME.id))
    seen.note("$asked", Trace(ALICE, is_addressed=True))
    seen.note("$theirs", Trace("@bob:hs.test"))
    assert meant(event, CLUB, seen).is_addressed is is_for_us


@pytest.mark.parametrize(
    ("target", "new", "is_for_us"),
    [
        ("$asked", {"body": "what else?"}, True),
        ("$theirs", {"body": "what else?"}, False),
        ("$theirs", {"body": "Hearth: what else?"}, True),
        ("$theirs", {"body": "what else?", "m.mentions": MENTION}, True),
        ("$theirs", {"body": "!ask what else?"}, True),
        ("$within", {"body": "what else?"}, True),
        ("$elsewhere", {"body": "what else?"}, False),
    ],
)
def test_an_edit_is_for_whom_its_message_was(
    target: str, new: dict[str, Any], *, is_for_us: bool
) -> None:
    """Or for whom its new words name, though an edit itself calls nobody anew."""
    seen = Seen()
    seen.note("$ours", Trace(ME.id))
    seen.note("$asked", Trace(ALICE, is_addressed=True))
    seen.note("$theirs", Trace(ALICE))
    seen.note("$within", Trace(ALICE, thread="$ours"))
    seen.note("$elsewhere", Trace(ALICE, thread="$theirs"))
    relation = {"rel_type": "m.replace", "event_id": target}
    edit = related(relation, mentions={}, **{"m.new_content": {"msgtype": "m.text", **new}})
    assert meant(edit, CLUB, seen).is_addressed is is_for_us


def test_the_name_before_an_edit_only_says_whom_it_is_for() -> None:
    """As before a message."""
    seen = Seen()
    seen.note("$x", Trace(ALICE))
    new = {"msgtype": "m.text", "body": "Hearth: what else?"}
    relation = {"rel_type": "m.replace", "event_id": "$x"}
    edit = related(relation, **{"m.new_content": new})
    assert meant(edit, CLUB, seen).body == Edited("what else?")


def test_a_message_that_answers_the_bot_is_for_it_as_the_root_of_a_thread() -> None:
    """As one is that names it."""
    seen = Seen()
    seen.note("$ours", Trace(ME.id))
    reply = related({"m.in_reply_to": {"event_id": "$ours"}})
    assert trace_of(reply, ME, seen).is_addressed
    assert not trace_of(said(), ME, seen).is_addressed


def test_the_first_of_a_thread_opens_it() -> None:
    """Also if it is handed over again, and not where more hung there before this process."""
    hanging = related({"rel_type": "m.thread", "event_id": "$root"})
    seen = Seen()
    seen.note("$root", Trace(ALICE))
    for _ in range(2):
        trace = trace_of(hanging, ME, seen)
        assert trace.opens
        seen.note("$e", trace)
    assert not trace_of(hanging | {"event_id": "$second"}, ME, seen).opens
    seen = Seen()
    seen.note("$root", Trace(ALICE, has_thread=True))
    assert not trace_of(hanging, ME, seen).opens
    assert not trace_of(said(), ME, seen).opens


def test_the_repetition_of_older_clients_is_left_out() -> None:
    """What a reply quotes of the message before is not what its sender says."""
    reply = related(
        {"m.in_reply_to": {"event_id": "$x"}}, body="> <@bob:hs.test> what?\n> really?\n\nYes"
    )
    assert meant(reply).body == Text("Yes")


@given(JSON, JSON)
def test_any_relation_of_any_kind_is_borne(relation: object, content: object) -> None:
    """Whoever may write to a room may put any JSON into it."""
    seen = Seen()
    for event in (
        related(relation),
        related(relation, **{"m.new_content": content, "m.mentions": content}),
        related(relation, body=content, msgtype=content),
        said(kind="m.reaction") | {"content": {"m.relates_to": relation}},
        said(kind="m.room.redaction") | {"content": {"redacts": relation}},
    ):
        _ = relation_of(event), trace_of(event, ME, seen)
        translate(event, CLUB, ME, seen, NOW)


@pytest.mark.parametrize(
    "odd", ["", "$", "no-event", "$\x00", "$a b", "$\ud800", "$\u00fc", "$" + "x" * 255]
)
def test_what_can_be_no_event_is_referred_to_by_nobody(odd: str) -> None:
    """A server that is asked for it may break on it, and what comes after waits for that."""
    for event in (
        related({"rel_type": "m.thread", "event_id": odd}),
        related({"rel_type": "m.replace", "event_id": odd}),
        related({"m.in_reply_to": {"event_id": odd}}),
        said(kind="m.room.redaction") | {"content": {"redacts": odd}, "redacts": odd},
    ):
        relation = relation_of(event)
        assert (relation.event, relation.thread, relation.replies_to) == ("", "", "")
