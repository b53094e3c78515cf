"""Chats that end, come back and move, while things are under way."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.chat import Finish, FinishReason, Place, TextDelta, TurnState
from bot.domain.errors import ChatMoved, FrontendError, SendThrottled, StorageUnavailable
from bot.domain.events import (
    Body,
    Command,
    DeliveryState,
    Edited,
    Outgoing,
    Reply,
    SecretText,
    Text,
    Unread,
    Unreadable,
)
from bot.domain.secret import Secret
from tests.fakes.clock import let_run
from tests.fakes.disk import FullDisk
from tests.fakes.house import ALICE, BOB, CLUB, HOME, House

BIGGER = replace(CLUB, chat="bigger")
KEY = "sk-proj-canary0123456789abcdef"


@pytest.fixture
async def house() -> House:
    """A house where Alice has a key and a model, in private and in the club."""
    house = House()
    await house.start()
    await house.give_key()
    await house.give_key(place=CLUB)
    return house


def states(house: House) -> list[DeliveryState]:
    """Return where each message stands, oldest first."""
    return [row.state for row in house.stores._state.outbox.values()]


async def grow(house: House, place: Place) -> asyncio.Event:
    """Let an answer begin; it ends when the event is set."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("One"), gate, TextDelta(" moment"), Finish(FinishReason.STOP))
    await house.say("hello", ALICE, place)
    return gate


async def test_a_chat_that_is_left_gets_nothing_more(house: House) -> None:
    """What waits is given up; the answer under way is stopped, kept, and shown to nobody."""
    await grow(house, HOME)
    house.frontend.fail_next("post", SendThrottled(600))
    await house.say("/ping")
    await house.router.left(HOME)
    await let_run()
    await house.clock.advance(600)
    (turn,) = await house.turns()
    assert (turn.state, turn.answer) == (TurnState.STOPPED, "One")
    assert house.provider.cancelled == 1
    assert states(house) == [DeliveryState.UNDELIVERABLE] * 2
    (sink,) = house.frontend.sinks
    assert (sink.shown, sink.is_open) == (["One"], False)
    assert house.said == []
    await house.router.settled(HOME)


async def test_a_chat_that_is_left_costs_nothing_more(house: House) -> None:
    """All members' answers end, in every topic, and what waits its turn is asked of nobody."""
    topic = replace(CLUB, thread="7")
    await house.give_key(BOB, CLUB, key="sk-canary-bob")
    await house.give_key(ALICE, topic)
    for who, place in ((ALICE, CLUB), (BOB, CLUB), (ALICE, topic)):
        house.provider.enqueue(TextDelta("One"), asyncio.Event())
        await house.say("hello", who, place)
    await house.say("and then?", ALICE, CLUB)
    await house.router.left(CLUB)
    await let_run()
    assert [asked.question for asked in house.provider.asked] == [
        "M1: hello",
        "M2: hello",
        "M1: hello",
    ]
    assert house.provider.cancelled == 3
    assert [turn.state for turn in await house.turns()] == [TurnState.STOPPED] * 4
    await house.stores.groups.note(CLUB, title="", is_allowed=True)  # its operator said so
    await house.say("here again", ALICE, CLUB)
    assert house.said == ["Echo: M1: here again"]


async def test_leaving_that_cannot_be_stored_stops_nothing(house: House) -> None:
    """The messenger tells it again, so it is not done by halves."""
    await grow(house, CLUB)
    disk = FullDisk(house.stores.turns, "abandon")
    with pytest.raises(StorageUnavailable):
        await house.router.left(CLUB)
    assert house.provider.cancelled == 0
    disk.make_room()
    await house.router.left(CLUB)
    assert [turn.state for turn in await house.turns()] == [TurnState.STOPPED]


async def test_whoever_comes_back_goes_on(house: House) -> None:
    """Nothing was erased, and what is sent now arrives."""
    await house.say("hello")
    await house.router.left(HOME)
    await house.say("and now?")
    assert house.said == ["Echo: hello", "Echo: and now?"]
    texts = [message.text for message in house.provider.asked[-1].request.messages]
    assert texts == ["hello", "Echo: hello", "and now?"]


async def test_leaving_a_chat_leaves_its_topics_and_no_other_chat(house: House) -> None:
    """What is sent to a topic of it is given up, too; elsewhere answers go on growing."""
    topic = replace(CLUB, thread="7")
    gate = await grow(house, HOME)
    await house.router.left(CLUB)
    house.courier.send(house.stores._state.post((await _note(house, topic),)))
    gate.set()
    await let_run()
    assert house.said == ["One moment"]
    assert house.frontend.sinks[0].shown == ["One", "One moment"]
    assert states(house) == [DeliveryState.UNDELIVERABLE, DeliveryState.SENT]


async def _note(house: House, place: Place) -> Outgoing:
    return Outgoing(place=place, member=await house.member(), reply=Reply(text="psst"))


