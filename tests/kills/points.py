"""Named points of a run, counted, at one of which the process kills itself."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Points:
    """Counts every hit; at the chosen one the process is gone before the next line runs."""

    def __init__(self, name: str = "", number: int = 0) -> None:
        """Choose the `number`-th hit of a point, from 1; 0: let the process live."""
        self.hits: Counter[str] = Counter()
        self._name = name
        self._number = number

    def hit(self, name: str) -> None:
        """Pass a point, or end there."""
        self.hits[name] += 1
        if name == self._name and self.hits[name] == self._number:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def around(self, effect: str) -> Iterator[None]:
        """Pass a point just before an effect on the outside, and one just after it."""
        self.hit(f"before {effect}")
        yield
        self.hit(f"after {effect}")
