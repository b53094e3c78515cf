"""The simulated homeserver fails when it is told to, and writes down what reached it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.clock import FakeClock
from tests.simulators.matrix.client import Client, text
from tests.simulators.matrix.faults import Fault
from tests.simulators.matrix.server import Simulator
from tests.simulators.process import served


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


async def test_stock_limits_hold_back_the_eleventh_message(sim: Simulator, bot: Client) -> None:
    """Ten messages go at once, then one in five seconds; what was sent before is free."""
    clock = FakeClock()
    sim.limits.clock = clock.monotonic
    sim.limits.set_stock()
    room = sim.people.direct("alice")
    for number in range(10):
        assert (await bot.send(room, text("hi"), txn=f"t{number}"))[0] == 200
    status, answer = await bot.send(room, text("hi"), txn="t10")
    assert (status, answer["errcode"], answer["retry_after_ms"]) == (
        429,
        "M_LIMIT_EXCEEDED",
        5_000,
    )
    assert bot.headers["Retry-After"] == "5"
    assert (await bot.send(room, text("hi"), txn="t9"))[0] == 200
    await clock.advance(5)
    assert (await bot.send(room, text("hi"), txn="t10"))[0] == 200
    assert (await bot.send(room, text("hi"), txn="t11"))[0] == 429
    assert len(sim.screen(room)) == 10 + 1


@pytest.mark.parametrize(("reset", "shown"), [("before", 0), ("after", 1)])
async def test_a_connection_is_cut_before_or_after_the_effect(
    sim: Simulator, bot: Client, reset: str, shown: int
) -> None:
    """A caller cannot tell which, and the same transaction makes it one message either way."""
    room = sim.people.direct("alice")
    sim.faults.add("send", *[Fault(reset=reset)] * 2)
    with pytest.raises(aiohttp.ClientError):
        await bot.send(room, text("hello"), txn="t1")
    assert len(sim.screen(room)) == shown
    assert (await bot.send(room, text("hello"), txn="t1"))[0] == 200
    assert len(sim.screen(room)) == 1


async def test_a_fault_meets_the_call_it_is_for(sim: Simulator, bot: Client) -> None:
    """An edit's fault lets a message through, and a name that no call has is refused."""
    room = sim.people.direct("alice")
    sim.faults.add("edit", Fault(status=429, retry_after_ms=None))
    _, sent = await bot.send(room, text("one"))
    relates = {"rel_type": "m.replace", "event_id": sent["event_id"]}
    edit = text("* two", **{"m.new_content": text("two"), "m.relates_to": relates})
    status, answer = await bot.send(room, edit)
    assert (status, answer["errcode"]) == (429, "M_LIMIT_EXCEEDED")
    assert "retry_after_ms" not in answer
    assert (await bot.send(room, edit))[0] == 200
    sim.faults.add("whoami", Fault(answer={"user_id": "@other:home.test"}))
    assert (await bot.call("GET", "account/whoami"))[1] == {"user_id": "@other:home.test"}
    assert [each.kind for each in sim.calls] == ["message", "edit", "edit", "whoami"]
    with pytest.raises(LookupError):
        sim.faults.add("edits", Fault(status=500))


async def test_a_gate_holds_a_call_until_it_opens(sim: Simulator, bot: Client) -> None:
    """A held call has no effect yet, and all of it afterwards."""
    room = sim.people.direct("alice")
    gate = asyncio.Event()
    sim.faults.add("message", Fault(gate=gate))
    sending = asyncio.ensure_future(bot.send(room, text("late")))
    await sim.until(lambda: bool(sim.calls))
    assert not sim.screen(room)
    gate.set()
    assert (await sending)[0] == 200
    assert [each.body for each in sim.screen(room)] == ["late"]


async def test_a_server_that_is_out_comes_back_as_it_was(sim: Simulator, bot: Client) -> None:
    """While it is out no call has an answer; afterwards nothing is lost."""
    room = sim.people.direct("alice")
    since = (await bot.sync())["next_batch"]
    sim.faults.is_out = True
    with pytest.raises(aiohttp.ClientError):
        await bot.sync(since)
    sim.people.say("alice", "while you were out")
    sim.faults.is_out = False
    told = await bot.sync(since)
    assert len(told["rooms"]["join"][room]["timeline"]["events"]) == 1


async def test_another_process_is_led_and_read_over_http(tmp_path: Path) -> None:
    """People act by POSTs, and what they and the bot did is in a file that outlives the server."""
    witness = tmp_path / "witness"
    with served("tests.simulators.matrix", "--witness", str(witness)) as said:
        async with aiohttp.ClientSession(said["url"]) as people, Client(said["url"]) as bot:

            async def do(verb: str, **given: object) -> dict[str, Any]:
                async with people.post(f"/sim/{verb}", json=given) as answer:
                    found: dict[str, Any] = await answer.json()
                    return found

            bot.token = (await do("token"))["token"]
            room = (await do("direct", person="alice"))["room"]
            made = await do("say", person="alice", text="hello")
            told = await bot.sync()
            assert (await do("state"))["confirmed"] < made["update"]
            await bot.sync(told["next_batch"])
            assert (await do("confirmed", update=made["update"]))["is_confirmed"]
            await do("fault", name="send", times=2, status=502)
            sent = [await bot.send(room, text("hi"), txn="t1") for _ in range(3)]
            assert [status for status, _ in sent] == [502, 502, 200]
            assert len((await do("screen", room=room))["messages"]) == 2
    rows = [json.loads(line) for line in witness.read_text().splitlines()]
    assert [(row["op"], row["content"]["body"]) for row in rows[-2:]] == [
        ("said", "hello"),
        ("sent", "hi"),
    ]
    assert rows[-1]["txn"] == "t1"
