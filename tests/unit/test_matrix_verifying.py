"""An operator verifies the bot at the console, and is told plainly how it ended."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest

from adapters.matrix.trust.approval import Refused
from adapters.matrix.verification import wire
from adapters.matrix.verification.console import verify
from adapters.matrix.verification.machine import Stage
from adapters.matrix.wire import CallError
from tests.fakes.clock import let_run
from tests.fakes.dialogue import FakeDialogue
from tests.fakes.element import ALICE, BOT, DIRECT, Element, Stand
from tests.fakes.matrix_keys import Phone


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """A bot that takes verification events."""
    made = Stand()
    await made.establish()
    running = asyncio.ensure_future(made.verifier.run())
    yield made
    running.cancel()
    await asyncio.wait([running])


async def within(seconds: float, work: Awaitable[bool]) -> bool:
    """Return what a tool that must not hang returns."""
    async with asyncio.timeout(seconds):
        return await work


IN_ROOM, TO_DEVICES, WAIT = "1", "2", "3"


@pytest.mark.parametrize("way", [IN_ROOM, TO_DEVICES], ids=["in room", "to devices"])
async def test_the_bot_asks_and_both_trust_each_other(stand: Stand, way: str) -> None:
    """The console shows what the phone shows, and each side has proved its identity."""
    dialogue = FakeDialogue(way, "yes")
    assert await within(10, verify(stand.verifier, dialogue))
    shown = stand.phone.current.shown
    assert shown is not None
    lines = [f"  {number}. {sign}  {name}" for number, (sign, name) in enumerate(shown.emoji, 1)]
    assert len(lines) == 7
    assert "\n".join(lines) in dialogue.text
    assert dialogue.shown[-1].startswith("Verified. Element trusts the bot now, and the bot has")
    assert stand.phone.current.stage is Stage.DONE
    assert stand.phone.current.proved_master == stand.trust.master
    assert stand.is_signed()


@pytest.mark.parametrize("room", [DIRECT, None], ids=["in room", "to device"])
@pytest.mark.parametrize("is_early", [True, False], ids=["before", "after"])
async def test_a_request_from_element_is_taken(
    stand: Stand,
    room: str | None,
    is_early: bool,
) -> None:
    """Whether it came before the tool or while it waits."""
    dialogue = FakeDialogue("yes") if is_early else FakeDialogue(WAIT, "yes")
    if is_early:
        stand.ask(room)
        await let_run()
        assert stand.homeserver.log == []
    task = asyncio.ensure_future(verify(stand.verifier, dialogue))
    if not is_early:
        await dialogue.showed("Waiting for the request")
        await let_run()
        stand.ask(room)
    assert await within(10, task)
    assert stand.phone.current.stage is Stage.DONE
    assert stand.is_signed()
    assert stand.wanted == ([(ALICE, room)] if is_early else [])


async def test_a_request_waits_for_the_console(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody's word but the operator's at the host makes the bot go on."""
    stand.ask(DIRECT)
    await let_run()
    assert stand.homeserver.log == []
    assert stand.wanted == [(ALICE, DIRECT)]
    assert "hearthkey matrix verify" in caplog.text


async def test_a_request_that_was_taken_back_or_lapsed_is_not_offered(stand: Stand) -> None:
    """After ten minutes, or after a word from Element, there is nothing to take."""
    stand.ask(DIRECT)
    await let_run()
    assert stand.verifier.requests.waiting(ALICE) is not None
    stand.homeserver.carry(stand.phone, stand.phone.current.cancel(wire.USER), DIRECT)
    await let_run()
    assert stand.verifier.requests.waiting(ALICE) is None
    stand.ask(DIRECT)
    await let_run()
    await stand.clock.advance(600)
    assert stand.verifier.requests.waiting(ALICE) is None


async def test_one_device_takes_it_and_the_others_are_told(stand: Stand) -> None:
    """All of Alice's devices are asked; the one that is not first stops asking."""
    assert await within(10, verify(stand.verifier, FakeDialogue(TO_DEVICES, "y")))
    assert {where for where, _ in stand.homeserver.sent(".request")} == {"PHONE", "TABLET"}
    assert stand.homeserver.codes() == [("TABLET", "m.accepted")]
    assert {where for where, _ in stand.homeserver.sent(".mac")} == {"PHONE"}


async def test_a_refusal_on_one_device_ends_it_on_all(stand: Stand) -> None:
    """Nobody is left with a question that is answered."""
    stand.phone.accepts = False
    dialogue = FakeDialogue(TO_DEVICES)
    task = asyncio.ensure_future(verify(stand.verifier, dialogue))
    await dialogue.showed("Asked.")
    stand.homeserver.carry(stand.phone, stand.phone.current.cancel(wire.USER), None)
    assert not await within(10, task)
    assert stand.homeserver.codes() == [("PHONE", "m.user"), ("TABLET", "m.user")]
    assert dialogue.shown[-1] == "Cancelled in Element. Nothing was verified."


