"""Two ends of a verification, and a server between them that may change what passes."""

import copy
import functools
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from adapters.matrix.verification import wire
from adapters.matrix.verification.machine import Stage, Verification
from adapters.matrix.verification.sas import Party, Peer
from adapters.matrix.verification.wire import Message

ALICE: Final = Party("@alice:hs", "PHONE", {"ed25519:PHONE": "phonekey", "ed25519:Alice": "Alice"})
BOT: Final = Party("@bot:hs", "BOTDEVICE", {"ed25519:BOTDEVICE": "botkey", "ed25519:Bot": "Bot"})
ALICE_SEEN: Final = Peer("@alice:hs", {"PHONE": "phonekey", "TABLET": "tabletkey"}, "Alice")
BOT_SEEN: Final = Peer("@bot:hs", {"BOTDEVICE": "botkey"}, "Bot")
Change = Callable[[Message], Message | None]


def unchanged(message: Message) -> Message | None:
    """Let it pass."""
    return message


class Pair:
    """The bot and Alice's phone, and the server between them, which may change what passes."""

    def __init__(self, *, bot_asks: bool, in_room: bool, change: Change = unchanged) -> None:
        self.change = change
        self.bot = Verification(
            BOT, ALICE_SEEN, "$r", in_room=in_room, asked_by="" if bot_asks else "PHONE"
        )
        self.phone = Verification(
            ALICE, BOT_SEEN, "$r", in_room=in_room, asked_by="BOTDEVICE" if bot_asks else ""
        )
        self.passed: list[Message] = []
        self._waiting: deque[tuple[Verification, Message]] = deque()
        self.asker, self.asked = (self.bot, self.phone) if bot_asks else (self.phone, self.bot)

    def send(self, sender: Verification, messages: list[Message]) -> None:
        """Let messages be on their way."""
        self._waiting.extend((sender, message) for message in messages)

    def deliver(self, sender: Verification, messages: list[Message]) -> None:
        """Pass messages on, in order, and what is said to them, until nobody says more."""
        self.send(sender, messages)
        while self._waiting:
            origin, message = self._waiting.popleft()
            self.passed.append(message)
            changed = self.change(Message(message.kind, copy.deepcopy(message.content)))
            receiver = self.phone if origin is self.bot else self.bot
            if changed is not None:
                self.send(receiver, receiver.receive(changed.kind, changed.content))

    def compare(self) -> None:
        """Go on until both show emoji."""
        self.deliver(self.asked, self.asked.accept())

    def confirm(self, *ends: Verification) -> None:
        """Let people say that both show the same."""
        for end in ends or (self.bot, self.phone):
            self.deliver(end, end.confirm())

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """Return how far both ends are."""
        return self.bot.stage, self.phone.stage

    @property
    def kinds(self) -> list[str]:
        """Return what passed."""
        return [each.kind.removeprefix(wire.PREFIX) for each in self.passed]


def altering(name: str, alter: Callable[[dict[str, Any]], object]) -> Change:
    """Return a server that alters the content of the messages of a kind."""

    def change(message: Message) -> Message | None:
        if message.kind == f"{wire.PREFIX}{name}":
            alter(message.content)
        return message

    return change


@functools.cache
def script() -> dict[str, dict[str, Any]]:
    """Return what is said in a verification, for its shape."""
    pair = Pair(bot_asks=True, in_room=True)
    pair.compare()
    pair.confirm()
    return {each.kind: each.content for each in pair.passed}


def at_stage(stage: Stage) -> Verification:
    """Return a bot that is so far."""
    pair = Pair(bot_asks=True, in_room=True)
    if stage is Stage.READY:
        pair = Pair(bot_asks=False, in_room=True)
        pair.bot.accept()
    elif stage is Stage.STARTED:
        pair.bot.receive("m.key.verification.ready", script()["m.key.verification.ready"])
    elif stage is Stage.ACCEPTED:
        pair.change = lambda each: None if each.kind.endswith(".key") else each
        pair.compare()
    elif stage is Stage.COMPARING:
        pair.compare()
    assert pair.bot.stage is stage
    return pair.bot
