"""Words said only where something takes long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.delivery import Courier
from bot.domain.chat import Place
from bot.domain.events import Reply
from bot.domain.ports import Clock
from bot.tasks import Tasks


class Notices:
    """A notice is not kept: after a restart nobody waits for what it was about."""

    def __init__(self, courier: Courier, clock: Clock, tasks: Tasks) -> None:
        self._courier = courier
        self._clock = clock
        self._tasks = tasks

    @asynccontextmanager
    async def after(self, seconds: float, place: Place, reply: Reply) -> AsyncIterator[None]:
        """Say it if what is done within takes that long; it comes before all said after it."""
        is_due = False

        async def say() -> None:
            nonlocal is_due
            await self._clock.sleep(seconds)
            is_due = True
            await self._courier.say(place, reply)

        task = self._tasks.start(say())
        try:
            yield
        finally:
            if not is_due:
                task.cancel()
            await asyncio.wait((task,))
