"""The ways an answer grows on Matrix: in a message that is edited, or not at all."""

import secrets
from contextlib import ExitStack, suppress
from typing import Final

from adapters.matrix.outlet import Outlet
from adapters.matrix.wire import Json
from bot.domain.chat import Place
from bot.domain.errors import FrontendError, SendRefused, SendThrottled, ThreadGone
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Growth

TYPING_S: Final = 30.0
MOST_EDITS: Final = 100  # a room with a thousand edits of one message could not be loaded any more
_FIRST_LENGTH: Final = 40
_FIRST_S: Final = 1.0


class Growing:
    """A message that is sent with the first words, since only that makes a phone ring.

    Until then, and while more comes, the bot is shown to write. Where several people talk, the
    message hangs on the question.
    """

    renew_s = TYPING_S * 2 / 3

    def __init__(self, outlet: Outlet, place: Place, growth: Growth, me: str) -> None:
        """`me` is the bot's own account."""
        self._outlet = outlet
        self._place = place
        self._growth = growth
        self._me = me
        self._message: MessageRef | None = None
        self._txn = secrets.token_hex(8)
        self._may_be_there = False  # begun by a call whose end nobody knows
        self._edits = 0
        self._claim = ExitStack()

    async def begin(self) -> bool:
        """Show that the bot writes, and keep a send free for the end."""
        self._claim.enter_context(self._outlet.pacing.growing())
        return await self.renew(None)

    def wait_s(self, length: int, since_text_s: float, since_frame_s: float) -> float:
        """The first words come when they are a few, or after a second."""
        if self._message is None:
            return 0.0 if length >= _FIRST_LENGTH else _FIRST_S - since_text_s
        return self._outlet.pacing.gap_s() - since_frame_s

    async def frame(self, shown: Json) -> bool:
        """Send or edit, if the limits leave room."""
        if self._edits >= MOST_EDITS:
            return True  # nothing more before the end
        if not self._outlet.pacing.has_room():
            return False
        try:
            await self._put(shown)
        except SendThrottled:
            return False
        return True

    async def renew(self, shown: Json | None) -> bool:  # noqa: ARG002 - the port's
        """Show again that the bot writes."""
        await self._outlet.typing(self._place, self._me, TYPING_S)
        return True

    async def end(self, reply: Reply, *, key: str) -> MessageRef:
        """Let the message become the final text, or send it."""
        is_new = self._message is None and not self._may_be_there
        if self._message is None:
            txn, to = key if is_new else self._txn, self._growth.reply_to
            self._message = await self._outlet.post(self._place, reply, txn=txn, reply_to=to)
        if not is_new:
            await self._outlet.edit(
                self._place, self._message, reply, reply_to=self._growth.reply_to
            )
        await self.leave()
        return self._message

    async def leave(self) -> None:
        """Show no longer that the bot writes."""
        self._claim.close()
        with suppress(FrontendError):  # it ends by itself
            await self._outlet.typing(self._place, self._me, 0.0)

    async def _put(self, shown: Json) -> None:
        if self._message is not None:
            self._edits += 1
            await self._outlet.grow(self._place, self._message, shown)
            return
        was_there, self._may_be_there = self._may_be_there, True
        try:
            self._message = await self._outlet.begin(
                self._place, shown, txn=self._txn, reply_to=self._growth.reply_to
            )
        except (SendThrottled, SendRefused, ThreadGone):
            self._may_be_there = was_there
            raise
        await self._growth.appeared(self._message)


class Whole(Growing):
    """Nothing of an answer is shown before its end but that the bot writes."""

    async def frame(self, shown: Json) -> bool:  # noqa: ARG002 - the port's
        """Show nothing yet; there is nothing to try again."""
        return True
