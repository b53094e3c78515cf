"""How often the console draws, and what it does when nobody looks any more."""

import asyncio
from datetime import UTC, datetime

from adapters.console.page import Page
from bot.domain.errors import SendUnknown
from bot.domain.events import Reply


class Steps:
    """A clock whose pauses end when the test says so."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.time = 0.0
        self._next = asyncio.Event()

    def now(self) -> datetime:
        """Return some day."""
        return datetime(2026, 11, 23, tzinfo=UTC)

    def monotonic(self) -> float:
        """Return the time set."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Wait for `go`."""
        self.pauses.append(seconds)
        await self._next.wait()
        self._next.clear()

    async def go(self) -> None:
        """End the pause, and let what waits run."""
        self._next.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_frames_are_paced() -> None:
    """However often the text grows, there is one frame a pause, with the newest text."""
    clock, written, frames = Steps(), list[str](), list[str]()
    page = Page(
        write=written.append,
        redraw=lambda: frames.append(page.frame),
        size=lambda: (40, 30),
        clock=clock,
    )
    painting = asyncio.ensure_future(page.paint())
    sink = page.sink()
    await sink.open()
    for count in range(500):
        sink.show("x" * count)
        await asyncio.sleep(0)
    assert len(frames) == 1
    await clock.go()
    assert len(frames) == 2
    assert frames[-1].count("x") == 499
    assert clock.pauses == [1 / 12, 1 / 12]
    await clock.go()
    assert len(frames) == 2, "nothing new, nothing drawn"
    assert written == []
    painting.cancel()


async def test_a_slow_frame_is_followed_by_a_longer_pause() -> None:
    """Drawing takes a fifth of the time at most."""
    clock = Steps()

    def redraw() -> None:
        clock.time += 1.0

    page = Page(write=lambda _: None, redraw=redraw, size=lambda: (40, 30), clock=clock)
    painting = asyncio.ensure_future(page.paint())
    await page.sink().open()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert clock.pauses == [4.0]
    painting.cancel()


async def test_a_terminal_that_went_away_does_not_end_the_painting() -> None:
    """The screen's run ends by itself; the core hears of it from its own calls."""
    clock = Steps()

    def write(_: str) -> None:
        raise SendUnknown

    page = Page(write=write, redraw=lambda: None, size=lambda: (40, 30), clock=clock)
    painting = asyncio.ensure_future(page.paint())
    sink = page.sink()
    await sink.open()
    sink.show("one\n\ntwo\n\n")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not painting.done()
    assert clock.pauses == [1 / 12]
    painting.cancel()


async def test_a_dropped_answer_leaves_what_was_printed() -> None:
    """Closed without a text, the growing part goes, and the next answer is drawn."""
    written = list[str]()
    page = Page(write=written.append, redraw=lambda: None, size=lambda: (40, 30), clock=Steps())
    painting = asyncio.ensure_future(page.paint())
    first, second = page.sink(), page.sink()
    await first.open()
    await second.open()
    first.show("one\n\ntwo\n\n")
    second.show("other")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert "two" in page.frame
    await first.close()
    assert "other" in page.frame
    await second.finish(Reply(text="other words"), key="k")
    assert page.frame == ""
    assert ["one" in text for text in written] == [True, False]
    assert "other words" in written[-1]
    painting.cancel()
