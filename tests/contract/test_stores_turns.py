"""What every TurnStore does."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.chat import Adjustment, Turn, TurnId, TurnState, WaitReason
from bot.domain.effects import (
    DropKey,
    DropWaiting,
    LearnAdjustment,
    NoteOnce,
    ReleaseWaiting,
    RetryTurn,
    SetQuestion,
    StartSession,
)
from bot.domain.events import DeliveryId, DeliveryState, MessageRef, Question, QuestionKind
from bot.domain.keys import KeyId
from bot.domain.ports import Applied, Ending
from bot.domain.usage import Usage
from tests.fakes.neighbours import BOB, DAY_S, GROUP, HERS, HIS, Neighbours


async def found(house: Neighbours, turn: Turn) -> Turn:
    """Return a turn as it is stored now."""
    stored = await house.stores.turns.find(turn.id)
    assert stored is not None
    return stored


async def history(house: Neighbours, turn: Turn, budget: int = 10_000) -> tuple[list[str], bool]:
    """Return the texts a turn would be asked with, and whether older ones did not fit."""
    messages, has_older = await house.stores.turns.history(
        turn.session, before=turn.id, budget_tokens=budget
    )
    return [message.text for message in messages], has_older


async def test_a_turn_from_question_to_answer(house: Neighbours) -> None:
    """A turn goes received → requested(1) → answered, and the answer is kept whole."""
    turn = await house.ask()
    assert await house.stores.turns.begin_attempt(turn.id, 1)
    requested = await found(house, turn)
    assert (requested.state, requested.attempt) == (TurnState.REQUESTED, 1)
    await house.stores.turns.checkpoint({turn.id: "Boil"})
    assert (await found(house, turn)).partial == "Boil"
    await house.stores.turns.end(
        turn.id, 1, Ending(state=TurnState.ANSWERED, answer="Boil them. 🥚")
    )
    ended = await found(house, turn)
    assert ended.state is TurnState.ANSWERED
    assert ended.answer == "Boil them. 🥚"
    assert ended.partial == ""


@pytest.mark.parametrize("attempt", [0, 2, 3])
async def test_attempts_come_one_by_one(house: Neighbours, attempt: int) -> None:
    """An attempt that is not the next one does not begin."""
    turn = await house.ask()
    assert not await house.stores.turns.begin_attempt(turn.id, attempt)
    assert (await found(house, turn)).state is TurnState.RECEIVED


async def test_an_attempt_begins_once(house: Neighbours) -> None:
    """The same attempt does not begin twice; one that was not sent may be followed by another."""
    turn = await house.ask()
    assert await house.stores.turns.begin_attempt(turn.id, 1)
    assert not await house.stores.turns.begin_attempt(turn.id, 1)
    assert await house.stores.turns.begin_attempt(turn.id, 2)
    await house.stores.turns.end(turn.id, 2, Ending(state=TurnState.FAILED, detail="rate"))
    assert not await house.stores.turns.begin_attempt(turn.id, 3)
    assert not await house.stores.turns.begin_attempt(TurnId(turn.id + 99), 1)


async def test_a_turn_ends_once(house: Neighbours) -> None:
    """Neither another attempt's end nor a second one changes anything."""
    member = await house.member()
    turn = await house.ask()
    assert await house.stores.turns.begin_attempt(turn.id, 1)
    ending = Ending(
        state=TurnState.ANSWERED,
        answer="one",
        usage=Usage(input_tokens=1),
        replies=(house.reply(member, "one", turn=turn),),
    )
    assert await house.stores.turns.end(turn.id, 2, ending) == ()
    assert len(await house.stores.turns.end(turn.id, 1, ending)) == 1
    late = replace(ending, answer="two", state=TurnState.STOPPED)
    assert await house.stores.turns.end(turn.id, 1, late) == ()
    assert await house.stores.turns.end(TurnId(999), 1, late) == ()
    assert (await found(house, turn)).answer == "one"
    assert (await house.stores.settings.spent(member.id)).answers == 1
    assert len(await house.stores.turns.deliveries()) == 1


