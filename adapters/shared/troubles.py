"""What keeps the bot from a messenger: said once in the log with what to do, and waited out."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from bot.domain.ports import Clock

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S: Final = 1.0
_GROWS: Final = 2.0
E = TypeVar("E", bound=Exception)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of trouble: its line, and the longest pause before it is tried again, in seconds."""

    line: str
    longest_s: float = 30.0


class Troubles(Generic[E]):
    """Waits longer each time, up to a bound, and logs each kind of trouble once until it ends.

    `kind` tells which trouble an error is, `asked_s` for how many seconds the server asked.
    """

    def __init__(
        self,
        messenger: str,
        clock: Clock,
        *,
        kind: Callable[[E], Trouble],
        asked_s: Callable[[E], float | None],
    ) -> None:
        """Begin without any. `messenger` is its name as people read it."""
        self._messenger = messenger
        self._clock = clock
        self._kind = kind
        self._asked_s = asked_s
        self._now: Trouble | None = None
        self._pause_s = _FIRST_PAUSE_S

    async def wait(self, error: E) -> None:
        """Log what is new, and wait."""
        trouble = self._kind(error)
        if trouble != self._now:
            _log.error(trouble.line)
            self._now, self._pause_s = trouble, _FIRST_PAUSE_S
        pause_s = min(self._pause_s, trouble.longest_s)
        await self._clock.sleep(self._asked_s(error) or pause_s)
        self._pause_s = pause_s * _GROWS

    def end(self) -> None:
        """Take note that it works again."""
        if self._now is not None:
            _log.warning("%s works again", self._messenger)
        self._now, self._pause_s = None, _FIRST_PAUSE_S
