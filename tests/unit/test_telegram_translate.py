"""What an update of Telegram's says, and what says nothing to us."""

from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import pytest
from telegram import Update

from adapters.telegram.translate import Joined, Left, Me, Meaning, Moved, Said, translate
from adapters.telegram.whispers import Whisper
from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.events import (
    Body,
    Command,
    Edited,
    Press,
    Text,
    Unread,
    Unreadable,
)
from tests.simulators.telegram.chats import member

ME = Me(99, "hearth_bot")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALICE = {"id": 7, "is_bot": False, "first_name": "Alice", "last_name": "Ames"}
BOT = {"id": 99, "is_bot": True, "first_name": "Hearth", "username": "hearth_bot"}
OTHER_BOT = {"id": 98, "is_bot": True, "first_name": "Other", "username": "other_bot"}
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
CHANNEL_POSTER = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Alice"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Cooking club", "is_forum": True}
CHANNEL = {"id": -1002, "type": "channel", "title": "News"}
FILE = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "duration": 1}
_IDS = count(500)


def message(**more: object) -> dict[str, Any]:
    """Return a message of Alice's in private, but for what is said."""
    made = {"message_id": 12, "date": 1_795_000_000, "from": ALICE, "chat": PRIVATE, **more}
    return {name: value for name, value in made.items() if value is not None}


def read(**update: object) -> Meaning | None:
    """Return what an update means."""
    raw = {"update_id": next(_IDS), **update}
    return translate(Update.de_json(raw, None), ME, NOW)


def said(**more: object) -> Body | None:
    """Return what a message says."""
    found = read(message=message(**more))
    assert found is None or isinstance(found, Said)
    return found.incoming.body if found else None


def is_addressed(**more: object) -> bool:
    """Return whether a message in a group is meant for us."""
    found = read(message=message(chat=GROUP, **more))
    assert isinstance(found, Said)
    return found.incoming.is_addressed


def test_who_said_it_where_and_when() -> None:
    """All that the house needs to know of a message."""
    found = read(message=message(text="hello"))
    assert isinstance(found, Said)
    incoming = found.incoming
    assert incoming.sender == Identity("telegram", "7")
    assert incoming.sender_name == "Alice Ames"
    assert incoming.place == Place("telegram", "7")
    assert incoming.message == "12"
    assert incoming.sent_at == datetime.fromtimestamp(1_795_000_000, UTC)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("hello", Text("hello")),
        ("  two\nlines ", Text("  two\nlines ")),
        ("/model", Command("model")),
        ("/Model  haiku ", Command("model", "haiku")),
        (
            "/system You are kind.\nAnswer briefly.",
            Command("system", "You are kind.\nAnswer briefly."),
        ),
        ("/start claim_K7QM4TXD", Command("start", "claim_K7QM4TXD")),
        ("/model@hearth_bot son", Command("model", "son")),
        ("/model@HEARTH_BOT", Command("model")),
        ("/model@other_bot", None),
        ("/etc/hosts is a file", Text("/etc/hosts is a file")),
        ("look: /model", Text("look: /model")),
        ("@hearth_bot and for dessert?", Text("and for dessert?")),
        ("@hearth_bot", None),
    ],
)
def test_a_line(text: str, body: Body | None) -> None:
    """A word after a slash is a command; our own name before it says only whom it is for."""
    assert said(text=text) == body


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"voice": {**FILE}}, Unread.VOICE),
        ({"photo": [FILE], "caption": "what is this?"}, Unread.PHOTO),
        ({"video": FILE}, Unread.VIDEO),
        ({"document": FILE}, Unread.FILE),
        ({"contact": {"phone_number": "1", "first_name": "Bob"}}, Unread.CONTACT),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, Unread.LOCATION),
        ({"dice": {"emoji": "🎲", "value": 3}}, Unread.OTHER),
        ({"rich_message": {"blocks": [{"type": "paragraph"}]}}, Unread.RICH),
    ],
    ids=["voice", "photo", "video", "document", "contact", "location", "dice", "rich"],
)
def test_what_is_no_text(content: dict[str, Any], kind: Unread) -> None:
    """It is named by its kind, so that its sender hears of it."""
    assert said(**content) == Unreadable(kind, str(content.get("caption", "")))