async def test_a_no_ends_it_without_trust(stand: Stand) -> None:
    """Element is told, and nothing is signed."""
    dialogue = FakeDialogue(IN_ROOM, "what?", "no")
    assert not await within(10, verify(stand.verifier, dialogue))
    assert dialogue.text.count("Do both show the same") == 2
    assert "The emoji differ. Nothing was verified." in dialogue.shown[-1]
    assert stand.phone.current.code == "m.mismatched_sas"
    assert not stand.homeserver.sent(".mac")
    assert not stand.is_signed()


async def test_a_word_from_element_ends_the_open_question(stand: Stand) -> None:
    """The console does not wait for an answer nobody needs."""
    stand.phone.confirms = False
    dialogue = FakeDialogue(IN_ROOM)
    task = asyncio.ensure_future(verify(stand.verifier, dialogue))
    await dialogue.showed("Do both show the same")
    ended = stand.phone.current.cancel(wire.MISMATCHED_SAS)
    stand.homeserver.carry(stand.phone, ended, DIRECT)
    assert not await within(10, task)
    assert "The emoji differ" in dialogue.shown[-1]
    assert stand.homeserver.codes() == []


async def test_yes_alone_is_not_enough(stand: Stand) -> None:
    """Until Element has confirmed, nothing is signed and nothing is called verified."""
    stand.phone.confirms = False
    dialogue = FakeDialogue(IN_ROOM, "yes")
    task = asyncio.ensure_future(verify(stand.verifier, dialogue))
    await dialogue.showed("Confirm it in Element too")
    await let_run()
    assert not task.done()
    assert not stand.is_signed()
    stand.homeserver.carry(stand.phone, stand.phone.current.confirm(), DIRECT)
    assert await within(10, task)
    assert stand.is_signed()


@pytest.mark.parametrize("until", ["accept", "compare", "confirm", "request"])
async def test_ten_minutes_end_it(stand: Stand, until: str) -> None:
    """Whatever it waits for, Element is told that it took too long."""
    stand.phone.accepts = until != "accept"
    stand.phone.confirms = False
    answers = {"request": [WAIT], "confirm": [IN_ROOM, "yes"]}.get(until, [IN_ROOM])
    waits = {
        "accept": "Asked.",
        "compare": "Do both show",
        "confirm": "Confirm it",
        "request": "Waiting for the request",
    }
    dialogue = FakeDialogue(*answers)
    task = asyncio.ensure_future(verify(stand.verifier, dialogue))
    await dialogue.showed(waits[until])
    await stand.clock.advance(599)
    assert not task.done()
    await stand.clock.advance(2)
    assert not await within(10, task)
    assert "ten minutes" in dialogue.shown[-1]
    assert stand.homeserver.codes() == ([] if until == "request" else [(DIRECT, "m.timeout")])


async def test_an_operator_who_leaves_cancels_it(stand: Stand) -> None:
    """Element does not go on with a console that is gone."""
    dialogue = FakeDialogue(IN_ROOM)
    task = asyncio.ensure_future(verify(stand.verifier, dialogue))
    await dialogue.showed("Do both show")
    task.cancel()
    await asyncio.wait([task])
    assert stand.homeserver.codes() == [(DIRECT, "m.user")]
    stand.phone.confirms = True
    assert await within(10, verify(stand.verifier, FakeDialogue(IN_ROOM, "yes")))


async def test_one_console_at_a_time(stand: Stand) -> None:
    """A second one is told, and does not touch the first."""
    first = FakeDialogue(IN_ROOM)
    task = asyncio.ensure_future(verify(stand.verifier, first))
    await first.showed("Do both show")
    second = FakeDialogue()
    assert not await within(10, verify(stand.verifier, second))
    assert second.shown == ["Another console is verifying the bot just now."]
    first.answer("yes")
    assert await within(10, task)


async def test_without_an_identity_there_is_nothing_to_verify(stand: Stand) -> None:
    """The operator reads what to do about it first."""
    stand.keys.identities[BOT] = Phone(BOT, "X").seeds.identity(BOT)
    await stand.trust.establish()
    dialogue = FakeDialogue()
    assert not await within(10, verify(stand.verifier, dialogue))
    assert "hearthkey matrix reset-identity" in dialogue.text
    assert stand.homeserver.log == []


async def test_without_an_operator_nobody_can_verify(stand: Stand) -> None:
    """It is said how to become one."""
    stand.operators = []
    dialogue = FakeDialogue()
    assert not await within(10, verify(stand.verifier, dialogue))
    assert "HEARTHKEY_OPERATORS" in dialogue.text


