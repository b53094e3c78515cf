"""Turns: their order, and how they are stopped, kept, shown and given up."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.chat import (
    Finish,
    FinishReason,
    Overrides,
    ReasoningDelta,
    Scope,
    Streaming,
    TextDelta,
    TurnState,
)
from bot.domain.effects import Choose, Effect
from bot.domain.errors import (
    SendUnknown,
)
from bot.domain.events import Command, InboxId, Outgoing, Text
from bot.domain.ports import Result
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.frontend import FakeFrontend
from tests.fakes.house import ALICE, BOB, BOBS, CLUB, HOME, House
from tests.fakes.provider import answer


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


async def test_a_question_is_answered_and_what_it_used_is_kept(house: House) -> None:
    """An answer is shown with its footer, stored once, and its tokens are counted."""
    await house.say("hello")
    (turn,) = await house.turns()
    assert (turn.state, turn.answer, turn.attempt) == (TurnState.ANSWERED, "Echo: hello", 1)
    assert house.said == ["Echo: hello"]
    assert house.frontend.shown[0].reply.footer == "acme-1, 15 tokens, cost unknown"
    spent = await house.stores.settings.spent(turn.member)
    assert (spent.answers, spent.input_tokens, spent.output_tokens) == (1, 10, 5)


async def test_the_answer_grows_where_it_ends(house: House) -> None:
    """Each piece of text is offered to the sink that the end goes into; thinking is not."""
    house.provider.enqueue(
        ReasoningDelta("hm"), TextDelta("One"), TextDelta(" two"), Finish(FinishReason.STOP)
    )
    await house.say("count")
    (sink,) = house.frontend.sinks
    assert sink.shown == ["One", "One two"]
    assert [shown.how for shown in house.frontend.shown] == ["finish"]


async def test_a_private_place_runs_one_turn_at_a_time_in_order(house: House) -> None:
    """The second question is asked when the first is answered, with it in its context."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("first"), gate, Finish(FinishReason.STOP))
    await house.say("one")
    await house.say("two")
    assert [asked.question for asked in house.provider.asked] == ["one"]
    gate.set()
    await let_run()
    assert house.said == ["first", "Echo: two"]
    assert [message.text for message in house.provider.asked[1].request.messages] == [
        "one",
        "first",
        "two",
    ]


async def test_in_a_group_each_member_has_one_running_turn(house: House) -> None:
    """Members do not wait for each other; a member's second question waits for the first."""
    await house.give_key(ALICE, CLUB)
    await house.give_key(BOB, CLUB, key="sk-canary-bob")
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("slow"), gate, Finish(FinishReason.STOP))
    await house.say("alice 1", ALICE, CLUB)
    await house.say("alice 2", ALICE, CLUB)
    await house.say("bob 1", BOB, CLUB)
    assert [(a.question, a.key) for a in house.provider.asked] == [
        ("M1: alice 1", "sk-canary-alice"),
        ("M2: bob 1", "sk-canary-bob"),
    ]
    assert house.said == ["Echo: M2: bob 1"]
    gate.set()
    await let_run()
    assert house.said == ["Echo: M2: bob 1", "slow", "Echo: M1: alice 2"]


async def test_in_a_group_the_answer_is_a_reply_and_has_no_cost_line(house: House) -> None:
    """Where many read along, an answer names its question and not what it cost."""
    await house.give_key(ALICE, CLUB)
    await house.receive(Text("hi"), ALICE, CLUB, message="m77")
    await let_run()
    assert house.frontend.sinks[0].growth.reply_to == "m77"
    assert house.frontend.shown[0].reply.footer == ""


async def test_stop_keeps_and_settles_what_was_written(house: House) -> None:
    """A stopped answer's text stays in the history, and is paid as an estimate."""
    house.provider.enqueue(TextDelta("Half of"), asyncio.Event())
    await house.say("talk")
    await house.say("/stop")
    (turn,) = await house.turns()
    assert (turn.state, turn.answer) == (TurnState.STOPPED, "Half of")
    assert house.provider.cancelled == 1
    shown = house.frontend.shown[-1].reply
    assert shown.text == "Half of"
    assert shown.footer.startswith("Stopped. What was written is paid")
    assert (await house.stores.settings.spent(turn.member)).is_estimated


async def test_a_bare_stop_stops_and_is_no_question(house: House) -> None:
    """While an answer grows, "stop" ends it; otherwise it is a word like any other."""
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await house.say("talk")
    await house.say("Stop")
    assert await states(house) == [TurnState.STOPPED]
    await house.say("stop")
    assert house.said[-1] == "Echo: stop"


async def test_stop_before_the_request_charges_nothing(house: House) -> None:
    """A turn stopped before its request left was not asked, and nothing is counted."""
    opened = asyncio.Event()
    real = house.stores.keys.open_key

    async def slow(member: object, provider: str, origin: str) -> object:
        await opened.wait()
        return await real(member, provider, origin)  # type: ignore[arg-type]  # as it came

    house.stores.keys.open_key = slow  # type: ignore[method-assign,assignment]  # a slow disk
    await house.say("talk")
    await house.say("/stop")
    opened.set()
    await let_run()
    (turn,) = await house.turns()
    assert (turn.state, turn.attempt) == (TurnState.STOPPED, 0)
    assert house.provider.asked == []
    assert house.frontend.shown[-1].reply.footer == "Stopped. Nothing was charged."
    assert (await house.stores.settings.spent(turn.member)).answers == 0