@pytest.mark.parametrize(
    "content",
    [
        {"new_chat_members": [BOT]},
        {"pinned_message": {"message_id": 1, "date": 0, "chat": PRIVATE}},
        {"forum_topic_created": {"name": "Porto", "icon_color": 1}},
        {"group_chat_created": True},
    ],
    ids=["joined", "pinned", "topic", "group"],
)
def test_a_service_message_says_nothing(content: dict[str, Any]) -> None:
    """The messenger wrote it, not a person."""
    assert said(chat=GROUP, **content) is None


@pytest.mark.parametrize(
    "more",
    [
        {"from": OTHER_BOT, "chat": GROUP},
        {"from": CHANNEL_POSTER, "chat": GROUP, "sender_chat": CHANNEL},
        {"from": ALICE, "chat": GROUP, "sender_chat": CHANNEL},
        {"from": None, "chat": CHANNEL, "sender_chat": CHANNEL},
        {"via_bot": OTHER_BOT},
    ],
    ids=["a bot", "a linked channel", "as a channel", "a channel's post", "by way of a bot"],
)
def test_who_can_own_no_key_is_not_heard(more: dict[str, Any]) -> None:
    """Nobody's key would pay for it."""
    assert said(text="/ask hello", **more) is None


def test_an_anonymous_admin_is_told_why() -> None:
    """A person wrote it, but nobody can see which."""
    body = said(text="/ask hello", chat=GROUP, sender_chat=GROUP, **{"from": ANONYMOUS})
    assert body == Unreadable(Unread.ANONYMOUS)


@pytest.mark.parametrize(
    ("more", "is_ours"),
    [
        ({"text": "what do you think?"}, False),
        ({"text": "and you, @hearth_bot?"}, True),
        ({"text": "ask @hearth_bottle"}, False),
        ({"text": "/model"}, False),
        ({"text": "yes", "reply_to_message": message(**{"from": BOT, "text": "?"})}, True),
        ({"text": "yes", "reply_to_message": message(text="?")}, False),
    ],
    ids=["talk", "mention", "another name", "bare command", "reply to us", "reply to another"],
)
def test_whom_a_group_talks_to(more: dict[str, Any], is_ours: bool) -> None:
    """A mention or a reply is for us; the house knows whether a bare command is."""
    assert is_addressed(**more) is is_ours


def test_a_topic_is_a_place_and_a_reply_is_none() -> None:
    """A thread id counts only where the message says that it is a topic's."""
    topic = read(message=message(chat=GROUP, text="x", message_thread_id=5, is_topic_message=True))
    plain = read(message=message(chat=GROUP, text="x", message_thread_id=5))
    assert isinstance(topic, Said)
    assert isinstance(plain, Said)
    assert topic.incoming.place == Place("telegram", "-1001", "5", PlaceKind.GROUP)
    assert plain.incoming.place.thread == ""


def test_an_edited_message() -> None:
    """An edited text is one; an edited command is nothing."""
    edited = read(edited_message=message(text="rice and peas", edit_date=1_795_000_060))
    assert isinstance(edited, Said)
    assert edited.incoming.body == Edited("rice and peas")
    assert edited.incoming.message == "12"
    assert read(edited_message=message(text="/model")) is None


def test_a_press_knows_its_message_and_its_waiting() -> None:
    """Also where the message is too old for Telegram to show it."""
    for old in (message(**{"from": BOT}), {"message_id": 12, "date": 0, "chat": PRIVATE}):
        query = {"id": "q1", "from": ALICE, "chat_instance": "c", "data": "temp:set:1"}
        found = read(callback_query={**query, "message": old})
        assert isinstance(found, Said)
        assert found.incoming.body == Press("temp:set:1")
        assert (found.incoming.message, found.query) == ("12", "q1")


def test_the_stop_control_of_a_draft() -> None:
    """The library does not know it yet; it means what the button means."""
    stopped = {"chat": PRIVATE, "draft_id": 3, "message_thread_id": 5}
    found = read(stopped_message_generation=stopped)
    assert isinstance(found, Said)
    assert found.incoming.body == Press("stop:now")
    assert found.incoming.place == Place("telegram", "7", "5")
    assert found.incoming.sender == Identity("telegram", "7")


def changed(old: dict[str, Any], new: dict[str, Any], chat: dict[str, Any]) -> Meaning | None:
    """Return what it means that the bot is something else in a chat now."""
    change = {"chat": chat, "from": ALICE, "date": 0}
    return read(my_chat_member={**change, "old_chat_member": old, "new_chat_member": new})


KICKED, LEFT, MEMBER, ADMIN = (
    member(BOT, status) for status in ("kicked", "left", "member", "administrator")
)
MUTED, MUTED_OUT = (member(BOT, "restricted", is_in=is_in) for is_in in (True, False))


