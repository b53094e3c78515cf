"""How much of the bot one member may have at once, so that the others never feel it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from bot.domain.chat import MemberId
from bot.domain.ports import Clock

_MINUTE_S: Final = 60.0


@dataclass(eq=False, slots=True)
class _Line:
    """One member's turns. `gate` is passed in order of arrival; `begun` are newest last."""

    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    running: int = 0
    begun: deque[float] = field(default_factory=deque)

    @property
    def is_idle(self) -> bool:
        """Whether nothing of the member's runs or waits."""
        return not (self.running or self.gate.locked())


class Fairness:
    """Lets a member's turns begin, over all places; None is no limit.

    A place has one turn of a member at a time, so in order of arrival is each place in its turn.
    """

    def __init__(
        self, clock: Clock, *, at_once: int | None = None, per_minute: int | None = None
    ) -> None:
        self._clock = clock
        self._at_once = at_once
        self._per_minute = per_minute
        self._lines: dict[MemberId, _Line] = {}

    def has_room(self, member: MemberId) -> bool:
        """Return whether a turn of the member's would begin without waiting."""
        line = self._lines.get(member)
        return line is None or not (
            line.gate.locked() or self._is_full(line) or self._pause_s(line) > 0
        )

    @asynccontextmanager
    async def turn(self, member: MemberId) -> AsyncIterator[None]:
        """Wait until a turn of the member's may begin, and hold it until it has ended."""
        line = self._line(member)
        async with line.gate:
            while self._is_full(line):
                line.freed.clear()
                await line.freed.wait()
            while (pause_s := self._pause_s(line)) > 0:
                await self._clock.sleep(pause_s)
            line.running += 1
            line.begun.append(self._clock.monotonic())
        try:
            yield
        finally:
            line.running -= 1
            line.freed.set()

    def _line(self, member: MemberId) -> _Line:
        """Return a member's line; those that tell nothing any more are dropped for a new one."""
        if member not in self._lines:
            for each in [of for of, line in self._lines.items() if self._is_over(line)]:
                del self._lines[each]
            self._lines[member] = _Line()
        return self._lines[member]

    def _is_over(self, line: _Line) -> bool:
        return line.is_idle and not self._recent(line)

    def _is_full(self, line: _Line) -> bool:
        return self._at_once is not None and line.running >= self._at_once

    def _pause_s(self, line: _Line) -> float:
        """Return how long it is until the minute lets one more begin."""
        if self._per_minute is None or self._recent(line) < self._per_minute:
            return 0.0
        return line.begun[-self._per_minute] + _MINUTE_S - self._clock.monotonic()

    def _recent(self, line: _Line) -> int:
        """Forget what began more than a minute ago; return how many began since."""
        now = self._clock.monotonic()
        while line.begun and now - line.begun[0] >= _MINUTE_S:
            line.begun.popleft()
        return len(line.begun)