async def test_stop_after_the_end_stops_nothing(house: House) -> None:
    """A stop that comes too late says so and changes nothing."""
    await house.say("hello")
    await house.say("/stop")
    assert house.said == ["Echo: hello", "nothing to stop"]
    assert await states(house) == [TurnState.ANSWERED]


async def test_stop_ends_only_this_members_turn_in_this_place(house: House) -> None:
    """Bob's stop leaves Alice's answer alone, and Alice's at home her one in the club."""
    await house.give_key(ALICE, CLUB)
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("on"), gate, Finish(FinishReason.STOP))
    await house.say("talk", ALICE, CLUB)
    await house.say("/stop", BOB, CLUB)
    await house.say("/stop", ALICE, HOME)
    gate.set()
    await let_run()
    assert await states(house) == [TurnState.ANSWERED]


async def test_a_stopped_turn_lets_the_next_one_run(house: House) -> None:
    """Stop ends the running answer; what waits behind it goes on."""
    house.provider.enqueue(asyncio.Event())
    await house.say("one")
    await house.say("two")
    await house.say("/stop")
    assert await states(house) == [TurnState.STOPPED, TurnState.ANSWERED]


async def test_a_turn_waits_for_a_key_and_runs_when_there_is_one() -> None:
    """Without a key a question is kept; with one it is answered, bound anew."""
    house = House()
    await house.start()
    await house.say("hello")
    (turn,) = await house.turns()
    assert (turn.state, turn.detail) == (TurnState.WAITING, "key")
    assert house.said[0].startswith("**You have no key yet**")
    await house.paste("addkey acme", "sk-canary-alice")
    (turn,) = await house.turns()
    assert (turn.state, turn.choices.model) == (TurnState.ANSWERED, "acme-1")
    assert house.said[1:] == ["saved … deleted".replace("…", "…ce"), "Echo: hello"]


async def test_a_key_without_a_model_is_not_called_no_key() -> None:
    """Who has a key and no usable model reads that a model is to be chosen."""
    house = House()
    await house.start()
    await house.give_key(overrides=Overrides(provider="gone", model="gone-1"))
    await house.say("hello")
    assert house.said[0].startswith("**No model of your keys is chosen here**")


async def test_a_key_sealed_for_another_host_is_not_used(house: House) -> None:
    """A key that does not open is said to be unusable; nothing is asked."""
    (row,) = house.stores._state.keys.values()
    house.stores._state.note_key(row, origin="https://elsewhere.example")
    await house.say("hello")
    (turn,) = await house.turns()
    assert (turn.state, turn.detail) == (TurnState.FAILED, "key_unreadable")
    assert house.provider.asked == []


async def test_running_answers_are_kept_every_two_seconds_in_one_commit(house: House) -> None:
    """What has arrived so far survives a crash; one commit serves every running turn."""
    await house.give_key(BOB, BOBS, key="sk-canary-bob")
    commits: list[list[str]] = []
    real = house.stores.turns.checkpoint

    async def watched(partials: dict[object, str]) -> None:
        commits.append(list(partials.values()))
        await real(partials)  # type: ignore[arg-type]  # as they came

    house.stores.turns.checkpoint = watched  # type: ignore[method-assign,assignment]  # a probe
    more = asyncio.Event()
    house.provider.enqueue(TextDelta("A1"), more, TextDelta("A2"), asyncio.Event())
    house.provider.enqueue(TextDelta("B1"), asyncio.Event())
    await house.say("alice")
    await house.say("bob", BOB, BOBS)
    await house.clock.advance(1.9)
    assert commits == []
    await house.clock.advance(0.2)
    assert commits == [["A1", "B1"]]
    await house.clock.advance(2)
    assert len(commits) == 1
    more.set()
    await house.clock.advance(2)
    assert commits[1:] == [["A1A2"]]
    assert [turn.partial for turn in await house.turns()] == ["A1A2", "B1"]


async def test_a_fault_before_the_request_is_told_and_can_be_tried_again(house: House) -> None:
    """A fault of ours never leaves a turn hanging."""

    async def broken(*_: object) -> None:
        raise KeyError("row")

    house.stores.settings.adjustments = broken  # type: ignore[method-assign,assignment]  # broken
    await house.say("hello")
    (turn,) = await house.turns()
    assert (turn.state, turn.detail) == (TurnState.FAILED, "ours")
    assert "Something broke on my side" in house.said[0]


async def test_a_screen_that_cannot_begin_still_gets_the_answer(house: House) -> None:
    """Neither a refusal nor a fault in showing that work began costs the answer."""
    house.frontend.fail_next("open", SendUnknown(), KeyError("draft"))
    await house.say("one")
    await house.say("two")
    assert house.said == ["Echo: one", "Echo: two"]


