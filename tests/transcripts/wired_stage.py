"""A stage on a real adapter over a simulated server: when all that a step does is done."""

import asyncio
from abc import abstractmethod
from collections.abc import Iterable, Sequence

from bot.domain.chat import Place
from tests.transcripts.script import Step
from tests.transcripts.stage import Stage


class WiredStage(Stage):
    """Messages come over a loopback socket, so that nothing is there at once."""

    def __init__(self, kind: str, *, is_owned: bool, is_open: bool) -> None:
        super().__init__(kind, is_owned=is_owned, is_open=is_open)
        self._running: asyncio.Future[None] | None = None
        self._stirred = asyncio.Event()
        self.clock.stirred = self._stirred.set
        for company in self.companies.values():
            company.stirred = self._stirred.set

    async def play(self, step: Step, prepared: Sequence[Step]) -> list[str]:
        """Do one step, and wait until a phone has shown all of it."""
        shown = await super().play(step, prepared)
        if step.who in {"clock", "restart"}:
            await self._settle()
            shown += self.told()
        return shown

    async def _stop(self) -> None:
        """Let the adapter take nothing more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _settle(self) -> None:
        """Wait until nothing is left to do but for answers that end by a later step."""
        for place in self._places():
            settling = asyncio.ensure_future(self._settle_in(place))
            while not settling.done() and not self._is_held(place):
                self._stirred.clear()
                stirred = asyncio.ensure_future(self._stirred.wait())
                await asyncio.wait((settling, stirred), return_when=asyncio.FIRST_COMPLETED)
                stirred.cancel()
            await self._at_once(place)
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
        while aside := set(self._aside()):
            await asyncio.wait(aside)

    async def _settle_in(self, place: Place) -> None:
        assert self._router is not None
        await self._at_once(place)
        self._stirred.set()
        await self._router.settled(place)

    async def _at_once(self, place: Place) -> None:
        """Wait for what waits for no answer: commands, and what is on its way."""
        assert self._router is not None
        router = self._router
        while events := [*router._lanes.pending(place), *router._courier.pending(place)]:
            for event in events:
                await event.wait()

    def _is_held(self, place: Place) -> bool:
        """Whether an answer there waits for a gate, or for time to pass."""
        assert self._router is not None
        running = self._router._sessions._running.values()
        return any(each.turn.place == place and each.reason is None for each in running) and any(
            company.is_waiting or company.is_expected for company in self.companies.values()
        )

    @abstractmethod
    def _places(self) -> Iterable[Place]:
        """Return where something may be going on."""

    @abstractmethod
    def _aside(self) -> Iterable["asyncio.Task[None]"]:
        """Return what the adapter still does on the side."""
