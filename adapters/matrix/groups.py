"""Rooms with several people, and the direct chats that the bot opens with one of them."""

import asyncio
from collections import defaultdict

from adapters.matrix.membership import Membership
from adapters.matrix.outlet import Outlet
from adapters.matrix.rooms import Room, Rooms
from bot.domain.chat import Place
from bot.domain.errors import ChatGone, FrontendError
from bot.domain.ports import Around


class Groups:
    """What the application asks of rooms. Raises FrontendError."""

    def __init__(self, rooms: Rooms, outlet: Outlet, membership: Membership, me: str) -> None:
        """Use them all; `me` is the bot's own account."""
        self._rooms = rooms
        self._outlet = outlet
        self._membership = membership
        self._me = me
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def around(self, place: Place) -> Around:
        """Return what is known of a room; all that is written there is heard."""
        room = self._known(place)
        return Around(title=room.title(self._me), people=len(room.people(self._me)))

    def is_admin(self, place: Place, user: str) -> bool:
        """Return whether an account has the power to change a room."""
        return self._known(place).is_admin(user)

    async def leave(self, place: Place) -> None:
        """Leave a room; where the bot is not any more, there is nothing to do."""
        if self._outlet.sealing is None:
            raise FrontendError  # nobody knows yet where it is
        if self._rooms.find(place.chat) is None:
            return
        with self._membership.leaving(place.chat):
            await self._outlet.leave(place)

    async def open_private(self, user: str) -> tuple[Place, bool]:
        """Return the encrypted chat with an account, and whether it was only now made."""
        async with self._opening[user]:
            known = self._rooms.direct_with(user)
            if known is not None:
                return known.place(), False
            return await self._outlet.open_private(user), True

    def _known(self, place: Place) -> Room:
        if self._outlet.sealing is None:
            raise FrontendError
        room = self._rooms.find(place.chat)
        if room is None:
            raise ChatGone
        return room
