"""Waiting out a disk that is full or read-only: what was taken is not dropped."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot import texts
from bot.domain.chat import Place
from bot.domain.errors import StorageUnavailable
from bot.domain.events import Reply
from bot.domain.ports import Clock

T = TypeVar("T")
PAUSE_S: Final = 2.0
_log = logging.getLogger(__name__)


class Patience:
    """Tries what storage must do until it works, or until the process ends: then it raises."""

    def __init__(self, clock: Clock, say: Callable[[Place, Reply], Awaitable[object]]) -> None:
        self._clock = clock
        self._say = say
        self._is_over = False

    def end(self) -> None:
        """Wait no more: what could not be stored is taken up at the next start."""
        self._is_over = True

    async def hold(self, work: Callable[[], Awaitable[T]], place: Place | None = None) -> T:
        """Return what `work` returns, sooner or later; if later, say so once in the place."""
        is_told = False
        while True:
            try:
                return await work()
            except StorageUnavailable as error:
                if self._is_over:
                    raise
                if not is_told:
                    _log.error("nothing can be stored now: %s", error.reason)
                    if place is not None:
                        await self._say(place, texts.turns.storage_waits())
                is_told = True
            await self._clock.sleep(PAUSE_S)