async def test_a_turn_may_fail_before_it_was_asked(house: Neighbours) -> None:
    """A received or waiting turn ends too, without an answer."""
    turn = await house.ask()
    await house.stores.turns.end(turn.id, 0, Ending(state=TurnState.FAILED, detail="model"))
    ended = await found(house, turn)
    assert (ended.state, ended.detail, ended.answer) == (TurnState.FAILED, "model", None)
    assert (await history(house, await house.ask("next")))[0] == []


async def test_a_late_end_does_not_end_the_retry(house: Neighbours) -> None:
    """An attempt's end with text or usage never closes a turn that waits to be asked again."""
    turn = await house.ask()
    assert await house.stores.turns.begin_attempt(turn.id, 1)
    await house.stores.turns.end(turn.id, 1, Ending(state=TurnState.STOPPED))
    await house.do(RetryTurn(turn=turn.id, member=turn.member, attempt=1))
    late = Ending(state=TurnState.ANSWERED, answer="late", usage=Usage())
    assert await house.stores.turns.end(turn.id, 1, late) == ()
    assert (await found(house, turn)).state is TurnState.RECEIVED


async def test_checkpoints_of_ended_turns_are_left(house: Neighbours) -> None:
    """Many turns are checkpointed at once; those that ended meanwhile stay as they ended."""
    first, second = await house.ask("1"), await house.ask("2")
    await house.answer(first, "done")
    assert await house.stores.turns.begin_attempt(second.id, 1)
    await house.stores.turns.checkpoint({first.id: "x", second.id: "y", TurnId(99): "z"})
    await house.stores.turns.checkpoint({})
    assert ((await found(house, first)).answer, (await found(house, first)).partial) == (
        "done",
        "",
    )
    assert (await found(house, second)).partial == "y"


async def test_an_end_commits_its_effects(house: Neighbours) -> None:
    """What an answer taught is kept with it; an effect that is stale by then is left out."""
    turn = await house.ask()
    assert await house.stores.turns.begin_attempt(turn.id, 1)
    learned = LearnAdjustment(provider="demo", model="m", adjustment=Adjustment.DROP_TEMPERATURE)
    ending = Ending(
        state=TurnState.ANSWERED,
        answer="a",
        effects=(
            DropKey(member=turn.member, key=KeyId(404)),
            NoteOnce(member=turn.member, notice="n"),
            learned,
        ),
    )
    await house.stores.turns.end(turn.id, 1, ending)
    assert await house.stores.settings.has_noted(turn.member, "n")
    assert await house.stores.settings.adjustments("demo", "m") == {Adjustment.DROP_TEMPERATURE}
    assert (await found(house, turn)).state is TurnState.ANSWERED


async def test_a_retry_happens_once(house: Neighbours) -> None:
    """A double tap, an old button or somebody else's does nothing."""
    turn = await house.talk("q", "a")
    bob = await house.member(BOB)
    theirs = await house.do(RetryTurn(turn=turn.id, member=bob.id, attempt=1), sender=BOB)
    assert theirs.applied is Applied.STALE
    effect = RetryTurn(turn=turn.id, member=turn.member, attempt=1)
    assert (await house.do(effect)).applied is Applied.DONE
    assert (await house.do(effect)).applied is Applied.STALE
    await house.answer(replace(turn, attempt=1), "b")
    assert (await house.do(effect)).applied is Applied.STALE
    assert (await house.do(replace(effect, attempt=2))).applied is Applied.DONE


async def test_a_retry_may_name_another_model(house: Neighbours) -> None:
    """For this once; the session's own choice stays."""
    turn = await house.talk("q", "a")
    effect = RetryTurn(turn=turn.id, member=turn.member, attempt=1, provider="p", model="m")
    (again,) = (await house.do(effect)).turns
    assert (again.choices.provider, again.choices.model) == ("p", "m")
    assert (await found(house, turn)).choices == again.choices
    choices = await house.stores.settings.choices(turn.session, turn.member)
    assert choices.model == ""


