"""A phone in its rooms: who is in them, and what they are."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from tests.phone import shown
from tests.phone.line import WITHIN_S, Found, Line
from tests.phone.shown import Room

ELEMENT: Final = "trusted_private_chat"  # how Element opens direct chats


class Rooms:
    """What one device does to rooms as a whole."""

    def __init__(self, line: Line, user: str, device: str) -> None:
        self._line = line
        self.user = user
        self.device = device

    async def do(self, verb: str, **given: Any) -> Any:  # noqa: ANN401 - JSON
        """Do something by its verb in the phone's own program. Raises PhoneError."""
        return await self._line.do(verb, **given)

    async def until(
        self, look: Callable[[], Awaitable[Found]], *, within_s: float = WITHIN_S
    ) -> Found:
        """Look whenever the phone shows something new; return what is found once it is true."""
        return await self._line.until(look, within_s=within_s)

    async def direct(
        self, user: str, *, is_encrypted: bool = True, preset: str = ELEMENT, version: str = ""
    ) -> str:
        """Open a direct chat, and wait until the other is in it."""
        made = await self.create(
            user, is_encrypted=is_encrypted, is_direct=True, preset=preset, version=version
        )
        await self.joined(made, user)
        return made

    async def create(
        self,
        *invited: str,
        is_encrypted: bool = True,
        is_direct: bool = False,
        preset: str = "private_chat",
        version: str = "",
        name: str = "",
    ) -> str:
        """Open a room."""
        made = await self.do(
            "create",
            invite=invited,
            isEncrypted=is_encrypted,
            isDirect=is_direct,
            preset=preset,
            version=version or None,
            name=name or None,
        )
        return str(made)

    async def encrypt(self, room: str) -> None:
        """Switch encryption on in a room."""
        await self.do("encrypt", room=room)

    async def invite(self, room: str, user: str) -> None:
        """Invite somebody."""
        await self.do("invite", room=room, user=user)

    async def join(self, room: str) -> None:
        """Go where one was invited."""
        await self.do("join", room=room)

    async def leave(self, room: str) -> None:
        """Leave a room."""
        await self.do("leave", room=room)

    async def kick(self, room: str, user: str) -> None:
        """Put somebody out."""
        await self.do("kick", room=room, user=user)

    async def upgrade(self, room: str, version: str) -> str:
        """Replace a room by one of another version; return that, in which nobody else is yet."""
        return str(await self.do("upgrade", room=room, version=version))

    async def invited(self) -> str:
        """Wait for an invitation that was not taken; return its room."""

        async def look() -> str:
            rooms = (await self.rooms()).items()
            return next((room for room, membership in rooms if membership == "invite"), "")

        return await self.until(look)

    async def joined(self, room: str, user: str) -> None:
        """Wait until somebody is in a room."""
        await self.member(room, user, "join")

    async def member(self, room: str, user: str, membership: str) -> None:
        """Wait until somebody's membership is this."""

        async def look() -> bool:
            return (await self.members(room)).get(user) == membership

        await self.until(look)

    async def rooms(self) -> Mapping[str, str]:
        """Return the phone's membership of every room it knows, the oldest first."""
        return dict(await self.do("rooms"))

    async def members(self, room: str) -> Mapping[str, str]:
        """Return the membership of everybody who ever was in a room."""
        found: dict[str, str] = await self.do("members", room=room)
        return found

    async def about(self, room: str) -> Room:
        """Return what a room is."""
        return shown.room(await self.do("about", room=room))
