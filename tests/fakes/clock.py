"""Time that a test owns."""

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_SETTLING: Final = 200


async def let_run() -> None:
    """Let every task go on until it waits for something; nothing real is waited for."""
    for _ in range(_SETTLING):
        await asyncio.sleep(0)


class FakeClock:
    """A Clock that moves when it is told to, or at once by what is slept if `is_free`.

    `stirred` is told that somebody goes to sleep.
    """

    def __init__(self, *, is_free: bool = False) -> None:
        self.is_free = is_free
        self.slept: list[float] = []
        self.stirred: Callable[[], None] = lambda: None
        self._passed_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        return self._passed_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.stirred()
        if self.is_free:
            self._passed_s += seconds
        if self.is_free or seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self._passed_s + seconds, len(self.slept), woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking sleepers in their order; each goes on before the next wakes."""
        await let_run()
        until = self._passed_s + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            self._passed_s, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            await let_run()
        self._passed_s = until
        await let_run()
