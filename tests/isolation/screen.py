"""Where all of them read what they are told, and say yes when they are asked to pay."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from typing import Final

from bot.domain.chat import Place
from bot.domain.events import MessageRef, Reply, ReplyKind
from bot.domain.ports import Growth
from tests.fakes.frontend import FakeFrontend, FakeSink
from tests.isolation.people import FRONTEND, Tag

_ALLOW: Final = "groups:allow:"
_LOOK_ANEW: Final = "groups:ask:"  # the model was changed between question and answer
Press = Callable[[Place, MessageRef, str], Awaitable[None]]


class _Sink(FakeSink):
    """An answer that is read when it is whole."""

    async def finish(self, reply: Reply, *, key: str) -> MessageRef | None:
        message = await super().finish(reply, key=key)
        assert isinstance(self.frontend, Screen)
        self.frontend.read(self.place, message, reply)
        return message


class Screen(FakeFrontend):
    """Notes which questions were answered, and what was shown where it does not belong.

    `press` is called for the button that lets a key be used in a group, or leads there.
    """

    def __init__(self) -> None:
        super().__init__(FRONTEND)
        self.answers: Counter[Tag] = Counter()
        self.misplaced: list[str] = []
        self.consents = 0
        self.press: Press
        self._waiting: defaultdict[Tag, asyncio.Event] = defaultdict(asyncio.Event)
        self._pressing: set[asyncio.Task[None]] = set()

    async def answered(self, tag: Tag) -> None:
        """Wait until a question has an answer."""
        if not self.answers[tag]:
            await self._waiting[tag].wait()
        self._waiting.pop(tag, None)

    def sink(self, place: Place, growth: Growth | None = None) -> FakeSink:
        return _Sink(self, place, growth or Growth())

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:
        message = await super().post(place, reply, key=key)
        self.read(place, message, reply)
        return message

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        await super().edit(place, message, reply)
        self.read(place, message, reply)

    def read(self, place: Place, message: MessageRef | None, reply: Reply) -> None:
        """Read a message as whoever is there does."""
        self.shown.clear()
        for tag in Tag.all_in(reply.text):
            if tag.place != place.chat:
                self.misplaced.append(f"{tag} was shown in {place.chat}")
            if reply.kind is ReplyKind.ANSWER:
                self.answers[tag] += 1
                self._waiting[tag].set()
        for action in (button.action for row in reply.buttons for button in row):
            if action.startswith((_ALLOW, _LOOK_ANEW)) and message is not None:
                self.consents += action.startswith(_ALLOW)
                self._agree(place, message, action)
                break

    def _agree(self, place: Place, message: MessageRef, action: str) -> None:
        pressing = asyncio.ensure_future(self.press(place, message, action))
        self._pressing.add(pressing)
        pressing.add_done_callback(self._pressed)

    def _pressed(self, task: asyncio.Task[None]) -> None:
        self._pressing.discard(task)
        task.result()
