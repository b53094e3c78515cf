"""Requests that are not an operator's, not for the bot or not of now come to nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.matrix.verification import wire
from adapters.matrix.verification.console import verify
from adapters.matrix.verification.requests import Event, read_request
from adapters.matrix.verification.verifier import Verifier
from adapters.matrix.wire import CallError
from tests.fakes.clock import START, let_run
from tests.fakes.dialogue import FakeDialogue
from tests.fakes.element import ALICE, BOT, DIRECT, NOW_MS, Stand

MALLORY = "@mallory:elsewhere"
GROUP = "!group"
IN_ROOM = wire.room_request("THEIRS", BOT)
TO_DEVICE = wire.device_request("THEIRS", "t9", NOW_MS)


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """A bot that takes verification events."""
    made = Stand()
    await made.establish()
    running = asyncio.ensure_future(made.verifier.run())
    yield made
    assert not running.done(), "the bot no longer takes events"
    running.cancel()
    await asyncio.wait([running])


async def test_a_stranger_in_a_room_is_told_no(stand: Stand) -> None:
    """Their app stops asking; nobody at the console is bothered."""
    event_id = stand.homeserver.tell(MALLORY, IN_ROOM, GROUP)
    await let_run()
    ((where, content),) = stand.homeserver.sent(".cancel")
    assert (where, content["code"]) == (GROUP, "m.user")
    assert content["m.relates_to"] == {"rel_type": "m.reference", "event_id": event_id}
    assert stand.wanted == []
    assert stand.verifier.requests.waiting(MALLORY) is None


async def test_a_stranger_who_asks_the_device_gets_no_answer(stand: Stand) -> None:
    """Anybody anywhere could have the bot send messages otherwise."""
    stand.homeserver.tell(MALLORY, TO_DEVICE, None)
    await let_run()
    assert stand.homeserver.log == []
    assert stand.verifier.requests.waiting(MALLORY) is None


@pytest.mark.parametrize(("message", "room"), [(IN_ROOM, GROUP), (TO_DEVICE, None)])
async def test_an_app_without_emoji_is_told(
    stand: Stand, message: wire.Message, room: str | None
) -> None:
    """An operator's QR code cannot be taken, and waiting would not help."""
    message = wire.Message(message.kind, {**message.content, "methods": ["m.qr_code.scan.v1"]})
    stand.homeserver.tell(ALICE, message, room)
    await let_run()
    assert stand.homeserver.codes() == [(room or "THEIRS", "m.unknown_method")]


async def test_requests_among_others_are_not_the_bots(stand: Stand) -> None:
    """In a group people verify each other, and the bot keeps out of it."""
    stand.homeserver.tell(ALICE, wire.room_request("PHONE", MALLORY), GROUP)
    stand.homeserver.tell(BOT, wire.room_request("BOTDEVICE", ALICE), GROUP)
    stand.homeserver.tell(BOT, wire.room_request("OTHER", BOT), GROUP)
    await let_run()
    assert stand.homeserver.log == []
    assert stand.wanted == []


