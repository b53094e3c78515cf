"""The simulated homeserver tells, pages and waits as a real one does."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.simulators.matrix.client import Client, text
from tests.simulators.matrix.server import Simulator


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    """Give a homeserver."""
    async with Simulator() as sim:
        yield sim


@pytest.fixture
async def bot(sim: Simulator) -> AsyncIterator[Client]:
    """Give the bot's way to it."""
    async with Client(sim.url, sim.token()) as client:
        yield client


def _limit(count: int) -> str:
    return json.dumps({"room": {"timeline": {"limit": count}}})


def _bodies(events: list[dict[str, Any]]) -> list[str]:
    return [each["content"].get("body", each["type"]) for each in events]


async def test_a_transaction_is_one_event(sim: Simulator, bot: Client) -> None:
    """The same transaction id gives the same event, whatever else is sent with it."""
    room = sim.people.direct("alice")
    first = await bot.send(room, text("once"), txn="t1")
    again = await bot.send(room, text("twice"), txn="t1")
    assert first == again
    assert [each.body for each in sim.screen(room)] == ["once"]
    assert [row["txn"] for row in sim.journal.rows if row["op"] == "sent"] == ["t1"]


async def test_an_echo_names_its_transaction(sim: Simulator, bot: Client) -> None:
    """The device that sent an event finds its own transaction id in it."""
    room = sim.people.direct("alice")
    since = (await bot.sync())["next_batch"]
    await bot.send(room, text("mine"), txn="t7")
    told = await bot.sync(since)
    (event,) = told["rooms"]["join"][room]["timeline"]["events"]
    assert event["unsigned"]["transaction_id"] == "t7"


async def test_a_long_backlog_is_cut_and_can_be_paged(sim: Simulator, bot: Client) -> None:
    """What does not fit into a timeline is all in the pages before it, and nothing twice."""
    room = sim.people.direct("alice")
    since = (await bot.sync())["next_batch"]
    sim.people.backlog("alice", [f"m{number}" for number in range(60)])
    told = await bot.sync(since, filter=_limit(10))
    timeline = told["rooms"]["join"][room]["timeline"]
    assert timeline["limited"]
    found, at = _bodies(timeline["events"]), timeline["prev_batch"]
    while True:
        query = {"dir": "b", "from": at, "to": since, "limit": 25}
        _, page = await bot.in_room(room, "GET", "messages", **query)
        found = _bodies(page["chunk"])[::-1] + found
        if "end" not in page:
            break
        at = page["end"]
    assert found == [f"m{number}" for number in range(60)]


async def test_a_cut_timeline_comes_with_the_state_it_left_out(
    sim: Simulator, bot: Client
) -> None:
    """A name that changed before a cut timeline begins is in the state beside it."""
    room = sim.people.direct("alice")
    since = (await bot.sync())["next_batch"]
    sim.people.set_state("alice", "m.room.name", {"name": "New"})
    sim.people.backlog("alice", ["a", "b", "c"])
    told = (await bot.sync(since, filter=_limit(3)))["rooms"]["join"][room]
    assert _bodies(told["timeline"]["events"]) == ["a", "b", "c"]
    assert [each["content"] for each in told["state"]["events"]] == [{"name": "New"}]


async def test_a_sync_waits_for_the_first_news(sim: Simulator, bot: Client) -> None:
    """A waiting sync is answered by what happens, and by nothing else."""
    room = sim.people.direct("alice")
    since = (await bot.sync())["next_batch"]
    waiting = asyncio.ensure_future(bot.sync(since, timeout=30_000))
    await sim.until(lambda: sim.confirmed > 0)
    assert not waiting.done()
    made = sim.people.say("alice", "hello")
    told = await waiting
    assert _bodies(told["rooms"]["join"][room]["timeline"]["events"]) == ["hello"]
    assert sim.confirmed < made.update
    await bot.sync(told["next_batch"])
    assert sim.confirmed >= made.update


