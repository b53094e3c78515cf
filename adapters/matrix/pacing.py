"""When something may be sent: within the server's limits, answers first, frames only with room.

A server limits an account over all its rooms. Its figures are told nowhere, so the stock ones of
Synapse are taken for it (`rc_message`: ten at once, then one in five seconds) until it is seen to
take more; frames keep out of the way of the answers that are still to come.
"""

import asyncio
import heapq
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Final

from bot.domain.ports import Clock

BURST: Final = 10.0
RATE: Final = 0.2
_BEYOND: Final = 3.0  # sends over the stock limits that were taken: the server has wider ones
_STRICT_S: Final = 3_600.0  # after a refusal nothing beyond them is tried for so long
_QUICK_S: Final = 1.5
_SLOW_S: Final = 6.0


class Weight(IntEnum):
    """What is sent, the most important first."""

    DELETION = 0
    ANSWER = 1
    REPLY = 2


class Pacing:
    """One account's budget of sends."""

    def __init__(self, clock: Clock) -> None:
        """Begin with a full one."""
        self._clock = clock
        self._left = BURST
        self._at = clock.monotonic()
        self._opens_at = 0.0
        self._strict_until = 0.0
        self._is_wide = False
        self._growing = 0
        self._waiting: list[tuple[Weight, int, asyncio.Event]] = []
        self._numbers = itertools.count()

    @contextmanager
    def growing(self) -> Iterator[None]:
        """Keep a send free for an answer's end while it grows."""
        self._growing += 1
        try:
            yield
        finally:
            self._growing -= 1

    async def admit(self, weight: Weight) -> None:
        """Wait until the server takes it; the heavier ones go first."""
        turn = (weight, next(self._numbers), asyncio.Event())
        heapq.heappush(self._waiting, turn)
        try:
            while self._waiting[0] is not turn or self._is_held():
                if self._waiting[0] is turn:
                    await self._clock.sleep(self._opens_at - self._clock.monotonic())
                else:
                    turn[2].clear()
                    await turn[2].wait()
            self._spend()
        finally:
            self._waiting.remove(turn)
            heapq.heapify(self._waiting)
            if self._waiting:
                self._waiting[0][2].set()

    def has_room(self) -> bool:
        """Return whether a frame may go out now, and count it if it may."""
        self._refill()
        if self._is_held() or self._waiting:
            return False
        least = self._growing + 1.0
        if self._is_wide or self._left >= least or self._may_probe():
            self._spend()
            return True
        return False

    def gap_s(self) -> float:
        """Return how far apart frames are: farther where the server wants it so."""
        is_tight = not self._is_wide and self._left < self._growing + 2.0
        return _SLOW_S if is_tight and not self._may_probe() else _QUICK_S

    def refused(self, retry_after_s: float) -> None:
        """Take note that the server wants a pause."""
        now = self._clock.monotonic()
        self._opens_at = max(self._opens_at, now + retry_after_s)
        self._strict_until = now + _STRICT_S
        self._is_wide = False
        self._left = 0.0

    def _may_probe(self) -> bool:
        """Whether to try if the server takes more: only while it holds up nobody else."""
        return self._growing <= 1 and self._clock.monotonic() >= self._strict_until

    def _is_held(self) -> bool:
        return self._clock.monotonic() < self._opens_at

    def _refill(self) -> None:
        now = self._clock.monotonic()
        self._left = min(BURST, self._left + (now - self._at) * RATE)
        self._at = now

    def _spend(self) -> None:
        self._refill()
        self._left -= 1.0
        if self._left <= -_BEYOND:
            self._is_wide = True
            self._left = 0.0
