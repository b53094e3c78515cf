"""How many calls are too many. Three modes; the figures are those that are documented or known.

`off`: any number. `documented`: five at once and one a second in a private chat, twenty a minute
in a group, thirty a second over all; a refused call is told to wait three seconds and makes the
pause longer by one. `hard`: two at once and one in three seconds, ten a minute, ten a second; the
wait is nine seconds, and drafts count too.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.simulators.telegram.refusals import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Calls per window of seconds, and the wait after one too many."""

    private: tuple[int, float]
    group: tuple[int, float]
    overall: tuple[int, float]
    wait_s: int
    has_drafts: bool = False


MODES: Final[dict[str, Limits | None]] = {
    "off": None,
    "documented": Limits(private=(5, 5.0), group=(20, 60.0), overall=(30, 1.0), wait_s=3),
    "hard": Limits(
        private=(2, 6.0), group=(10, 60.0), overall=(10, 1.0), wait_s=9, has_drafts=True
    ),
}
_COUNTED: Final = frozenset({"sendmessage", "editmessagetext", "sendchataction"})


@dataclass(slots=True)
class Flood:
    """Counts calls. `scale` shortens every wait."""

    clock: Callable[[], float]
    mode: str = "off"
    scale: float = 1.0
    _calls: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _until: dict[str, float] = field(default_factory=dict)

    def check(self, method: str, chat: int | None) -> None:
        """Raise a 429 where a call is one too many."""
        limits = MODES[self.mode]
        if limits is None or chat is None:
            return
        if method not in _COUNTED and not (limits.has_drafts and method == "sendmessagedraft"):
            return
        own = limits.private if chat > 0 else limits.group
        for key, (most, window_s) in ((str(chat), own), ("", limits.overall)):
            self._check(key, most, window_s, limits.wait_s * self.scale)
        now = self.clock()
        for key in (str(chat), ""):
            self._calls[key].append(now)

    def _check(self, key: str, most: int, window_s: float, wait_s: float) -> None:
        now, calls = self.clock(), self._calls[key]
        while calls and calls[0] <= now - window_s:
            calls.popleft()
        if now < self._until.get(key, 0.0):
            self._until[key] += self.scale
        elif len(calls) >= most:
            self._until[key] = now + wait_s
        else:
            return
        left = max(1, math.ceil(self._until[key] - now))
        raise Refused(429, f"Too Many Requests: retry after {left}", retry_after=left)