async def test_an_unanswered_stranger_costs_nothing_but_a_line(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """A homeserver that does not take the answer does not stop the bot."""
    stand.homeserver.fails = lambda _: True
    stand.homeserver.tell(MALLORY, IN_ROOM, GROUP)
    await let_run()
    assert "was not answered" in caplog.text
    stand.homeserver.fails = lambda _: False
    stand.ask(DIRECT)
    await let_run()
    assert stand.wanted == [(ALICE, DIRECT)]


@pytest.mark.parametrize(
    ("age", "is_read"),
    [
        (timedelta(0), True),
        (timedelta(minutes=9), True),
        (timedelta(minutes=11), False),
        (timedelta(minutes=-4), True),
        (timedelta(minutes=-6), False),
        (timedelta(days=20_000), False),
    ],
    ids=str,
)
def test_only_a_request_of_now_is_read(age: timedelta, *, is_read: bool) -> None:
    """Old ones come after a restart, and nobody waits for them any more."""
    sent_at = START - age
    sent_ms = round(sent_at.timestamp() * 1000)
    old = wire.device_request("PHONE", "t1", sent_ms)
    to_device = Event(ALICE, old.kind, old.content, None, "")
    in_room = Event(ALICE, IN_ROOM.kind, IN_ROOM.content, DIRECT, "$1", sent_at)
    assert (read_request(to_device, BOT, START) is not None) is is_read
    assert (read_request(in_room, BOT, START) is not None) is is_read


@pytest.mark.parametrize("timestamp", [10**30, -(10**30), 10**18, 0, "now", None, 1.5, [1]])
def test_a_time_that_is_none_is_not_now(timestamp: object) -> None:
    """Whatever number is sent, it is compared and never raised over."""
    content = {**TO_DEVICE.content, "timestamp": timestamp}
    assert read_request(Event(ALICE, wire.REQUEST, content, None, ""), BOT, START) is None


async def test_messages_of_other_verifications_change_nothing(stand: Stand) -> None:
    """Neither another person's, nor another transaction's, nor from another room."""
    dialogue = FakeDialogue("1")
    task = asyncio.ensure_future(verify(stand.verifier, dialogue))
    await dialogue.showed("Do both show")
    cancel = stand.phone.current.cancel(wire.USER)
    ((kind, content),) = [(each.kind, each.content) for each in cancel]
    other = {**content, "m.relates_to": {"rel_type": "m.reference", "event_id": "$other"}}
    odd = {**content, "m.relates_to": {"rel_type": "m.thread", "event_id": "$1"}}
    stand.homeserver.tell(MALLORY, wire.Message(kind, content), DIRECT)
    stand.homeserver.tell(ALICE, wire.Message(kind, content), GROUP)
    stand.homeserver.tell(ALICE, wire.Message(kind, content), None)
    stand.homeserver.tell(ALICE, wire.Message(kind, other), DIRECT)
    stand.homeserver.tell(ALICE, wire.Message(kind, odd), DIRECT)
    stand.homeserver.tell(BOT, wire.Message(kind, content), DIRECT)
    await let_run()
    assert not task.done()
    assert stand.homeserver.codes() == []
    stand.homeserver.tell(ALICE, wire.Message(kind, content), DIRECT)
    async with asyncio.timeout(10):
        assert not await task


async def test_the_request_under_way_is_not_asked_again(stand: Stand) -> None:
    """A server that sends it twice does not leave a second one waiting."""
    stand.ask(None)
    await let_run()
    dialogue = FakeDialogue()
    task = asyncio.ensure_future(verify(stand.verifier, dialogue))
    await dialogue.showed("Do both show")
    stand.homeserver.tell(ALICE, wire.device_request("PHONE", "t1", NOW_MS), None)
    await let_run()
    assert stand.verifier.requests.waiting(ALICE) is None
    dialogue.answer("yes")
    async with asyncio.timeout(10):
        assert await task


async def test_too_many_at_once_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """What nobody handles does not pile up, and the sync that hands it over never waits."""
    stand = Stand()
    for _ in range(500):
        stand.homeserver.tell(MALLORY, TO_DEVICE, None)
    assert caplog.text.count("too many verification events") == 400


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = sorted({*IN_ROOM.content, *TO_DEVICE.content, "m.relates_to", "code"})
CONTENTS = ANY_JSON | st.dictionaries(st.sampled_from(FIELDS), ANY_JSON | st.just(BOT))
KINDS = (wire.ROOM_MESSAGE, wire.REQUEST, f"{wire.PREFIX}start", f"{wire.PREFIX}cancel")


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), CONTENTS, st.sampled_from([None, GROUP]))),
)
def test_a_storm_does_not_stop_the_bot(storm: list[tuple[str, Any, str | None]]) -> None:
    """Any JSON of any kind from an operator: the next real request is heard."""

    async def weather() -> None:
        stand = Stand()
        running = asyncio.ensure_future(stand.verifier.run())
        for kind, content, room in storm:
            wire.is_verification(kind, content)
            stand.homeserver.tell(ALICE, wire.Message(kind, content), room)
        stand.ask(DIRECT)
        await let_run()
        assert (ALICE, DIRECT) in stand.wanted
        running.cancel()
        await asyncio.wait([running])

    asyncio.run(weather())


async def test_without_anybody_to_tell_a_request_waits_too(stand: Stand) -> None:
    """The log says it; nothing else is needed."""
    verifier = Verifier(
        stand.trust, stand.keys, stand.homeserver, stand.clock, operators=lambda: [ALICE]
    )
    stand.homeserver.verifier = verifier
    running = asyncio.ensure_future(verifier.run())
    stand.ask(DIRECT)
    await let_run()
    assert verifier.requests.waiting(ALICE) is not None
    running.cancel()
    await asyncio.wait([running])


async def test_a_failed_word_to_the_operator_is_no_end(stand: Stand) -> None:
    """The request waits all the same."""

    async def fail(user: str, room: str | None) -> None:
        raise CallError(500, user, room or "")

    verifier = Verifier(
        stand.trust,
        stand.keys,
        stand.homeserver,
        stand.clock,
        operators=lambda: [ALICE],
        wanted=fail,
    )
    stand.homeserver.verifier = verifier
    running = asyncio.ensure_future(verifier.run())
    stand.ask(DIRECT)
    await let_run()
    assert verifier.requests.waiting(ALICE) is not None
    assert not running.done()
    running.cancel()
    await asyncio.wait([running])


@pytest.mark.parametrize(
    ("kind", "content", "is_one"),
    [
        (wire.ROOM_MESSAGE, {"msgtype": "m.text"}, False),
        (wire.ROOM_MESSAGE, {"msgtype": wire.REQUEST}, True),
        (wire.ROOM_MESSAGE, [], False),
        (wire.REQUEST, {}, True),
        ("m.key.verification.done", {}, True),
        ("m.room.encrypted", {}, False),
    ],
)
def test_verifications_are_told_from_other_events(
    kind: str, content: object, *, is_one: bool
) -> None:
    """By their kind, and a request in a room by the kind of its message."""
    assert wire.is_verification(kind, content) is is_one
