"""A frontend of each kind with a member on its other side: without a server, or by a pipe."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, Protocol, TextIO

from adapters.console.frontend import ConsoleFrontend
from adapters.console.translate import CommandHint, read_line
from bot.clock import SystemClock
from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.errors import FrontendError, StorageUnavailable
from bot.domain.events import Incoming, MessageRef
from bot.domain.ports import Abilities, Around, Frontend, Receiver
from tests.fakes.clock import START
from tests.fakes.frontend import FakeFrontend

HINTS: Final = (CommandHint(name="model"),)
CLUB: Final = "Cooking club"


class Stand(Protocol):
    """A frontend, and a member who talks with it in one private place.

    Where the messenger has groups, the bot is in one named CLUB with the member and an admin.
    """

    @property
    def frontend(self) -> Frontend:
        """Return what is tried."""
        ...

    @property
    def place(self) -> Place:
        """Return where the member talks."""
        ...

    @property
    def identity(self) -> Identity:
        """Return who the member is."""
        ...

    @property
    def group(self) -> Place | None:
        """Return the group; None where the messenger has none."""
        ...

    @property
    def admin(self) -> Identity:
        """Return the group's one admin, who is not the member."""
        ...

    @property
    def whispers(self) -> bool:
        """Return whether what is only for one in a group is hidden from the others."""
        ...

    @property
    def is_in_group(self) -> bool:
        """Return whether the bot is in the group now."""
        ...

    def seen_in_group(self, by: Identity) -> Sequence[str]:
        """Return the texts of the bot's messages that somebody sees in the group, in order."""
        ...

    async def start(self, receiver: Receiver) -> None:
        """Run the frontend until `close`; it can be spoken with when this returns."""
        ...

    async def say(self, text: str) -> MessageRef:
        """Let the member write; return what their message is called."""
        ...

    def shown(self) -> Sequence[str]:
        """Return the texts of the bot's messages as they stand now, in order."""
        ...

    def typed(self) -> Sequence[str]:
        """Return the texts of the member's messages that are still to be seen, in order."""
        ...

    def cut(self) -> None:
        """Let nothing come through any more."""
        ...

    def mend(self) -> None:
        """Let everything come through again, where that is possible."""
        ...

    async def ended(self) -> None:
        """Wait until the frontend's run has ended by itself."""
        ...

    async def close(self) -> None:
        """End the frontend, as the application does; what it talked with stays."""
        ...


@dataclass
class FakeStand:
    """The messenger without a server: what is said is handed over by the stand itself."""

    frontend: FakeFrontend
    said: dict[MessageRef, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place = Place(self.frontend.name, "alice")
        self.identity = Identity(self.frontend.name, "alice")
        self.admin = Identity(self.frontend.name, "bob")
        self.whispers = False
        self._group = Place(self.frontend.name, "club", kind=PlaceKind.GROUP)
        self.frontend.groups["club"] = Around(title=CLUB, people=2)
        self.frontend.admins.add(("club", "bob"))
        self._receiver: Receiver

    @property
    def group(self) -> Place | None:
        return self._group

    @property
    def is_in_group(self) -> bool:
        return self._group not in self.frontend.left_groups

    def seen_in_group(self, by: Identity) -> Sequence[str]:
        del by  # nothing is hidden here
        return self._standing(self._group)

    async def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        await self.frontend.run(receiver)

    async def say(self, text: str) -> MessageRef:
        message = MessageRef(f"m{len(self.said)}")
        self.said[message] = text
        body = read_line(text, ())
        assert body is not None
        with suppress(StorageUnavailable):
            _ = await self._receiver.receive(
                Incoming(
                    update=f"u{len(self.said)}",
                    sender=self.identity,
                    sender_name="Alice",
                    place=self.place,
                    body=body,
                    sent_at=START,
                    message=message,
                )
            )
        return message

    def shown(self) -> Sequence[str]:
        return self._standing(self.place)

    def typed(self) -> Sequence[str]:
        gone = {message for _, message in self.frontend.deleted}
        return [text for message, text in self.said.items() if message not in gone]

    def cut(self) -> None:
        self.frontend.is_away = True

    def mend(self) -> None:
        self.frontend.is_away = False

    async def ended(self) -> None:
        """It has ended at once."""

    async def close(self) -> None:
        """There is nothing to end."""

    def _standing(self, place: Place) -> Sequence[str]:
        stands: dict[MessageRef, str] = {}
        for each in self.frontend.shown:
            if each.place == place:
                footer = f"\n{each.reply.footer}" if each.reply.footer else ""
                stands[each.message] = each.reply.text + footer
        return list(stands.values())


@asynccontextmanager
async def fake(abilities: Abilities, *, opens_topics: bool = False) -> AsyncIterator[Stand]:
    """Give the messenger without a server."""
    frontend = FakeFrontend(abilities=abilities, limit=2_000, opens_topics=opens_topics)
    yield FakeStand(frontend)


@dataclass
class ConsoleStand:
    """The console between two pipes."""

    frontend: ConsoleFrontend
    keyboard: TextIO
    printed: int
    said: list[str] = field(default_factory=list)
    group: Place | None = None
    whispers: bool = False
    is_in_group: bool = False
    _read: bytes = b""
    _running: asyncio.Future[None] | None = None

    @property
    def admin(self) -> Identity:
        return self.identity

    def seen_in_group(self, by: Identity) -> Sequence[str]:
        raise LookupError(by)

    @property
    def place(self) -> Place:
        return self.frontend.place

    @property
    def identity(self) -> Identity:
        return self.frontend.identity

    async def start(self, receiver: Receiver) -> None:
        self._running = asyncio.ensure_future(self.frontend.run(receiver))

    async def say(self, text: str) -> MessageRef:
        self.said.append(text)
        self.keyboard.write(f"{text}\n")
        self.keyboard.flush()
        return MessageRef(str(len(self.said)))

    def shown(self) -> Sequence[str]:
        with suppress(BlockingIOError):
            while chunk := os.read(self.printed, 65_536):
                self._read += chunk
        return self._read.decode().removesuffix("\n").split("\n\n") if self._read else []

    def typed(self) -> Sequence[str]:
        return self.said

    def cut(self) -> None:
        nobody, other = os.pipe()
        os.close(other)
        os.dup2(nobody, self.printed)  # the last reader of the pipe is gone by that
        os.close(nobody)

    def mend(self) -> None:
        raise FrontendError  # a reader that went away does not come back

    async def ended(self) -> None:
        assert self._running is not None
        await self._running

    async def close(self) -> None:
        await end(self._running)


@asynccontextmanager
async def console() -> AsyncIterator[Stand]:
    """Give the console where its input and output are pipes."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    os.set_blocking(out_read, False)
    with (
        os.fdopen(in_read, encoding="utf-8") as stdin,
        os.fdopen(in_write, "w", encoding="utf-8") as keyboard,
        os.fdopen(out_write, "w", encoding="utf-8") as stdout,
    ):
        frontend = ConsoleFrontend(commands=HINTS, clock=SystemClock(), stdin=stdin, stdout=stdout)
        try:
            yield ConsoleStand(frontend, keyboard, out_read)
        finally:
            os.close(out_read)


async def end(running: asyncio.Future[None] | None) -> None:
    """End a run, as a service manager ends it; what it failed with is raised."""
    if running is not None:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
