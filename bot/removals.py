"""Removals under way: nothing of a member's begins until what is removed is gone."""

import asyncio

from bot.domain.chat import MemberId


class Removals:
    """A removal lasts as long as the task that handles it, so its commit is part of it.

    Without this, the next question in the line would be asked with a key that is about to be
    erased, in the moment between the end of the running one and the commit.
    """

    def __init__(self) -> None:
        self._under_way: dict[asyncio.Event, MemberId] = {}

    def begin(self, member: MemberId) -> None:
        """Hold the member's turns back until the running task has ended."""
        task = asyncio.current_task()
        if task is not None:
            over = asyncio.Event()
            self._under_way[over] = member
            task.add_done_callback(lambda _: self._end(over))

    async def are_over(self, member: MemberId) -> bool:
        """Wait for the member's removals; False at once where there were none to wait for."""
        has_waited = False
        while of_member := [over for over, of in self._under_way.items() if of == member]:
            has_waited = True
            await of_member[0].wait()
        return has_waited

    def _end(self, over: asyncio.Event) -> None:
        del self._under_way[over]
        over.set()
