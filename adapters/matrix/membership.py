"""Which rooms the bot is in: whose invitations it follows, where it goes on, when it leaves."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from adapters.matrix.api import MatrixApi
from adapters.matrix.entering import Entered
from adapters.matrix.inviting import Invitation, invitation_of
from adapters.matrix.rooms import NAME, Room, Rooms
from adapters.matrix.syncing import Round
from adapters.matrix.wire import CallError, Json
from bot.domain.chat import Identity
from bot.domain.errors import FrontendError
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
        self._to_forget: list[str] = []
        self._followed: set[str] = set()

    async def follow(self, round_: Round, receiver: Receiver) -> None:
        """Tell of rooms that were left or go on elsewhere.

        Raises StorageUnavailable.
        """
        if round_.directs is not None:
            self._directs = round_.directs
        for room in round_.left:
            await receiver.left(room.place())
            self._rooms.left(room.id)
            if room.id in self._leaving:
                self._leaving.discard(room.id)
                self._to_forget.append(room.id)
        for room in list(self._rooms):
            if (before := self._before(room)) is not None:
                await receiver.moved(before.place(), room.id)

    async def tell(self, entered: Sequence[Entered], receiver: Receiver) -> None:
        """Tell of rooms in which the bot is among several people, but for those it goes on in.

        Raises StorageUnavailable.
        """
        for each in entered:
            if self._before(each.room) is None:
                by = Identity(NAME, each.by)
                await receiver.joined(each.room.place(), by, each.room.name_of(each.by))

    def to_forget(self) -> Sequence[str]:
        """Return the rooms that the bot left by itself; each is told once."""
        found, self._to_forget = self._to_forget, []
        return found

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
                found = invitation_of(state, self._me)
                if found and (room in successors or _is_expected(found, receiver)):
                    group.create_task(self.join(room, found.by, is_direct=found.is_direct))
                else:
                    _log.info("an invitation was declined")
                    group.create_task(self.decline(room))

    async def join(self, room: str, of: str, *, is_direct: bool = False) -> None:
        """Join a room that somebody's server knows."""
        via = [of.partition(":")[2]] if ":" in of else []
        done = await self._tried("a room could not be joined", lambda: self._api.join(room, via))
        if done and is_direct:
            await self.note_direct(of, room)

    async def decline(self, room: str) -> None:
        """Do not come, and let the room not come back."""
        if await self._tried("an invitation stays", lambda: self._api.leave(room)):
            await self.forget(room)

    async def leave(self, room: str) -> None:
        """Leave a room; it is forgotten once the server has told of it."""
        await self._tried("a room could not be left", lambda: self._api.leave(room))

    async def forget(self, room: str) -> None:
        """Let a room that was left not come back."""
        await self._tried("a room could not be forgotten", lambda: self._api.forget(room))

    @contextmanager
    def leaving(self, room: str) -> Iterator[None]:
        """Take note that the bot leaves a room, unless that fails."""
        self._leaving.add(room)
        try:
            yield
        except FrontendError:
            self._leaving.discard(room)
            raise

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

    def _before(self, room: Room) -> Room | None:
        """Return the room that one goes on from, if both say so."""
        before = self._rooms.find(room.predecessor) if room.predecessor else None
        return before if before is not None and before.successor == room.id else None

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


def _is_expected(found: Invitation, receiver: Receiver) -> bool:
    """Whether somebody may bring the bot there: some only into a direct chat."""
    by = Identity(NAME, found.by)
    return receiver.welcomes(by) or (found.is_for_two and receiver.expects(by))
