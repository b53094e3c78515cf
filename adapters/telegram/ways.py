"""The ways an answer grows on Telegram: as a draft, in a message that is edited, or not at all.

The Bot API has no way to say that a message is the same as one sent before, so no key is of use.
"""

from typing import Final

from adapters.shared.text.entities import NOTHING, Rendered
from adapters.telegram.outlet import Outlet
from adapters.telegram.pacing import Weight
from bot.domain.chat import Place
from bot.domain.errors import SendThrottled
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Growth

_DRAFT_LASTS_S: Final = 20.0  # a draft vanishes 30 s after its last frame
_TYPING_LASTS_S: Final = 4.0  # the sign is shown for 5 s
_PRIVATE_S: Final = 1.0
_GROUP_S: Final = ((1_500, 3.0), (3_000, 4.0))
_GROUP_LONG_S: Final = 6.0
_SLOWEST_S: Final = 4.0
_CLEAN: Final = 10  # so many frames without a refusal, and drafts come faster again
_FIRST_LENGTH: Final = 40
_FIRST_S: Final = 1.0


class DraftPace:
    """How fast drafts come in a chat: slower after a refusal, and faster again."""

    def __init__(self) -> None:
        """Begin with a frame a second."""
        self.gap_s = _PRIVATE_S
        self._clean = 0

    def went(self) -> None:
        """A frame was taken."""
        self._clean += 1
        if self._clean >= _CLEAN:
            self._clean, self.gap_s = 0, max(_PRIVATE_S, self.gap_s / 2)

    def refused(self) -> None:
        """A frame was one too many."""
        self._clean, self.gap_s = 0, min(_SLOWEST_S, self.gap_s * 2)


class Draft:
    """A message draft (Bot API 9.3) with the messenger's own stop control (10.3)."""

    renew_s = _DRAFT_LASTS_S

    def __init__(self, outlet: Outlet, place: Place, pace: DraftPace, draft: int) -> None:
        """`draft` is the answer's own number, never 0."""
        self._outlet = outlet
        self._place = place
        self._pace = pace
        self._draft = draft
        self._pause_s = 0.0

    async def begin(self) -> bool:
        """Show an empty draft's placeholder (10.0)."""
        return await self.frame(NOTHING)

    def wait_s(self, length: int, since_text_s: float, since_frame_s: float) -> float:  # noqa: ARG002 - the port's
        """The first words follow the placeholder at once."""
        return max(self._pause_s, self._pace.gap_s) - since_frame_s

    async def frame(self, shown: Rendered) -> bool:
        """Show what there is, if the limits leave room."""
        if not self._outlet.pacing.has_room(self._place, Weight.FRAME):
            return False
        try:
            await self._outlet.draft(self._place, self._draft, shown)
        except SendThrottled as error:
            self._pause_s = error.retry_after_s
            self._pace.refused()
            return False
        self._pause_s = 0.0
        self._pace.went()
        return True

    async def renew(self, shown: Rendered | None) -> bool:
        """Show it again."""
        return await self.frame(shown or NOTHING)

    async def end(self, reply: Reply, *, key: str) -> MessageRef:  # noqa: ARG002 - the port's
        """Send the message; the draft vanishes by that."""
        return await self._outlet.post(self._place, reply)

    async def leave(self) -> None:
        """Let the draft vanish by itself."""


class Edit:
    """A message that is sent with the first words, and edited while more come."""

    renew_s = _TYPING_LASTS_S

    def __init__(self, outlet: Outlet, place: Place, growth: Growth) -> None:
        """Where several people talk, the message hangs on the question."""
        self._outlet = outlet
        self._place = place
        self._growth = growth
        self._message: MessageRef | None = None
        self._is_over = False

    async def begin(self) -> bool:
        """Show the sign for typing; in a group it would cost what edits need."""
        if not self._place.is_private or self._message is not None:
            return False
        if not self._outlet.pacing.has_room(self._place, Weight.TYPING):
            return False
        await self._outlet.typing(self._place)
        return True

    def wait_s(self, length: int, since_text_s: float, since_frame_s: float) -> float:
        """The first words come when they are a few, or after a second."""
        if self._message is None:
            return 0.0 if length >= _FIRST_LENGTH else _FIRST_S - since_text_s
        return self._gap_s(length) - since_frame_s

    async def frame(self, shown: Rendered) -> bool:
        """Send or edit, if the limits leave room; after a refusal not any more."""
        if self._is_over or not self._outlet.pacing.has_room(self._place, Weight.FRAME):
            return False
        try:
            await self._put(shown)
        except SendThrottled:
            self._is_over = True
            return False
        return True

    async def renew(self, shown: Rendered | None) -> bool:  # noqa: ARG002 - the port's
        """Show the sign for typing until there is a message."""
        return await self.begin()

    async def end(self, reply: Reply, *, key: str) -> MessageRef:  # noqa: ARG002 - the port's
        """Let the message become the final text, or send it."""
        if self._message is None:
            return await self._outlet.post(self._place, reply, reply_to=self._growth.reply_to)
        await self._outlet.edit(self._place, self._message, reply)
        return self._message

    async def leave(self) -> None:
        """Let the sign for typing vanish by itself."""

    async def _put(self, shown: Rendered) -> None:
        growth = self._growth
        if self._message is not None:
            await self._outlet.grow(self._place, self._message, shown, growth.buttons)
            return
        self._message = await self._outlet.begin(
            self._place, shown, growth.buttons, growth.reply_to
        )
        await growth.appeared(self._message)

    def _gap_s(self, length: int) -> float:
        if self._place.is_private:
            return _PRIVATE_S
        return next((gap_s for most, gap_s in _GROUP_S if length < most), _GROUP_LONG_S)


class Whole(Edit):
    """Nothing of an answer is shown before its end but that work goes on."""

    async def frame(self, shown: Rendered) -> bool:  # noqa: ARG002 - the port's
        """Show nothing yet; there is nothing to try again."""
        return True
