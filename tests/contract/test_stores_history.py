"""What a transcript is, in every TurnStore."""

from dataclasses import replace

from bot.domain.chat import (
    Message,
    Role,
    Turn,
    TurnState,
    estimate_tokens,
)
from bot.domain.effects import (
    RetryTurn,
    TakeBack,
)
from bot.domain.ports import Applied, Ending
from tests.fakes.neighbours import BOB, GROUP, Neighbours


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


async def test_history_is_whole_turns_oldest_first(house: Neighbours) -> None:
    """Questions and answers in order, without the turn that is asked now."""
    await house.talk("q1", "a1")
    await house.talk("q2", "a2")
    turn = await house.ask("q3")
    messages, has_older = await house.stores.turns.history(
        turn.session, before=turn.id, budget_tokens=10_000
    )
    assert messages == (
        Message(Role.USER, "q1"),
        Message(Role.ASSISTANT, "a1"),
        Message(Role.USER, "q2"),
        Message(Role.ASSISTANT, "a2"),
    )
    assert not has_older


async def test_history_keeps_to_its_budget(house: Neighbours) -> None:
    """The newest whole turns that fit, and whether older ones did not."""
    await house.talk("q1 " * 50, "a1")
    await house.talk("q2", "a2")
    turn = await house.ask("q3")
    small = estimate_tokens(("q2", "a2"))
    assert await history(house, turn, small) == (["q2", "a2"], True)
    assert await history(house, turn, small - 1) == ([], True)
    assert (await history(house, turn))[1] is False


async def test_history_reads_over_many_turns(house: Neighbours) -> None:
    """More turns than are read at once come in order."""
    for number in range(140):
        await house.talk(f"q{number}", f"a{number}")
    turn = await house.ask("now")
    texts, has_older = await history(house, turn)
    assert texts == [text for n in range(140) for text in (f"q{n}", f"a{n}")]
    assert not has_older


async def test_history_has_answers_only(house: Neighbours) -> None:
    """Turns without an answer are left out; a stopped one with text is part of it."""
    failed = await house.ask("failed")
    await house.stores.turns.end(failed.id, 0, Ending(state=TurnState.FAILED))
    stopped = await house.ask("stopped")
    await house.answer(stopped, "half an", state=TurnState.STOPPED)
    await house.ask("waiting")
    assert (await history(house, await house.ask("now")))[0] == ["stopped", "half an"]


async def test_a_late_answer_stands_where_it_came(house: Neighbours) -> None:
    """History is in the order of first answers, which in a group is not that of questions."""
    first = await house.ask("alice", place=GROUP)
    second = await house.ask("bob", sender=BOB, place=GROUP)
    assert first.session == second.session
    await house.answer(second, "to bob")
    await house.answer(first, "to alice")
    turn = await house.ask("now", place=GROUP)
    assert (await history(house, turn))[0] == ["bob", "to bob", "alice", "to alice"]


async def test_a_retry_keeps_its_place(house: Neighbours) -> None:
    """The old answer stays until the new one is there, which takes its place in the history."""
    turn = await house.talk("q1", "old")
    await house.talk("q2", "a2")
    result = await house.do(RetryTurn(turn=turn.id, member=turn.member, attempt=1))
    (again,) = result.turns
    assert (again.state, again.attempt, again.answer) == (TurnState.RECEIVED, 1, "old")
    assert again.id == turn.id
    assert (await history(house, again))[0] == []
    probe = await house.ask("probe")
    assert (await history(house, probe))[0] == ["q1", "old", "q2", "a2"]
    await house.answer(again, "new")
    assert (await history(house, probe))[0] == ["q1", "new", "q2", "a2"]


async def test_taking_back_and_putting_back(house: Neighbours) -> None:
    """A turn taken back is out of the history and is not the last; once each way."""
    await house.talk("q1", "a1")
    turn = await house.talk("q2", "a2")
    back = TakeBack(turn=turn.id, member=turn.member)
    assert (await house.do(back)).applied is Applied.DONE
    assert (await house.do(back)).applied is Applied.STALE
    assert (await found(house, turn)).is_taken_back
    retry = RetryTurn(turn=turn.id, member=turn.member, attempt=1)
    assert (await house.do(retry)).applied is Applied.STALE
    probe = await house.ask("probe")
    assert (await history(house, probe))[0] == ["q1", "a1"]
    redo = replace(back, is_back=True)
    assert (await house.do(redo)).applied is Applied.DONE
    assert (await house.do(redo)).applied is Applied.STALE
    assert (await history(house, probe))[0] == ["q1", "a1", "q2", "a2"]
    bob = await house.member(BOB)
    assert (await house.do(replace(back, member=bob.id))).applied is Applied.STALE


async def test_the_last_turn_is_the_members_own(house: Neighbours) -> None:
    """The newest of this member in this session that was not taken back."""
    bob = await house.member(BOB)
    first = await house.talk("a1", "x", place=GROUP)
    second = await house.talk("a2", "x", place=GROUP)
    await house.talk("b1", "x", sender=BOB, place=GROUP)
    last = await house.stores.turns.last(first.session, first.member)
    assert last
    assert last.id == second.id
    await house.do(TakeBack(turn=second.id, member=first.member))
    last = await house.stores.turns.last(first.session, first.member)
    assert last
    assert last.id == first.id
    hers = await house.ask("private")
    assert await house.stores.turns.last(hers.session, bob.id) is None
