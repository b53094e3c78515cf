"""A start after a crash, and an end in order: what is taken up, told, parked or left alone."""

import asyncio

import pytest

from bot.domain.chat import Finish, FinishReason, TextDelta, Turn, TurnState
from bot.domain.errors import FrontendError, SendThrottled
from bot.domain.events import Command, DeliveryState, Press, SecretText, Text
from bot.domain.secret import Secret
from tests.fakes.clock import let_run
from tests.fakes.disk import FullDisk
from tests.fakes.frontend import FakeFrontend
from tests.fakes.house import ALICE, BOB, BOBS, HOME, STRANGER, House


@pytest.fixture
async def house() -> House:
    """A house where Alice has a key and a model."""
    house = House()
    await house.start()
    await house.give_key()
    return house


async def only_turn(house: House) -> Turn:
    """Return the one turn there is."""
    (turn,) = await house.turns()
    return turn


async def test_a_received_turn_runs_after_a_crash(house: House) -> None:
    """It was durable before it was confirmed, and nobody was asked yet."""
    await house.receive(Text("hello"))
    await house.restart()
    assert house.said == ["Echo: hello"]
    assert (await only_turn(house)).attempt == 1


async def test_a_requested_turn_is_told_with_what_had_arrived(house: House) -> None:
    """It may have been billed: it is not asked again, the member has the choice."""
    house.provider.enqueue(TextDelta("Half of"), asyncio.Event())
    await house.say("hello")
    await house.clock.advance(2)
    await house.restart()
    turn = await only_turn(house)
    assert (turn.state, turn.answer) == (TurnState.INTERRUPTED, "Half of")
    assert len(house.provider.asked) == 1
    (shown,) = house.frontend.shown
    assert shown.reply.text == "Half of"
    assert shown.reply.footer == "Cut by a restart. This part may be charged."
    assert shown.reply.buttons[0][0].action == f"retry:again:{turn.id}:1"
    spent = await house.stores.settings.spent(turn.member)
    assert (spent.answers, spent.is_estimated) == (1, True)
    await house.press(f"retry:again:{turn.id}:1")
    assert house.said[-1] == "Echo: hello"


async def test_a_requested_turn_without_text_is_quoted(house: House) -> None:
    """The member sees which question it was."""
    house.provider.enqueue(asyncio.Event())
    await house.say("hello")
    await house.restart()
    assert "I was restarted while asking acme-1" in house.said[0]
    assert '"hello"' in house.said[0]


async def test_what_was_cut_goes_on_in_the_message_where_it_grew() -> None:
    """A draft does not stay behind as a second copy."""
    house = House(FakeFrontend(shows_opening=True))
    await house.start()
    await house.give_key()
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await house.say("hello")
    grown = house.frontend.sinks[0].message
    await house.clock.advance(2)
    await house.restart()
    (shown,) = house.frontend.shown
    assert (shown.how, shown.message, shown.reply.text) == ("edit", grown, "Half")


async def test_an_interrupted_turn_of_a_vendor_that_is_gone_is_told_too(house: House) -> None:
    """Its words need no vendor."""
    house.provider.enqueue(asyncio.Event())
    await house.say("hello")
    await house.crash()
    house.sessions._providers = {}
    await house.start()
    assert (await only_turn(house)).state is TurnState.INTERRUPTED


async def test_an_answer_that_was_not_delivered_comes_late(house: House) -> None:
    """It says so under its last part, once, and is asked of nobody again."""
    house.frontend.limit = 6
    house.frontend.fail_next("finish", SendThrottled(60))
    await house.say("hello")
    await house.restart()
    assert house.said == ["Echo: ", "hello"]
    footers = [shown.reply.footer for shown in house.frontend.shown]
    assert footers == ["", "acme-1, 15 tokens, cost unknown. Late: I was restarted."]
    assert len(house.provider.asked) == 1


async def test_an_answer_that_may_be_there_is_marked(house: House) -> None:
    """The crash came between the call and its commit."""
    house.frontend.fail_next("finish", SendThrottled(60))
    await house.say("hello")
    (row,) = await house.stores.turns.deliveries()
    await house.stores.turns.mark_delivery(row.id, DeliveryState.SENDING)
    await house.restart()
    assert house.said == ["(sent again)\nEcho: hello"]
    assert "Late" not in house.frontend.shown[0].reply.footer


async def test_a_late_notice_is_not_called_late(house: House) -> None:
    """Only answers say so; an answer without a cost line says nothing else."""
    house.frontend.fail_next("post", SendThrottled(60))
    await house.say("/ping")
    await house.restart()
    assert house.said == ["pong"]
    assert house.frontend.shown[0].reply.footer == ""


