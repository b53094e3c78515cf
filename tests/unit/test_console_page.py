"""How often the console draws, and what it does when nobody looks any more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from adapters.console.page import Page
from adapters.console.seat import private_of, room_of
from bot.domain.chat import Place
from bot.domain.errors import SendUnknown
from bot.domain.events import Reply

HERE = private_of("me")
CLUB = room_of("club")


def elsewhere(place: Place) -> str:
    """Say where what is not here is."""
    return "" if place == HERE else "In club:"


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


def page_of(
    clock: Steps,
    write: Callable[[str], None] = lambda _: None,
    redraw: Callable[[], None] = lambda: None,
) -> Page:
    """Return a page of 40 columns."""
    return Page(
        write=write, redraw=redraw, size=lambda: (40, 30), clock=clock, elsewhere=elsewhere
    )


async def test_frames_are_paced() -> None:
    """However often the text grows, there is one frame a pause, with the newest text."""
    clock, written, frames = Steps(), list[str](), list[str]()
    page = Page(
        write=written.append,
        redraw=lambda: frames.append(page.frame),
        size=lambda: (40, 30),
        clock=clock,
        elsewhere=elsewhere,
    )
    painting = asyncio.ensure_future(page.paint())
    sink = page.sink(HERE)
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

    page = page_of(clock, redraw=redraw)
    painting = asyncio.ensure_future(page.paint())
    await page.sink(HERE).open()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert clock.pauses == [4.0]
    painting.cancel()


async def test_a_terminal_that_went_away_does_not_end_the_painting() -> None:
    """The screen's run ends by itself; the core hears of it from its own calls."""
    clock = Steps()

    def write(_: str) -> None:
        raise SendUnknown

    page = page_of(clock, write)
    painting = asyncio.ensure_future(page.paint())
    sink = page.sink(HERE)
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
    page = page_of(Steps(), written.append)
    painting = asyncio.ensure_future(page.paint())
    first, second = page.sink(HERE), page.sink(HERE)
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


@pytest.fixture
async def printed() -> AsyncIterator[tuple[Page, list[str]]]:
    """A page that is painted, and what it printed."""
    written = list[str]()
    page = page_of(Steps(), written.append)
    painting = asyncio.ensure_future(page.paint())
    yield page, written
    painting.cancel()


async def turns() -> None:
    """Let what waits run."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_what_is_elsewhere_is_told_apart(printed: tuple[Page, list[str]]) -> None:
    """A line above it says where; what is here has none."""
    page, written = printed
    page.post(HERE, Reply(text="here"))
    page.post(CLUB, Reply(text="there"))
    assert ["In club:" in text for text in written] == [False, True]


async def test_an_answer_elsewhere_says_so_once(printed: tuple[Page, list[str]]) -> None:
    """Above its first block and while it grows, and again when something else came between."""
    page, written = printed
    sink = page.sink(CLUB)
    await sink.open()
    assert page.growing_in == CLUB
    await turns()
    assert "In club:" in page.frame
    sink.show("one\n\ntwo\n\nthree\n\nfour")
    page._advance()
    assert "In club:" not in page.frame
    page.post(HERE, Reply(text="meanwhile"))
    await sink.finish(Reply(text="one\n\ntwo\n\nthree\n\nfour"), key="k")
    first, between, last = written
    assert "In club:" in first
    assert "In club:" not in between
    assert last.count("In club:") == 1
    assert page.growing_in is None


async def test_an_answer_that_is_left_behind_says_where_it_is() -> None:
    """Once another place is looked at, its further blocks have the line as well."""
    looked_at, written = [CLUB], list[str]()
    page = Page(
        write=written.append,
        redraw=lambda: None,
        size=lambda: (40, 30),
        clock=Steps(),
        elsewhere=lambda place: "" if place == looked_at[0] else "In club:",
    )
    sink = page.sink(CLUB)
    await sink.open()
    sink.show("one\n\ntwo\n\nthree")
    page._advance()
    looked_at[0] = HERE
    page.turn()
    await sink.finish(Reply(text="one\n\ntwo\n\nthree"), key="k")
    assert ["In club:" in text for text in written] == [False, True]
