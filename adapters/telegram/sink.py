"""One answer growing on a phone: the newest text only, one call at a time, the end always."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from adapters.telegram.text.entities import NOTHING
from adapters.telegram.text.growing import Preview
from adapters.telegram.ways import Way
from bot.domain.errors import FrontendError, SendRefused
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Clock

_log = logging.getLogger(__name__)
_AGAIN_S: Final = 1.0
_LATE_S: Final = 0.05  # woken so late, the process has more to do than it can
_MOST_PATIENCE_S: Final = 16.0


class GrowingSink:
    """A ReplySink. It paints in a task of its own, which ends before the final text is sent.

    `instead` returns the way to go on in where the messenger refuses the one begun with.
    """

    def __init__(self, way: Way, clock: Clock, *, instead: Callable[[Way], Way]) -> None:
        """Begin with nothing shown; no I/O."""
        self._way = way
        self._clock = clock
        self._instead = instead
        self._text = ""
        self._preview = Preview()
        self._shown = NOTHING
        self._first_at = 0.0
        self._shown_at = float("-inf")
        self._patience_s = 0.0
        self._news = asyncio.Event()
        self._is_vanishing = False
        self._is_over = False
        self._is_calling = False
        self._painter: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to paint; waits for nothing."""
        if not self._is_over:
            self._painter = asyncio.get_running_loop().create_task(self._paint())

    def show(self, text: str) -> None:
        """Offer the whole text so far."""
        if not self._text:
            self._first_at = self._clock.monotonic()
        self._text = text
        self._news.set()

    async def finish(self, reply: Reply) -> MessageRef | None:
        """Let the call on its way end, then show the final text. Raises FrontendError."""
        await self._stop()
        return await self._way.end(reply)

    async def close(self) -> None:
        """Let what is shown stand as it is."""
        await self._stop()

    async def _stop(self) -> None:
        self._is_over = True
        if self._painter is None:
            return
        if not self._is_calling:
            self._painter.cancel()
        await asyncio.wait((self._painter,))
        if not self._painter.cancelled() and (error := self._painter.exception()) is not None:
            _log.error("an answer could not be shown growing: %s", type(error).__name__)
        self._painter = None

    async def _paint(self) -> None:
        await self._call(self._way.begin)
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(self._renew())
            while not self._is_over:
                await self._news.wait()
                self._news.clear()
                if self._is_vanishing:
                    self._is_vanishing = False
                    await self._call(lambda: self._way.renew(self._shown))
                await self._frame()
            renewing.cancel()

    async def _renew(self) -> None:
        while True:
            await self._clock.sleep(self._way.renew_s)
            self._is_vanishing = True
            self._news.set()

    async def _frame(self) -> None:
        """Show the text as it is when its time has come; what is dropped is tried later."""
        now = self._clock.monotonic()
        wait_s = self._way.wait_s(len(self._text), now - self._first_at, now - self._shown_at)
        if not self._text or self._is_over:
            return
        if wait_s > 0:
            await self._clock.sleep(wait_s + self._patience_s)
            self._learn(self._clock.monotonic() - now - wait_s - self._patience_s)
        shown = self._preview.show(self._text)
        if not shown.text or shown == self._shown:
            return
        if await self._call(lambda: self._way.frame(shown)):
            self._shown, self._shown_at = shown, self._clock.monotonic()
        elif not self._is_over:
            await self._clock.sleep(_AGAIN_S)
            self._news.set()

    def _learn(self, late_s: float) -> None:
        """Make way for the answers themselves where there are more than the process can serve."""
        if late_s > _LATE_S:
            self._patience_s = min(_MOST_PATIENCE_S, self._patience_s * 2 or 1.0)
        else:
            self._patience_s /= 2

    async def _call(self, call: Callable[[], Awaitable[bool]]) -> bool:
        """Make one call; what only shows work may fail. Return whether it did its work."""
        self._is_calling = True
        try:
            return await call()
        except SendRefused:
            self._way = self._instead(self._way)
            self._news.set()
        except FrontendError:
            pass  # the end finds out what it means
        finally:
            self._is_calling = False
        return False
