"""All that is shown goes out here: when its time has come, its refusals in our own words."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from adapters.matrix.api import MatrixApi
from adapters.matrix.crypto.sealing import Sealing
from adapters.matrix.pacing import Pacing, Weight
from adapters.matrix.render import content, edit_of, in_thread, replying_to
from adapters.matrix.rooms import NAME, Rooms
from adapters.matrix.seen import Seen
from adapters.matrix.wire import CallError, Json
from bot.domain.chat import Place
from bot.domain.errors import (
    ChatGone,
    ChatMoved,
    FrontendError,
    SendRefused,
    SendThrottled,
    ThreadGone,
)
from bot.domain.events import MessageRef, Reply, ReplyKind

_MESSAGE: Final = "m.room.message"
_TOO_MANY: Final = 429
_FORBIDDEN: Final = "M_FORBIDDEN"
_UNKNOWN_TOKEN: Final = "M_UNKNOWN_TOKEN"  # noqa: S105 - an errcode
_PAUSE_S: Final = 5.0
# What Synapse says where a thread hangs on what its database has not, or on no message.
_NO_THREAD: Final = ("unknown event", "cannot start threads")


class Outlet:
    """Paced calls. Raises FrontendError; nothing is ever unknown here, since a repeat is none.

    `sealing` is there once the rooms are known: before that nobody can tell which are encrypted,
    and nothing is sent.
    """

    def __init__(self, api: MatrixApi, rooms: Rooms, seen: Seen, pacing: Pacing) -> None:
        """Use them all; the pacing is the account's, not a room's."""
        self._api = api
        self.sealing: Sealing | None = None
        self._rooms = rooms
        self._seen = seen
        self.pacing = pacing

    async def post(
        self, place: Place, reply: Reply, *, txn: str, reply_to: MessageRef | None = None
    ) -> MessageRef:
        """Send a message; with the same `txn` again it is the same message."""
        whole = content(reply, mentions=await self._called(place, reply_to, reply.only_for))
        async with self._paced(place, _weight(reply)):
            return await self._send(place, self._placed(place, whole, reply_to), txn)

    async def edit(
        self,
        place: Place,
        message: MessageRef,
        reply: Reply,
        *,
        reply_to: MessageRef | None = None,
    ) -> None:
        """Put a reply in a message's place; `reply_to` is what that was sent with."""
        whole = content(reply, mentions=await self._called(place, reply_to, reply.only_for))
        async with self._paced(place, _weight(reply)):
            await self._send(place, edit_of(message, whole), secrets.token_hex(8))

    async def begin(
        self, place: Place, shown: Json, *, txn: str, reply_to: MessageRef | None
    ) -> MessageRef:
        """Send the message in which an answer will grow; the room for it was taken before.

        With the same `txn` again it is the same message, and says what it said first.
        """
        whole = {**shown, "m.mentions": _mentioning(await self._called(place, reply_to))}
        async with self._mapped(place):
            return await self._send(place, self._placed(place, whole, reply_to), txn)

    async def grow(self, place: Place, message: MessageRef, shown: Json) -> None:
        """Let a message grow; the room for it was taken before."""
        async with self._mapped(place):
            await self._send(place, edit_of(message, shown), secrets.token_hex(8))

    async def typing(self, place: Place, me: str, for_s: float) -> None:
        """Show for so long that the bot writes."""
        async with self._mapped(place):
            await self._api.typing(place.chat, me, for_s=for_s)

    async def delete(self, place: Place, message: MessageRef) -> bool:
        """Remove what a message says, tried more than once; False if the bot may not.

        It may hold a key, so a moment's trouble must not leave it there.
        """
        for is_last in (False, False, True):
            try:
                async with self._paced(place, Weight.DELETION):
                    await self._api.redact(place.chat, message, f"r{message}")
            except (SendRefused, ChatGone, ChatMoved):
                return False
            except FrontendError:
                if is_last:
                    raise
            else:
                break
        return True

    async def open_private(self, user: str) -> Place:
        """Create an encrypted chat with an account; it is there once its sync came.

        It may be written to at once: that it is encrypted is known, as it was made so.
        """
        if self.sealing is None:
            raise FrontendError
        async with self._mapped(Place(NAME, "")):
            room = self._rooms.joined(await self._api.create_direct(user))
        room.is_encrypted = True
        room.members.setdefault(user, "invite")
        return room.place()

    async def leave(self, place: Place) -> None:
        """Leave a room."""
        async with self._mapped(place):
            await self._api.leave(place.chat)

    async def react(self, place: Place, message: MessageRef, sign: str) -> None:
        """Put a sign under a message, if there is room for it."""
        if not self.pacing.has_room():
            return
        relation = {"rel_type": "m.annotation", "event_id": message, "key": sign}
        async with self._mapped(place):
            await self._send(place, {"m.relates_to": relation}, f"s{message}", kind="m.reaction")

    async def _send(
        self, place: Place, whole: Json, txn: str, *, kind: str = _MESSAGE
    ) -> MessageRef:
        if self.sealing is None:
            raise FrontendError
        if self._rooms.find(place.chat) is None:
            raise ChatGone
        return await self.sealing.send(place.chat, kind, whole, txn)

    def _placed(self, place: Place, whole: Json, reply_to: MessageRef | None) -> Json:
        """Put a message into its thread; where several people talk, onto its question."""
        if place.thread:
            return in_thread(whole, place.thread, reply_to or self._seen.latest(place.thread))
        return replying_to(whole, reply_to) if reply_to else whole

    async def _called(
        self, place: Place, question: MessageRef | None, account: str = ""
    ) -> Sequence[str]:
        """Return whom a message calls: the account it is for, else whoever asked.

        In a private chat everything calls anyway.
        """
        if place.is_private:
            return []
        if account or question is None:
            return [account] if account else []
        trace = self._seen.find(question)
        sender = trace.sender if trace else await self._sender(place, question)
        return [sender] if sender else []

    async def _sender(self, place: Place, event: str) -> str:
        """Return who sent what came before this process was started; empty: not to be had."""
        try:
            found = (await self._api.event(place.chat, event)).get("sender")
        except CallError:
            return ""
        return found if isinstance(found, str) else ""

    @asynccontextmanager
    async def _paced(self, place: Place, weight: Weight) -> AsyncIterator[None]:
        await self.pacing.admit(weight)
        async with self._mapped(place):
            yield

    @asynccontextmanager
    async def _mapped(self, place: Place) -> AsyncIterator[None]:
        try:
            yield
        except CallError as error:
            if error.status == _TOO_MANY:
                self.pacing.refused(error.retry_after_s or _PAUSE_S)
            raised = self._meant(error, place)
        else:
            return
        raise raised

    def _meant(self, error: CallError, place: Place) -> FrontendError:
        """Return what a failed call means: what may be tried again is a bare FrontendError."""
        if error.status == _TOO_MANY:
            return SendThrottled(error.retry_after_s or _PAUSE_S)
        if error.code == _UNKNOWN_TOKEN or not 400 <= error.status < 500:
            return FrontendError()
        room = self._rooms.find(place.chat)
        if room is None:
            return ChatGone()
        if error.code == _FORBIDDEN and room.successor and self._rooms.find(room.successor):
            return ChatMoved(room.successor)
        if place.thread and any(words in error.said for words in _NO_THREAD):
            return ThreadGone()
        return SendRefused()


def _mentioning(users: Sequence[str]) -> Json:
    return {"user_ids": list(users)} if users else {}


def _weight(reply: Reply) -> Weight:
    return Weight.ANSWER if reply.kind is ReplyKind.ANSWER else Weight.REPLY