async def test_the_first_part_edits_what_was_shown(house: Neighbours) -> None:
    """The answer goes on in the message that grew; further parts are new messages."""
    member = await house.member()
    turn = await house.ask()
    await house.stores.turns.shown(turn.id, MessageRef("m7"))
    parts = [house.reply(member, f"part {n}", turn=turn, part=n) for n in range(2)]
    rows = await house.answer(turn, "part 0 part 1", replies=[*parts, house.reply(member, "note")])
    assert [row.outgoing.edits for row in rows] == ["m7", None, None]
    assert [row.outgoing for row in await house.stores.turns.deliveries()] == [
        row.outgoing for row in rows
    ]
    await house.stores.turns.shown(turn.id, MessageRef("late"))
    retried = await house.do(RetryTurn(turn=turn.id, member=turn.member, attempt=1))
    (row,) = await house.answer(
        retried.turns[0], "anew", replies=[house.reply(member, "anew", turn=turn)]
    )
    assert row.outgoing.edits is None


async def test_an_end_that_waits_goes_into_a_message_that_appeared_late(
    house: Neighbours,
) -> None:
    """An answer may be over before the call returns that lets its first words appear."""
    member = await house.member()
    turn = await house.ask()
    parts = [house.reply(member, f"part {n}", turn=turn, part=n) for n in range(2)]
    await house.answer(turn, "part 0 part 1", replies=[*parts, house.reply(member, "note")])
    turns = house.stores.turns
    await turns.shown(turn.id, MessageRef("m7"))
    await turns.shown(turn.id, MessageRef("m8"))
    first, *others = await turns.deliveries()
    assert [each.outgoing.edits for each in (first, *others)] == ["m7", None, None]
    await turns.mark_delivery(first.id, DeliveryState.SENT, MessageRef("m7"))
    await turns.shown(turn.id, MessageRef("m9"))
    assert [each.outgoing.edits for each in await turns.deliveries()] == [None, None]


async def test_waiting_and_release(house: Neighbours) -> None:
    """A waiting turn runs when its reason is gone, bound to what was chosen meanwhile."""
    member = await house.member()
    turn = await house.ask("old")
    replies = (house.reply(member, "No key yet.", turn=turn),)
    question = Question(kind=QuestionKind.MENU, asked_at=house.clock.now())
    ask = SetQuestion(member=member.id, place=HERS, question=question)
    assert len(await house.stores.turns.wait(turn.id, WaitReason.KEY, replies, (ask,))) == 1
    close = replace(ask, question=None)
    assert await house.stores.turns.wait(turn.id, WaitReason.KEY, replies, (close,)) == ()
    assert [each.question for each in await house.stores.settings.questions()] == [question]
    waiting = await found(house, turn)
    assert (waiting.state, waiting.detail) == (TurnState.WAITING, "key")
    assert not await house.stores.turns.begin_attempt(turn.id, 1)
    await house.clock.advance(900)
    recent = await house.ask("recent")
    await house.stores.turns.wait(recent.id, WaitReason.KEY, ())
    other = await house.ask("other")
    await house.stores.turns.wait(other.id, WaitReason.BUDGET, ())
    await house.do(StartSession(member=member.id, place=HERS))
    since = house.clock.now()
    result = await house.do(ReleaseWaiting(member=member.id, reason=WaitReason.KEY, since=since))
    assert [each.question for each in result.turns] == ["recent"]
    now = await house.stores.settings.session(HERS, member.id)
    assert result.turns[0].session == now.id
    assert result.turns[0].state is TurnState.RECEIVED
    assert (await found(house, recent)) == result.turns[0]
    assert (await found(house, other)).state is TurnState.WAITING


async def test_a_retried_turn_that_waits_counts_from_the_retry(house: Neighbours) -> None:
    """An old question that was asked again just now is released like a new one."""
    turn = await house.talk("q", "a")
    await house.clock.advance(3 * DAY_S)
    await house.do(RetryTurn(turn=turn.id, member=turn.member, attempt=1))
    await house.stores.turns.wait(turn.id, WaitReason.KEY, ())
    await house.do(StartSession(member=turn.member, place=HERS))
    result = await house.do(
        ReleaseWaiting(member=turn.member, reason=WaitReason.KEY, since=house.clock.now())
    )
    assert [each.session for each in result.turns] == [turn.session]


