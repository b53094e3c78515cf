"""Turns over what their member may have at once: who waits, who does not, and how that ends."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.chat import Finish, FinishReason, Place, TextDelta, TurnState
from bot.domain.events import Edited, Redacted, Text
from tests.fakes.clock import let_run
from tests.fakes.house import ALICE, BOB, BOBS, CLUB, HOME, House

STUDY = Place("fake", "alice-2")


@pytest.fixture
async def house() -> House:
    """A house where Alice and Bob have keys, and one turn at a time."""
    house = House(at_once=1)
    await house.start()
    await house.give_key()
    await house.give_key(ALICE, STUDY)
    await house.give_key(ALICE, CLUB)
    await house.give_key(BOB, BOBS, key="sk-canary-bob")
    await house.give_key(BOB, CLUB, key="sk-canary-bob")
    return house


async def stall(house: House) -> asyncio.Event:
    """Let Alice's vendor say a word in the club and no more until the event is set."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("Well"), gate, Finish(FinishReason.STOP))
    await house.say("first", ALICE, CLUB)
    return gate


def questions(house: House) -> list[str]:
    """Return what the vendor was asked, in order."""
    return [
        each.question.removeprefix("M1: ").removeprefix("M2: ") for each in house.provider.asked
    ]


async def states(house: House) -> list[TurnState]:
    """Return where each turn stands, oldest first."""
    return [turn.state for turn in await house.turns()]


async def test_a_stalled_vendor_holds_up_nobody_else(house: House) -> None:
    """In the same group, at the same vendor, others are answered at once; its asker waits."""
    gate = await stall(house)
    await house.say("mine", ALICE, HOME)
    await house.say("his", BOB, CLUB)
    await house.say("his own", BOB, BOBS)
    assert house.frontend.texts_in(CLUB) == ["Echo: M2: his"]
    assert house.frontend.texts_in(BOBS) == ["Echo: his own"]
    assert house.frontend.texts_in(HOME) == []
    gate.set()
    await let_run()
    assert house.frontend.texts_in(CLUB)[1:] == ["Well"]
    assert house.frontend.texts_in(HOME) == ["Echo: mine"]


async def test_many_messages_of_one_delay_no_first_word_of_another() -> None:
    """Twenty that are stalled in several places, and Bob's words come without a second passing."""
    house = House(at_once=3, per_minute=20)
    await house.start()
    places = [HOME, STUDY, CLUB, Place("fake", "alice-3")]
    for place in places:
        await house.give_key(ALICE, place)
    await house.give_key(BOB, CLUB, key="sk-canary-bob")
    for _ in range(3):
        house.provider.enqueue(asyncio.Event())
    for number in range(20):
        await house.say(f"one of many {number}", ALICE, places[number % 4])
    assert len(house.provider.asked) == 3
    house.provider.enqueue(TextDelta("At once"), asyncio.Event())
    await house.say("and me?", BOB, CLUB)
    assert house.frontend.sinks[-1].shown == ["At once"]
    assert house.frontend.sinks[-1].place == CLUB
    assert house.clock.monotonic() == 0.0


async def test_places_take_turns(house: House) -> None:
    """What waits in one place does not come before what waits in another."""
    gate = await stall(house)
    for text in ("home 1", "home 2"):
        await house.say(text, ALICE, HOME)
    for text in ("study 1", "study 2"):
        await house.say(text, ALICE, STUDY)
    gate.set()
    await let_run()
    assert questions(house) == ["first", "home 1", "study 1", "home 2", "study 2"]


async def test_over_the_rate_it_is_asked_when_the_minute_lets_it() -> None:
    """Silently, but for the sign that it waits; nobody else's is held."""
    house = House(per_minute=2)
    await house.start()
    await house.give_key()
    await house.give_key(BOB, BOBS, key="sk-canary-bob")
    for text in ("one", "two"):
        await house.say(text)
    await house.receive(Text("three"), message="m3")
    await house.say("his", BOB, BOBS)
    assert questions(house) == ["one", "two", "his"]
    assert house.frontend.noticed == ["m3"]
    await house.clock.advance(60)
    assert questions(house)[3:] == ["three"]
    assert house.said[-1] == "Echo: three"


