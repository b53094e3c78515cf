"""What every store does when a question was taken back by whoever sent it."""

from dataclasses import replace

import pytest

from bot.domain.chat import Place, Turn, TurnState, WaitReason
from bot.domain.effects import AnswerRevised, EraseTurn, RetryTurn, Revise, TakeBack
from bot.domain.events import DeliveryState, MessageRef, Text
from bot.domain.pieces import whole
from bot.domain.ports import Applied
from tests.fakes.neighbours import ALICE, BOB, GROUP, HERS, HIS, Neighbours

M1, M2 = MessageRef("m1"), MessageRef("m2")
THREAD = replace(GROUP, thread="m9")


async def ask(
    house: Neighbours, text: str, message: str, *, place: Place = HERS, who: str = "alice"
) -> Turn:
    """Let somebody ask with a message."""
    sender = replace(ALICE, id=who)
    incoming = house.incoming(Text(text), sender=sender, place=place, message=message)
    turn = await house.stores.intake.accept_turn(incoming, limit=100)
    assert turn is not None
    return turn


async def texts(house: Neighbours, place: Place = HERS) -> list[str]:
    """Return what the next question is asked with."""
    turn = await house.ask("next?", place=place)
    messages, _ = await house.stores.turns.history(
        turn.session, before=turn.id, budget_tokens=10_000
    )
    return [message.text for message in messages]


async def test_a_question_is_found_by_its_message(house: Neighbours) -> None:
    """In its chat, whatever the thread; nobody else's, and in no other chat."""
    turns, bob = house.stores.turns, await house.member(BOB)
    first = await ask(house, "eggs?", M1, place=GROUP)
    second = await ask(house, "rice?", M2, place=THREAD)
    his = await ask(house, "leeks?", M1, place=HIS, who="bob")
    assert await turns.asked_with(GROUP, M1, first.member) == first
    assert await turns.asked_with(THREAD, M1, first.member) == first
    assert await turns.asked_with(GROUP, M2, first.member) == second
    assert await turns.asked_with(HIS, M1, bob.id) == his
    assert await turns.asked_with(GROUP, M1, bob.id) is None
    assert await turns.asked_with(HERS, M1, first.member) is None
    assert await turns.asked_with(GROUP, MessageRef("m3"), first.member) is None


async def test_a_question_is_found_where_its_chat_went(house: Neighbours) -> None:
    """By the old id of the chat too; the messages of the old chat stayed behind."""
    turns = house.stores.turns
    before = await ask(house, "eggs?", M1, place=GROUP)
    await turns.moved(GROUP, "bigger")
    after = await ask(house, "rice?", M2, place=GROUP)
    assert await turns.asked_with(GROUP, M1, before.member) is None
    assert await turns.asked_with(GROUP, M2, after.member) == after


async def test_a_message_in_pieces_is_its_first_piece(house: Neighbours) -> None:
    """The others are known to no turn."""
    first = house.incoming(Text("Dear all,"), message=M1)
    last = replace(house.incoming(Text("eggs?"), message=M2), before=(first,))
    turn = await house.stores.intake.accept_turn(whole(last), limit=9)
    assert turn is not None
    assert await house.stores.turns.asked_with(HERS, M1, turn.member) == turn
    assert await house.stores.turns.asked_with(HERS, M2, turn.member) is None


async def test_an_erased_pair_is_in_no_history(house: Neighbours) -> None:
    """Any of the member's, not only the newest; what it cost stays."""
    turns = house.stores.turns
    erased = await ask(house, "my secret?", M1)
    await house.answer(erased, "I see.")
    await house.talk("eggs?", "Boil them.")
    assert (await house.do(EraseTurn(turn=erased.id, member=erased.member))).applied is (
        Applied.DONE
    )
    assert await turns.find(erased.id) is None
    assert await turns.asked_with(HERS, M1, erased.member) is None
    session = await house.stores.settings.session(HERS, erased.member)
    assert (session.messages, session.title) == (2, "eggs?")
    assert await texts(house) == ["eggs?", "Boil them."]
    assert (await house.stores.settings.spent(erased.member)).answers == 2


@pytest.mark.parametrize("state", ["received", "waiting", "taken back", "revised"])
async def test_what_waits_is_erased_with_all_that_was_kept_of_it(
    house: Neighbours, state: str
) -> None:
    """It is never asked: neither now, nor when a key comes, nor after a restart."""
    turn = await ask(house, "eggs?", M1)
    if state == "waiting":
        await house.stores.turns.wait(turn.id, WaitReason.KEY, ())
    elif state != "received":
        await house.answer(turn)
    if state == "taken back":
        await house.do(TakeBack(turn=turn.id, member=turn.member))
    if state == "revised":
        keep = Revise(turn=turn.id, member=turn.member, question="rice?", is_begun=True)
        await house.do(keep)
    await house.do(EraseTurn(turn=turn.id, member=turn.member))
    assert await house.stores.turns.recover() == ()
    assert not await house.stores.turns.begin_attempt(turn.id, 1)
    session = await house.stores.settings.session(HERS, turn.member)
    assert session.messages == 0
    for effect in (
        AnswerRevised(turn=turn.id, member=turn.member, attempt=1),
        RetryTurn(turn=turn.id, member=turn.member, attempt=1),
        TakeBack(turn=turn.id, member=turn.member, is_back=True),
    ):
        assert (await house.do(effect)).applied is Applied.STALE


async def test_nobody_erases_what_another_asked(house: Neighbours) -> None:
    """Nor twice: that is stale."""
    turn, bob = await house.talk("eggs?", "Boil them."), await house.member(BOB)
    theirs = EraseTurn(turn=turn.id, member=bob.id)
    assert (await house.do(theirs, sender=BOB)).applied is Applied.STALE
    stored = await house.stores.turns.find(turn.id)
    assert stored is not None
    assert stored.state is TurnState.ANSWERED
    mine = EraseTurn(turn=turn.id, member=turn.member)
    assert (await house.do(mine)).applied is Applied.DONE
    assert (await house.do(mine)).applied is Applied.STALE


async def test_a_conversation_keeps_a_name_of_its_own(house: Neighbours) -> None:
    """Only the one that an erased question gave it goes; the next question names it then."""
    first = await house.talk("eggs?", "Boil them.")
    second = await house.talk("rice?", "Steam it.")
    await house.do(EraseTurn(turn=second.id, member=second.member))
    session = await house.stores.settings.session(HERS, first.member)
    assert session.title == "eggs?"
    await house.do(EraseTurn(turn=first.id, member=first.member))
    await house.ask("leeks?")
    session = await house.stores.settings.session(HERS, first.member)
    assert session.title == "leeks?"


async def test_what_was_said_of_it_is_not_sent_again(house: Neighbours) -> None:
    """An answer that did not arrive is not delivered late."""
    turn, alice = await ask(house, "eggs?", M1), await house.member()
    replies = [house.reply(alice, turn=turn), house.reply(alice, turn=turn, part=1)]
    first, second = await house.answer(turn, replies=replies)
    await house.stores.turns.mark_delivery(first.id, DeliveryState.SENDING)
    await house.do(EraseTurn(turn=turn.id, member=turn.member))
    assert await house.stores.turns.deliveries() == ()
    await house.stores.turns.mark_delivery(second.id, DeliveryState.SENT, M2)
    assert await house.stores.turns.told(HERS, M2) is None
