"""When a call may go out: no more than a chat takes, the important ones first, frames dropped."""

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from bot.domain.chat import Place
from bot.domain.errors import SendThrottled
from bot.domain.ports import Clock

LONGEST_WAIT_S: Final = 5.0
_TOGETHER_S: Final = 1.0  # two chats refused within this: the limit is the bot's own
_METERED_S: Final = 300.0
_METERED_RATE: Final = 25.0  # calls a second over all chats, where 30 are the documented limit
_LEAST_RATE: Final = 1.0
_MOST_CHATS: Final = 1_000


class Weight(IntEnum):
    """What a call is for, the most important first."""

    ANSWER = 0
    REPLY = 1
    FRAME = 2
    TYPING = 3


# What must be left of a chat's budget: an answer that ends now finds one call in it.
_ROOM: Final = {Weight.FRAME: 2.0, Weight.TYPING: 2.5}


@dataclass(slots=True)
class _Budget:
    """A chat's calls: `rate` a second come back, up to `burst`; answers may overdraw it."""

    rate: float
    burst: float
    left: float
    at: float

    def refill(self, now: float) -> None:
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now


@dataclass(slots=True)
class _Gate:
    """Lets calls pass in the order of their weight, `gap_s` apart, from `opens_at` on."""

    clock: Clock
    opens_at: float = 0.0
    gap_s: float = 0.0
    _waiting: list[tuple[Weight, int, asyncio.Event]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def is_open(self) -> bool:
        return not self._waiting and self.clock.monotonic() >= self.opens_at

    def wait_s(self) -> float:
        """Return about how long one more would wait."""
        until_open = max(0.0, self.opens_at - self.clock.monotonic())
        return until_open + len(self._waiting) * self.gap_s

    def take(self) -> None:
        """Let one pass now."""
        self.opens_at = max(self.opens_at, self.clock.monotonic() + self.gap_s)

    async def enter(self, weight: Weight) -> None:
        """Wait for one's turn; raises SendThrottled where that takes long."""
        if self.is_open:
            self.take()
            return
        if (wait_s := self.wait_s()) > LONGEST_WAIT_S:
            raise SendThrottled(wait_s)
        mine = (weight, next(self._numbers), asyncio.Event())
        heapq.heappush(self._waiting, mine)
        try:
            await self._until_first(mine)
        finally:
            self._waiting.remove(mine)
            heapq.heapify(self._waiting)
            if self._waiting:
                self._waiting[0][2].set()
        self.take()

    async def _until_first(self, mine: tuple[Weight, int, asyncio.Event]) -> None:
        while self._waiting[0] is not mine or self.clock.monotonic() < self.opens_at:
            if self._waiting[0] is mine:
                await self.clock.sleep(self.opens_at - self.clock.monotonic())
            else:
                mine[2].clear()
                await mine[2].wait()


class Pacing:
    """What may be sent, and when, of one bot.

    The server's real limits are not published; it says how long to wait, and that is obeyed. What
    is documented (about one message a second in a chat, twenty a minute in a group, thirty a
    second over all) only holds back what can be left out.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing sent."""
        self._clock = clock
        self._overall = _Gate(clock)
        self._gates: dict[str, _Gate] = {}
        self._budgets: dict[str, _Budget] = {}
        self._refused_last: tuple[str, float] | None = None
        self._metered_until = 0.0

    async def admit(self, place: Place, weight: Weight) -> None:
        """Wait until a call may go; raises SendThrottled where that takes over five seconds."""
        if gate := self._gates.get(place.chat):
            await gate.enter(weight)
            self._forget_open(place.chat, gate)
        self._ease()
        await self._overall.enter(weight)
        self._spend(place)

    def has_room(self, place: Place, weight: Weight) -> bool:
        """Return whether what can be left out may go now; if so it counts as gone."""
        self._ease()
        gate = self._gates.get(place.chat)
        if not self._overall.is_open or not (gate is None or gate.is_open):
            return False
        if self._budget(place).left < _ROOM[weight]:
            return False
        self._overall.take()
        self._spend(place)
        return True

    def refused(self, place: Place, retry_after_s: float) -> None:
        """Take note that the server wants a pause."""
        now = self._clock.monotonic()
        gate = self._gates.setdefault(place.chat, _Gate(self._clock))
        gate.opens_at = max(gate.opens_at, now + retry_after_s)
        last, self._refused_last = self._refused_last, (place.chat, now)
        if last and last[0] != place.chat and now - last[1] <= _TOGETHER_S:
            self._meter(now, retry_after_s)

    def _meter(self, now: float, retry_after_s: float) -> None:
        """Hold back everything, and after that go on slowly for some minutes."""
        is_new_pause = now >= self._overall.opens_at - self._overall.gap_s
        rate = _METERED_RATE
        if self._overall.gap_s and is_new_pause:
            rate = max(_LEAST_RATE, 0.5 / self._overall.gap_s)
        elif self._overall.gap_s:
            rate = 1 / self._overall.gap_s
        self._overall.gap_s = 1 / rate
        self._overall.opens_at = max(self._overall.opens_at, now + retry_after_s)
        self._metered_until = now + retry_after_s + _METERED_S

    def _ease(self) -> None:
        if self._overall.gap_s and self._clock.monotonic() > self._metered_until:
            self._overall.gap_s = 0.0

    def _forget_open(self, chat: str, gate: _Gate) -> None:
        if gate.is_open and self._gates.get(chat) is gate:
            del self._gates[chat]

    def _budget(self, place: Place) -> _Budget:
        now = self._clock.monotonic()
        budget = self._budgets.get(place.chat)
        if budget is None:
            if len(self._budgets) >= _MOST_CHATS:
                self._budgets.clear()
            rate, burst = (1.0, 5.0) if place.is_private else (18 / 60, 4.0)
            budget = self._budgets[place.chat] = _Budget(rate, burst, burst, now)
        budget.refill(now)
        return budget

    def _spend(self, place: Place) -> None:
        budget = self._budget(place)
        budget.left = max(budget.left - 1, -budget.burst)
