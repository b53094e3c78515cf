"""Attempts: what is sent again, what is not, and how each end is settled."""

import asyncio
from decimal import Decimal

import pytest

from bot.domain.chat import (
    Adjustment,
    Finish,
    FinishReason,
    MemberId,
    Overrides,
    TextDelta,
    TurnId,
    TurnState,
)
from bot.domain.errors import (
    Cut,
    InvalidKey,
    Overloaded,
    ParameterRefused,
    ProviderError,
    RateLimited,
    ServerFault,
    TimedOut,
    Unreachable,
)
from bot.domain.keys import StoredKey
from bot.domain.usage import Usage
from tests.fakes.clock import let_run
from tests.fakes.disk import FullDisk
from tests.fakes.house import House
from tests.fakes.provider import USED, answer


@pytest.fixture
async def house() -> House:
    """A house where Alice has a key and a model."""
    house = House()
    await house.start()
    await house.give_key()
    return house


async def states(house: House) -> list[TurnState]:
    """Return where each turn stands, oldest first."""
    return [turn.state for turn in await house.turns()]


@pytest.mark.parametrize(
    ("error", "slept"),
    [
        (RateLimited("acme", retry_after_s=7.0), 7.0),
        (Overloaded("acme", retry_after_s=2.5), 2.5),
        (Unreachable("acme", is_unsent=True), 1.0),
        (TimedOut("acme", is_unsent=True), 1.0),
    ],
    ids=["rate", "overloaded", "unreachable", "connect-timeout"],
)
async def test_what_surely_was_not_processed_is_sent_again(
    house: House, error: ProviderError, slept: float
) -> None:
    """It waits as long as it was asked to; each time is a recorded attempt."""
    house.provider.enqueue(error)
    await house.say("hello")
    await house.clock.advance(slept - 0.1)
    assert len(house.provider.asked) == 1
    await house.clock.advance(0.2)
    (turn,) = await house.turns()
    assert (turn.state, turn.attempt) == (TurnState.ANSWERED, 2)
    assert slept in house.clock.slept


async def test_three_attempts_are_the_most(house: House) -> None:
    """A vendor that keeps refusing is asked three times; then the member decides."""
    house.provider.enqueue(Overloaded("acme"))
    house.provider.enqueue(Overloaded("acme"))
    house.provider.enqueue(Overloaded("acme"))
    await house.say("hello")
    await house.clock.advance(10)
    (turn,) = await house.turns()
    assert (turn.state, turn.detail, turn.attempt) == (TurnState.FAILED, "overloaded", 3)
    assert len(house.provider.asked) == 3
    assert (await house.stores.settings.spent(turn.member)).answers == 0


async def test_a_long_rate_limit_is_not_waited_out(house: House) -> None:
    """Above a minute the member hears until when, at once."""
    house.provider.enqueue(RateLimited("acme", retry_after_s=61))
    await house.say("hello")
    assert await states(house) == [TurnState.FAILED]
    assert house.said[0].startswith("**Rate limited until")


async def test_stop_during_a_pause_charges_nothing(house: House) -> None:
    """Between two attempts nothing is on its way."""
    house.provider.enqueue(RateLimited("acme", retry_after_s=30))
    await house.say("hello")
    await house.say("/stop")
    assert await states(house) == [TurnState.STOPPED]
    assert house.frontend.shown[-1].reply.footer == "Stopped. Nothing was charged."
    await house.clock.advance(60)
    assert len(house.provider.asked) == 1


@pytest.mark.parametrize(
    "error",
    [
        ServerFault("acme"),
        TimedOut("acme"),
        Cut("acme"),
        Unreachable("acme"),
        Overloaded("acme", is_unsent=False),
    ],
    ids=["500", "timeout", "cut", "reset", "overloaded-within"],
)
@pytest.mark.parametrize("text", ["", "Some text"], ids=["at-once", "within"])
async def test_what_may_be_billed_is_asked_once(
    house: House, error: ProviderError, text: str
) -> None:
    """No re-send; what arrived is shown and settled, with a choice to ask again."""
    steps = (TextDelta(text), error) if text else (error,)
    house.provider.enqueue(*steps)
    await house.say("hello")
    await house.clock.advance(600)
    (turn,) = await house.turns()
    assert len(house.provider.asked) == 1
    assert (turn.state, turn.detail, turn.attempt) == (TurnState.FAILED, error.category, 1)
    assert turn.answer == (text or None)
    reply = house.frontend.shown[-1].reply
    assert text in reply.text
    actions = [button.action for row in reply.buttons for button in row]
    assert f"retry:again:{turn.id}:1" in actions
    spent = await house.stores.settings.spent(turn.member)
    assert (spent.answers, spent.is_estimated) == (1, True)


async def test_a_refusal_is_not_charged(house: House) -> None:
    """A key the vendor does not take costs nothing and is not tried again."""
    error = InvalidKey("acme", is_unsent=True)
    house.provider.enqueue(error)
    await house.say("hello")
    (turn,) = await house.turns()
    assert (turn.detail, len(house.provider.asked)) == ("invalid_key", 1)
    assert (await house.stores.settings.spent(turn.member)).answers == 0


