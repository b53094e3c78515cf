"""Requests to verify the bot: which are for it, which are of now, and those that wait."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, final

import msgspec

from adapters.matrix.verification import wire
from adapters.matrix.verification.flow import LONGEST_S, first
from bot.domain.ports import Clock

_OLDEST: Final = timedelta(minutes=10)
_NEWEST: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a verification. `room` None: it came to the device. `sent_at` None: unknown."""

    sender: str
    kind: str
    content: object
    room: str | None
    event_id: str
    sent_at: datetime | None = None

    @property
    def is_request(self) -> bool:
        """Whether it begins a verification."""
        return self.kind == (wire.REQUEST if self.room is None else wire.ROOM_MESSAGE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that nobody has taken yet. `can_do`: with emoji."""

    user: str
    device: str
    transaction: str
    room: str | None
    can_do: bool

    @property
    def address(self) -> tuple[str, str, str | None]:
        """Return what its messages are told by: user, transaction, room."""
        return self.user, self.transaction, self.room


def read_request(event: Event, me: str, now: datetime) -> Asked | None:
    """Return a request; None for one that cannot be read, is for others or is not of now.

    The specification gives a request ten minutes, and clocks five.
    """
    try:
        request = msgspec.convert(event.content, wire.Request)
        sent_at = _sent_at(event, request)
    except (msgspec.ValidationError, ValueError, OverflowError):
        return None
    is_mine = event.room is None or request.to == me
    is_of_now = sent_at is None or now - _OLDEST <= sent_at <= now + _NEWEST
    transaction = request.transaction_id if event.room is None else event.event_id
    if not (is_mine and is_of_now and transaction):
        return None
    can_do = wire.METHOD in request.methods
    return Asked(event.sender, request.from_device, transaction, event.room, can_do)


def _sent_at(event: Event, request: wire.Request) -> datetime | None:
    if event.room is not None:
        return event.sent_at
    return datetime.fromtimestamp(request.timestamp / 1000, UTC)


@final
class Requests:
    """The newest request of each account, for ten minutes."""

    def __init__(self, clock: Clock) -> None:
        """Begin without any."""
        self._clock = clock
        self._kept: dict[str, tuple[Asked, float]] = {}
        self._arrived = asyncio.Event()
        self._awaited = ""

    def keep(self, asked: Asked) -> bool:
        """Keep a request; return whether somebody waits for it."""
        self._kept[asked.user] = asked, self._clock.monotonic() + LONGEST_S
        self._arrived.set()
        return self._awaited == asked.user

    def withdraw(self, user: str, transaction: str, room: str | None) -> None:
        """Forget a request that was taken back or taken up."""
        asked, _ = self._kept.get(user, (None, 0.0))
        if asked is not None and (asked.transaction, asked.room) == (transaction, room):
            del self._kept[user]

    def waiting(self, user: str) -> Asked | None:
        """Return the account's request, if there is one that has not lapsed."""
        asked, until = self._kept.get(user, (None, 0.0))
        return asked if self._clock.monotonic() < until else None

    async def next(self, user: str) -> Asked | None:
        """Wait for an account's request; None if ten minutes bring none."""
        self._awaited = user
        try:
            return await first(self._of(user), self._clock.sleep(LONGEST_S))
        finally:
            self._awaited = ""

    async def _of(self, user: str) -> Asked:
        while True:
            self._arrived.clear()
            if (asked := self.waiting(user)) is not None:
                return asked
            await self._arrived.wait()