async def test_a_sync_with_nothing_to_tell_ends_in_time(sim: Simulator, bot: Client) -> None:
    """A sync that may wait for a moment is answered with a token alone."""
    sim.people.direct("alice")
    since = (await bot.sync())["next_batch"]
    told = await bot.sync(since, timeout=10)
    assert not told.keys() & {"rooms", "to_device", "account_data"}
    assert told["next_batch"] == since


async def test_messages_to_a_device_stay_until_they_are_acknowledged(
    sim: Simulator, bot: Client
) -> None:
    """They come again with an old token, in portions of a hundred, and never after a new one."""
    since = (await bot.sync())["next_batch"]
    for number in range(130):
        sim.people.send_to_device("mallory", "m.room.encrypted", {"n": number})
    first = await bot.sync(since)
    again = await bot.sync(since)
    assert first["to_device"] == again["to_device"]
    rest = await bot.sync(first["next_batch"])
    got = [*first["to_device"]["events"], *rest["to_device"]["events"]]
    assert [each["content"]["n"] for each in got] == list(range(130))
    assert "to_device" not in await bot.sync(rest["next_batch"])
    assert "to_device" not in await bot.sync(since)


async def test_an_old_message_keeps_its_time(sim: Simulator, bot: Client) -> None:
    """The time of a message is its sender's, by the simulator's clock."""
    sim.server.now = lambda: 10_000.0
    room = sim.people.direct("alice")
    sim.people.say("alice", "old", age_s=3_600.0)
    told = await bot.sync()
    newest = told["rooms"]["join"][room]["timeline"]["events"][-1]
    assert newest["origin_server_ts"] == 6_400_000
    assert newest["unsigned"]["age"] == 3_600_000


async def test_typing_and_receipts_pass_by(sim: Simulator, bot: Client) -> None:
    """What the bot types and reads is in the journal, and what people type in the next sync."""
    room = sim.people.direct("alice")
    made = sim.people.say("alice", "hello")
    since = (await bot.sync())["next_batch"]
    assert (await bot.in_room(room, "POST", f"receipt/m.read/{made.event}", {}))[0] == 200
    typing = {"typing": True, "timeout": 5_000}
    assert (await bot.in_room(room, "PUT", f"typing/{sim.bot}", typing))[0] == 200
    sim.people.type("alice")
    assert [row["op"] for row in sim.journal.rows[-2:]] == ["read", "typing"]
    passed = (await bot.sync(since))["rooms"]["join"][room]["ephemeral"]["events"]
    assert {each["type"] for each in passed} == {"m.typing", "m.receipt"}


async def test_a_phone_shows_edits_threads_and_reactions(sim: Simulator, bot: Client) -> None:
    """A message stands as its sender last changed it, and not at all once it was taken back."""
    room = sim.people.direct("alice")
    asked = sim.people.say("alice", "hello")
    relates = {"rel_type": "m.thread", "event_id": asked.event, "is_falling_back": True}
    _, sent = await bot.send(room, text("…", **{"m.relates_to": relates}))
    edit = {"rel_type": "m.replace", "event_id": sent["event_id"]}
    new = {"m.new_content": text("Hello!", formatted_body="<b>Hello!</b>"), "m.relates_to": edit}
    await bot.send(room, text("* Hello!", **new))
    sim.people.edit("alice", sent["event_id"], "forged")
    sim.people.react("alice", sent["event_id"], "🔁")
    gone = sim.people.say("alice", "secret")
    sim.people.redact("alice", gone.event)
    first, answer = sim.screen(room)
    assert (first.body, first.is_ours) == ("hello", False)
    assert (answer.body, answer.formatted_body) == ("Hello!", "<b>Hello!</b>")
    assert (answer.thread, answer.edits, answer.reply_to) == (asked.event, 1, "")
    assert answer.reactions == {"🔁": ["@alice:home.test"]}
