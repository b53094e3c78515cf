"""The terminal as a messenger."""

import os
import sys
from collections.abc import Sequence
from typing import Protocol, TextIO
from uuid import uuid4

from adapters.console.output import Output
from adapters.console.plain import PlainScreen
from adapters.console.translate import CommandHint
from bot.domain.chat import Identity, Place
from bot.domain.errors import FrontendError
from bot.domain.events import Body, Incoming, MessageRef, Reply
from bot.domain.ports import Abilities, Clock, Growth, Receiver, ReplySink

NAME = "console"


class _Screen(Protocol):
    async def run(self, receiver: Receiver, identity: Identity, place: Place) -> None: ...

    def post(self, reply: Reply) -> None: ...

    def sink(self) -> ReplySink: ...


class ConsoleFrontend:
    """One member at the keyboard, in one private place.

    A terminal shows answers while they grow; anything else gets whole messages, line by line.
    """

    name = NAME
    abilities = Abilities(is_local=True)

    def __init__(
        self,
        *,
        commands: Sequence[CommandHint],
        clock: Clock,
        greeting: str = "",
        name: str = "me",
        recent: list[str] | None = None,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
    ) -> None:
        """Take the member's name; nothing is read or written yet.

        `recent` are lines for the arrow keys; it grows, and is never written anywhere. Streams
        are standard input and output unless given.
        """
        self.identity = Identity(NAME, name)
        self.place = Place(NAME, name)
        self._commands = tuple(commands)
        self._clock = clock
        self._greeting = greeting
        self._recent = recent if recent is not None else []
        self._stdin = stdin or sys.stdin
        self._stdout = stdout or sys.stdout
        self._run_id = uuid4().hex
        self._count = 0
        self._made: _Screen | None = None

    async def run(self, receiver: Receiver) -> None:
        """Hand over lines until the input ends or the member leaves."""
        await self._screen.run(receiver, self.identity, self.place)

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Return the reply whole: a terminal scrolls."""
        return (reply,)

    def sink(self, place: Place, growth: Growth) -> ReplySink:
        """Return where an answer will grow."""
        del place, growth
        return self._screen.sink()

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:
        """Print a message; raises SendUnknown when nobody reads any more."""
        del place, key
        self._screen.post(reply)
        return None

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        """Print the new text: what is printed stays."""
        await self.post(place, reply, key=message)

    async def delete(self, place: Place, message: MessageRef) -> bool:
        """Say that what was typed cannot be taken off the screen."""
        del place, message
        return False

    async def seen(self, place: Place, message: MessageRef) -> None:
        """Do nothing: there is no way to show it without words."""

    def private_link(self, payload: str = "") -> str:
        """Name no address: this is the private chat."""
        del payload
        return ""

    def is_unsealed(self, place: Place) -> bool:
        """What is typed here reaches no server."""
        del place
        return False

    async def open_private(self, identity: Identity) -> Place | None:
        """Open none: this is the private chat."""
        del identity
        return None

    def has_topics(self, place: Place) -> bool:
        """Have one conversation at a time."""
        del place
        return False

    async def open_topic(self, place: Place, title: str) -> Place:
        """Open none."""
        del place, title
        raise FrontendError

    @property
    def _screen(self) -> _Screen:
        if self._made is None:
            self._made = self._new_screen()
        return self._made

    def _new_screen(self) -> _Screen:
        output = Output(self._stdout)
        secret_commands = frozenset(hint.name for hint in self._commands if hint.has_secret)
        if not self._is_terminal():
            return PlainScreen(
                stdin=self._stdin,
                output=output,
                incoming=self._incoming,
                secret_commands=secret_commands,
            )
        # only here: these libraries cost memory that a bot without a terminal need not spend
        from adapters.console.terminal import TerminalScreen  # noqa: PLC0415

        return TerminalScreen(
            stdin=self._stdin,
            stdout=self._stdout,
            output=output,
            greeting=self._greeting,
            clock=self._clock,
            incoming=self._incoming,
            commands=self._commands,
            recent=self._recent,
        )

    def _is_terminal(self) -> bool:
        is_dumb = os.environ.get("TERM", "dumb") == "dumb"
        return self._stdin.isatty() and self._stdout.isatty() and not is_dumb

    def _incoming(self, body: Body) -> Incoming:
        self._count += 1
        return Incoming(
            update=f"{self._run_id}-{self._count}",
            sender=self.identity,
            sender_name=self.identity.id,
            place=self.place,
            body=body,
            sent_at=self._clock.now(),
        )
