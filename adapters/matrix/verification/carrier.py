"""How messages of a verification travel: into rooms as all else, to devices as they are."""

import secrets

from adapters.matrix.api import MatrixApi
from adapters.matrix.crypto.sealing import Sealing
from adapters.matrix.rooms import Rooms
from adapters.matrix.wire import Json


class Carrier:
    """A VerificationTransport over one connection."""

    def __init__(self, api: MatrixApi, sealing: Sealing, rooms: Rooms) -> None:
        """Use them all; no I/O."""
        self._api = api
        self._sealing = sealing
        self._rooms = rooms

    async def send_to_device(self, user: str, device: str, kind: str, content: Json) -> None:
        """Send one message to one device of a user's."""
        await self._api.to_device(kind, {user: {device: content}}, secrets.token_hex(8))

    async def send_in_room(self, room: str, kind: str, content: Json) -> str:
        """Send an event, encrypted where the room is; return its id."""
        return await self._sealing.send(room, kind, content, secrets.token_hex(8))

    def direct_room(self, user: str) -> str | None:
        """Return the encrypted direct chat with a user, if there is one."""
        room = self._rooms.direct_with(user)
        return room.id if room else None