async def test_the_account_is_chosen_among_operators(stand: Stand) -> None:
    """By its number; what is no number is asked again, and Enter takes the first."""
    stand.operators = ["@zoe:hs", ALICE]
    dialogue = FakeDialogue("0", "alice", "2", "", "yes")
    assert await within(10, verify(stand.verifier, dialogue))
    assert stand.is_signed()


async def test_without_a_direct_chat_it_goes_to_devices(stand: Stand) -> None:
    """The choice is not offered then."""
    stand.homeserver.has_direct = False
    dialogue = FakeDialogue("", "yes")
    assert await within(10, verify(stand.verifier, dialogue))
    assert "direct chat" not in dialogue.text
    assert {where for where, _ in stand.homeserver.sent(".request")} == {"PHONE", "TABLET"}


async def test_somebody_without_devices_cannot_be_asked(stand: Stand) -> None:
    """It is said at once."""
    stand.keys.devices[ALICE] = {}
    dialogue = FakeDialogue(TO_DEVICES)
    assert not await within(10, verify(stand.verifier, dialogue))
    assert "@alice:hs has no device that can encrypt" in dialogue.text


@pytest.mark.parametrize("kind", [wire.ROOM_MESSAGE, "m.key.verification.start", ".mac", ".done"])
async def test_what_cannot_be_sent_ends_it(stand: Stand, kind: str) -> None:
    """A homeserver that is gone is named as the reason, and no trust comes of it."""
    stand.homeserver.fails = lambda each: each.endswith(kind)
    dialogue = FakeDialogue(IN_ROOM, "yes")
    assert not await within(10, verify(stand.verifier, dialogue))
    assert "homeserver does not answer. Nothing was verified" in dialogue.shown[-1]
    assert not stand.is_signed()


async def test_a_session_that_is_not_verified_itself_proves_no_identity(stand: Stand) -> None:
    """Element trusts the bot, and the operator learns what is missing."""
    stand.phone = Element(stand.alice, stand.bot, is_verified=False)
    stand.phone.bots_master = stand.trust.master
    stand.homeserver.elements["PHONE"] = stand.phone
    dialogue = FakeDialogue(IN_ROOM, "yes")
    assert await within(10, verify(stand.verifier, dialogue))
    assert "verify that session" in dialogue.shown[-1]
    assert not stand.is_signed()


async def test_a_signature_that_is_not_taken_is_said(stand: Stand) -> None:
    """What Element knows is true all the same."""
    stand.keys.failures = {ALICE: {"x": {"errcode": "M_UNKNOWN"}}}
    dialogue = FakeDialogue(IN_ROOM, "yes")
    assert await within(10, verify(stand.verifier, dialogue))
    assert "the bot has not signed your identity" in dialogue.shown[-1]
    assert "M_UNKNOWN" in dialogue.shown[-1]


async def test_numbers_are_compared_where_an_app_has_no_emoji(stand: Stand) -> None:
    """The console shows the three of them."""
    carry = stand.homeserver.carry

    def without_emoji(element: Element, messages: list[wire.Message], room: str | None) -> None:
        for message in messages:
            if message.kind.endswith(".start"):
                message.content["short_authentication_string"] = ["decimal"]
        carry(element, messages, room)

    stand.homeserver.carry = without_emoji  # type: ignore[method-assign]  # an older app
    stand.ask(None)
    await let_run()
    dialogue = FakeDialogue("yes")
    assert await within(10, verify(stand.verifier, dialogue))
    shown = stand.phone.current.shown
    assert shown is not None
    assert "  ".join(map(str, shown.decimals)) in dialogue.text
    assert " 1. " not in dialogue.text


async def test_a_homeserver_that_is_gone_at_the_end_is_said(stand: Stand) -> None:
    """The verification stands, and the missing signature is named."""
    dialogue = FakeDialogue(IN_ROOM)
    task = asyncio.ensure_future(verify(stand.verifier, dialogue))
    await dialogue.showed("Do both show")
    stand.keys.errors = [CallError(502)]
    dialogue.answer("yes")
    assert await within(10, task)
    assert "has not signed your identity (the homeserver does not answer)" in dialogue.shown[-1]
    assert not stand.is_signed()


async def test_nobody_is_asked_in_the_name_of_a_foreign_identity(stand: Stand) -> None:
    """The MAC of a key that is not ours could not be made."""
    stand.keys.identities[BOT] = Phone(BOT, "X").seeds.identity(BOT)
    await stand.trust.establish()
    with pytest.raises(Refused):
        await stand.verifier.ask(ALICE, None)
    assert stand.homeserver.log == []
