"""Sending into rooms, encrypted where they are: who can read there gets the key first."""

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from adapters.matrix.api import MatrixApi
from adapters.matrix.crypto.machine import Machine
from adapters.matrix.rooms import Rooms
from adapters.matrix.wire import CallError, Json
from bot.domain.events import MessageRef
from bot.domain.ports import Clock

_log = logging.getLogger(__name__)
_BARREN_S: Final = (
    600.0  # so long nothing is asked of a device that had no key to write to it with
)
_SEALED: Final = "m.room.encrypted"
_EXISTS: Final = "already exists"
Readers = Callable[[Json, str], frozenset[str] | None]


class Sealing:
    """The machine's way to the server. `readers`: which of a user's devices may read."""

    def __init__(
        self, api: MatrixApi, machine: Machine, rooms: Rooms, clock: Clock, *, readers: Readers
    ) -> None:
        """Use them all; no I/O."""
        self._api = api
        self._machine = machine
        self._rooms = rooms
        self._clock = clock
        self._readers = readers
        self._querying = asyncio.Lock()
        self._sharing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._barren: dict[tuple[str, str], float] = {}

    async def send(self, room: str, kind: str, content: Json, txn: str) -> MessageRef:
        """Send an event, sealed where the room is; once for each transaction id."""
        known = self._rooms.joined(room)
        if not known.is_encrypted or kind == "m.reaction":
            return await self._api.send(room, kind, content, txn)
        async with self._sharing[room]:
            await self._share(room, known.readers())
            with self._machine.batch():
                sealed = self._machine.sharing.encrypt(room, kind, content)
        return await self._api.send(room, _SEALED, sealed, txn)

    async def keep_up(self) -> None:
        """Publish what the server lacks, and learn of devices that are new. Raises CallError."""
        await self._publish()
        await self._query()
        if self._machine.sharing.to_claim(()):
            await self._claim(())
        for user, device, content, mark in self._machine.sharing.waiting():
            messages = {user: {device: content}}
            await self._api.to_device(_SEALED, messages, secrets.token_hex(8))
            self._machine.sharing.went(mark)

    async def _publish(self) -> None:
        with self._machine.batch():
            body = self._machine.publishing.to_upload()
        if body is None:
            return
        answer: Json = {}
        try:
            answer = await self._api.upload_keys(body)
        except CallError as error:
            if _EXISTS not in error.said:
                raise
            # They are there, from a life of ours that ended before it was told so.
            _log.warning("one-time keys were published before")
        with self._machine.batch():
            self._machine.publishing.uploaded(answer)

    async def _query(self) -> None:
        async with self._querying:
            users = self._machine.sharing.to_query()
            if not users:
                return
            answer = await self._api.query_keys(users)
            allowed = {user: self._readers(answer, user) for user in users}
            with self._machine.batch():
                self._machine.sharing.queried(users, answer, allowed)

    async def _share(self, room: str, users: Sequence[str]) -> None:
        self._machine.sharing.track(users)
        await self._query()
        await self._claim(users)
        with self._machine.batch():
            shares = list(self._machine.sharing.to_share(room, users))
        for devices, messages in shares:
            await self._api.to_device(_SEALED, messages, secrets.token_hex(8))
            self._machine.sharing.shared(room, devices)

    async def _claim(self, users: Iterable[str]) -> None:
        wanted = self._fertile(self._machine.sharing.to_claim(users))
        if not wanted:
            return
        answer = await self._api.claim_keys(wanted)
        with self._machine.batch():
            self._machine.sharing.claimed(answer)
        now = self._clock.monotonic()
        for user, devices in self._machine.sharing.to_claim(users).items():
            self._barren.update({(user, each): now + _BARREN_S for each in devices})

    def _fertile(self, devices: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
        """Leave out devices that lately had no key to give."""
        now = self._clock.monotonic()
        self._barren = {each: until for each, until in self._barren.items() if until > now}
        return {
            user: left
            for user, ids in devices.items()
            if (left := [each for each in ids if (user, each) not in self._barren])
        }
