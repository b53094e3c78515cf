"""Turns that are first in their lanes and wait until their members may have one more."""

from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress

from bot.domain.chat import MemberId, Place, Turn
from bot.domain.ports import Frontend
from bot.fairness import Fairness
from bot.running import Ended, Reason, Running, RunningTurns
from bot.tasks import Tasks


class Holding:
    """Holds turns back, where they can be ended from outside as if they were running."""

    def __init__(
        self, fairness: Fairness, frontends: Mapping[str, Frontend], tasks: Tasks
    ) -> None:
        self._fairness = fairness
        self._frontends = frontends
        self._tasks = tasks
        self._held = RunningTurns()

    async def begin(
        self, running: Running, until_its_end: AsyncExitStack, *, is_noticed: bool
    ) -> bool:
        """Wait until a turn may begin, or was ended before that; return whether it waited.

        `is_noticed`: it waited in its lane, so its member has seen that it waits.
        """
        turn = running.turn
        if self._fairness.has_room(turn.member):
            await until_its_end.enter_async_context(self._fairness.turn(turn.member))
            return False
        if not is_noticed:
            self._show_that_it_waits(turn)
        self._held[turn.id] = running
        with suppress(Ended):
            may_begin = self._fairness.turn(turn.member)
            await running.guard(until_its_end.enter_async_context(may_begin))
        return True

    def let_go(self, turn: Turn) -> None:
        """Forget a turn: it runs now, or never will."""
        self._held.pop(turn.id, None)

    def of(self, place: Place, member: MemberId) -> list[Running]:
        """Return what is held of a member in a place."""
        return self._held.of(place, member)

    def moved(self, old: Place, new_chat: str) -> None:
        """Know where a chat's turns are now."""
        self._held.moved(old, new_chat)

    def leave(self, place: Place) -> None:
        """Give up what is held in a chat, whoever asked."""
        for held in self._held.in_chat(place):
            held.end(Reason.STOPPED)

    def close(self) -> None:
        """Let nothing begin any more; what is held is for the next start."""
        for held in self._held.values():
            held.end(Reason.SHUTDOWN)

    def _show_that_it_waits(self, turn: Turn) -> None:
        if turn.message is not None:
            frontend = self._frontends[turn.place.frontend]
            _ = self._tasks.start(frontend.seen(turn.place, turn.message))
