"""What every store does with messages that came late."""

from datetime import timedelta

import pytest

from bot.domain.chat import Place, Turn, TurnState, WaitReason
from bot.domain.effects import (
    Ask,
    DropWaiting,
    NoteOnce,
    ReleaseWaiting,
    StartSession,
    TakeBack,
)
from bot.domain.errors import InboxFull
from bot.domain.events import Text
from tests.fakes.neighbours import ALICE, BOB, GROUP, HERS, HIS, Neighbours

_ABSENCE = WaitReason.ABSENCE


async def late(
    house: Neighbours, text: str = "late", *, place: Place = HERS, limit: int = 20
) -> Turn:
    """Let Alice's message of an hour ago come in."""
    incoming = house.incoming(Text(text), place=place, minutes_ago=60)
    turn = await house.stores.intake.accept_turn(incoming, limit=limit, is_late=True)
    assert turn is not None
    return turn


async def states(house: Neighbours, *turns: Turn) -> list[str]:
    """Return how turns stand now."""
    found = [await house.stores.turns.find(turn.id) for turn in turns]
    return [turn.state.value for turn in found if turn]


async def test_a_late_message_waits_untold(house: Neighbours) -> None:
    """It counts from when it was sent, cannot begin by itself, and comes again after a restart."""
    turn = await late(house)
    assert (turn.state, turn.detail) == (TurnState.WAITING, "absence")
    assert turn.is_untold
    assert turn.received_at == house.clock.now() - timedelta(hours=1)
    assert await house.stores.turns.find(turn.id) == turn
    assert not await house.stores.turns.begin_attempt(turn.id, 1)
    assert await house.stores.turns.recover() == (turn,)


async def test_a_late_message_behind_a_command_waits_alike(house: Neighbours) -> None:
    """Asked by an effect, it is the same."""
    member, since = await house.member(), house.clock.now() - timedelta(hours=1)
    result = await house.do(Ask(member=member.id, place=HERS, question="late", late_since=since))
    (turn,) = result.turns
    assert (turn.state, turn.is_untold, turn.received_at) == (TurnState.WAITING, True, since)
    assert await house.stores.turns.waiting(member.id, HERS, _ABSENCE) == (turn,)


async def test_late_messages_are_bounded_apart(house: Neighbours) -> None:
    """They leave room for those that come in time, and the other way round."""
    await late(house, limit=1)
    with pytest.raises(InboxFull):
        await late(house, limit=1)
    intake = house.stores.intake
    assert await intake.accept_turn(house.incoming(Text("in time")), limit=1)
    with pytest.raises(InboxFull):
        await intake.accept_turn(house.incoming(Text("too many")), limit=1)


async def test_what_waits_is_told_once_with_its_effects(house: Neighbours) -> None:
    """Words, effects and "told" are one commit, which does nothing where nothing is untold."""
    member, turns = await house.member(), [await late(house, "1"), await late(house, "2")]
    store, ids = house.stores.turns, [turn.id for turn in turns]
    note = NoteOnce(member=member.id, notice="told")
    reply = house.reply(member, "2 wait")
    (delivery,) = await store.tell(ids, reply, (note,))
    assert (delivery.outgoing, await store.deliveries()) == (reply, (delivery,))
    assert await house.stores.settings.has_noted(member.id, "told")
    assert [turn.is_untold for turn in await store.recover()] == [False, False]
    assert await store.tell(ids, reply, ()) == ()
    newer = await late(house, "3")
    assert len(await store.tell([*ids, newer.id], reply, ())) == 1
    await house.do(DropWaiting(member=member.id, place=HERS))
    assert await store.tell([newer.id], reply, ()) == ()


async def test_what_waits_is_the_members_own_there(house: Neighbours) -> None:
    """Oldest first; not what waits for something else, elsewhere, or was taken back."""
    first, second, gone = [await late(house, text) for text in ("1", "2", "gone")]
    await late(house, "elsewhere", place=GROUP)
    for_key = await house.ask("for a key")
    await house.stores.turns.wait(for_key.id, WaitReason.KEY, ())
    theirs = house.incoming(Text("his"), sender=BOB, place=HIS, minutes_ago=60)
    await house.stores.intake.accept_turn(theirs, limit=9, is_late=True)
    await house.do(TakeBack(turn=gone.id, member=gone.member))
    waiting = await house.stores.turns.waiting(first.member, HERS, _ABSENCE)
    assert waiting == (first, second)
    other = Place("console", "nobody")
    assert await house.stores.turns.waiting(first.member, other, _ABSENCE) == ()


async def test_the_last_is_answered_and_the_others_dropped(house: Neighbours) -> None:
    """In one commit and once, bound to the session of now; what came since and elsewhere stays."""
    first, last = await late(house, "first"), await late(house, "last")
    newer, elsewhere = await late(house, "newer"), await late(house, "x", place=GROUP)
    in_time = await house.ask("in time")
    member = first.member
    await house.do(StartSession(member=member, place=HERS))
    drop = DropWaiting(member=member, place=HERS, keep=last.id, reason=_ABSENCE, until=last.id)
    release = ReleaseWaiting(member=member, reason=_ABSENCE, place=HERS, until=last.id)
    (released,) = (await house.do(drop, release, sender=ALICE)).turns
    session = await house.stores.settings.session(HERS, member)
    assert (released.question, released.session) == ("last", session.id)
    assert released == await house.stores.turns.find(last.id)
    assert not released.is_untold
    assert await states(house, first, last, newer, elsewhere, in_time) == [
        "expired",
        "received",
        "waiting",
        "waiting",
        "received",
    ]
    assert (await house.do(drop, release)).turns == ()
    assert await states(house, last) == ["received"]


async def test_all_are_answered_in_their_order(house: Neighbours) -> None:
    """Each of those the member was told of."""
    turns = [await late(house, text) for text in ("1", "2", "3")]
    release = ReleaseWaiting(
        member=turns[0].member, reason=_ABSENCE, place=HERS, until=turns[1].id
    )
    assert [turn.question for turn in (await house.do(release)).turns] == ["1", "2"]
    assert (await house.do(release)).turns == ()
    assert await states(house, *turns) == ["received", "received", "waiting"]


async def test_dropped_messages_are_not_told_of_any_more(house: Neighbours) -> None:
    """They have expired, as their member said."""
    turn = await late(house)
    await house.do(DropWaiting(member=turn.member, place=HERS, reason=_ABSENCE, until=turn.id))
    assert await states(house, turn) == ["expired"]
    assert await house.stores.turns.recover() == ()