async def test_a_command_that_was_not_handled_is_handled_once(house: House) -> None:
    """It acts as it was typed, and not again at the next start."""
    await house.receive(Command("ping", "me"))
    await house.restart()
    await house.restart()
    assert house.said == ["pong me"]


async def test_a_message_behind_a_command_keeps_its_place_through_a_crash(house: House) -> None:
    """It is asked with what the command before it chose, and not with what came after."""
    await house.say("/slow acme-2")
    await house.say("hello")
    await house.say("/model acme-3")
    await house.crash()
    house.gate.is_open.set()
    starting = asyncio.ensure_future(house.start())
    await let_run()
    await starting
    assert [asked.request.model for asked in house.provider.asked] == ["acme-2"]
    assert house.said == ["model acme-2", "model acme-3", "Echo: hello"]


async def test_a_handled_press_is_not_replayed(house: House) -> None:
    """Its effect and "handled" were one commit."""
    await house.say("/menu")
    await house.receive(Press("pick:one"))
    await let_run()
    await house.restart()
    assert house.said == ["menu", "picked one"]


async def test_a_key_that_was_not_saved_is_asked_for_again(house: House) -> None:
    """Only its stub was kept: the message is deleted and the member told."""
    await house.receive(
        SecretText(Command("addkey", "acme"), Secret("sk-canary-new")), message="m-key"
    )
    await house.restart()
    assert house.said[0].startswith("**I was restarted before I could save your key.**")
    assert house.frontend.deleted == [(HOME, "m-key")]
    await house.restart()
    assert len(house.said) == 1


@pytest.mark.parametrize("has_begun", [False, True], ids=["new", "begun-before"])
async def test_a_stored_text_becomes_one_turn(house: House, *, has_begun: bool) -> None:
    """A message that was kept as an update is asked once, and shown as begun once."""
    row = await house.stores.intake.accept(house._incoming(Text("hello"), ALICE, HOME))
    assert row is not None
    if has_begun:
        await house.stores.intake.begin(row.id)
    await house.restart()
    assert house.said == ["Echo: hello"]
    assert len(house.frontend.sinks) == 1


