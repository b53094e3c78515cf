"""The terminal as a messenger."""

import os
import sys
from collections.abc import Sequence
from typing import Protocol, TextIO

from adapters.console.keyboard import Keyboard
from adapters.console.output import Output
from adapters.console.plain import PlainScreen
from adapters.console.seat import HOST, NAME, Seat, private_of, title_of
from adapters.console.translate import CommandHint
from bot.domain.chat import Identity, Place
from bot.domain.errors import FrontendError
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Abilities, Around, Clock, Growth, Receiver, ReplySink


class _Screen(Protocol):
    async def run(self, receiver: Receiver) -> None: ...

    def post(self, place: Place, reply: Reply) -> None: ...

    def sink(self, place: Place) -> ReplySink: ...


class ConsoleFrontend:
    """Whoever is said to sit at the keyboard, in private or in rooms with several people.

    All of them are one person at one machine, so that a group can be tried alone. A terminal
    shows answers while they grow; anything else gets whole messages, line by line.
    """

    name = NAME
    abilities = Abilities(is_local=True)

    def __init__(
        self,
        *,
        commands: Sequence[CommandHint],
        clock: Clock,
        greeting: str = "",
        name: str = HOST,
        room: str = "",
        recent: list[str] | None = None,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
    ) -> None:
        """Take who sits there first, and in which room; nothing is read or written yet.

        `recent` are lines for the arrow keys; it grows, and is never written anywhere. Streams
        are standard input and output unless given.
        """
        self._commands = tuple(commands)
        self._clock = clock
        self._greeting = greeting
        self._recent = recent if recent is not None else []
        self._keyboard = Keyboard(
            Seat(name, room),
            clock=clock,
            secret_commands=frozenset(hint.name for hint in commands if hint.has_secret),
        )
        self._stdin = stdin or sys.stdin
        self._stdout = stdout or sys.stdout
        self._made: _Screen | None = None

    @property
    def identity(self) -> Identity:
        """Return who sits at the keyboard now."""
        return self._keyboard.seat.identity

    @property
    def place(self) -> Place:
        """Return where they talk."""
        return self._keyboard.seat.place

    async def run(self, receiver: Receiver) -> None:
        """Hand over lines until the input ends or the member leaves."""
        await self._screen.run(receiver)

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Return the reply whole: a terminal scrolls."""
        return (reply,)

    def sink(self, place: Place, growth: Growth) -> ReplySink:
        """Return where an answer will grow."""
        del growth
        return self._screen.sink(place)

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:
        """Print a message; raises SendUnknown when nobody reads any more."""
        del key
        self._screen.post(place, reply)
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
        """Name no address: `/in` leads to the private chat."""
        del payload
        return ""

    def is_unsealed(self, place: Place) -> bool:
        """What is typed here reaches no server."""
        del place
        return False

    async def open_private(self, identity: Identity) -> Place:
        """Return somebody's private chat, which is always open."""
        return private_of(identity.id)

    async def around(self, place: Place) -> Around:
        """Return a room's name, and how many people said something in this run."""
        return Around(title=title_of(place), people=self._keyboard.people(place))

    async def is_admin(self, place: Place, identity: Identity) -> bool:
        """Return whether it is whoever started the bot."""
        del place
        return identity == Seat().identity

    async def leave(self, place: Place) -> None:
        """Leave a room, until somebody comes in again."""
        self._keyboard.forget(place)

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
        if not self._is_terminal():
            return PlainScreen(stdin=self._stdin, output=output, keyboard=self._keyboard)
        # only here: these libraries cost memory that a bot without a terminal need not spend
        from adapters.console.terminal import TerminalScreen  # noqa: PLC0415

        return TerminalScreen(
            stdin=self._stdin,
            stdout=self._stdout,
            output=output,
            greeting=self._greeting,
            clock=self._clock,
            keyboard=self._keyboard,
            commands=self._commands,
            recent=self._recent,
        )

    def _is_terminal(self) -> bool:
        is_dumb = os.environ.get("TERM", "dumb") == "dumb"
        return self._stdin.isatty() and self._stdout.isatty() and not is_dumb
