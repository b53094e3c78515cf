"""One answer growing on a phone: the newest text only, one call at a time, the end always."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Generic, Protocol, TypeVar

from bot.domain.errors import FrontendError, SendRefused
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Clock

_log = logging.getLogger(__name__)
_AGAIN_S: Final = 1.0
_LATE_S: Final = 0.05  # woken so late, the process has more to do than it can
_MOST_PATIENCE_S: Final = 16.0


S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)


class Way(Protocol[S_contra]):
    """One way in which one answer grows; `S_contra` is a text as drawn for the messenger.

    What shows work may fail without harm; `end` may not. The calls return whether something was
    shown: what there is no room for is dropped. They raise FrontendError, SendRefused where this
    way does not go here.
    """

    @property
    def renew_s(self) -> float:
        """Return after how many seconds what is shown must be shown anew, not to vanish."""
        ...

    async def begin(self) -> bool:
        """Show that work has begun."""
        ...

    def wait_s(self, length: int, since_text_s: float, since_frame_s: float) -> float:
        """Return in how many seconds a text of that length is due; not over 0: now.

        `since_text_s` counts from the answer's first words, `since_frame_s` from the last frame.
        """
        ...

    async def frame(self, shown: S_contra) -> bool:
        """Show what there is."""
        ...

    async def renew(self, shown: S_contra | None) -> bool:
        """Show again what would vanish; None: no words yet."""
        ...

    async def end(self, reply: Reply, *, key: str) -> MessageRef:
        """Show the final text; `key` as in `Frontend.post`."""
        ...

    async def leave(self) -> None:
        """Take away what only shows that work goes on."""
        ...


class GrowingSink(Generic[S]):
    """A ReplySink. It paints in a task of its own, which ends before the final text is sent.

    `draw` returns a growing text as it is to be seen, None for nothing yet. `instead` returns the
    way to go on in where the messenger refuses the one begun with.
    """

    def __init__(
        self,
        way: Way[S],
        clock: Clock,
        *,
        draw: Callable[[str], S | None],
        instead: Callable[[Way[S]], Way[S]],
    ) -> None:
        """Begin with nothing shown; no I/O."""
        self._way = way
        self._clock = clock
        self._instead = instead
        self._text = ""
        self._draw = draw
        self._shown: S | None = None
        self._first_at = 0.0
        self._shown_at = float("-inf")
        self._patience_s = 0.0
        self._begun = asyncio.Event()
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
            self._begun.set()
        self._text = text
        self._news.set()

    async def finish(self, reply: Reply, *, key: str) -> MessageRef | None:
        """Let the call on its way end, then show the final text. Raises FrontendError."""
        await self._stop()
        return await self._way.end(reply, key=key)

    async def close(self) -> None:
        """Let what is shown stand as it is."""
        await self._stop()
        await self._way.leave()

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
            aside = [group.create_task(self._renew()), group.create_task(self._remind())]
            while not self._is_over:
                await self._news.wait()
                self._news.clear()
                if self._is_vanishing:
                    self._is_vanishing = False
                    await self._call(lambda: self._way.renew(self._shown))
                await self._frame()
            for each in aside:
                each.cancel()

    async def _remind(self) -> None:
        """Look again when the first words are due, be they ever so few."""
        await self._begun.wait()
        await self._clock.sleep(self._way.wait_s(0, 0.0, float("inf")))
        self._news.set()

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
        if wait_s > 0 and self._shown is None:
            return  # more words may bring it forward
        if wait_s > 0:
            await self._clock.sleep(wait_s + self._patience_s)
            self._learn(self._clock.monotonic() - now - wait_s - self._patience_s)
        shown = self._draw(self._text)
        if shown is None or shown == self._shown:
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
