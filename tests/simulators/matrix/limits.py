"""How many calls are too many: the leaky buckets that Synapse has unless it is told otherwise."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tests.simulators.matrix.refusals import limited


class Bucket(NamedTuple):
    """What leaks out in a second, and what goes in at once."""

    per_s: float
    burst: int


STOCK: Final[Mapping[str, Bucket]] = {
    "message": Bucket(0.2, 10),
    "join": Bucket(0.1, 10),
    "invite": Bucket(0.3, 10),
    "login": Bucket(0.003, 5),
    "create": Bucket(0.016, 10),
}


@dataclass(slots=True)
class Limits:
    """Counts what each account does. `buckets` is what holds: nothing, unless it is set."""

    clock: Callable[[], float] = time.monotonic
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    _used: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)

    def set_stock(self, *, is_on: bool = True) -> None:
        """Let a stock server's limits hold, counted from nothing, or none."""
        self.buckets = STOCK if is_on else {}
        self._used.clear()

    def check(self, what: str, who: str) -> None:
        """Count something that an account does; raises a 429 where it is one too many."""
        bucket = self.buckets.get(what)
        if bucket is None:
            return
        now = self.clock()
        count, start = self._used.get((what, who), (0, now))
        if count - (now - start) * bucket.per_s < 0:
            count, start = 0, now
        if count - (now - start) * bucket.per_s > bucket.burst - 1:
            free = start + (count - bucket.burst + 1) / bucket.per_s
            raise limited(int((free - now) * 1_000))
        self._used[what, who] = (count + 1, start)
