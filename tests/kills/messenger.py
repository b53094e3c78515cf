"""A messenger of a kill test: its adapter, and the member on the other side of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.shared.http import HttpClient
from bot.domain.chat import Identity
from bot.domain.ports import Clock, Frontend, Receiver
from storage.stores import SqlStores
from tests.kills.line import Line
from tests.kills.member import Member
from tests.kills.order import Order
from tests.kills.points import Points
from tests.kills.witness import ALICE, Chat, Update, WitnessFrontend


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a messenger is made of in one life."""

    order: Order
    chat: Chat
    points: Points
    stores: SqlStores
    http: HttpClient
    clock: Clock


class WitnessMessenger:
    """The messenger that is files."""

    member = ALICE

    def __init__(self, life: Life) -> None:
        self.frontend = WitnessFrontend(life.chat, life.points, grows=life.order.grows)

    async def open(self) -> None:
        """Have nothing to open."""

    async def run(self, receiver: Receiver) -> None:
        """Hand over what is not confirmed."""
        await self.frontend.run(receiver)

    async def close(self) -> None:
        """Have nothing to close."""


class RealFrontend(Frontend, Protocol):
    """An adapter that connects before it runs, and has something to end."""

    async def check(self) -> None:
        """See whether it can start."""
        ...

    async def close(self) -> None:
        """End what is done on the side."""
        ...


class RealMessenger:
    """A real adapter beside its member at a simulated messenger."""

    def __init__(self, frontend: RealFrontend, line: Line, updates: Sequence[Update]) -> None:
        self.frontend = frontend
        self.member = Identity(frontend.name, line.there.person)
        self._real = frontend
        self._line = line
        self._updates = updates

    async def open(self) -> None:
        """Let the adapter see whether it can start."""
        await self._real.check()

    async def run(self, receiver: Receiver) -> None:
        """Listen until the member has said everything."""
        async with self._line, asyncio.TaskGroup() as group:
            listening = group.create_task(self.frontend.run(receiver))
            await Member(self._line, self._updates, receiver).talk()
            listening.cancel()

    async def close(self) -> None:
        """End what is done on the side."""
        await self._real.close()