async def test_a_stream_without_its_end_was_cut(house: House) -> None:
    """Text that just ends is no whole answer."""
    house.provider.enqueue(TextDelta("Half"))
    await house.say("hello")
    (turn,) = await house.turns()
    assert (turn.state, turn.detail, turn.answer) == (TurnState.FAILED, "cut", "Half")


async def test_a_declined_question_leaves_the_history(house: House) -> None:
    """A filtered answer is no part of the conversation, though it may be charged."""
    house.provider.enqueue(TextDelta("No"), USED, Finish(FinishReason.FILTERED))
    await house.say("hello")
    (turn,) = await house.turns()
    assert (turn.state, turn.detail, turn.answer) == (TurnState.FAILED, "filtered", None)
    assert (await house.stores.settings.spent(turn.member)).answers == 1
    await house.say("next")
    assert len(house.provider.asked[-1].request.messages) == 1


async def test_an_answer_without_text_is_said_to_be_empty(house: House) -> None:
    """Blank text is no answer."""
    house.provider.enqueue(TextDelta(" \n"), USED, Finish(FinishReason.STOP))
    await house.say("hello")
    (turn,) = await house.turns()
    assert (turn.state, turn.detail) == (TurnState.FAILED, "empty")


async def test_a_refused_parameter_is_left_out_and_remembered(house: House) -> None:
    """One changed request, a note under the first answer only, and no refusal the next time."""
    house.provider.enqueue(ParameterRefused("acme", adjustment=Adjustment.DROP_TEMPERATURE))
    await house.say("one")
    first, second = house.provider.asked
    assert first.request.adjustments == frozenset()
    assert second.request.adjustments == {Adjustment.DROP_TEMPERATURE}
    note = "acme-1 takes no temperature; I left it out."
    assert note in house.said[0]
    assert (await house.turns())[0].answer == "Echo: one"
    await house.say("two")
    assert house.provider.asked[-1].request.adjustments == {Adjustment.DROP_TEMPERATURE}
    assert note not in house.said[1]


@pytest.mark.parametrize(
    ("dropped", "note"),
    [
        (Adjustment.DROP_EFFORT, "acme-1 does not take this reasoning setting; I left it out."),
        (Adjustment.DROP_MAX_TOKENS, "acme-1 takes no longest answer; I left it out."),
    ],
)
async def test_other_settings_left_out_are_said_once_too(
    house: House, dropped: Adjustment, note: str
) -> None:
    """Whatever a member may have chosen."""
    house.provider.enqueue(ParameterRefused("acme", adjustment=dropped))
    await house.say("one")
    await house.say("two")
    assert note in house.said[0]
    assert note not in house.said[1]


async def test_the_note_comes_once_even_if_it_is_learned_again(house: House) -> None:
    """After thirty days the vendor is asked anew; the member was told already."""
    refused = ParameterRefused("acme", adjustment=Adjustment.DROP_TEMPERATURE)
    house.provider.enqueue(refused)
    await house.say("one")
    await house.clock.advance(31 * 86_400)
    house.provider.enqueue(refused)
    await house.say("two")
    assert len(house.provider.asked) == 4
    assert "takes no temperature" not in house.said[1]


async def test_the_same_parameter_is_not_mended_twice(house: House) -> None:
    """A vendor that refuses what was left out already is not asked a third time."""
    refused = ParameterRefused("acme", adjustment=Adjustment.DROP_MAX_TOKENS)
    house.provider.enqueue(refused)
    house.provider.enqueue(refused)
    await house.say("one")
    (turn,) = await house.turns()
    assert (turn.state, turn.detail) == (TurnState.FAILED, "bad_request")
    assert len(house.provider.asked) == 2


async def test_a_bad_request_that_nothing_mends_is_asked_once(house: House) -> None:
    """An unsent error of another kind is not sent again."""
    house.provider.enqueue(ProviderError("acme", is_unsent=True))
    await house.say("one")
    assert (len(house.provider.asked), await states(house)) == (1, [TurnState.FAILED])


