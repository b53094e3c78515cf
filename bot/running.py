"""Turns while they run: their text so far, and how they can be ended from outside."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, TypeVar

from bot.domain.chat import (
    Event,
    FinishReason,
    MemberId,
    Place,
    ReasoningDelta,
    TextDelta,
    Turn,
    TurnId,
)
from bot.domain.keys import KeyId
from bot.domain.usage import Usage

T = TypeVar("T")


class Reason(Enum):
    """Why a running turn is ended from outside."""

    STOPPED = auto()
    REMOVED = auto()
    TAKEN_BACK = auto()
    SHUTDOWN = auto()


class Ended(Exception):
    """The running turn was ended from outside."""


@dataclass(slots=True, kw_only=True)
class Running:
    """`key`: what it is asked with, once known. `is_sent`: the newest attempt may have arrived."""

    turn: Turn
    attempt: int
    text: str = ""
    saved: str = ""
    usage: Usage | None = None
    finish: FinishReason | None = None
    key: KeyId | None = None
    is_sent: bool = False
    reason: Reason | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[Any] | None = None

    def take(self, event: Event) -> bool:
        """Add an event of the stream; return whether there is more text."""
        if isinstance(event, TextDelta):
            self.text += event.text
            return True
        if isinstance(event, Usage):
            self.usage = event
        elif not isinstance(event, ReasoningDelta):
            self.finish = event.reason
        return False

    def end(self, reason: Reason) -> None:
        """End the part that waits for the vendor; the first reason given counts."""
        self.reason = self.reason or reason
        if self._task is not None:
            self._task.cancel()

    async def guard(self, work: Coroutine[Any, Any, T]) -> T:
        """Run what may be ended from outside; raises Ended when it was."""
        if self.reason is not None:
            work.close()
            raise Ended
        task = asyncio.get_running_loop().create_task(work)
        self._task = task
        try:
            return await task
        except asyncio.CancelledError:
            if self.reason is None:
                raise
            raise Ended from None
        finally:
            self._task = None


class RunningTurns(dict[TurnId, Running]):
    """Every turn that runs in this process."""

    def of(self, place: Place, member: MemberId) -> list[Running]:
        """Return those of a member in a place."""
        return [
            running
            for running in self.values()
            if running.turn.place == place and running.turn.member == member
        ]

    def moved(self, old: Place, new_chat: str) -> None:
        """Know where the turns of a chat are now that it has another id."""
        for running in self.in_chat(old):
            there = replace(running.turn.place, chat=new_chat)
            running.turn = replace(running.turn, place=there)

    def in_chat(self, place: Place) -> list[Running]:
        """Return those of a chat, in all its topics."""
        chat = (place.frontend, place.chat)
        return [
            running
            for running in self.values()
            if (running.turn.place.frontend, running.turn.place.chat) == chat
        ]