async def test_a_long_answer_comes_in_parts_and_the_last_has_the_footer() -> None:
    """Parts come in order; what concerns the whole answer is under its last part."""
    house = House(FakeFrontend(limit=10))
    await house.start()
    await house.give_key()
    house.provider.enqueue(*answer("abcdefghijKLMNOPQRSTuv"))
    await house.say("go")
    assert house.said == ["abcdefghij", "KLMNOPQRST", "uv"]
    assert [shown.how for shown in house.frontend.shown] == ["finish", "post", "post"]
    footers = [shown.reply.footer for shown in house.frontend.shown]
    assert footers == ["", "", "acme-1, 15 tokens, cost unknown"]


async def test_cancel_waits_until_the_turns_at_a_provider_are_settled(house: House) -> None:
    """A key's removal ends its turn first: what was written is paid, then the key goes."""
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await house.say("talk")
    await house.say("/removekey")
    (turn,) = await house.turns()
    assert (turn.state, turn.detail, turn.answer) == (TurnState.STOPPED, "removed", "Half")
    assert house.provider.cancelled == 1
    assert await house.stores.keys.keys(turn.member) == ()
    assert (await house.stores.settings.spent(turn.member)).answers == 1


async def test_what_waits_behind_a_removed_keys_turn_waits_for_a_key(house: House) -> None:
    """The next question in the line is not asked with a key that is going."""
    real = house.stores.intake.finish

    async def slow(row: InboxId, effects: Sequence[Effect], replies: Sequence[Outgoing]) -> Result:
        await let_run()
        return await real(row, effects, replies)

    house.stores.intake.finish = slow  # type: ignore[method-assign]  # a slow disk
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await house.say("talk")
    await house.say("more")
    await house.say("/removekey")
    await let_run()
    await let_run()
    assert [asked.question for asked in house.provider.asked] == ["talk"]
    assert await states(house) == [TurnState.STOPPED, TurnState.WAITING]


async def test_cancel_leaves_other_sessions_and_providers_alone(house: House) -> None:
    """Only the member's turns there are ended."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("on"), gate, Finish(FinishReason.STOP))
    await house.say("talk")
    (turn,) = await house.turns()
    other = type(turn.session)(turn.session + 1_000)
    await house.sessions.cancel(turn.member, provider="other")
    await house.sessions.cancel(turn.member, session=other)
    await house.sessions.cancel(await house.member(BOB))
    gate.set()
    await let_run()
    assert await states(house) == [TurnState.ANSWERED]


async def test_a_deleted_session_ends_its_turns_first(house: House) -> None:
    """Its running answer is settled, what waited there goes with it, usage stays."""
    member = await house.member()
    house.provider.enqueue(TextDelta("Half"), asyncio.Event())
    await house.say("talk")
    await house.say("more")
    await house.say("/forget")
    assert await house.turns() == []
    assert [asked.question for asked in house.provider.asked] == ["talk"]
    assert house.provider.cancelled == 1
    assert (await house.stores.settings.spent(member)).answers == 1


async def test_a_message_that_comes_while_its_session_is_deleted_begins_another(
    house: House,
) -> None:
    """It was sent after the deletion, so it is no part of what is deleted."""
    await house.say("/slowforget")
    await house.say("new topic")
    house.gate.is_open.set()
    await let_run()
    assert [turn.question for turn in await house.turns()] == ["new topic"]


async def test_dropped_turns_never_reach_the_vendor(house: House) -> None:
    """What was dropped while it waited is not begun, not even on the screen."""
    gate = asyncio.Event()
    house.provider.enqueue(TextDelta("one"), gate, Finish(FinishReason.STOP))
    await house.say("one")
    await house.say("two")
    await house.say("/drop")
    gate.set()
    await let_run()
    assert await states(house) == [TurnState.ANSWERED, TurnState.EXPIRED]
    assert [asked.question for asked in house.provider.asked] == ["one"]
    assert len(house.frontend.sinks) == 1


async def test_the_demo_is_offered_where_there_is_one() -> None:
    """Who has no key hears of the demo."""
    house = House(clock=FakeClock())
    house.provider.spec = replace(house.provider.spec, is_demo=True)
    await house.start()
    await house.say("hello")
    assert "/addkey demo demo" in house.said[0]


async def test_an_answer_grows_as_its_member_chose(house: House) -> None:
    """The messenger is told of the choice that held when the question came."""
    member = await house.member()
    session = await house.stores.settings.session(HOME, member)
    await house.say("as it comes")
    row = await house.stores.intake.accept(house._incoming(Command("set"), ALICE, HOME))
    assert row is not None
    whole = Choose(
        scope=Scope.SESSION,
        member=member,
        session=session.id,
        overrides=Overrides(stream=Streaming.OFF),
    )
    await house.stores.intake.finish(row.id, (whole,), ())
    await house.say("whole")
    assert [each.growth.stream for each in house.frontend.sinks] == [Streaming.AUTO, Streaming.OFF]
