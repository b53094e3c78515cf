"""Work in order, one at a time, per key; different keys run side by side."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from bot.domain.chat import Place
from bot.tasks import Tasks

Lane = tuple[Place, Hashable]
Job = Callable[[], Coroutine[Any, Any, None]]


class Lanes:
    """Queues that exist only while they have work, so an idle member costs nothing."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._lanes: dict[Lane, deque[tuple[Job, asyncio.Event]]] = {}

    def put(self, key: Lane, job: Job) -> asyncio.Event:
        """Queue a job; the event is set when it has run."""
        done = asyncio.Event()
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = deque()
            lane.append((job, done))
            _ = self._tasks.start(self._run(key, lane))
        else:
            lane.append((job, done))
        return done

    def pending(self, place: Place) -> list[asyncio.Event]:
        """Return the events of the newest jobs of every lane of a place."""
        return [lane[-1][1] for key, lane in self._lanes.items() if lane and key[0] == place]

    def length(self, key: Lane) -> int:
        """Return how many jobs of a lane have not ended, the running one included."""
        return len(self._lanes.get(key, ()))

    async def _run(self, key: Lane, lane: deque[tuple[Job, asyncio.Event]]) -> None:
        try:
            while lane:
                job, done = lane[0]
                try:
                    await self._tasks.start(job())
                except Exception:  # noqa: BLE001, S110 - logged by its task; the next job goes on
                    pass
                finally:
                    lane.popleft()
                    done.set()
        finally:
            self._lanes.pop(key, None)
            for _, done in lane:
                done.set()
