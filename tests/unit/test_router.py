"""The way in: what is taken, and in which order it acts."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.chat import Finish, FinishReason, Identity, Place, TextDelta
from bot.domain.errors import FrontendError, StorageUnavailable
from bot.domain.events import Command, Press, Text
from tests.fakes.clock import let_run
from tests.fakes.disk import FullDisk
from tests.fakes.frontend import PLAIN, FakeFrontend
from tests.fakes.house import ALICE, BOB, CLUB, HOME, STRANGER, House


@pytest.fixture
async def house() -> House:
    """A house where Alice has a key and a model."""
    house = House()
    await house.start()
    await house.give_key()
    return house


async def test_commands_do_not_wait_behind_an_answer(house: House) -> None:
    """A command is handled while an answer grows."""
    house.provider.enqueue(TextDelta("slow"), asyncio.Event())
    await house.say("talk")
    await house.say("/ping now")
    assert house.said == ["pong now"]


async def test_commands_of_a_member_run_in_order_and_stop_overtakes_them(house: House) -> None:
    """A slow command holds up the next one, not an instant one, and not another member."""
    await house.say("/slow acme-2")
    await house.say("/ping")
    assert house.said == []
    await house.say("/stop")
    await house.say("/ping", BOB)
    assert house.said == ["nothing to stop", "pong"]
    house.gate.is_open.set()
    await let_run()
    assert house.said[2:] == ["model acme-2", "pong"]


async def test_a_message_after_a_model_command_is_answered_by_that_model(house: House) -> None:
    """Even if the command is still being handled when the message is taken."""
    await house.say("/slow acme-2")
    await house.say("hello")
    assert house.provider.asked == []
    house.gate.is_open.set()
    await let_run()
    assert [asked.request.model for asked in house.provider.asked] == ["acme-2"]


async def test_a_model_command_changes_later_messages_only(house: House) -> None:
    """What was asked before keeps its model, though it runs afterwards."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("one"), gate, Finish(FinishReason.STOP))
    await house.say("one")
    await house.say("two")
    await house.say("/model acme-2")
    await house.say("three")
    gate.set()
    await let_run()
    models = [asked.request.model for asked in house.provider.asked]
    assert models == ["acme-1", "acme-1", "acme-2"]


async def test_commands_on_both_sides_of_a_waiting_message_keep_their_order(
    house: House,
) -> None:
    """It sees the command before it and not the one after, however long it waits its turn."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("one"), gate, Finish(FinishReason.STOP))
    await house.say("one")
    await house.say("/slow acme-2")
    await house.say("two")
    await house.say("/model acme-3")
    await house.say("three")
    house.gate.is_open.set()
    await let_run()
    gate.set()
    await let_run()
    models = [asked.request.model for asked in house.provider.asked]
    assert models == ["acme-1", "acme-2", "acme-3"]


async def test_an_update_acts_once(house: House) -> None:
    """A messenger that hands an update over again changes nothing, whatever it was."""
    for body in (Text("hello"), Command("ping"), Press("pick:one")):
        for _ in range(2):
            await house.receive(body, update=f"same {body}")
            await let_run()
    assert house.said == ["Echo: hello", "pong", "picked one"]


async def test_a_double_tap_retries_once(house: House) -> None:
    """The second tap finds the turn beyond its attempt, and says so."""
    house.provider.enqueue(ValueError())
    await house.say("hello")
    (turn,) = await house.turns()
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("yes"), gate, Finish(FinishReason.STOP))
    await house.press(f"retry:again:{turn.id}:1")
    await house.press(f"retry:again:{turn.id}:1")
    gate.set()
    await let_run()
    assert len(house.provider.asked) == 2
    assert house.said[1:] == ["that was done already", "yes"]
    (turn,) = await house.turns()
    assert (turn.attempt, turn.answer) == (2, "yes")


async def test_nobody_retries_anothers_turn(house: House) -> None:
    """A button's action names a turn; whose it is is asked at every press."""
    house.provider.enqueue(ValueError())
    await house.say("hello")
    (turn,) = await house.turns()
    await house.press(f"retry:again:{turn.id}:1", BOB, HOME)
    assert len(house.provider.asked) == 1
    assert house.said[-1] == "that was done already"