async def test_a_fault_of_ours_is_settled_and_told(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """What the vendor wrote stays and counts; the log has the type, never the words."""
    house.provider.enqueue(TextDelta("Half"), ValueError("the sender's words"))
    await house.say("hello")
    (turn,) = await house.turns()
    assert (turn.state, turn.detail, turn.answer) == (TurnState.FAILED, "ours", "Half")
    assert "Something broke on my side" in house.said[0]
    assert house.said[0].startswith("Half")
    assert (await house.stores.settings.spent(turn.member)).answers == 1
    assert "ValueError" in caplog.text
    assert "the sender's words" not in caplog.text


async def test_an_answer_cut_by_the_limit_says_so(house: House) -> None:
    """The footer names the limit even where the member wants no cost line."""
    await house.give_key(overrides=Overrides(max_tokens=7, cost_line=False))
    house.provider.enqueue(TextDelta("Half"), USED, Finish(FinishReason.LENGTH))
    await house.say("go")
    shown = house.frontend.shown[0].reply
    assert shown.footer.startswith("Cut at your limit of 7 tokens")
    assert shown.buttons
    assert house.provider.asked[0].request.max_tokens == 7
    await house.say("again")
    assert house.frontend.shown[1].reply.footer == ""


async def test_a_limit_that_was_left_out_is_not_what_cut_an_answer(house: House) -> None:
    """Neither when the company has just refused it nor later, and there is nothing to raise."""
    await house.give_key(overrides=Overrides(max_tokens=500))
    half = (TextDelta("Half"), USED, Finish(FinishReason.LENGTH))
    house.provider.enqueue(ParameterRefused("acme", adjustment=Adjustment.DROP_MAX_TOKENS))
    for _ in range(2):
        house.provider.enqueue(*half)
        await house.say("go")
        shown = house.frontend.shown[-1].reply
        assert shown.footer.startswith("Cut at the longest answer allowed")
        actions = [button.action for row in shown.buttons for button in row]
        assert [action.rpartition(":")[0] for action in actions] == ["retry:continue"]
    house.provider.enqueue(USED, Finish(FinishReason.LENGTH))
    await house.say("go")
    assert "whole length" not in house.said[-1]


async def test_the_vendors_own_charge_is_kept(house: House) -> None:
    """A cost that the vendor reported is shown without "about"."""
    usage = Usage(input_tokens=1, output_tokens=1, cost_usd=Decimal("0.02"))
    house.provider.enqueue(*answer("ok", usage))
    await house.say("go")
    assert house.frontend.shown[0].reply.footer == "acme-1, $0.02"
    (turn,) = await house.turns()
    assert (await house.stores.settings.spent(turn.member)).cost_usd == Decimal("0.02")


async def test_old_messages_are_left_out_when_they_do_not_fit(house: House) -> None:
    """The member is told once, under the first answer it concerns."""
    await house.give_key(overrides=Overrides(window=200, max_tokens=10))
    for number in range(4):
        house.provider.enqueue(*answer("x" * 250))
        await house.say(f"question {number}")
    told = [text for text in house.said if "no longer fits whole" in text]
    assert len(told) == 1
    assert len(house.provider.asked[-1].request.messages) < 7


async def test_stop_while_the_request_is_being_recorded_sends_nothing(house: House) -> None:
    """Between the commit and the request there is still time; nothing is charged."""
    gate, real = asyncio.Event(), house.stores.turns.begin_attempt

    async def slow(turn: TurnId, attempt: int, *, edits: int = 0) -> bool:
        await gate.wait()
        return await real(turn, attempt, edits=edits)

    house.stores.turns.begin_attempt = slow  # type: ignore[method-assign]  # a slow disk
    await house.say("hello")
    await house.say("/stop")
    gate.set()
    await let_run()
    (turn,) = await house.turns()
    assert (turn.state, turn.attempt) == (TurnState.STOPPED, 1)
    assert house.provider.asked == []
    assert house.frontend.shown[-1].reply.footer == "Stopped. Nothing was charged."
    assert (await house.stores.settings.spent(turn.member)).answers == 0


async def test_a_turn_that_is_dropped_at_the_last_moment_is_not_asked(house: House) -> None:
    """Its attempt is not granted: nothing is sent and nothing said."""
    gate, real = asyncio.Event(), house.stores.keys.open_key

    async def slow(member: MemberId, provider: str, origin: str) -> StoredKey | None:
        await gate.wait()
        return await real(member, provider, origin)

    house.stores.keys.open_key = slow  # type: ignore[method-assign,assignment]  # a slow disk
    await house.say("hello")
    await house.say("/drop")
    gate.set()
    await let_run()
    assert (await house.turns())[0].state is TurnState.EXPIRED
    assert house.provider.asked == []
    assert house.said == ["dropped"]
    assert not house.frontend.sinks[0].is_open


async def test_an_end_that_is_recorded_already_is_not_shown_twice(house: House) -> None:
    """A turn that was erased while it ran ends in silence, its screen let go."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("Half"), gate, Finish(FinishReason.STOP))
    await house.say("hello")
    house.stores._state.turns.clear()
    gate.set()
    await let_run()
    assert house.said == []
    assert not house.frontend.sinks[0].is_open


async def test_the_answer_waits_for_room_and_its_notes_with_it(house: House) -> None:
    """A note that comes once is not lost to a full disk, nor the answer."""
    house.provider.enqueue(ParameterRefused("acme", adjustment=Adjustment.DROP_TEMPERATURE))
    disk = FullDisk(house.stores.settings, "has_noted")
    await house.say("one")
    await house.clock.advance(10)
    disk.make_room()
    await house.clock.advance(3)
    assert "takes no temperature" in house.said[-1]
    assert len(house.provider.asked) == 2


async def test_a_parking_that_cannot_be_stored_is_told_at_the_next_start(house: House) -> None:
    """The text so far may be lost, the turn is not."""
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await house.say("hello")
    disk = FullDisk(house.stores.turns, "checkpoint")
    await house.router.close()
    disk.make_room()
    await house.restart()
    assert "I was restarted while asking" in house.said[-1]
