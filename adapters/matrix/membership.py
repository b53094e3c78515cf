"""Which rooms the bot is in: whose invitations it follows, where it goes on, when it leaves."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from adapters.matrix.api import MatrixApi
from adapters.matrix.rooms import NAME, Room, Rooms
from adapters.matrix.syncing import Round
from adapters.matrix.wire import CallError, Json
from bot.domain.chat import Identity
from bot.domain.ports import Clock, Receiver

_log = logging.getLogger(__name__)
_DIRECT: Final = "m.direct"
_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 300.0
_TRIES: Final = 8


class Membership:
    """Joins what those who are welcome invite to, and declines all else without a word."""

    def __init__(self, api: MatrixApi, rooms: Rooms, clock: Clock, me: str) -> None:
        """Use them all; no I/O."""
        self._api = api
        self._rooms = rooms
        self._clock = clock
        self._me = me
        self._directs: Json = {}
        self._noting = asyncio.Lock()
        self._leaving: set[str] = set()
        self._followed: set[str] = set()

    async def follow(self, round_: Round, receiver: Receiver) -> None:
        """Tell of rooms that were left or go on elsewhere; leave those where nobody is.

        Raises StorageUnavailable.
        """
        if round_.directs is not None:
            self._directs = round_.directs
        for room in round_.left:
            self._leaving.discard(room.id)
            await receiver.left(room.place())
            self._rooms.left(room.id)
        for room in list(self._rooms):
            before = self._rooms.find(room.predecessor) if room.predecessor else None
            if before is not None and before.successor == room.id:
                await receiver.moved(before.place(), room.id)

    def to_leave(self) -> Sequence[str]:
        """Return the rooms to leave: where the bot is alone, and those that went on elsewhere."""
        found = [
            room.id
            for room in self._rooms
            if room.id not in self._leaving
            and (room.is_alone(self._me) or self._has_gone_on(room))
        ]
        self._leaving.update(found)
        return found

    def to_follow(self) -> Sequence[tuple[str, str]]:
        """Return the rooms to go on in, each with who is there; each is told once."""
        found = [
            (room.successor, room.closer)
            for room in self._rooms
            if room.successor not in {"", *self._followed}
            and self._rooms.find(room.successor) is None
        ]
        self._followed.update(successor for successor, _ in found)
        return found

    async def answer(self, invites: Mapping[str, Sequence[Json]], receiver: Receiver) -> None:
        """Join or decline; what does not work is tried again for a while, side by side.

        Where a room of the bot's goes on it follows anybody: who is there chose that room.
        """
        successors = {room.successor for room in self._rooms}
        async with asyncio.TaskGroup() as group:
            for room, state in invites.items():
                mine = _invitation(state, self._me)
                inviter = mine.get("sender", "") if mine else ""
                is_expected = room in successors or receiver.welcomes(Identity(NAME, inviter))
                if inviter and is_expected:
                    is_direct = mine["content"].get("is_direct") is True if mine else False
                    group.create_task(self.join(room, inviter, is_direct=is_direct))
                else:
                    _log.info("an invitation was declined")
                    group.create_task(self.leave(room))

    async def join(self, room: str, of: str, *, is_direct: bool = False) -> None:
        """Join a room that somebody's server knows."""
        via = [of.partition(":")[2]] if ":" in of else []
        done = await self._tried("a room could not be joined", lambda: self._api.join(room, via))
        if done and is_direct:
            await self.note_direct(of, room)

    async def leave(self, room: str) -> None:
        """Leave a room, and let it not come back."""
        if await self._tried("a room could not be left", lambda: self._api.leave(room)):
            await self._tried("a room could not be forgotten", lambda: self._api.forget(room))

    async def note_direct(self, user: str, room: str) -> None:
        """Let the account hold a room for the chat with one person."""
        listed = self._directs.get(user)
        known = [each for each in listed if each != room] if isinstance(listed, list) else []
        self._directs = {**self._directs, user: [*known, room]}
        async with self._noting:  # the last to arrive is what stands
            await self._tried(
                "a direct chat was not noted",
                lambda: self._api.put_account_data(self._me, _DIRECT, self._directs),
            )

    def _has_gone_on(self, room: Room) -> bool:
        after = self._rooms.find(room.successor) if room.successor else None
        return after is not None and after.predecessor == room.id

    async def _tried(self, failing: str, call: Callable[[], Awaitable[object]]) -> bool:
        """Make a call until it is done or refused, ever more slowly; False: it was not done."""
        pause_s = _FIRST_PAUSE_S
        for _ in range(_TRIES):
            try:
                await call()
            except CallError as error:
                if error.is_lasting:
                    _log.warning("%s: %s", failing, error)
                    return False
                await self._clock.sleep(error.retry_after_s or pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            else:
                return True
        _log.warning("%s: the server was not reached", failing)
        return False


def _invitation(state: Sequence[Json], me: str) -> Json | None:
    """Return the event by which the bot was invited: only its own membership says who did."""
    for event in state:
        match event:
            case {
                "type": "m.room.member",
                "state_key": str(user),
                "sender": str(),
                "content": {"membership": "invite"},
            } if user == me:
                return event
            case _:
                pass
    return None
