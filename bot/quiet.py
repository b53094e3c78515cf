"""What is said to somebody once an hour at most, however often there is a reason for it."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

from bot.domain.ports import Clock

_QUIET: Final = timedelta(hours=1)
_REMEMBERED: Final = 1_000


class Quiet:
    """Remembers, in memory, who was told; the oldest go first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[Hashable, datetime] = {}

    def is_due(self, whom: Hashable) -> bool:
        """Return whether somebody was not told within the hour, and note that they are now."""
        now = self._clock.now()
        last = self._told.get(whom)
        if last is not None and now - last < _QUIET:
            return False
        self._told.pop(whom, None)
        while len(self._told) >= _REMEMBERED:
            del self._told[next(iter(self._told))]
        self._told[whom] = now
        return True
