"""A person's way to a simulated messenger, apart from the bot's."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import aiohttp

from bot.domain.chat import Place
from tests.kills.order import There

Row = dict[str, Any]


class Line(ABC):
    """What every messenger's simulator lets a person do. It is open while it is entered."""

    def __init__(self, there: There) -> None:
        """Name the place; does no I/O."""
        self.there = there
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    @abstractmethod
    def prefix(self) -> str:
        """Return what a command begins with."""

    @property
    @abstractmethod
    def place(self) -> Place:
        """Return the chat as the application knows it."""

    @abstractmethod
    async def rows(self) -> Sequence[Row]:
        """Return what has happened in the chat since the story began."""

    @abstractmethod
    def is_said(self, row: Row) -> bool:
        """Return whether a row is something that the person did; it has `words` and `update`."""

    @abstractmethod
    def shows(self, row: Row) -> str:
        """Return the text that a row let appear; empty where it is none."""

    @abstractmethod
    async def say(self, words: str) -> int:
        """Write, and return the update's number."""

    async def press(self, action: str) -> int:
        """Press the newest button of such an action, and return the update's number."""
        raise NotImplementedError(action)

    async def await_confirmed(self, update: int) -> None:
        """Wait until the bot has told the messenger that it has an update."""
        if not (await self.do("confirmed", update=update))["is_confirmed"]:
            raise TimeoutError("an update was not taken")

    async def do(self, verb: str, **given: object) -> dict[str, Any]:
        """Do something as people do it, and return what came of it."""
        if self._session is None:
            raise RuntimeError("the line is not open")
        async with self._session.post(f"{self.there.url}/sim/{verb}", json=given) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found
