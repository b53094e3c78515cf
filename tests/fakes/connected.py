"""A messenger with a server that is not there: its check and its run end as a test wants."""

import asyncio
from collections import deque

from bot.domain.ports import Receiver, Tool
from bot.messengers import Messenger
from tests.fakes.frontend import FakeFrontend


class FakeConnected(FakeFrontend):
    """A frontend that runs until it is told to fail, or to end."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.named = f" as @{name}_bot"
        self.checking: asyncio.Future[None] | None = None
        self.refusals: deque[Exception] = deque()
        self.endings: deque[Exception | None] = deque()
        self.began: list[Receiver] = []
        self.was_cancelled = False
        self.is_closed = False
        self.running = asyncio.Event()
        self.tools: dict[str, Tool] = {}
        self._broken: asyncio.Future[None]

    async def check(self) -> None:
        if self.checking is not None:
            await self.checking
        if self.refusals:
            raise self.refusals.popleft()

    async def run(self, receiver: Receiver) -> None:
        self.began.append(receiver)
        if self.endings:
            if error := self.endings.popleft():
                raise error
            return
        self.running.set()
        self._broken = asyncio.get_running_loop().create_future()
        try:
            await self._broken
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise

    def break_down(self, error: Exception) -> None:
        """Let what runs now fail."""
        self._broken.set_exception(error)

    async def close(self) -> None:
        self.is_closed = True


def messenger(frontend: FakeConnected) -> Messenger:
    """Return it as one that is configured, with its link if it has one."""
    return Messenger(
        title=frontend.name.title(),
        frontend=frontend,
        claim_link=lambda payload: frontend.private_link(payload) if frontend.link else "",
    )
