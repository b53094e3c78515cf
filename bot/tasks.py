"""Background work with an owner: every task is awaited when its owner closes."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from bot.logs import describe

_log = logging.getLogger(__name__)


class Tasks:
    """The tasks of one part of the house. A failure is logged by type, never by its text."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("background work ended: %s", describe(error))

    async def idle(self, timeout_s: float) -> bool:
        """Wait until nothing runs; False if the time was not enough."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._running:
                    await asyncio.wait(self._running)
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Cancel what still runs, and what it starts on its way out, and wait for it."""
        while running := tuple(self._running):
            for task in running:
                task.cancel()
            await asyncio.wait(running)
