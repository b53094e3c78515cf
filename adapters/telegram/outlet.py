"""All that is shown goes out here: when its time has come, its refusals in our own words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Final

from adapters.shared.text.entities import Rendered
from adapters.telegram.api import BotApi
from adapters.telegram.pacing import Pacing, Weight
from adapters.telegram.render import draw_reply, keyboard
from adapters.telegram.whispers import Whisper
from adapters.telegram.wire import CallError
from bot.domain.chat import Place
from bot.domain.errors import (
    ChatGone,
    ChatMoved,
    FrontendError,
    SendRefused,
    SendThrottled,
    SendUnknown,
    ThreadGone,
)
from bot.domain.events import MessageRef, Reply, ReplyKind, Rows

_GONE: Final = ("chat not found", "user is deactivated", "group chat was deactivated")
_NO_THREAD: Final = ("message thread not found", "topic_deleted", "topic_closed", "topic closed")
_TOO_MANY: Final = 429
_FORBIDDEN: Final = 403
_MENDABLE: Final = frozenset({401, 404})  # the token's fault: what is to be sent waits for it


class Outlet:
    """Paced calls. Raises FrontendError; a call whose end is unknown is a SendUnknown.

    Putting a text in a message's place twice does no harm, so an edit is never unknown: it raises
    a bare FrontendError, and is made again. `can_whisper`: the server lets one account alone see a
    message in a group, if the bot is an admin there.
    """

    def __init__(self, api: BotApi, pacing: Pacing) -> None:
        """Use both; the pacing is the bot's, not a chat's."""
        self._api = api
        self.pacing = pacing
        self.can_whisper = False

    async def post(
        self, place: Place, reply: Reply, *, reply_to: MessageRef | None = None
    ) -> MessageRef:
        """Send a message; to all in the chat, if one alone cannot be shown it."""
        if reply.only_for and self.can_whisper and not place.is_private:
            with suppress(SendRefused):
                return await self._post(place, reply, reply_to, only_for=reply.only_for)
        return await self._post(place, reply, reply_to)

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        """Put a reply in a message's place.

        What one account alone sees is not for long there to be changed: it is said anew.
        """
        try:
            await self._edit(place, message, reply)
        except SendRefused:
            whisper = Whisper.of(message)
            if whisper is None:
                raise
            await self.post(place, replace(reply, only_for=str(whisper.receiver)))

    async def _post(
        self, place: Place, reply: Reply, reply_to: MessageRef | None, *, only_for: str = ""
    ) -> MessageRef:
        async with self._paced(place, _weight(reply)):
            return await self._api.send(
                place,
                draw_reply(reply),
                keyboard=keyboard(reply.buttons),
                reply_to=reply_to,
                only_for=only_for,
            )

    async def _edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        async with self._paced(place, _weight(reply), is_repeatable=True):
            await self._api.edit(
                place, message, draw_reply(reply), keyboard=keyboard(reply.buttons)
            )

    async def begin(
        self, place: Place, shown: Rendered, buttons: Rows, reply_to: MessageRef | None
    ) -> MessageRef:
        """Send the message in which an answer will grow; the room for it was taken before."""
        async with self._mapped(place):
            return await self._api.send(
                place, shown, keyboard=keyboard(buttons), reply_to=reply_to
            )

    async def grow(
        self, place: Place, message: MessageRef, shown: Rendered, buttons: Rows
    ) -> None:
        """Let a message grow; the room for it was taken before."""
        async with self._mapped(place, is_repeatable=True):
            await self._api.edit(place, message, shown, keyboard=keyboard(buttons), is_frame=True)

    async def draft(self, place: Place, draft: int, shown: Rendered) -> None:
        """Show a draft; what holds up drafts says nothing of messages, so those are not held."""
        try:
            await self._api.draft(place, draft, shown)
        except CallError as error:
            raised = frontend_error(error, is_repeatable=True)
        else:
            return
        raise raised

    async def typing(self, place: Place) -> None:
        """Show that something is being written; the room for it was taken before."""
        async with self._mapped(place, is_repeatable=True):
            await self._api.typing(place)

    async def delete(self, place: Place, message: MessageRef) -> bool:
        """Delete a message, tried more than once; False if the chat does not allow it.

        It may hold a key, so a moment's trouble must not leave it there.
        """
        for is_last in (False, False, True):
            try:
                async with self._paced(place, Weight.ANSWER, is_repeatable=True):
                    await self._api.delete(place, message)
            except (SendRefused, ChatGone, ThreadGone):
                return False
            except FrontendError:
                if is_last:
                    raise
            else:
                break
        return True

    async def react(self, place: Place, message: MessageRef, emoji: str) -> None:
        """Put an emoji under a message, if there is room for it and all see the message."""
        if Whisper.of(message) is None and self.pacing.has_room(place, Weight.TYPING):
            async with self._mapped(place, is_repeatable=True):
                await self._api.react(place, message, emoji)

    async def open_topic(self, place: Place, title: str) -> Place:
        """Open a topic of the chat, and return it."""
        async with self._paced(place, Weight.REPLY):
            thread = await self._api.open_topic(place.chat, title)
        return replace(place, thread=thread)

    @asynccontextmanager
    async def _paced(
        self, place: Place, weight: Weight, *, is_repeatable: bool = False
    ) -> AsyncIterator[None]:
        await self.pacing.admit(place, weight)
        async with self._mapped(place, is_repeatable=is_repeatable):
            yield

    @asynccontextmanager
    async def _mapped(self, place: Place, *, is_repeatable: bool = False) -> AsyncIterator[None]:
        try:
            yield
        except CallError as error:
            if error.status == _TOO_MANY:
                self.pacing.refused(place, error.retry_after_s or 1.0)
            raised = frontend_error(error, is_repeatable=is_repeatable)
        else:
            return
        raise raised


def frontend_error(error: CallError, *, is_repeatable: bool = False) -> FrontendError:
    """Return what a failed call means. `is_repeatable`: made twice, it does what it does once."""
    if error.status == _TOO_MANY:
        return SendThrottled(error.retry_after_s or 1.0)
    if error.new_chat:
        return ChatMoved(error.new_chat)
    if error.is_unsent or error.status in _MENDABLE:
        return FrontendError()
    if error.is_surely_refused:
        return _refusal(error)
    return FrontendError() if is_repeatable else SendUnknown()


def _refusal(error: CallError) -> FrontendError:
    if error.status == _FORBIDDEN or any(words in error.said for words in _GONE):
        return ChatGone()
    if any(words in error.said for words in _NO_THREAD):
        return ThreadGone()
    return SendRefused()


def _weight(reply: Reply) -> Weight:
    return Weight.ANSWER if reply.kind is ReplyKind.ANSWER else Weight.REPLY
