"""What goes out to Matrix over real sockets: within its limits, once, and the end always."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from adapters.matrix.ways import MOST_EDITS, TYPING_S
from bot.domain.chat import Place
from bot.domain.errors import FrontendError, SendThrottled
from bot.domain.events import Reply, ReplyKind
from bot.domain.ports import Growth, ReplySink
from tests.fakes.clock import FakeClock
from tests.fakes.matrix_line import MatrixLine, matrix_line
from tests.simulators.matrix.faults import Fault

BEGINNING: Final = "So many words that the message is sent at once, without a pause"
FINAL: Final = Reply(text=f"{BEGINNING}. The end.", kind=ReplyKind.ANSWER)


class Still:
    """A running bot on a clock that stands still, in a room with alice."""

    def __init__(self, line: MatrixLine, clock: FakeClock, room: str) -> None:
        self.line = line
        self.clock = clock
        self.room = room
        self.place: Place = line.place(room)
        self.sim = line.sim
        self.frontend = line.frontend

    def bodies(self) -> list[str]:
        """Return the bot's messages as they stand."""
        return [each.body for each in self.sim.screen(self.room) if each.is_ours]

    def is_typing(self) -> bool:
        """Whether the bot is seen typing."""
        return self.sim.bot in self.sim.server.rooms[self.room].typing

    async def pass_s(self, seconds: float) -> None:
        """Let time pass, and all calls of it end."""
        await self.clock.advance(seconds)
        await self.line.http.quiet()

    async def begin(self) -> ReplySink:
        """Begin an answer, and wait until its first words are there."""
        sink = self.frontend.sink(self.place, Growth())
        await sink.open()
        sink.show(BEGINNING)
        await self.line.http.quiet()
        assert self.bodies() == [BEGINNING]
        return sink


@pytest.fixture
async def still(tmp_path: Path) -> AsyncIterator[Still]:
    """Return a running bot on a clock that stands still."""
    clock = FakeClock()
    async with matrix_line(tmp_path, clock) as line:
        line.sim.limits.clock = clock.monotonic
        room = line.sim.people.direct("alice")
        await line.start()
        await line.hears("go")
        await line.http.quiet()
        yield Still(line, clock, room)


async def test_a_pause_is_kept_and_then_the_end_comes(still: Still) -> None:
    """The server says how long; nothing is tried before that, and nothing is lost."""
    sink = await still.begin()
    still.sim.faults.add("edit", Fault(status=429, retry_after_ms=7_000))
    with pytest.raises(SendThrottled) as raised:
        _ = await sink.finish(FINAL, key="k1")
    assert raised.value.retry_after_s == 7.0
    ending = asyncio.ensure_future(sink.finish(FINAL, key="k1"))
    await still.pass_s(6.9)
    assert not ending.done()
    assert still.line.count("edit") == 1
    await still.pass_s(0.1)
    _ = await ending
    assert still.bodies() == [FINAL.text]


async def test_a_pause_that_is_not_named_is_kept_too(still: Still) -> None:
    """It is five seconds then, as long as a stock server takes to free a send."""
    still.sim.faults.add("message", Fault(status=429, retry_after_ms=None))
    with pytest.raises(SendThrottled) as raised:
        _ = await still.frontend.post(still.place, FINAL, key="k1")
    assert raised.value.retry_after_s == 5.0


async def test_a_frame_that_was_refused_delays_no_more_than_that(still: Still) -> None:
    """Words that come later are shown after the pause, in the same message."""
    sink = await still.begin()
    still.sim.faults.add("edit", Fault(status=429, retry_after_ms=4_000))
    sink.show(f"{BEGINNING}. More")
    await still.pass_s(3.0)
    assert still.bodies() == [BEGINNING]
    for _ in range(60):
        await still.pass_s(1.0)
    assert still.bodies() == [f"{BEGINNING}. More"]
    _ = await sink.finish(FINAL, key="k1")
    assert still.bodies() == [FINAL.text]


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_a_message_whose_end_is_unknown_is_sent_once(still: Still, reset: str) -> None:
    """The line was cut, nobody knows when; the repeat has the same transaction id."""
    still.sim.faults.add("message", *[Fault(reset=reset)] * 2)  # the client itself tries twice
    with pytest.raises(FrontendError):
        _ = await still.frontend.post(still.place, FINAL, key="k1")
    _ = await still.frontend.post(still.place, FINAL, key="k1")
    assert still.bodies() == [FINAL.text]
    sent = [each for each in still.sim.journal.rows if each["op"] == "sent"]
    assert [each["txn"] for each in sent] == ["k1"]


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_an_end_whose_end_is_unknown_stands_once(still: Still, reset: str) -> None:
    """The last edit is made again, and the message is the same."""
    sink = await still.begin()
    still.sim.faults.add("edit", *[Fault(reset=reset)] * 2)
    with pytest.raises(FrontendError):
        _ = await sink.finish(FINAL, key="k1")
    _ = await sink.finish(FINAL, key="k1")
    assert still.bodies() == [FINAL.text]


async def test_typing_is_shown_while_it_works(still: Still) -> None:
    """It is renewed before it would vanish, and ends with the answer."""
    sink = still.frontend.sink(still.place, Growth())
    await sink.open()
    await still.line.http.quiet()
    assert still.is_typing()
    before = still.line.count("typing")
    await still.pass_s(TYPING_S)
    assert still.line.count("typing") == before + 1
    _ = await sink.finish(FINAL, key="k1")
    assert not still.is_typing()


async def test_typing_ends_without_an_answer_too(still: Still) -> None:
    """As when the question is taken back."""
    sink = still.frontend.sink(still.place, Growth())
    await sink.open()
    await still.line.http.quiet()
    await sink.close()
    assert not still.is_typing()


async def test_an_answer_is_edited_a_hundred_times_at_most(still: Still) -> None:
    """And once more for its end: a room with a thousand edits could not be loaded."""
    sink = await still.begin()
    words = BEGINNING
    for number in range(MOST_EDITS + 30):
        words += f" {number}"
        sink.show(words)
        await still.pass_s(1.5)
    assert still.line.count("edit") == MOST_EDITS
    _ = await sink.finish(FINAL, key="k1")
    assert still.line.count("edit") == MOST_EDITS + 1
    assert still.bodies() == [FINAL.text]


async def test_stock_limits_are_kept_after_the_first_refusal(still: Still) -> None:
    """Whether a server has wider ones is tried once; then an answer of a minute fits in."""
    still.sim.limits.set_stock()
    for key in ("k1", "k2"):
        sink = still.frontend.sink(still.place, Growth())
        await sink.open()
        words = BEGINNING
        for number in range(120):
            words += f" {number}"
            sink.show(words)
            await still.pass_s(0.5)
        ending = asyncio.ensure_future(sink.finish(FINAL, key=key))
        while not ending.done():
            await still.pass_s(1.0)
        _ = await ending
    refused = [each for each in still.sim.calls if each.status == 429]
    assert len(refused) <= 1
    assert still.bodies() == [FINAL.text] * 2
    sends = still.line.count("message") + still.line.count("edit")
    assert sends <= 10 + 2 * 60 / 5 + len(refused)
