"""What is typed, as updates of whoever is said to sit there; all of them in one process."""

from collections.abc import Callable, Container
from contextlib import suppress
from typing import Final
from uuid import uuid4

from adapters.console import words
from adapters.console.seat import HOST, Seat, private_of, read_name, title_of
from adapters.console.translate import Move, read_line, read_mention, read_move, read_secret
from bot.domain.chat import Place
from bot.domain.errors import StorageUnavailable
from bot.domain.events import Body, Incoming, QuestionKind, SecretText, Text
from bot.domain.ports import Clock, Receiver

_ROUNDS: Final = (
    2  # what is tapped in private may be answered in a room, and of that told in private
)


class Keyboard:
    """Knows who types now, and who was where in this run. `seat` is on the screen."""

    def __init__(self, seat: Seat, *, clock: Clock, secret_commands: Container[str]) -> None:
        """Sit down; `enter` tells the bot of the room, if it is one."""
        self.seat = seat
        self._clock = clock
        self._secret_commands = secret_commands
        self._run_id = uuid4().hex
        self._count = 0
        self._entered: set[str] = set()
        self._speakers: dict[Place, dict[str, Seat]] = {}
        self._places = {private_of(HOST): None}

    async def enter(self, receiver: Receiver, say: Callable[[str], None]) -> None:
        """Take note of where the seat is; the first time in a room, the bot is added to it."""
        seat = self.seat
        self._places |= {private_of(seat.name): None, seat.place: None}
        if not seat.room or seat.room in self._entered:
            return
        say(words.greeting(seat.room))
        with suppress(StorageUnavailable):
            await receiver.joined(seat.place, seat.identity, seat.name.capitalize())
            self._entered.add(seat.room)

    def forget(self, place: Place) -> None:
        """Add the bot to a room it has left when somebody comes in again."""
        self._entered.discard(title_of(place))

    async def moved(self, line: str, receiver: Receiver, say: Callable[[str], None]) -> bool:
        """Change the seat, if that is what a line says; return whether it does."""
        move = read_move(line)
        if move is None:
            return False
        if (seat := self._aim(move, say)) is not None:
            self.seat = seat
            await self.enter(receiver, say)
        return True

    def _aim(self, move: Move, say: Callable[[str], None]) -> Seat | None:
        name = read_name(move.name)
        if move.is_room and not move.name:
            return Seat(self.seat.name)
        if not move.name:
            say(words.who_as(self.seat.name))
            return None
        if name is None:
            say((words.misfit_room if move.is_room else words.misfit_name)(move.name))
            return None
        return Seat(self.seat.name, name) if move.is_room else Seat(name, self.seat.room)

    def read(self, line: str, asked: QuestionKind | None) -> Incoming | None:
        """Return what a line says, by what was asked when it was typed; None: nothing.

        What was typed unseen is a secret.
        """
        body: Body | None
        if asked is QuestionKind.KEY:
            body, is_named = read_secret(line, self._secret_commands), True
        else:
            body, is_named = self._body(line)
        if body is None:
            return None
        return self.incoming(body, is_addressed=is_named or self._is_meant(body, asked))

    def is_secret(self, line: str) -> bool:
        """Return whether a line that was typed in sight holds a secret."""
        return isinstance(self._body(line)[0], SecretText)

    def _body(self, line: str) -> tuple[Body | None, bool]:
        """Return what a line says, and whether it names the bot."""
        named = read_mention(line) if self.seat.room else None
        return read_line(
            line if named is None else named, self._secret_commands
        ), named is not None

    def _is_meant(self, body: Body, asked: QuestionKind | None) -> bool:
        """Whether a line that does not name the bot is for it all the same."""
        if not self.seat.room or not isinstance(body, Text) or asked is QuestionKind.TEXT:
            return True
        return asked is QuestionKind.MENU and body.text.isdecimal()

    def incoming(
        self, body: Body, seat: Seat | None = None, *, is_addressed: bool = True
    ) -> Incoming:
        """Return what is typed at a seat, the present one unless another is given."""
        seat = seat or self.seat
        self._count += 1
        speakers = self._speakers.setdefault(seat.place, {})
        speakers.pop(seat.name, None)
        speakers[seat.name] = seat
        return Incoming(
            update=f"{self._run_id}-{self._count}",
            sender=seat.identity,
            sender_name=seat.name.capitalize(),
            place=seat.place,
            body=body,
            sent_at=self._clock.now(),
            is_addressed=is_addressed,
        )

    def people(self, place: Place) -> int | None:
        """Return how many people said something in a room; None: nobody yet."""
        return len(self._speakers.get(place, ())) or None

    def speaker(self, place: Place) -> Seat:
        """Return who spoke last in a place; the present seat if nobody did."""
        return next(reversed(self._speakers.get(place, {}).values()), self.seat)

    def elsewhere(self, place: Place) -> str:
        """Return the line that says where a message is; empty: it is on the screen."""
        return "" if place == self.seat.place else words.elsewhere(place)

    async def settled(self, receiver: Receiver) -> None:
        """Wait until all that was typed is handled, wherever that led."""
        for _ in range(_ROUNDS):
            for place in (self.seat.place, *self._places):
                await receiver.settled(place)