@pytest.mark.parametrize("new", [KICKED, LEFT, MUTED_OUT], ids=["kicked", "left", "muted"])
@pytest.mark.parametrize("chat", [PRIVATE, GROUP], ids=["blocked", "removed"])
def test_being_blocked_or_removed(new: dict[str, Any], chat: dict[str, Any]) -> None:
    """The chat has ended, whoever ended it."""
    found = changed(MEMBER, new, chat)
    assert isinstance(found, Left)
    assert found.place.chat == str(chat["id"])


@pytest.mark.parametrize("old", [KICKED, LEFT, MUTED_OUT], ids=["kicked", "left", "muted"])
@pytest.mark.parametrize("new", [MEMBER, ADMIN, MUTED], ids=["member", "admin", "muted"])
@pytest.mark.parametrize("kind", ["group", "supergroup"])
def test_being_added_to_a_group(old: dict[str, Any], new: dict[str, Any], kind: str) -> None:
    """Who did it is told, as what they are called; the group itself is the place."""
    found = changed(old, new, {**GROUP, "type": kind})
    assert isinstance(found, Joined)
    assert found.place == Place("telegram", "-1001", kind=PlaceKind.GROUP)
    assert (found.by, found.name) == (Identity("telegram", "7"), "Alice Ames")


@pytest.mark.parametrize(
    ("old", "new", "chat"),
    [
        (MEMBER, ADMIN, GROUP),
        (ADMIN, MEMBER, GROUP),
        (MEMBER, MUTED, GROUP),
        (MUTED, MEMBER, GROUP),
        (KICKED, MEMBER, PRIVATE),
        (LEFT, ADMIN, CHANNEL),
        (ADMIN, LEFT, CHANNEL),
    ],
    ids=["raised", "lowered", "muted", "unmuted", "unblocked", "channel", "out of a channel"],
)
def test_no_beginning_and_no_end(
    old: dict[str, Any], new: dict[str, Any], chat: dict[str, Any]
) -> None:
    """Other rights change nothing, who unblocks the bot will write, and channels are nothing."""
    assert changed(old, new, chat) is None


def test_a_group_that_moves() -> None:
    """Its service message names the new id, and that of the new one the old."""
    to = message(chat={**GROUP, "type": "group"}, migrate_to_chat_id=-1009)
    come = message(chat={**GROUP, "id": -1009}, migrate_from_chat_id=-1001)
    for each in (to, come):
        found = read(message=each)
        assert isinstance(found, Moved)
        assert found.old == Place("telegram", "-1001", kind=PlaceKind.GROUP)
        assert found.new_chat == "-1009"


@pytest.mark.parametrize(
    ("number", "thread", "opens"),
    [(6, 5, True), (7, 5, False), (5, 5, False), (6, None, False)],
    ids=["next", "later", "the topic itself", "no topic"],
)
def test_the_first_message_of_a_topic(number: int, thread: int | None, opens: bool) -> None:
    """It is right after the one that opened the topic, whose id the topic has."""
    topic = {"message_thread_id": thread, "is_topic_message": True} if thread else {}
    found = read(message=message(chat=GROUP, text="x", message_id=number, **topic))
    assert isinstance(found, Said)
    assert found.incoming.opens is opens


WHISPERED: Final = {"message_id": 0, "ephemeral_message_id": 31, "receiver_user": BOT}


def test_a_command_that_the_bot_alone_sees() -> None:
    """It is for us, and has a name that no other message has."""
    found = read(message=message(chat=GROUP, text="/usage", **WHISPERED))
    assert isinstance(found, Said)
    assert found.incoming.body == Command("usage")
    assert found.incoming.is_addressed
    assert found.incoming.message is not None
    assert Whisper.of(found.incoming.message) == Whisper(99, 31)


def test_a_press_under_what_one_alone_sees() -> None:
    """Its message is the one that was sent to them, or nameless if the server does not say."""
    ours = {**message(**{"from": BOT}), **WHISPERED, "chat": GROUP}
    query = {"id": "q1", "from": ALICE, "chat_instance": "c", "data": "usage:days"}
    for receiver, ref in ((ALICE, Whisper(7, 31).ref), (None, None)):
        found = read(callback_query={**query, "message": {**ours, "receiver_user": receiver}})
        assert isinstance(found, Said)
        assert found.incoming.message == ref


def test_an_update_of_a_kind_nobody_knows() -> None:
    """It says nothing, and harms nothing."""
    assert read(something_new={"id": 1}) is None
