"""A receiver that answers by script, so that a frontend can be tried without the core."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot.domain.chat import Identity, Place
from bot.domain.errors import StorageUnavailable
from bot.domain.events import Body, Incoming, Question, QuestionKind, Reply
from bot.domain.ports import Frontend, Growth, Receiver, ReplySink

Answer = Callable[["ScriptedReceiver", Incoming], Awaitable[None]]


class ScriptedReceiver:
    """Calls `answer` for each update, one at a time in a task of its own, as the core would.

    `settled` waits for those tasks. `is_full`: nothing can be stored.
    """

    def __init__(self, answer: Answer) -> None:
        """Take the script."""
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()
        self._took = asyncio.Event()
        self.frontend: Frontend
        self.incoming: list[Incoming] = []
        self.moves: list[tuple[Place, str]] = []
        self.lost: list[Place] = []
        self.joins: list[tuple[Place, Identity, str]] = []
        self.welcome: set[Identity] = set()
        self.expected: set[Identity] = set()
        self.question: Question | None = None
        self.is_full = False

    @property
    def bodies(self) -> list[Body]:
        """What was received, in order."""
        return [incoming.body for incoming in self.incoming]

    async def receive(self, incoming: Incoming) -> str:
        """Take one update."""
        if self.is_full:
            raise StorageUnavailable("full")
        self.incoming.append(incoming)
        self._took.set()
        task = asyncio.ensure_future(self._answer(self, incoming))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return ""

    async def settled(self, place: Place) -> None:
        """Wait until the script has come to its end."""
        del place
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def moved(self, old: Place, new_chat: str) -> None:
        """Note that a chat moved."""
        self.moves.append((old, new_chat))

    async def left(self, place: Place) -> None:
        """Note that a chat is gone."""
        self.lost.append(place)

    async def joined(self, place: Place, by: Identity, name: str) -> None:
        """Note that the bot was added to a group."""
        self.joins.append((place, by, name))

    async def took(self, count: int) -> None:
        """Wait until so many updates have come; TimeoutError after five seconds."""
        async with asyncio.timeout(5):
            while len(self.incoming) < count:
                self._took.clear()
                await self._took.wait()

    def welcomes(self, identity: Identity) -> bool:
        """Follow the invitations of those who are welcome."""
        return identity in self.welcome

    def expects(self, identity: Identity) -> bool:
        """Let those open a chat who are expected."""
        return identity in self.welcome | self.expected

    def open_question(self, identity: Identity, place: Place) -> Question | None:
        """Return the question the script has set."""
        del identity, place
        return self.question

    def ask(self, kind: QuestionKind | None) -> None:
        """Open a question, or close it."""
        asked_at = datetime(2026, 11, 23, tzinfo=UTC)
        self.question = Question(kind=kind, asked_at=asked_at) if kind else None

    async def say(self, reply: Reply) -> None:
        """Send a message to the place of the last update."""
        await self.frontend.post(self.incoming[-1].place, reply, key="test")

    def sink(self) -> ReplySink:
        """Begin an answer in the place of the last update."""
        return self.frontend.sink(self.incoming[-1].place, Growth())


def _is_a_receiver(receiver: ScriptedReceiver) -> Receiver:
    return receiver
