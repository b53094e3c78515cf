"""What has arrived of running answers, kept while they grow."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from bot.domain.chat import TurnId
from bot.domain.errors import StorageUnavailable
from bot.domain.ports import Clock, TurnStore
from bot.running import Running
from bot.tasks import Tasks

_log = logging.getLogger(__name__)
CHECKPOINT_S: Final = 2.0


class Checkpoints:
    """Stores what has grown, of all running turns in one commit, while there are any."""

    def __init__(
        self, turns: TurnStore, running: Mapping[TurnId, Running], clock: Clock, tasks: Tasks
    ) -> None:
        self._turns = turns
        self._running = running
        self._clock = clock
        self._tasks = tasks
        self._ticker: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Go on as long as something runs; to be called when something begins."""
        if self._ticker is None or self._ticker.done():
            self._ticker = self._tasks.start(self._tick())

    async def close(self) -> None:
        """End."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)

    async def _tick(self) -> None:
        while self._running:
            await self._clock.sleep(CHECKPOINT_S)
            grown = {
                turn: running
                for turn, running in self._running.items()
                if running.text != running.saved
            }
            if not grown:
                continue
            texts_now = {turn: running.text for turn, running in grown.items()}
            try:
                await self._turns.checkpoint(texts_now)
            except StorageUnavailable as error:
                _log.error("running answers cannot be stored: %s", error.reason)
                continue
            for turn, running in grown.items():
                running.saved = texts_now[turn]
