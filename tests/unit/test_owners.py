"""In a group, whose button is whose; in private there is nobody else."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.chat import TextDelta
from bot.domain.events import Press
from tests.fakes.clock import let_run
from tests.fakes.frontend import FakeFrontend
from tests.fakes.house import ALICE, BOB, CLUB, HOME, House

OLD = "This choice is old. Send the command again."
HERS = "Only Alice can use this button."


@pytest.fixture
async def house() -> House:
    """A house where Alice has a key, and was asked something in the club."""
    house = House(FakeFrontend(shows_opening=True))
    await house.start()
    await house.give_key(place=CLUB)
    await house.say("/ping", BOB, CLUB)
    await house.say("/ping", ALICE, CLUB)
    return house


async def test_only_the_one_a_message_was_for_may_use_its_buttons(house: House) -> None:
    """Nobody else's press is stored or acts; they are told whose it is."""
    message = house.frontend.shown[-1].message
    before = house.at_rest
    await house.press("pick:one", BOB, CLUB, message=message)
    assert (house.toast, house.said) == (HERS, ["pong", "pong"])
    assert house.at_rest == before
    await house.press("gone:x", ALICE, CLUB, message=message)
    assert house.toast == ""
    assert "This choice is old" in house.said[-1]


async def test_it_stays_so_after_a_restart(house: House) -> None:
    """The owner and their name are stored, so Alice need not write first."""
    message = house.frontend.shown[-1].message
    await house.restart()
    await house.press("pick:one", BOB, CLUB, message=message)
    assert house.toast == HERS


async def test_a_name_is_cut_and_one_that_is_not_known_is_left_out(house: House) -> None:
    """The small words stay small."""
    message = house.frontend.shown[-1].message
    incoming = house._incoming(Press("gone:x"), ALICE, CLUB, message=message)
    await house.router.receive(replace(incoming, sender_name="Alexandra " * 10))
    await let_run()
    await house.press("pick:one", BOB, CLUB, message=message)
    assert house.toast == "Only Alexandra Alexandra… can use this button."
    house.stores._state.names.clear()
    await house.press("pick:one", BOB, CLUB, message=message)
    assert house.toast == "Only the person I wrote to can use this button."


async def test_a_message_nobody_knows_is_old(house: House) -> None:
    """Whoever presses its buttons: it cannot be told whose they are."""
    for who in (ALICE, BOB):
        await house.press("pick:one", who, CLUB, message="b999")
        assert house.toast == OLD
    incoming = house._incoming(Press("pick:one"), ALICE, CLUB)
    assert await house.router.receive(replace(incoming, message=None)) == OLD
    assert house.said == ["pong", "pong"]


async def test_an_answer_that_grows_is_stopped_by_its_member_alone(house: House) -> None:
    """Its Stop is under a message that is in no outbox yet."""
    house.provider.enqueue(TextDelta("One moment"), asyncio.Event())
    await house.say("hello", ALICE, CLUB)
    message = house.frontend.sinks[-1].message
    assert message is not None
    await house.press("stop:now", BOB, CLUB, message=message)
    assert house.toast == HERS
    assert house.frontend.sinks[-1].is_open
    await house.receive(Press("gone:x"), ALICE, CLUB, message=message)
    assert house.toast == ""
    await house.say("/stop", ALICE, CLUB)
    assert house.said[-1] == "One moment"


async def test_a_note_that_is_not_kept_has_an_owner_too(house: House) -> None:
    """While the process runs; after that it is old."""
    house.provider.enqueue(asyncio.Event())
    for number in range(8):
        await house.say(f"q{number}", ALICE, CLUB)
    note = house.frontend.shown[-1]
    assert note.reply.text.startswith("6 of your messages are waiting")
    await house.press("drop:x", BOB, CLUB, message=note.message)
    assert house.toast == HERS
    await house.restart()
    await house.press("drop:x", ALICE, CLUB, message=note.message)
    assert house.toast == OLD


async def test_notes_remembered_are_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten first."""
    monkeypatch.setattr("bot.owners._REMEMBERED", 2)
    owners, alice = house.router._owners, await house.member()
    refs = [house.frontend.new_ref() for _ in range(5)]
    for ref in refs:
        owners.remember(CLUB, ref, alice)
        owners.remember(HOME, ref, alice)
    owners.remember(CLUB, None, alice)
    incoming = house._incoming(Press("pick:one"), ALICE, CLUB, message=refs[-1])
    assert await owners.refusal(incoming, alice) == ""
    assert list(owners._notes) == [(CLUB, ref) for ref in refs[3:]]


async def test_in_private_nobody_is_asked(house: House) -> None:
    """Whatever the message, it can only be the member's own."""
    await house.press("pick:one", ALICE, HOME, message="b999")
    assert (house.toast, house.said[-1]) == ("", "picked one")
