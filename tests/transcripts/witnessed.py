"""Matrix's adapter, with a note of what it was told to show: the choices, and whose they are."""

from collections.abc import Callable
from dataclasses import replace

from adapters.matrix.frontend import MatrixFrontend
from bot.domain.chat import Identity, Place, Streaming
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Growth, ReplySink
from tests.fakes.frontend import Shown

Note = Callable[[Shown], None]


class WitnessedSink:
    """One answer that grows. `message` is the one in which it does, once there is one."""

    def __init__(self, place: Place, growth: Growth, note: Note) -> None:
        self._place = place
        self._growth = growth
        self._note = note
        self._is_begun = False
        self.inner: ReplySink
        self.message: MessageRef | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether there are words which nobody sees yet."""
        is_growing = self._growth.stream is not Streaming.OFF
        return self._is_begun and self.message is None and is_growing

    async def appeared(self, message: MessageRef) -> None:
        """Hear in which message it grows."""
        await self._growth.appeared(message)
        self.message = message

    async def open(self) -> None:
        await self.inner.open()

    def show(self, text: str) -> None:
        self._is_begun = bool(text)
        self.inner.show(text)

    async def finish(self, reply: Reply, *, key: str) -> MessageRef | None:
        self._is_begun = False
        message = await self.inner.finish(reply, key=key)
        assert message is not None
        self._note(Shown("finish", self._place, message, reply, key))
        return message

    async def close(self) -> None:
        self._is_begun = False
        await self.inner.close()


class WitnessedMatrix(MatrixFrontend):
    """`note` hears of every message once it stands at the server. `is_sealed`: all chats are."""

    note: Note
    is_sealed: bool
    sinks: list[WitnessedSink]

    def is_unsealed(self, place: Place) -> bool:
        """Hold all rooms for encrypted: the simulated people have no keys, so theirs are plain."""
        return not self.is_sealed and super().is_unsealed(place)

    async def open_private(self, identity: Identity) -> Place:
        """Return the chat with somebody that there is, which is held for encrypted."""
        there = [room for room in self._rooms if identity.id in room.members]
        direct = [room.place() for room in there if room.place().is_private]
        return direct[0] if direct and self.is_sealed else await super().open_private(identity)

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:
        message = await super().post(place, reply, key=key)
        assert message is not None
        self.note(Shown("post", place, message, reply, key))
        return message

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        await super().edit(place, message, reply)
        self.note(Shown("edit", place, message, reply))

    def sink(self, place: Place, growth: Growth) -> WitnessedSink:
        """Return where an answer will grow, watched."""
        watched = WitnessedSink(place, growth, self.note)
        watched.inner = super().sink(place, replace(growth, appeared=watched.appeared))
        self.sinks.append(watched)
        return watched
