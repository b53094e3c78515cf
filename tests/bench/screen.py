"""A messenger that costs nothing: it takes what comes and says when."""

import asyncio
from collections.abc import Sequence

from bot.domain.chat import Identity, Place
from bot.domain.errors import FrontendError
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Abilities, Around, Growth, Receiver

NAME = "bench"


class Screen:
    """A Frontend whose member waits for the answer and reads it whole."""

    def __init__(self) -> None:
        self.name = NAME
        self.abilities = Abilities(can_edit=True)
        self._waiting: dict[Place, asyncio.Future[str]] = {}

    def expect(self, place: Place) -> asyncio.Future[str]:
        """Return what the next whole message in a place will be."""
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[place] = future
        return future

    def arrived(self, place: Place, reply: Reply) -> None:
        """Hand over a whole message."""
        self._waiting.pop(place).set_result(reply.text)

    async def run(self, receiver: Receiver) -> None:
        """Return at once: the bench hands over messages itself."""

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Show everything whole."""
        return (reply,)

    def sink(self, place: Place, growth: Growth) -> "_Sink":  # noqa: ARG002 - the port's
        """Return where an answer grows."""
        return _Sink(self, place)

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef:
        """Take a message."""
        self.arrived(place, reply)
        return MessageRef(key)

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:  # noqa: ARG002 - the port's
        """Take a message in another's place."""
        self.arrived(place, reply)

    async def delete(self, place: Place, message: MessageRef) -> bool:  # noqa: ARG002 - the port's
        """Delete nothing."""
        return False

    async def seen(self, place: Place, message: MessageRef) -> None:
        """Show nothing."""

    def private_link(self, payload: str = "") -> str:  # noqa: ARG002 - the port's
        """Name no address: there is none."""
        return ""

    def is_unsealed(self, place: Place) -> bool:  # noqa: ARG002 - the port's
        return False

    async def open_private(self, identity: Identity) -> Place:
        return Place(self.name, identity.id)

    async def around(self, place: Place) -> Around:
        return Around(title=place.chat)

    async def is_admin(self, place: Place, identity: Identity) -> bool:  # noqa: ARG002 - the port's
        return False

    async def leave(self, place: Place) -> None:  # noqa: ARG002 - the port's
        raise FrontendError

    def has_topics(self, place: Place) -> bool:  # noqa: ARG002 - the port's
        """Have one conversation at a time."""
        return False

    async def open_topic(self, place: Place, title: str) -> Place:  # noqa: ARG002 - the port's
        """Open none."""
        raise FrontendError


class _Sink:
    """Keeps the newest text, as a messenger does between two of its calls."""

    def __init__(self, screen: Screen, place: Place) -> None:
        self._screen = screen
        self._place = place
        self.text = ""

    async def open(self) -> None:
        """Have no message yet."""

    def show(self, text: str) -> None:
        """Keep the text so far."""
        self.text = text

    async def finish(self, reply: Reply, *, key: str) -> MessageRef:  # noqa: ARG002 - the port's
        """Take the final text."""
        self._screen.arrived(self._place, reply)
        return MessageRef("1")

    async def close(self) -> None:
        """Let go."""