@pytest.mark.parametrize("word", ["/stop", "stop"])
async def test_what_is_held_can_be_stopped(house: House, word: str) -> None:
    """It costs nothing, and what waits behind it and beside it goes on in its turn."""
    gate = await stall(house)
    await house.say("stopped", ALICE, HOME)
    await house.say("kept", ALICE, HOME)
    await house.say(word, ALICE, HOME)
    assert await states(house) == [TurnState.REQUESTED, TurnState.STOPPED, TurnState.RECEIVED]
    assert house.frontend.shown[-1].reply.footer == "Stopped. Nothing was charged."
    gate.set()
    await let_run()
    assert questions(house) == ["first", "kept"]
    assert (await states(house))[2] is TurnState.ANSWERED


async def test_a_stop_elsewhere_leaves_it_held(house: House) -> None:
    """By place and by member, as for what runs."""
    gate = await stall(house)
    await house.say("kept", ALICE, HOME)
    await house.say("/stop", ALICE, STUDY)
    await house.say("/stop", BOB, HOME)
    gate.set()
    await let_run()
    assert questions(house) == ["first", "kept"]


async def test_what_is_held_is_asked_as_it_was_edited_last(house: House) -> None:
    """It has not begun, so nobody is asked about the change."""
    gate = await stall(house)
    await house.receive(Text("how?"), ALICE, HOME, message="q")
    await let_run()
    await house.receive(Edited("how so?"), ALICE, HOME, message="q")
    await let_run()
    gate.set()
    await let_run()
    assert questions(house) == ["first", "how so?"]
    assert house.frontend.texts_in(HOME) == ["Echo: how so?"]


async def test_what_is_held_and_taken_back_is_never_asked(house: House) -> None:
    """And holds nothing up."""
    gate = await stall(house)
    await house.receive(Text("my secret"), ALICE, HOME, message="q")
    await house.say("next", ALICE, STUDY)
    await house.receive(Redacted(), ALICE, HOME, message="q")
    await let_run()
    gate.set()
    await let_run()
    assert questions(house) == ["first", "next"]
    assert house.frontend.texts_in(HOME) == []


async def test_what_is_held_while_its_key_goes_waits_for_another(house: House) -> None:
    """The removal ends what runs, and does not wait for what has not begun."""
    await stall(house)
    await house.say("mine", ALICE, HOME)
    await house.say("/removekey", ALICE, STUDY)
    assert await states(house) == [TurnState.STOPPED, TurnState.WAITING]
    assert questions(house) == ["first"]


async def test_what_is_held_follows_a_chat_that_moves(house: House) -> None:
    """It can be stopped there, and is answered there."""
    gate = await stall(house)
    await house.say("mine", ALICE, HOME)
    moved = replace(HOME, chat="alice-new")
    await house.router.moved(HOME, "alice-new")
    member = await house.member(ALICE)
    assert house.sessions.is_running(moved, member)
    assert not house.sessions.is_running(HOME, member)
    gate.set()
    await let_run()
    assert house.frontend.texts_in(moved) == ["Echo: mine"]


async def test_what_is_held_where_nobody_reads_is_given_up(house: House) -> None:
    """At once, and not when its turn would have come."""
    gate = await stall(house)
    await house.say("mine", ALICE, HOME)
    await house.router.left(HOME)
    await let_run()
    assert not house.sessions.is_running(HOME, await house.member(ALICE))
    gate.set()
    await let_run()
    assert questions(house) == ["first"]


async def test_an_end_does_not_wait_for_what_is_held(house: House) -> None:
    """It is asked after the next start, once; so is what came while the end was under way."""
    await stall(house)
    await house.say("mine", ALICE, HOME)
    closing = asyncio.ensure_future(house.router.close(0.0))
    await let_run()
    assert closing.done()
    assert questions(house) == ["first"]
    await house.restart()
    assert questions(house) == ["first", "mine"]
    assert house.frontend.texts_in(HOME) == ["Echo: mine"]


async def test_a_fault_gives_its_place_free(house: House) -> None:
    """The next question of the member is asked all the same."""
    real = house.stores.settings.adjustments

    async def broken(*_: object) -> None:
        raise KeyError("row")

    house.stores.settings.adjustments = broken  # type: ignore[method-assign,assignment]  # broken
    await house.say("one", ALICE, HOME)
    house.stores.settings.adjustments = real  # type: ignore[method-assign]  # mended
    await house.say("two", ALICE, STUDY)
    assert house.said[-1] == "Echo: two"
