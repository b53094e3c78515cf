"""Telegram's way out, recorded: what was shown, and what each call shall fail with."""

from collections import deque
from dataclasses import dataclass

from adapters.shared.text.entities import Rendered
from adapters.telegram.pacing import Pacing
from bot.domain.chat import Place
from bot.domain.events import MessageRef, Reply, Rows
from tests.fakes.clock import FakeClock


@dataclass(frozen=True, slots=True)
class Done:
    """One call: `how` it shows something, and the text."""

    how: str
    text: str
    at: float
    buttons: Rows = ()
    reply_to: MessageRef | None = None


class FakeOutlet:
    """An Outlet. `gates` hold up calls of a kind until they are set."""

    def __init__(self, clock: FakeClock) -> None:
        self.pacing = Pacing(clock)
        self.done: list[Done] = []
        self.busy = 0
        self.most_at_once = 0
        self._clock = clock
        self._failures: dict[str, deque[Exception]] = {}
        self._slow: dict[str, float] = {}
        self._count = 0

    def fail_next(self, how: str, *errors: Exception) -> None:
        """Let the next calls of a kind raise."""
        self._failures.setdefault(how, deque()).extend(errors)

    def slow_down(self, how: str, seconds: float) -> None:
        """Let the calls of a kind take long."""
        self._slow[how] = seconds

    def texts(self, *how: str) -> list[str]:
        """Return what was shown in these ways, in order."""
        return [each.text for each in self.done if each.how in how]

    async def post(
        self, place: Place, reply: Reply, *, reply_to: MessageRef | None = None
    ) -> MessageRef:
        del place
        await self._do("post", reply.text, reply.buttons, reply_to)
        return self._new()

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        del place, message
        await self._do("edit", reply.text, reply.buttons)

    async def begin(
        self, place: Place, shown: Rendered, buttons: Rows, reply_to: MessageRef | None
    ) -> MessageRef:
        del place
        await self._do("begin", shown.text, buttons, reply_to)
        return self._new()

    async def grow(
        self, place: Place, message: MessageRef, shown: Rendered, buttons: Rows
    ) -> None:
        del place, message
        await self._do("grow", shown.text, buttons)

    async def draft(self, place: Place, draft: int, shown: Rendered) -> None:
        del place
        assert draft
        await self._do("draft", shown.text)

    async def typing(self, place: Place) -> None:
        del place
        await self._do("typing", "")

    async def _do(
        self, how: str, text: str, buttons: Rows = (), reply_to: MessageRef | None = None
    ) -> None:
        self.busy += 1
        self.most_at_once = max(self.most_at_once, self.busy)
        try:
            if how in self._slow:
                await self._clock.sleep(self._slow[how])
            if queued := self._failures.get(how):
                raise queued.popleft()
            self.done.append(Done(how, text, self._clock.monotonic(), buttons, reply_to))
        finally:
            self.busy -= 1

    def _new(self) -> MessageRef:
        self._count += 1
        return MessageRef(str(self._count))