async def test_waiting_turns_can_be_dropped(house: Neighbours) -> None:
    """What has not begun expires, but for the one to keep, other places and other members."""
    kept, dropped = await house.ask("kept"), await house.ask("dropped")
    running = await house.ask("running")
    assert await house.stores.turns.begin_attempt(running.id, 1)
    in_group = await house.ask("group", place=GROUP)
    bobs = await house.ask("bob", sender=BOB, place=HIS)
    await house.do(DropWaiting(member=kept.member, place=HERS, keep=kept.id))
    states = [(await found(house, t)).state for t in (kept, dropped, running, in_group, bobs)]
    assert states == [
        TurnState.RECEIVED,
        TurnState.EXPIRED,
        TurnState.REQUESTED,
        TurnState.RECEIVED,
        TurnState.RECEIVED,
    ]
    await house.do(DropWaiting(member=kept.member, place=HERS))
    assert (await found(house, kept)).state is TurnState.EXPIRED


async def test_recovery_returns_what_is_open(house: Neighbours) -> None:
    """Received, waiting and requested turns, oldest first; ended ones are done."""
    done = await house.talk("done", "a")
    turns = [await house.ask("1"), await house.ask("2"), await house.ask("3", sender=BOB)]
    await house.stores.turns.wait(turns[0].id, WaitReason.LOCK, ())
    assert await house.stores.turns.begin_attempt(turns[1].id, 1)
    await house.stores.turns.checkpoint({turns[1].id: "so far"})
    recovered = await house.stores.turns.recover()
    assert [turn.id for turn in recovered] == [turn.id for turn in turns]
    assert [turn.state.value for turn in recovered] == ["waiting", "requested", "received"]
    assert recovered[1].partial == "so far"
    assert done.id not in [turn.id for turn in recovered]


async def test_deliveries_from_pending_to_sent(house: Neighbours) -> None:
    """What is not sent comes again, marked if it may have been sent; what is done does not."""
    member = await house.member()
    rows = (
        await house.do(replies=[house.reply(member, text) for text in ("a", "b", "c", "d")])
    ).deliveries
    turns = house.stores.turns
    await turns.mark_delivery(rows[0].id, DeliveryState.SENDING)
    await turns.mark_delivery(rows[0].id, DeliveryState.SENT, MessageRef("m1"))
    await turns.mark_delivery(rows[1].id, DeliveryState.SENDING)
    await turns.mark_delivery(rows[2].id, DeliveryState.UNDELIVERABLE)
    left = await turns.deliveries()
    assert [(row.outgoing.reply.text, row.is_repeat) for row in left] == [
        ("b", True),
        ("d", False),
    ]
    await turns.mark_delivery(rows[0].id, DeliveryState.PENDING)
    await turns.mark_delivery(rows[1].id, DeliveryState.PENDING)
    await turns.mark_delivery(DeliveryId(999), DeliveryState.SENT)
    left = await turns.deliveries()
    assert [(row.outgoing.reply.text, row.is_repeat) for row in left] == [
        ("b", False),
        ("d", False),
    ]


async def test_a_reply_may_go_to_a_stranger(house: Neighbours) -> None:
    """A reply to somebody who is no member is kept and delivered like any other."""
    member = await house.member()
    stranger = replace(member, id=member.id.__class__("nobody"))
    result = await house.do(replies=[house.reply(stranger, "You are not invited.")])
    (row,) = await house.stores.turns.deliveries()
    assert row == result.deliveries[0]


async def test_usage_is_billed_with_the_answer(house: Neighbours) -> None:
    """Tokens, cost and what is unknown add up per member, session, model and day."""
    turn = await house.ask()
    await house.answer(turn, cost=Decimal("0.000000004"))
    other = await house.ask("bob", sender=BOB, place=HIS)
    await house.answer(other, cost=Decimal(1))
    spent = await house.stores.settings.spent(turn.member, session=turn.session)
    assert (spent.answers, spent.input_tokens, spent.output_tokens) == (1, 10, 20)
    assert spent.cost_usd == Decimal("0.000000004")
    assert (spent.unknown, spent.is_estimated) == (0, False)
