"""A question that its sender took back leaves the conversation, without a word."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.chat import Finish, FinishReason, TextDelta
from bot.domain.events import Command, MessageRef, Redacted, Text
from tests.fakes.clock import let_run
from tests.fakes.frontend import BUTTONS, FakeFrontend
from tests.fakes.house import ALICE, BOB, BOBS, CLUB, HOME, STRANGER, House


@pytest.fixture
async def house() -> House:
    """A house where Alice has a key and a model."""
    house = House()
    await house.start()
    await house.give_key()
    return house


async def take_back(house: House, message: str, **more: object) -> None:
    """Let a message be taken back by its sender."""
    await house.receive(Redacted(), message=message, **more)  # type: ignore[arg-type]  # as given
    await let_run()


async def ask(house: House, text: str, message: str) -> None:
    """Let Alice ask with a message."""
    await house.receive(Text(text), message=message)
    await let_run()


def asked(house: House) -> list[str]:
    """Return what the vendor was asked last, with its context."""
    return [message.text for message in house.provider.asked[-1].request.messages]


async def test_an_answered_question_is_in_no_context_any_more(house: House) -> None:
    """Nor is its answer, whichever of the questions it is; what it used stays counted."""
    await ask(house, "my secret", "q1")
    await ask(house, "eggs?", "q2")
    said = house.said.copy()
    await take_back(house, "q1")
    assert house.said == said
    await ask(house, "rice?", "q3")
    assert asked(house) == ["eggs?", "Echo: eggs?", "rice?"]
    assert "my secret" not in house.at_rest
    assert (await house.stores.settings.spent(await house.member())).answers == 3


async def test_a_running_answer_ends_and_what_was_written_stays_shown(house: House) -> None:
    """It cannot be asked again from there, and the vendor is not left to write on."""
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await ask(house, "my secret", "q1")
    await take_back(house, "q1")
    assert house.provider.cancelled == 1
    (shown,) = house.frontend.shown
    assert shown.reply.text == "Half"
    assert shown.reply.footer.startswith("Stopped. What was written is paid")
    assert shown.reply.buttons == ()
    assert await house.turns() == []
    spent = await house.stores.settings.spent(await house.member())
    assert (spent.answers, spent.is_estimated) == (1, True)


async def test_before_the_first_word_nothing_is_said(house: House) -> None:
    """And the next question is asked."""
    house.provider.enqueue(asyncio.Event())
    await ask(house, "my secret", "q1")
    await ask(house, "eggs?", "q2")
    await take_back(house, "q1")
    assert house.said == ["Echo: eggs?"]
    assert asked(house) == ["eggs?"]
    assert not any(sink.is_open for sink in house.frontend.sinks)


async def test_a_question_that_waits_its_turn_is_never_asked(house: House) -> None:
    """The one before it is answered all the same."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("One."), gate, Finish(FinishReason.STOP))
    await ask(house, "eggs?", "q1")
    await ask(house, "my secret", "q2")
    await take_back(house, "q2")
    gate.set()
    await let_run()
    assert house.said == ["One."]
    assert len(house.provider.asked) == 1


async def test_a_question_that_waits_for_a_key_is_never_asked(house: House) -> None:
    """The key that comes then releases nothing."""
    await house.receive(Text("my secret"), BOB, BOBS, message="q1")
    await let_run()
    await take_back(house, "q1", who=BOB, place=BOBS)
    await house.give_key(BOB, BOBS)
    await house.paste("addkey acme", "sk-canary-bob", BOB)
    assert house.provider.asked == []


async def test_a_question_behind_a_command_is_never_asked(house: House) -> None:
    """It is no turn yet when it is taken back, and is found in its line."""
    await house.receive(Command("slow", "acme-1"))
    await house.receive(Text("my secret"), message="q1")
    await house.receive(Redacted(), message="q1")
    house.gate.is_open.set()
    await let_run()
    assert house.provider.asked == []
    assert house.said == ["model acme-1"]


async def test_what_was_not_asked_is_not_looked_at(house: House) -> None:
    """A command, an unknown message, or the same one again: nothing is said or kept of it."""
    await ask(house, "eggs?", "q1")
    await take_back(house, "q1")
    said, kept = house.said.copy(), house.at_rest
    for message in ("q1", "m-of-nobody"):
        await take_back(house, message)
    assert house.said == said
    assert house.at_rest == kept


@pytest.mark.parametrize("who", [BOB, STRANGER], ids=["a member", "a stranger"])
async def test_nobody_takes_back_what_another_asked(house: House, who: object) -> None:
    """In a group; and a stranger hears nothing for it either."""
    await house.give_key(ALICE, CLUB)
    await house.receive(Text("eggs?"), ALICE, CLUB, message="q1")
    await let_run()
    said = house.said.copy()
    await take_back(house, "q1", who=who, place=CLUB)
    await take_back(house, "q1", who=who, place=replace(HOME, chat="theirs"))
    assert house.said == said
    assert len(await house.turns()) == 1


async def test_among_others_it_need_not_be_addressed(house: House) -> None:
    """What is taken back names nobody."""
    await house.give_key(ALICE, CLUB)
    await house.receive(Text("eggs?"), ALICE, CLUB, message="q1")
    await let_run()
    await take_back(house, "q1", place=CLUB, is_addressed=False)
    assert await house.turns() == []


async def test_an_open_question_stays_open() -> None:
    """Taking a message back is no answer, and no command that ends a question."""
    house = House(FakeFrontend(abilities=replace(BUTTONS, has_buttons=False)))
    await house.start()
    await house.give_key()
    await ask(house, "eggs?", "q1")
    await house.say("/menu")
    await take_back(house, "q1")
    assert house.router.open_question(ALICE, HOME) is not None
    await house.say("1")
    assert house.said[-1] == "picked one"


async def test_it_is_done_after_a_crash(house: House) -> None:
    """What ran is counted though nobody heard of its end, and nobody is asked again."""
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await ask(house, "my secret", "q1")
    await house.clock.advance(2)
    incoming = house._incoming(Redacted(), ALICE, HOME, message="q1")
    assert await house.stores.intake.accept(incoming) is not None
    await house.restart()
    assert house.said == []
    assert await house.turns() == []
    assert (await house.stores.settings.spent(await house.member())).answers == 1
    assert len(house.provider.asked) == 1


async def test_of_a_message_in_pieces_the_first_stands_for_all(house: House) -> None:
    """Taking back another piece changes nothing."""
    incoming = await house.receive(Text("with leeks?"), message="q2", before=[Text("What goes")])
    await let_run()
    assert len(await house.turns()) == 1
    await take_back(house, "q2")
    assert len(await house.turns()) == 1
    first = incoming.pieces[0].message
    assert isinstance(first, str)
    await take_back(house, MessageRef(first))
    assert await house.turns() == []
