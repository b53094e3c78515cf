"""What a message refers to is looked up if it was not seen, and that holds nothing up."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.events import Text
from tests.fakes.clock import FakeClock
from tests.fakes.matrix_line import MatrixLine, matrix_line, waited
from tests.simulators.matrix.faults import Fault


@pytest.fixture
def clock() -> FakeClock:
    """Time stands still, but for where a test lets it pass."""
    return FakeClock()


@pytest.fixture
async def line(tmp_path: Path, clock: FakeClock) -> AsyncIterator[MatrixLine]:
    """Give an account that runs, and has a chat with alice."""
    async with matrix_line(tmp_path, clock) as line:
        line.sim.people.direct("alice")
        await line.start()
        await line.hears("hello")
        yield line


async def test_an_event_over_which_the_server_fails_counts_as_none(
    line: MatrixLine, clock: FakeClock
) -> None:
    """After a few tries: anybody can name one, and everybody waits for it."""
    line.sim.faults.add("event", *[Fault(status=500)] * 9)
    line.sim.people.say("alice", "an answer", reply_to="$some_event")
    last = line.sim.people.say("alice", "the next")
    await waited(clock, 1.0, 2.0, 4.0, 8.0)
    await line.taken(last.update)
    assert line.receiver.bodies == [Text("hello"), Text("an answer"), Text("the next")]
    assert line.count("event") == 5


async def test_what_can_be_no_event_is_not_asked_for(line: MatrixLine) -> None:
    """A server may break on it, and what comes after it must not wait for that."""
    odd = ("", "$", "$\x00", "$a b", "$" + "x" * 255, "no-event", "$\u00fcmlaut")
    for each in odd:
        for relation in ({"m.in_reply_to": {"event_id": each}}, {"event_id": each, "key": "k"}):
            content = {"msgtype": "m.text", "body": "odd", "m.relates_to": relation}
            line.sim.people.send("alice", content)
    await line.hears("even")
    assert line.receiver.bodies[-1] == Text("even")
    assert line.count("event") == 0


async def test_a_pause_that_the_server_wants_is_no_answer(
    line: MatrixLine, clock: FakeClock
) -> None:
    """Nor that the session has ended: what a message relates to is known in the end."""
    hello = line.sim.people.say("alice", "inside", thread="$no")
    await line.taken(hello.update)
    await line.restart()
    faults = [Fault(status=429, retry_after_ms=9_000)] * 4 + [Fault(status=401)]
    line.sim.faults.add("event", *faults)
    edit = line.sim.people.edit("alice", hello.event, "changed")
    await waited(clock, 9.0, 9.0, 9.0, 9.0, 1.0)
    await line.taken(edit.update)
    assert line.receiver.incoming[-1].message == hello.event
    assert line.receiver.incoming[-1].place.thread == "$no"
