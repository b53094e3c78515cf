"""A messenger that records what it was told to show."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.domain.chat import Identity, Place
from bot.domain.errors import FrontendError
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Abilities, Around, Growth, Receiver

BUTTONS: Final = Abilities(
    has_buttons=True, can_edit=True, can_delete=True, can_react=True, streams=True
)
PLAIN: Final = Abilities()


@dataclass(frozen=True, slots=True)
class Shown:
    """One call that put text on a screen. `how`: post, edit, or finish (of a growing answer)."""

    how: str
    place: Place
    message: MessageRef
    reply: Reply
    key: str = ""


@dataclass(eq=False)
class FakeSink:
    """A ReplySink; `shown` is what it was offered, `is_open` until it was let go."""

    frontend: "FakeFrontend"
    place: Place
    growth: Growth
    shown: list[str] = field(default_factory=list)
    is_open: bool = False
    message: MessageRef | None = None

    async def open(self) -> None:
        self.is_open = True
        self.frontend.fail("open")
        if self.frontend.shows_opening:
            self.message = self.frontend.new_ref()
            await self.growth.appeared(self.message)

    def show(self, text: str) -> None:
        self.shown.append(text)

    async def finish(self, reply: Reply, *, key: str) -> MessageRef | None:  # noqa: ARG002 - the port's
        self.frontend.fail("finish")
        self.is_open = False
        message = self.message or self.frontend.new_ref()
        self.frontend.shown.append(Shown("finish", self.place, message, reply))
        return message

    async def close(self) -> None:
        self.is_open = False


class FakeFrontend:
    """A Frontend. `fail_next` makes a call raise; `limit` is how much text a message holds.

    `shows_opening`: a message exists as soon as an answer begins, as where drafts are messages.
    `is_away`: every call raises. `unsealed` are its chats without encryption. `link` is where its
    private chat is; `topics` are the titles of those that were opened. `groups` is what it knows
    of groups, `admins` are pairs of a chat and one of its admins.
    """

    def __init__(
        self,
        name: str = "fake",
        abilities: Abilities = BUTTONS,
        *,
        limit: int = 4_000,
        shows_opening: bool = False,
        link: str = "",
        opens_topics: bool = False,
    ) -> None:
        self.name = name
        self.abilities = abilities
        self.limit = limit
        self.shows_opening = shows_opening
        self.link = link
        self.opens_topics = opens_topics
        self.topics: list[str] = []
        self.unsealed: set[str] = set()
        self.groups: dict[str, Around] = {}
        self.admins: set[tuple[str, str]] = set()
        self.left_groups: list[Place] = []
        self.is_away = False
        self.shown: list[Shown] = []
        self.sinks: list[FakeSink] = []
        self.deleted: list[tuple[Place, MessageRef]] = []
        self.noticed: list[MessageRef] = []
        self._failures: dict[str, deque[Exception]] = {}
        self._count = 0

    @property
    def texts(self) -> list[str]:
        """Every text that was shown, in order."""
        return [shown.reply.text for shown in self.shown]

    def texts_in(self, place: Place) -> list[str]:
        """Every text that was shown in a place."""
        return [shown.reply.text for shown in self.shown if shown.place == place]

    def fail_next(self, call: str, *errors: Exception) -> None:
        """Let the next calls of `post`, `edit`, `delete`, `open`, `finish` or `topic` raise."""
        self._failures.setdefault(call, deque()).extend(errors)

    def fail(self, call: str) -> None:
        """Raise what was queued for this call, or that the messenger is away."""
        if self.is_away:
            raise FrontendError
        if queued := self._failures.get(call):
            raise queued.popleft()

    def new_ref(self) -> MessageRef:
        """Return the id of a new message of the bot's."""
        self._count += 1
        return MessageRef(f"b{self._count}")

    async def run(self, receiver: Receiver) -> None:
        """Nothing comes by itself: a test hands updates to the receiver."""

    def split(self, reply: Reply) -> Sequence[Reply]:
        text = reply.text
        *before, last = [text[at : at + self.limit] for at in range(0, len(text), self.limit)] or [
            ""
        ]
        return [*(Reply(text=each, kind=reply.kind) for each in before), replace(reply, text=last)]

    def sink(self, place: Place, growth: Growth | None = None) -> FakeSink:
        sink = FakeSink(self, place, growth or Growth())
        self.sinks.append(sink)
        return sink

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:
        self.fail("post")
        message = self.new_ref()
        self.shown.append(Shown("post", place, message, reply, key))
        return message

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        self.fail("edit")
        self.shown.append(Shown("edit", place, message, reply))

    async def delete(self, place: Place, message: MessageRef) -> bool:
        self.fail("delete")
        if self.abilities.can_delete:
            self.deleted.append((place, message))
        return self.abilities.can_delete

    async def seen(self, place: Place, message: MessageRef) -> None:  # noqa: ARG002 - a port's
        self.noticed.append(message)

    def private_link(self, payload: str = "") -> str:
        if not self.link:
            return ""
        return f"{self.link}?start={payload}" if payload else self.link

    def is_unsealed(self, place: Place) -> bool:
        return place.chat in self.unsealed

    async def open_private(self, identity: Identity) -> Place:
        self.fail("open_private")
        return Place(self.name, f"private-{identity.id}" if self.abilities.seals else identity.id)

    async def around(self, place: Place) -> Around:
        self.fail("around")
        return self.groups.get(place.chat, Around(title=place.chat.title(), people=3))

    async def is_admin(self, place: Place, identity: Identity) -> bool:
        self.fail("is_admin")
        return (place.chat, identity.id) in self.admins

    async def leave(self, place: Place) -> None:
        self.fail("leave")
        self.left_groups.append(place)

    def has_topics(self, place: Place) -> bool:
        return self.opens_topics and place.is_private

    async def open_topic(self, place: Place, title: str) -> Place:
        self.fail("topic")
        if not self.has_topics(place):
            raise FrontendError
        self.topics.append(title)
        return replace(place, thread=f"t{len(self.topics)}")
