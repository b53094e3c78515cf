"""A messenger of a kill test: its adapter, and the member on the other side of it."""

from typing import Protocol

from bot.domain.chat import Identity
from bot.domain.ports import Frontend, Receiver
from tests.kills.points import Points
from tests.kills.witness import ALICE, Chat, WitnessFrontend


class Messenger(Protocol):
    """What one life of the application runs on."""

    @property
    def frontend(self) -> Frontend:
        """Return the adapter."""
        ...

    @property
    def member(self) -> Identity:
        """Return who writes."""
        ...

    async def open(self) -> None:
        """Do what comes before the application is assembled."""
        ...

    async def run(self, receiver: Receiver) -> None:
        """Run until the member has said everything, and all of it is settled."""
        ...

    async def close(self) -> None:
        """Do what comes after the application has ended."""
        ...


class WitnessMessenger:
    """The messenger that is files."""

    member = ALICE

    def __init__(self, chat: Chat, points: Points, *, grows: bool) -> None:
        self.frontend = WitnessFrontend(chat, points, grows=grows)

    async def open(self) -> None:
        """Have nothing to open."""

    async def run(self, receiver: Receiver) -> None:
        """Hand over what is not confirmed."""
        await self.frontend.run(receiver)

    async def close(self) -> None:
        """Have nothing to close."""
