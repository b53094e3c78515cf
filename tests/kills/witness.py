"""A messenger that is two files: what members sent, and all that was ever shown to them.

Both outlive the process: a line that `os.write` took survives SIGKILL, so nothing is synced.
"""

import asyncio
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.domain.chat import Identity, MessageRef, Place
from bot.domain.errors import FrontendError
from bot.domain.events import (
    Body,
    Command,
    Incoming,
    Press,
    Reply,
    SecretText,
    Text,
)
from bot.domain.ports import Abilities, Around, Growth, Receiver, ReplySink
from bot.domain.secret import Secret
from tests.kills.points import Points

NAME: Final = "witness"
KEY_LOST: Final = "I was restarted before I could save your key"
ALICE: Final = Identity(NAME, "alice")
PLACE: Final = Place(NAME, "alice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A member's update on file. `is_alone`: the next one comes when this is settled."""

    update: str
    kind: str
    text: str = ""
    name: str = ""
    secret: str = ""
    is_alone: bool = True

    def body(self) -> Body:
        """Return what the application gets."""
        match self.kind:
            case "text":
                return Text(self.text)
            case "press":
                return Press(self.text)
            case "secret":
                return SecretText(Command(self.name, self.text), Secret(self.secret))
            case _:
                return Command(self.name, self.text)

    def incoming(self) -> Incoming:
        """Return the update as the messenger hands it over, the same on every repeat."""
        return Incoming(
            update=self.update,
            sender=ALICE,
            sender_name="Alice",
            place=PLACE,
            body=self.body(),
            sent_at=datetime.now(UTC),
            message=MessageRef(f"of-{self.update}"),
        )


class Journal:
    """Lines that are only ever added."""

    def __init__(self, path: Path) -> None:
        """Name the file; it need not exist yet."""
        self._path = path

    def add(self, line: Mapping[str, Any]) -> None:
        """Add a line, whole or not at all."""
        into = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            os.write(into, f"{json.dumps(line)}\n".encode())
        finally:
            os.close(into)

    def lines(self) -> Sequence[dict[str, Any]]:
        """Return every line so far."""
        if not self._path.exists():
            return ()
        return [json.loads(line) for line in self._path.read_text().splitlines()]


class Chat:
    """The files of one folder: `updates`, `confirmed` (as an offset is) and `screen`."""

    def __init__(self, folder: Path) -> None:
        """Use a folder that exists."""
        self._updates = Journal(folder / "updates")
        self._confirmed = Journal(folder / "confirmed")
        self.screen = Journal(folder / "screen")

    def send(self, updates: Sequence[Update]) -> None:
        """Let the member send something."""
        for update in updates:
            self._updates.add(asdict(update))

    def updates(self) -> Sequence[Update]:
        """Return all that the member sends."""
        return [Update(**line) for line in self._updates.lines()]

    def unconfirmed(self) -> Iterator[Update]:
        """Return what the messenger would hand over now."""
        yield from self.updates()[len(self._confirmed.lines()) :]

    def keys_to_send_again(self) -> Sequence[Update]:
        """Return the key's update anew for each time that the bot asked for it."""
        asked = sum(KEY_LOST in line.get("text", "") for line in self.screen.lines())
        sent = [update for update in self.updates() if update.kind == "secret"]
        return [
            replace(update, update=f"{update.update}-again-{number}")
            for update in sent
            for number in range(asked)
        ]

    def confirm(self, update: Update) -> None:
        """Hand an update over no more."""
        self._confirmed.add({"update": update.update})


class WitnessSink:
    """An answer growing in a message of its own, or appearing at its end."""

    def __init__(self, frontend: "WitnessFrontend", growth: Growth) -> None:
        self._frontend = frontend
        self._growth = growth
        self._message: MessageRef | None = None

    async def open(self) -> None:
        """Put up the message that grows, where answers grow."""
        if not self._frontend.grows:
            return
        message = new_message()
        await self._frontend.effect("open", message=message)
        self._message = message
        await self._growth.appeared(message)

    def show(self, text: str) -> None:
        """Let it grow, if it is there."""
        if self._message is not None:
            self._frontend.chat.screen.add({"op": "show", "message": self._message, "text": text})

    async def finish(self, reply: Reply, *, key: str) -> MessageRef | None:  # noqa: ARG002 - the port's
        """Show the end of it."""
        message = self._message or new_message()
        op = "edit" if self._message else "post"
        await self._frontend.effect("finish", op=op, message=message, reply=reply)
        return message

    async def close(self) -> None:
        """Leave it as it is."""


class WitnessFrontend:
    """The messenger's adapter. `grows`: answers grow in a message, else come as one."""

    name: Final = NAME
    abilities: Final = Abilities(has_buttons=True, can_edit=True, can_delete=True)

    def __init__(self, chat: Chat, points: Points, *, grows: bool) -> None:
        """Read and write `chat`."""
        self.chat = chat
        self.grows = grows
        self._points = points

    async def run(self, receiver: Receiver) -> None:
        """Hand over what is not confirmed, then wait until nothing is left to do."""
        await receiver.settled(PLACE)
        await self._send_lost_key(receiver)
        for update in self.chat.unconfirmed():
            await receiver.receive(update.incoming())
            with self._points.around("confirm"):
                self.chat.confirm(update)
            if update.is_alone:
                await receiver.settled(PLACE)
            await self._send_lost_key(receiver)
        await receiver.settled(PLACE)

    async def _send_lost_key(self, receiver: Receiver) -> None:
        """Send the key again, as asked; once per time that it was lost."""
        for update in self.chat.keys_to_send_again():
            await receiver.receive(update.incoming())
            await receiver.settled(PLACE)

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Take any length."""
        return (reply,)

    def sink(self, place: Place, growth: Growth) -> ReplySink:  # noqa: ARG002
        """Return where an answer will grow."""
        return WitnessSink(self, growth)

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:  # noqa: ARG002
        """Show a new message."""
        message = new_message()
        await self.effect("post", message=message, reply=reply, key=key)
        return message

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:  # noqa: ARG002
        """Show something in a message's place."""
        await self.effect("edit", message=message, reply=reply)

    async def delete(self, place: Place, message: MessageRef) -> bool:  # noqa: ARG002
        """Delete a member's message."""
        await self.effect("delete", message=message)
        return True

    async def seen(self, place: Place, message: MessageRef) -> None:  # noqa: ARG002
        """Mark a message as seen."""
        await self.effect("seen", message=message)

    def private_link(self, payload: str = "") -> str:  # noqa: ARG002
        """Name no address: there is one chat."""
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

    def has_topics(self, place: Place) -> bool:  # noqa: ARG002
        """Have one conversation at a time."""
        return False

    async def open_topic(self, place: Place, title: str) -> Place:  # noqa: ARG002
        """Open none."""
        raise FrontendError

    async def effect(
        self,
        name: str,
        *,
        message: MessageRef,
        reply: Reply | None = None,
        op: str = "",
        key: str = "",
    ) -> None:
        """Do something in the messenger: a call out, the effect, and the way back."""
        shown = _shown(reply) if reply else {}
        await asyncio.sleep(0)
        with self._points.around(name):
            self.chat.screen.add({"op": op or name, "message": message, "key": key, **shown})
        await asyncio.sleep(0)


def new_message() -> MessageRef:
    """Return a message's id, unique over all runs."""
    return MessageRef(f"b{secrets.token_hex(6)}")


def _shown(reply: Reply) -> dict[str, object]:
    buttons = [button.action for row in reply.buttons for button in row if button.action]
    return {"text": reply.text, "footer": reply.footer, "buttons": buttons}