async def test_a_group_that_moves_goes_on_where_it_is(house: House) -> None:
    """Its conversation, its questions and its running answer are found under the new id."""
    await house.say("hello", ALICE, CLUB)
    gate = await grow(house, CLUB)
    await house.router.moved(CLUB, BIGGER.chat)
    member = await house.member()
    assert house.sessions.is_running(BIGGER, member)
    assert not house.sessions.is_running(CLUB, member)
    gate.set()
    await let_run()
    await house.say("and now?", ALICE, BIGGER)
    texts = [message.text for message in house.provider.asked[-1].request.messages]
    assert texts[:2] == ["M1: hello", "Echo: M1: hello"]
    assert texts[-1] == "M1: and now?"


async def test_an_answer_can_be_stopped_in_the_chat_it_moved_to(house: House) -> None:
    """And comes there as a message of its own, as its growing one stayed behind."""
    await grow(house, CLUB)
    await house.router.moved(CLUB, BIGGER.chat)
    house.frontend.fail_next("finish", ChatMoved(BIGGER.chat))
    await house.say("/stop", ALICE, BIGGER)
    shown = house.frontend.shown[-1]
    assert (shown.how, shown.place, shown.reply.text) == ("post", BIGGER, "One")


async def test_a_question_moves_with_its_chat(house: House) -> None:
    """Unless another is open in the new chat already."""
    await house.say("/title", ALICE, HOME)
    await house.say("/title", BOB, Place("fake", "bob"))
    await house.router.moved(HOME, "alice2")
    there = Place("fake", "alice2")
    member, bob = await house.member(), await house.member(BOB)
    assert house.questions.find(member, HOME) is None
    question = house.questions.find(member, there)
    assert question is not None
    assert house.questions.find(bob, Place("fake", "bob")) is not None
    await house.say("/title", ALICE, HOME)
    await house.router.moved(HOME, "alice2")
    assert house.questions.find(member, there) == question


@pytest.mark.parametrize("how", ["post", "finish"])
async def test_a_messenger_that_says_so_only_at_a_send_is_followed(house: House, how: str) -> None:
    """The message surely was not taken: it comes in the new chat, unmarked, and all moves."""
    house.frontend.fail_next(how, ChatMoved(BIGGER.chat))
    await house.say("hello" if how == "finish" else "/ping", ALICE, CLUB)
    shown = house.frontend.shown[-1]
    assert (shown.place, shown.how) == (BIGGER, "post")
    assert shown.reply.text in {"pong", "Echo: M1: hello"}
    assert states(house) == [DeliveryState.SENT]
    session = await house.stores.settings.session(BIGGER, await house.member())
    assert session.place == BIGGER
    await house.say("/ping", ALICE, CLUB)
    assert house.frontend.shown[-1].place == BIGGER


async def test_a_command_stored_before_the_move_is_handled_after_it(house: House) -> None:
    """After a restart it answers in the new chat."""
    row = await house.stores.intake.accept(house._incoming(Command("ping"), ALICE, CLUB))
    assert row is not None
    await house.router.moved(CLUB, BIGGER.chat)
    await house.restart()
    assert [(shown.place, shown.reply.text) for shown in house.frontend.shown] == [
        (BIGGER, "pong")
    ]


async def test_a_key_posted_in_a_group_is_never_asked_for_again_there(house: House) -> None:
    """A restart in mid-handling deletes it and says that it is lost, as always."""
    body = SecretText(Command("addkey", "acme"), Secret(KEY))
    row = await house.stores.intake.accept(house._incoming(body, ALICE, CLUB, message="m-key"))
    assert row is not None
    await house.restart()
    assert house.frontend.deleted == [(CLUB, "m-key")]
    assert house.said[0].startswith("Alice, a key was posted here, so treat it as public.")
    assert "may not delete" not in house.said[0]


@pytest.mark.parametrize(
    "body",
    [
        Command("foo", f"x {KEY}"),
        Text(f"see {KEY}"),
        Edited(f"see {KEY}"),
        Unreadable(Unread.PHOTO, f"see {KEY}"),
        SecretText(Command("addkey", "acme"), Secret(KEY)),
    ],
    ids=["command", "text", "edit", "caption", "secret"],
)
async def test_a_key_said_to_others_in_a_group_is_deleted_all_the_same(
    house: House, body: Body
) -> None:
    """Behind a command of another bot, or to anybody; it is in no turn and nowhere at rest."""
    house.frontend.link = "https://t.example/bot"
    house.frontend.fail_next("delete", FrontendError())
    await house.receive(body, BOB, CLUB, is_addressed=False)
    await let_run()
    (shown,) = house.frontend.shown
    assert "I may not remove your message here. Press and hold it" in shown.reply.text
    assert shown.reply.buttons[0][0].url == "https://t.example/bot"
    assert KEY not in house.at_rest
    assert await house.turns() == []


async def test_what_others_say_to_each_other_is_not_kept(house: House) -> None:
    """A command of another bot without a key concerns nobody here."""
    before = house.at_rest
    await house.receive(Command("foo", "bar"), BOB, CLUB, is_addressed=False)
    assert house.at_rest == before