async def test_a_press_changes_its_menu_in_place(house: House) -> None:
    """Where the messenger can; a typed command's reply is a message of its own."""
    await house.say("/menu")
    menu = house.frontend.shown[0].message
    await house.press("pick:one", message=menu)
    shown = house.frontend.shown[1]
    assert (shown.how, shown.message) == ("edit", menu)


async def test_numbers_choose_where_there_are_no_buttons() -> None:
    """Until the menu is answered or something else is said; then a number is a message."""
    house = House(FakeFrontend(abilities=PLAIN))
    await house.start()
    await house.give_key()
    await house.say("/menu")
    await house.say("2")
    await house.say("2")
    assert house.said == ["menu", "picked two", "Echo: 2"]
    assert [shown.how for shown in house.frontend.shown] == ["post", "post", "finish"]


async def test_what_the_bot_waits_for_can_be_asked(house: House) -> None:
    """So that a key can be typed unseen; nobody it does not know is asked anything."""
    assert house.router.open_question(BOB, HOME) is None
    await house.say("/addkey")
    question = house.router.open_question(ALICE, HOME)
    assert question is not None
    assert question.action == "addkey:key:acme"


async def test_unknown_commands_and_old_buttons_are_named_as_such(house: House) -> None:
    """They go to nobody."""
    await house.say("/pingg")
    await house.press("gone:x")
    await house.press("ping:x")
    assert "I do not know /pingg" in house.said[0]
    assert house.said[1] == house.said[2]
    assert "This choice is old" in house.said[1]
    assert house.provider.asked == []


async def test_a_personal_command_in_a_group_is_answered_in_private(house: House) -> None:
    """In the group it is only said where the answer is, or belongs."""
    await house.say("/menu", ALICE, CLUB)
    assert house.frontend.texts_in(CLUB) == ["That is private. I sent it to you."]
    assert house.frontend.texts_in(HOME) == ["menu"]
    house.frontend.fail_next("open_private", FrontendError())
    await house.say("/menu", ALICE, CLUB)
    assert house.said[-1] == "/menu is private. Send it to me in a private chat."


async def test_strangers_are_told_once_an_hour_and_nothing_is_kept(house: House) -> None:
    """In a group they hear nothing at all."""
    theirs = Place("fake", "mallory")
    before = house.at_rest
    await house.say("let me in", STRANGER, theirs)
    await house.say("/ping", STRANGER, theirs)
    await house.say("hello", STRANGER, CLUB)
    assert len(house.said) == 1
    assert "fake:mallory" in house.said[0]
    ((copy,),) = house.frontend.shown[0].reply.buttons
    assert (copy.copy, copy.action) == ("fake:mallory", "")
    assert house.at_rest == before
    await house.clock.advance(3_600)
    await house.say("please", STRANGER, theirs)
    assert len(house.said) == 2


async def test_a_messenger_that_is_not_configured_is_not_heard(house: House) -> None:
    """Nothing is stored for it."""
    before = house.at_rest
    await house.receive(Text("hi"), ALICE, Place("other", "alice"))
    assert house.at_rest == before


async def test_a_waiting_message_is_seen_and_the_sixth_is_told(house: House) -> None:
    """A sign without words for each; words once."""
    house.provider.enqueue(asyncio.Event())
    for number in range(9):
        await house.receive(Text(f"q{number}"), message=f"m{number}")
        await let_run()
    assert house.frontend.noticed == [f"m{number}" for number in range(1, 9)]
    assert len(house.said) == 1
    assert house.said[0].startswith("6 of your messages are waiting")


async def test_a_full_inbox_takes_no_more(house: House) -> None:
    """The twenty-first is not stored, and the member hears it; others are not concerned."""
    house.provider.enqueue(asyncio.Event())
    for number in range(21):
        await house.say(f"q{number}")
    assert house.said[-1].startswith("**I did not keep this message.** 20 of yours")
    assert len(await house.turns()) == 20
    await house.say("hi", BOB, Place("fake", "bob"))
    assert len(await house.turns()) == 21


