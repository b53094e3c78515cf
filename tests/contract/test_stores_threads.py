"""What every store does with a thread: a conversation that begins with what it hangs on."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.chat import MemberId, Place, PlaceKind, Turn, TurnId
from bot.domain.effects import (
    DeleteSession,
    Effect,
    EraseTurn,
    RetryTurn,
    StartSession,
    TakeBack,
)
from bot.domain.events import DeliveryState, MessageRef, Outgoing, Reply, Text
from bot.domain.ports import Applied
from tests.fakes.neighbours import ALICE, BOB, DAY_S, GROUP, HERS, Neighbours

M1, B1, B2 = MessageRef("m1"), MessageRef("b1"), MessageRef("b2")


async def ask(
    house: Neighbours, text: str, place: Place, message: MessageRef | None = None, who: str = ""
) -> Turn:
    """Let somebody ask with a message."""
    sender = replace(ALICE, id=who or "alice")
    incoming = house.incoming(Text(text), sender=sender, place=place, message=message)
    turn = await house.stores.intake.accept_turn(incoming, limit=100)
    assert turn is not None
    return turn


async def talk(house: Neighbours, place: Place, *parts: MessageRef, who: str = "") -> Turn:
    """Let `m1` ask something, and the answer arrive as these messages."""
    turn = await ask(house, "How far is Porto?", place, M1, who)
    out = Outgoing(place=place, member=turn.member, reply=Reply(text="x"), turn=turn.id)
    replies = [replace(out, part=part) for part, _ in enumerate(parts)]
    sent = await house.answer(turn, "500 km.", replies=replies)
    for delivery, message in zip(sent, parts, strict=True):
        await house.stores.turns.mark_delivery(delivery.id, DeliveryState.SENDING)
        await house.stores.turns.mark_delivery(delivery.id, DeliveryState.SENT, message)
    return turn


async def begin(
    house: Neighbours, place: Place, thread: MessageRef, who: str = ""
) -> TurnId | None:
    """Begin a thread, and return the turn it hangs on."""
    member = await house.member(replace(ALICE, id=who or "alice"))
    there = replace(place, thread=thread)
    return (await house.stores.settings.session(there, member.id, hangs=True)).root


async def known(
    house: Neighbours, place: Place, *, budget: int = 10_000
) -> tuple[Sequence[str], bool]:
    """Return what the next question there is asked with, and whether older things did not fit."""
    turn = await ask(house, "And by train?", place)
    messages, has_older = await house.stores.turns.history(
        turn.session, before=turn.id, budget_tokens=budget
    )
    return [message.text for message in messages], has_older


@pytest.mark.parametrize("place", [HERS, GROUP], ids=["private", "group"])
@pytest.mark.parametrize("thread", [M1, B1, B2], ids=["question", "answer", "second part"])
async def test_it_begins_with_the_pair_of_its_message(
    house: Neighbours, place: Place, thread: MessageRef
) -> None:
    """The question it hangs on, or the one an answer is to; nothing else that was said there."""
    await house.talk("before", "x", place=place)
    turn = await talk(house, place, B1, B2)
    await house.talk("after", "x", place=place)
    assert await begin(house, place, thread) == turn.id
    there = replace(place, thread=thread)
    assert await known(house, there) == (["How far is Porto?", "500 km."], False)
    session = await house.stores.settings.session(there, turn.member)
    assert (session.messages, session.title) == (1, "And by train?")
    assert await house.stores.turns.last(session.id, turn.member) != turn


async def test_it_goes_on_from_there(house: Neighbours) -> None:
    """The pair stays the oldest, and is left out as the oldest messages are."""
    turn = await talk(house, HERS, B1)
    there = replace(HERS, thread=B1)
    assert await begin(house, HERS, B1) == turn.id
    first = await ask(house, "And by train?", there)
    await house.answer(first, "3 hours.")
    texts = ["How far is Porto?", "500 km.", "And by train?", "3 hours."]
    assert await known(house, there) == (texts, False)
    assert await known(house, there, budget=20) == (texts[2:], True)
    assert await begin(house, HERS, B1) == turn.id


async def test_under_an_answer_that_grows(house: Neighbours) -> None:
    """It is known as soon as there is an answer, and only then."""
    turn = await ask(house, "How far is Porto?", HERS, M1)
    await house.stores.turns.shown(turn.id, B1)
    assert await begin(house, HERS, B1) == turn.id
    assert await known(house, replace(HERS, thread=B1)) == ([], False)
    await house.answer(turn, "500 km.")
    texts, _ = await known(house, replace(HERS, thread=B1))
    assert texts == ["How far is Porto?", "500 km."]


async def test_it_has_the_answer_that_counts(house: Neighbours) -> None:
    """A second answer takes the place of the first in the thread as well."""
    turn = await talk(house, HERS, B1)
    await begin(house, HERS, B1)
    retry = RetryTurn(turn=turn.id, member=turn.member, attempt=1)
    (again,) = (await house.do(retry)).turns
    await house.answer(again, "560 km.")
    texts, _ = await known(house, replace(HERS, thread=B1))
    assert texts == ["How far is Porto?", "560 km."]


@pytest.mark.parametrize("what", ["taken back", "erased", "session deleted"])
async def test_what_left_its_conversation_leaves_the_thread(house: Neighbours, what: str) -> None:
    """And comes back with it; what was said in the thread stays."""
    turn = await talk(house, HERS, B1)
    there = replace(HERS, thread=M1)
    await begin(house, HERS, M1)
    await house.talk("And by bus?", "5 hours.", place=there)
    take = TakeBack(turn=turn.id, member=turn.member)
    effects: dict[str, Effect] = {
        "taken back": take,
        "erased": EraseTurn(turn=turn.id, member=turn.member),
        "session deleted": DeleteSession(member=turn.member, session=turn.session),
    }
    assert (await house.do(effects[what])).applied is Applied.DONE
    assert await known(house, there) == (["And by bus?", "5 hours."], False)
    session = await house.stores.settings.session(there, turn.member)
    assert session.root == (turn.id if what == "taken back" else None)
    if what == "taken back":
        await house.do(replace(take, is_back=True))
        texts, _ = await known(house, there)
        assert texts[:2] == ["How far is Porto?", "500 km."]


async def test_only_the_first_conversation_of_a_thread_hangs(house: Neighbours) -> None:
    """What begins afresh there begins with nothing, also where nothing was said before."""
    turn = await talk(house, HERS, B1)
    there = replace(HERS, thread=B1)
    await house.do(StartSession(member=turn.member, place=there))
    assert await begin(house, HERS, B1) is None
    assert await known(house, there) == ([], False)
    assert await begin(house, HERS, M1) == turn.id
    await house.do(StartSession(member=turn.member, place=replace(HERS, thread=M1)))
    assert await begin(house, HERS, M1) is None


async def test_it_hangs_only_where_that_is_said(house: Neighbours) -> None:
    """A topic's number means no message, whatever its messages are called."""
    turn = await talk(house, HERS, B1)
    session = await house.stores.settings.session(replace(HERS, thread=B1), turn.member)
    assert session.root is None


