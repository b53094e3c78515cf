"""Reactions: which of them mean something, and what is kept of the others."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Finish, FinishReason, Identity, Place, TextDelta
from bot.domain.events import Command, Reacted, Text
from bot.reactions import RETRY, STOP
from tests.fakes.clock import let_run
from tests.fakes.frontend import BUTTONS, FakeFrontend
from tests.fakes.house import ALICE, BOB, CLUB, HOME, STRANGER, House

NUMBERS = replace(BUTTONS, has_buttons=False)


@pytest.fixture
async def house() -> House:
    """A house without buttons where Alice has a key and a model."""
    house = House(FakeFrontend(abilities=NUMBERS, shows_opening=True))
    await house.start()
    await house.give_key()
    return house


async def react(
    house: House, sign: str, message: str, who: Identity = ALICE, place: Place = HOME
) -> None:
    """Put a sign on a message."""
    await house.receive(Reacted(sign), who, place, message=message)
    await let_run()


def newest(house: House) -> str:
    """Return the newest message of the bot's."""
    return house.frontend.shown[-1].message


async def test_a_growing_answer_stops(house: House) -> None:
    """At once, though a command of the member's is still being handled."""
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await house.say("hello")
    await house.receive(Command("slow", "acme-1"))
    grown = house.frontend.sinks[0].message
    assert grown is not None
    await react(house, STOP, grown)
    assert house.said == ["Half"]
    house.gate.is_open.set()
    await let_run()


@pytest.mark.parametrize("sign", ["👍", "📌", "", "x", "12", "²", "٣", f"{RETRY}{RETRY}", "#️⃣"])
async def test_most_signs_mean_nothing(house: House, sign: str) -> None:
    """They are not looked at, and nothing is kept of them."""
    await house.say("/menu")
    said, kept = house.said.copy(), house.at_rest
    await react(house, sign, newest(house))
    assert (house.said, house.at_rest) == (said, kept)


@pytest.mark.parametrize("sign", ["1", "1\ufe0f\u20e3", "1\u20e3"])
async def test_a_number_on_the_open_menu_is_its_choice(house: House, sign: str) -> None:
    """In each form that a keyboard gives it."""
    await house.say("/menu")
    await react(house, sign, newest(house))
    assert house.said[-1] == "picked one"
    assert house.frontend.shown[-1].how == "post"


@pytest.mark.parametrize(
    ("sign", "said"), [("0\ufe0f\u20e3", "no key then"), ("1", "send the key")]
)
async def test_a_zero_gives_up_what_is_awaited(house: House, sign: str, said: str) -> None:
    """It is the one choice beside the words that are waited for, which no sign can be."""
    await house.say("/addkey")
    await react(house, sign, newest(house))
    assert house.said[-1] == said


@pytest.mark.parametrize("sign", [STOP, RETRY, "1"])
async def test_on_any_other_message_they_mean_nothing(house: House, sign: str) -> None:
    """A member's own, an old menu, an answer that is no menu, or one nobody knows."""
    await house.receive(Text("hello"), message="q1")
    await let_run()
    await house.say("/menu old")
    old = newest(house)
    await house.say("/ping")
    said, kept = house.said.copy(), house.at_rest
    for message in ("q1", old, newest(house), "m-of-nobody"):
        await react(house, sign, message)
    assert (house.said, house.at_rest) == (said, kept)


async def test_another_answer_is_asked_for_once(house: House) -> None:
    """A second sign, put there while it is written, does nothing."""
    await house.say("hello")
    answer = newest(house)
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("Again"), gate, Finish(FinishReason.STOP))
    await react(house, RETRY, answer)
    await react(house, RETRY, answer)
    gate.set()
    await let_run()
    await react(house, RETRY, answer)
    assert house.said == ["Echo: hello", "Again"]


@pytest.mark.parametrize("who", [BOB, STRANGER], ids=["a member", "a stranger"])
@pytest.mark.parametrize("sign", [STOP, RETRY, "1"])
async def test_what_was_for_another_is_left_alone(house: House, sign: str, who: Identity) -> None:
    """In a group, without a word."""
    await house.give_key(ALICE, CLUB)
    await house.receive(Text("hello"), ALICE, CLUB)
    await let_run()
    said = house.said.copy()
    await react(house, sign, newest(house), who, CLUB)
    assert house.said == said
    await react(house, sign, newest(house), who, Place("fake", who.id))
    assert house.said == said


async def test_a_reaction_of_long_ago_is_not_meant_any_more(house: House) -> None:
    """It was made while the bot was away, and would be paid."""
    await house.say("hello")
    incoming = house._incoming(Reacted(RETRY), ALICE, HOME, message=newest(house))
    sent_at = house.clock.now() - timedelta(minutes=20)
    await house.router.receive(replace(incoming, sent_at=sent_at))
    await let_run()
    assert len(house.provider.asked) == 1


@pytest.mark.parametrize(("sign", "done"), [("2", "picked two"), (RETRY, "menu")])
async def test_it_is_done_once_after_a_crash(house: House, sign: str, done: str) -> None:
    """What it meant is looked up again; what means nothing any more is left."""
    await house.say("/menu")
    incoming = house._incoming(Reacted(sign), ALICE, HOME, message=newest(house))
    assert await house.stores.intake.accept(incoming) is not None
    await house.restart()
    await house.restart()
    assert house.said[-1] == done
    assert len(house.said) == 1 + (done != "menu")
    assert await house.stores.intake.pending() == ()