async def test_what_keeps_ending_the_process_is_set_aside(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Three starts; then the member hears it, and the rest goes on."""
    await house.receive(Command("slow", "acme-2"))
    for tries in range(1, 4):
        await house.crash()
        starting = asyncio.ensure_future(house.start())
        await let_run()
        assert house.gate.begun == min(tries, 3)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
    assert house.said == []
    await house.restart()
    assert house.gate.begun == 3
    assert "Something broke on my side" in house.said[0]
    assert "set aside" in caplog.text
    await house.restart()
    assert len(house.said) == 1


async def test_what_failed_before_runs_alone_and_first(house: House) -> None:
    """If it ends the process again, nothing else is drawn in."""
    await house.receive(Command("ping"))
    await house.receive(Command("slow", "acme-2"), BOB, BOBS)
    rows = await house.stores.intake.pending()
    await house.stores.intake.begin(rows[1].id)
    await house.crash()
    starting = asyncio.ensure_future(house.start())
    await let_run()
    assert (house.gate.begun, house.said) == (1, [])
    house.gate.is_open.set()
    await starting
    assert house.said == ["model acme-2", "pong"]


async def test_a_replay_that_fails_does_not_stop_the_start(house: House) -> None:
    """It is set aside like any failing command."""
    await house.receive(SecretText(Command("addkey"), Secret("sk-canary-new")))
    await house.crash()
    house.frontend.fail_next("delete", ValueError())
    await house.start()
    assert "Something broke on my side" in house.said[0]
    await house.say("/ping")
    assert house.said[-1] == "pong"


async def test_who_may_not_come_in_any_more_is_not_replayed(house: House) -> None:
    """What they sent is dropped, unsaid."""
    house.access.is_open = True
    await house.receive(Command("ping"), STRANGER)
    house.access.is_open = False
    await house.restart()
    assert house.said == []
    assert await house.stores.intake.pending() == ()


async def test_a_messenger_that_is_not_configured_now_keeps_what_it_sent(house: House) -> None:
    """Updates and turns of it stay for a start with it."""
    await house.receive(Command("ping"))
    await house.receive(Text("hello"))
    await house.crash()
    real, house.frontend = house.frontend, FakeFrontend("other")
    house._build()
    await house.start()
    assert house.said == []
    house.frontend = real
    await house.restart()
    assert house.said == ["pong", "Echo: hello"]


async def test_a_restored_backup_sends_and_asks_nothing_by_itself(house: House) -> None:
    """What was open has expired; each is offered once, when its member writes."""
    await house.receive(Text("hello"))
    await house.crash()
    house.stores.begin_epoch()
    await house.start()
    assert (await only_turn(house)).state is TurnState.EXPIRED
    assert (house.said, house.provider.asked) == ([], [])
    await house.say("hi", BOB, BOBS)
    assert len(house.said) == 1
    await house.say("/ping")
    assert "restored from a backup" in house.said[1]
    await house.say("/ping")
    await house.restart()
    await house.say("/ping")
    assert sum("restored from a backup" in text for text in house.said) == 1
    turn = (await house.turns())[0]
    await house.press(f"retry:again:{turn.id}:0")
    assert house.said[-1] == "Echo: hello"


async def test_an_end_in_order_lets_answers_come_to_their_end(house: House) -> None:
    """Within the grace; what waits behind is not begun, and runs after the next start."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("done"), gate, Finish(FinishReason.STOP))
    await house.say("one")
    await house.say("two")
    closing = asyncio.ensure_future(house.router.close(5))
    await let_run()
    assert not closing.done()
    gate.set()
    await closing
    assert house.said == ["done"]
    await house.restart()
    assert house.said == ["done", "Echo: two"]


async def test_an_answer_beyond_the_grace_is_parked_with_its_text(house: House) -> None:
    """It is told after the next start, with every word that had arrived."""
    house.provider.enqueue(TextDelta("Half of"), asyncio.Event())
    await house.say("hello")
    await house.router.close()
    turn = await only_turn(house)
    assert (turn.state, turn.partial) == (TurnState.REQUESTED, "Half of")
    assert house.provider.cancelled == 1
    assert not house.frontend.sinks[0].is_open
    await house.restart()
    assert house.said == ["Half of"]


async def test_a_stop_counts_though_the_process_ends_too(house: House) -> None:
    """The first reason to end an answer is the one that is recorded."""
    house.provider.enqueue(TextDelta("Half of"), asyncio.Event())
    await house.say("hello")
    assert house.sessions.stop(HOME, await house.member())
    await house.router.close()
    assert (await only_turn(house)).state is TurnState.STOPPED


async def test_an_end_before_the_request_leaves_the_turn_received(house: House) -> None:
    """Nothing left, so it simply runs at the next start."""
    FullDisk(house.stores.keys, "open_key")
    await house.say("hello")
    closing = asyncio.ensure_future(house.router.close())
    await house.clock.advance(3)
    await closing
    assert (await only_turn(house)).state is TurnState.RECEIVED


async def test_an_end_of_the_process_does_not_wait_for_a_full_disk(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer's turn is told as interrupted at the next start."""
    disk = FullDisk(house.stores.turns, "end")
    await house.say("hello")
    closing = asyncio.ensure_future(house.router.close())
    await house.clock.advance(3)
    await closing
    assert "left for the next start: database or disk is full" in caplog.text
    disk.make_room()
    await house.restart()
    assert (await only_turn(house)).state is TurnState.INTERRUPTED


async def test_a_command_is_left_for_the_next_start_when_the_disk_stays_full(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """It was taken, so it is handled then."""
    disk = FullDisk(house.stores.intake, "finish")
    await house.say("/ping")
    house.courier.patience.end()
    await house.clock.advance(3)
    assert "an update is left for the next start" in caplog.text
    disk.make_room()
    await house.restart()
    assert house.said[-1] == "pong"


async def test_a_full_disk_does_not_end_the_checkpoints(house: House) -> None:
    """They go on when there is room; the answer streams on meanwhile."""
    disk = FullDisk(house.stores.turns, "checkpoint")
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await house.say("hello")
    await house.clock.advance(5)
    assert disk.tries == 2
    disk.make_room()
    await house.clock.advance(2)
    assert (await only_turn(house)).partial == "Half"


async def test_an_idle_house_closes_at_once(house: House) -> None:
    """With nothing to wait for."""
    await house.router.close(10)
    assert house.said == []


async def test_what_is_still_undelivered_stays_for_the_next_start(house: House) -> None:
    """A messenger that is down does not hold up the end."""
    house.frontend.fail_next("finish", FrontendError())
    await house.say("hello")
    await house.router.close()
    assert house.said == []
    await house.restart()
    assert house.said == ["Echo: hello"]