async def test_messages_behind_a_slow_command_are_bounded_and_taken_once(house: House) -> None:
    """They wait in its line, each once, and no more of them than are kept anywhere."""
    await house.say("/slow acme-2")
    for number in range(25):
        for _ in range(2):
            await house.receive(Text(f"q{number}"), update=f"behind {number}")
    assert {text[:30] for text in house.said} == {"**I did not keep this message."}
    house.gate.is_open.set()
    await let_run()
    await let_run()
    questions = [asked.question for asked in house.provider.asked]
    assert questions == [f"q{number}" for number in range(19)]


async def test_what_cannot_be_stored_is_not_taken_and_said_once(house: House) -> None:
    """The messenger keeps it and hands it over again until there is room."""
    disk = FullDisk(house.stores.intake, "accept", "accept_turn")
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            await house.receive(Text("hello"), update="u-full")
        with pytest.raises(StorageUnavailable):
            await house.receive(Command("ping"), update="u-full-2")
    assert len(house.said) == 1
    assert house.said[0].startswith("**I cannot store anything now**, so I did not take")
    disk.make_room()
    await house.receive(Text("hello"), update="u-full")
    await let_run()
    assert house.said[1:] == ["Echo: hello"]
    disk.is_full = True
    with pytest.raises(StorageUnavailable):
        await house.receive(Text("more"))
    assert house.said[2:] == house.said[:1]


@pytest.mark.parametrize("name", ["begin_attempt", "end", "find", "wait"])
async def test_a_full_disk_in_mid_turn_delays_the_answer_and_bills_once(
    house: House, name: str
) -> None:
    """What was taken is answered when there is room; the member is told once meanwhile."""
    if name == "find":
        house.provider.enqueue(TextDelta("one"), asyncio.Event())
        await house.say("first")
    if name == "wait":
        await house.say("/removekey")
    disk = FullDisk(house.stores.turns, name)
    await house.say("hello")
    if name == "find":
        await house.say("/stop")
    await house.clock.advance(60)
    assert disk.tries > 5
    told = [text for text in house.said if "cannot store anything now" in text]
    assert len(told) == 1
    assert "did not take" not in told[0]
    disk.make_room()
    await house.clock.advance(3)
    last = "**You have no key yet**" if name == "wait" else "Echo: hello"
    assert house.said[-1].startswith(last)
    questions = [asked.question for asked in house.provider.asked]
    assert questions.count("hello") == (name != "wait")


@pytest.mark.parametrize("name", ["begin", "finish"])
async def test_a_full_disk_in_mid_command_delays_it(house: House, name: str) -> None:
    """It acts once, when there is room."""
    disk = FullDisk(house.stores.intake, name)
    await house.say("/ping")
    await house.clock.advance(60)
    assert [text for text in house.said if "pong" in text] == []
    disk.make_room()
    await house.clock.advance(3)
    assert len(house.said) == 2
    assert house.said[-1] == "pong"


async def test_a_failing_command_is_set_aside_and_told(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Its reference is in the log; what was typed is not."""
    await house.say("/boom the words")
    assert "Something broke on my side" in house.said[0]
    assert "command boom failed ref=" in caplog.text
    assert "the words" not in caplog.text
    await house.restart()
    assert len(house.said) == 1
    await house.say("/ping")
    assert house.said[-1] == "pong"


async def test_a_member_who_changes_their_name_stays_the_same(house: House) -> None:
    """The name is for showing; the account is who they are."""
    first = (await house.turns(), await house.member())
    incoming = house._incoming(Command("ping"), ALICE, HOME)
    await house.router.receive(replace(incoming, sender_name="Alicia"))
    await let_run()
    assert (await house.turns(), await house.member()) == first
    assert house.router._roster._members[ALICE].name == "Alicia"


async def test_the_memory_of_members_is_bounded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crowd does not fill it."""
    monkeypatch.setattr("bot.roster._KNOWN", 2)
    house.access.is_open = True
    for number in range(5):
        await house.say("/ping", Identity("fake", f"p{number}"))
    assert len(house.router._roster._members) <= 2
    assert house.said == ["pong"] * 5


async def test_settled_waits_until_all_is_handled_and_delivered(house: House) -> None:
    """Commands, turns and their messages alike."""
    for line in (Command("ping"), Text("one"), Text("two")):
        await house.receive(line)
    await house.router.settled(HOME)
    assert house.said == ["pong", "Echo: one", "Echo: two"]