@pytest.mark.parametrize("fault", ["unknown", "another chat", "another kind", "in a thread"])
async def test_what_is_not_of_the_chat_around_is_not_known(house: Neighbours, fault: str) -> None:
    """Nothing flows from one chat into another, nor out of private."""
    private = Place(GROUP.frontend, GROUP.chat)
    places = {
        "another chat": HERS,
        "another kind": private,
        "in a thread": replace(GROUP, thread="t"),
    }
    await talk(house, places.get(fault, GROUP), B1)
    thread = MessageRef("m9") if fault == "unknown" else B1
    assert await begin(house, GROUP, thread) is None
    if fault != "unknown":
        assert await begin(house, GROUP, M1) is None


@pytest.mark.parametrize("thread", [M1, B1], ids=["question", "answer"])
async def test_in_private_only_ones_own_is_known(house: Neighbours, thread: MessageRef) -> None:
    """Whoever else writes there reads nothing of it; in a group the talk is everybody's."""
    hers = await talk(house, HERS, B1)
    assert await begin(house, HERS, thread, "bob") is None
    ours = await talk(house, GROUP, B1)
    assert await begin(house, GROUP, thread, "bob") == ours.id
    bob = await house.member(BOB)
    assert MemberId(bob.id) != hers.member
    texts, _ = await known(house, replace(GROUP, thread=thread))
    assert texts == ["How far is Porto?", "500 km."]


async def test_it_is_found_where_its_chat_went(house: Neighbours) -> None:
    """A thread that began before the move still begins with its message."""
    turn = await talk(house, GROUP, B1)
    await begin(house, GROUP, B1)
    await house.stores.turns.moved(GROUP, "bigger")
    there = Place(GROUP.frontend, "bigger", B1, PlaceKind.GROUP)
    assert await begin(house, GROUP, B1) == turn.id
    texts, _ = await known(house, there)
    assert texts == ["How far is Porto?", "500 km."]


async def test_an_old_answer_is_still_known(house: Neighbours) -> None:
    """Threads begin under answers of long ago."""
    turn = await talk(house, HERS, B1)
    await house.clock.advance(400 * DAY_S)
    tidy = getattr(house.stores, "tidy", None)
    if tidy is not None:
        await tidy()
    assert await begin(house, HERS, B1) == turn.id
    told = await house.stores.turns.told(HERS, B1)
    assert told is not None
    assert (told.member, told.turn) == (turn.member, turn.id)
