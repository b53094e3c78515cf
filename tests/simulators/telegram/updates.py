"""The queue of updates and who polls it."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from tests.simulators.telegram.refusals import Refused

_MOST_WAIT_S: Final = 50.0
_CONFLICT: Final = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is"
    " running"
)


class Updates:
    """What was not confirmed yet. A second poller ends the wait of the first."""

    def __init__(self) -> None:
        self.queue: list[dict[str, Any]] = []
        self.last = 1_000
        self.confirmed = 0
        self._news = asyncio.Event()
        self._poller: asyncio.Event | None = None
        self.polls = 0
        self.heard: Callable[[], None] = lambda: None

    def put(self, update: dict[str, Any]) -> int:
        """Queue an update; return its id."""
        self.last += 1
        self.queue.append({"update_id": self.last, **update})
        self._news.set()
        return self.last

    async def get(
        self, offset: int, limit: int, wait_s: float, allowed: list[str] | None
    ) -> list[dict[str, Any]]:
        """Forget what is before the offset, and return what is after it, waiting for the first."""
        self.polls += 1
        mine = self._begin()
        if offset < 0:
            offset = self.queue[offset]["update_id"] if self.queue[offset:] else 0
        self.queue = [each for each in self.queue if each["update_id"] >= offset]
        self.confirmed = max(self.confirmed, offset - 1)
        self.heard()
        if allowed:
            self.queue = [each for each in self.queue if set(each) & {*allowed, "raw"}]
        if not self.queue and wait_s > 0:
            await self._wait(mine, min(wait_s, _MOST_WAIT_S))
        if mine.is_set():
            raise Refused(409, _CONFLICT)
        self._poller = None
        return [_unwrapped(each) for each in self.queue[: max(1, min(limit, 100))]]

    def _begin(self) -> asyncio.Event:
        if self._poller is not None:
            self._poller.set()
        self._poller = mine = asyncio.Event()
        self._news.clear()
        return mine

    async def _wait(self, mine: asyncio.Event, wait_s: float) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._news, mine)]
        try:
            await asyncio.wait(waits, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def _unwrapped(update: dict[str, Any]) -> dict[str, Any]:
    """Return an update; a raw one as it was put."""
    raw = update.get("raw")
    return update if raw is None else {"update_id": update["update_id"], **raw}
