"""What every store does with the new text of a question."""

from dataclasses import replace

import pytest

from bot.domain.chat import Overrides, Scope, Turn, TurnState, WaitReason
from bot.domain.effects import (
    AnswerRevised,
    Choose,
    DropWaiting,
    RetryTurn,
    Revise,
    TakeBack,
)
from bot.domain.ports import Applied
from tests.fakes.neighbours import BOB, HERS, Neighbours


async def found(house: Neighbours, turn: Turn) -> Turn:
    """Return a turn as it is stored now."""
    stored = await house.stores.turns.find(turn.id)
    assert stored is not None
    return stored


async def history(house: Neighbours) -> list[str]:
    """Return what the next question is asked with."""
    turn = await house.ask("next?")
    messages, _ = await house.stores.turns.history(
        turn.session, before=turn.id, budget_tokens=10_000
    )
    return [message.text for message in messages]


@pytest.mark.parametrize("waits", [False, True], ids=["received", "waiting"])
async def test_a_question_that_has_not_begun_is_asked_as_it_is_now(
    house: Neighbours, *, waits: bool
) -> None:
    """Whoever knows only the old text cannot begin with it; the conversation's name follows."""
    turn = await house.ask("rice?")
    if waits:
        await house.stores.turns.wait(turn.id, WaitReason.KEY, ())
    effect = Revise(turn=turn.id, member=turn.member, question="rice and peas?")
    assert (await house.do(effect)).applied is Applied.DONE
    now = await found(house, turn)
    assert (now.question, now.edits, now.revised) == ("rice and peas?", 1, None)
    assert now.state is (TurnState.WAITING if waits else TurnState.RECEIVED)
    session = await house.stores.settings.session(HERS, turn.member)
    assert session.title == "rice and peas?"
    assert not await house.stores.turns.begin_attempt(turn.id, 1)
    assert await house.stores.turns.begin_attempt(turn.id, 1, edits=1) is not waits


@pytest.mark.parametrize("ending", ["requested", "answered", "retried", "dropped", "taken back"])
async def test_a_question_that_has_begun_stands(house: Neighbours, ending: str) -> None:
    """Then nothing of it changes, and the effect says so."""
    turn = await house.ask("rice?")
    if ending == "requested":
        assert await house.stores.turns.begin_attempt(turn.id, 1)
    elif ending == "dropped":
        await house.do(DropWaiting(member=turn.member, place=HERS))
    elif ending == "taken back":
        await house.do(TakeBack(turn=turn.id, member=turn.member))
    else:
        await house.answer(turn)
    if ending == "retried":
        await house.do(RetryTurn(turn=turn.id, member=turn.member, attempt=1))
    before = await found(house, turn)
    effect = Revise(turn=turn.id, member=turn.member, question="peas?")
    assert (await house.do(effect)).applied is Applied.STALE
    assert await found(house, turn) == before


async def test_a_revised_question_takes_the_place_of_the_old_pair(house: Neighbours) -> None:
    """Once; it is bound to what is chosen then, and the old answer is in no prompt any more."""
    turn = await house.talk("rice?", "Beans.")
    keep = Revise(turn=turn.id, member=turn.member, question="rice and peas?", is_begun=True)
    await house.do(keep)
    kept = await found(house, turn)
    assert (kept.question, kept.answer, kept.revised) == ("rice?", "Beans.", "rice and peas?")
    await house.do(
        Choose(
            scope=Scope.SESSION,
            member=turn.member,
            session=turn.session,
            overrides=Overrides(model="m2"),
        )
    )
    effect = AnswerRevised(turn=turn.id, member=turn.member, attempt=1)
    result = await house.do(effect)
    assert result.applied is Applied.DONE
    (again,) = result.turns
    assert again == await found(house, turn)
    assert (again.question, again.answer, again.revised) == ("rice and peas?", None, None)
    assert (again.state, again.attempt, again.choices.model) == (TurnState.RECEIVED, 1, "m2")
    assert (await house.do(effect)).applied is Applied.STALE
    session = await house.stores.settings.session(HERS, turn.member)
    assert (session.messages, session.title) == (1, "rice and peas?")
    await house.answer(again, "Ham.")
    assert await history(house) == ["rice and peas?", "Ham."]


@pytest.mark.parametrize("fault", ["nothing kept", "attempt", "member", "running", "taken back"])
async def test_a_revised_question_is_not_asked_otherwise(house: Neighbours, fault: str) -> None:
    """An old button, a double tap, somebody else's or a forged press does nothing."""
    turn, bob = await house.talk("rice?", "Beans."), await house.member(BOB)
    keep = Revise(turn=turn.id, member=turn.member, question="peas?", is_begun=True)
    if fault != "nothing kept":
        await house.do(keep)
    if fault == "running":
        await house.do(RetryTurn(turn=turn.id, member=turn.member, attempt=1))
    if fault == "taken back":
        await house.do(TakeBack(turn=turn.id, member=turn.member))
    before = await found(house, turn)
    effect = AnswerRevised(turn=turn.id, member=turn.member, attempt=1)
    if fault == "attempt":
        effect = replace(effect, attempt=2)
    if fault == "member":
        effect = replace(effect, member=bob.id)
        theirs = replace(keep, member=bob.id, question="mine")
        assert (await house.do(theirs)).applied is Applied.STALE
    assert (await house.do(effect)).applied is Applied.STALE
    assert await found(house, turn) == before


async def test_a_kept_question_is_forgotten(house: Neighbours) -> None:
    """When its member leaves it, or has the old one answered again."""
    turn = await house.talk("rice?", "Beans.")
    keep = Revise(turn=turn.id, member=turn.member, question="peas?", is_begun=True)
    await house.do(keep)
    await house.do(replace(keep, question=None))
    assert (await found(house, turn)).revised is None
    await house.do(keep)
    (again,) = (await house.do(RetryTurn(turn=turn.id, member=turn.member, attempt=1))).turns
    assert again == await found(house, turn)
    assert (again.question, again.revised) == ("rice?", None)
