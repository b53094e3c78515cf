"""What a messenger is to the application, and the application to a messenger."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.chat import (
    Identity,
    Place,
    Streaming,
)
from bot.domain.events import (
    Incoming,
    MessageRef,
    Question,
    Reply,
    Rows,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a messenger can do. `sends_once`: repeating a send or an edit does no harm there.

    `prefix`: the one character that commands are written with there; `/` is understood as well.
    `is_local`: what is typed there reaches nobody but this process. `redelivers`: what was not
    taken is handed over again by itself. `streams`: answers can grow there in more ways than one.
    `can_react`: reactions come in, so a few signs are controls.
    `threads_hang`: a thread's id is that of the message it hangs on. `seals`: chats there can be
    encrypted, so that no server reads what is typed. `opens_private`: the bot can open such a
    chat with somebody. `delete_label`: what people tap there to delete a message of theirs.
    """

    prefix: str = "/"
    has_buttons: bool = False
    can_edit: bool = False
    can_delete: bool = False
    can_react: bool = False
    sends_once: bool = False
    is_local: bool = False
    redelivers: bool = False
    streams: bool = False
    threads_hang: bool = False
    seals: bool = False
    opens_private: bool = False
    delete_label: str = "Delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """A group as its messenger knows it. `people`: how many, the bot left out; None: not known.

    `hears_all`: whatever is written there reaches the bot, not only commands and replies to it.
    """

    title: str = ""
    people: int | None = None
    hears_all: bool = True


async def _unheeded(_: MessageRef) -> None:
    """Take note of nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How an answer is to grow. `buttons` are under it until it is whole.

    `appeared` is told of the message in which it grows, as soon as there is one.
    """

    reply_to: MessageRef | None = None
    stream: Streaming = Streaming.AUTO
    buttons: Rows = ()
    appeared: Callable[[MessageRef], Awaitable[None]] = _unheeded


class ReplySink(Protocol):
    """One answer growing on a screen. Pacing is the frontend's own affair."""

    async def open(self) -> None:
        """Show that work has begun."""
        ...

    def show(self, text: str) -> None:
        """Offer the whole text so far. Never waits; older offers may be dropped."""
        ...

    async def finish(self, reply: Reply, *, key: str) -> MessageRef | None:
        """Show the first part of the final text and let go; `key` as in `Frontend.post`.

        Raises FrontendError.
        """
        ...

    async def close(self) -> None:
        """Let go without a final text: it comes as a message of its own, or never."""
        ...


class Receiver(Protocol):
    """Where a frontend hands its updates."""

    async def receive(self, incoming: Incoming) -> str:
        """Take one update; it is durable when this returns. Raises StorageUnavailable.

        Returns what to tell whoever pressed a button in passing; empty: nothing.
        """
        ...

    async def settled(self, place: Place) -> None:
        """Wait until everything received from a place has been handled and delivered."""
        ...

    async def moved(self, old: Place, new_chat: str) -> None:
        """Let a chat, all its topics, go on under another id. Raises StorageUnavailable.

        It may be told more than once.
        """
        ...

    async def left(self, place: Place) -> None:
        """Take note that nobody reads a chat any more: the bot was blocked or removed.

        Nothing is erased; all goes on when something comes from there. Raises StorageUnavailable.
        """
        ...

    async def joined(self, place: Place, by: Identity, name: str) -> None:
        """Take note that somebody, called `name`, added the bot to a group.

        Raises StorageUnavailable. It may be told more than once.
        """
        ...

    def welcomes(self, identity: Identity) -> bool:
        """Return whether an invitation by this account, into any chat, is to be followed."""
        ...

    def expects(self, identity: Identity) -> bool:
        """Return whether this account may open a direct chat, as with an invitation or a code."""
        ...

    def open_question(self, identity: Identity, place: Place) -> Question | None:
        """Return what the bot is waiting for there, so that a key can be typed unseen."""
        ...


class Frontend(Protocol):
    """A messenger."""

    @property
    def name(self) -> str:
        """Return `telegram`, `matrix`, `console`: stable, it is stored."""
        ...

    @property
    def abilities(self) -> Abilities:
        """Return what this messenger can do."""
        ...

    async def run(self, receiver: Receiver) -> None:
        """Hand over updates until cancelled or at the end of input; owns reconnecting."""
        ...

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Cut a reply into parts this messenger shows whole, at least one.

        The last one has the footer and the buttons.
        """
        ...

    def sink(self, place: Place, growth: Growth) -> ReplySink:
        """Return where an answer will grow. Does no I/O."""
        ...

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:
        """Send a message; `key` is the same when it is sent again. Raises FrontendError."""
        ...

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        """Put `reply` in a message's place. Raises FrontendError."""
        ...

    async def delete(self, place: Place, message: MessageRef) -> bool:
        """Delete a member's message; False when this messenger or chat does not allow it."""
        ...

    async def seen(self, place: Place, message: MessageRef) -> None:
        """Show without words that a message waits its turn; nothing where there is no way."""
        ...

    def private_link(self, payload: str = "") -> str:
        """Return an address that opens the private chat with the bot; empty: there is none.

        With a payload, `/start` and the payload are sent there.
        """
        ...

    def is_unsealed(self, place: Place) -> bool:
        """Return whether a key typed there could be read by a server, and elsewhere could not.

        So where a messenger has encrypted chats, and this is none; see `open_private`.
        """
        ...

    async def open_private(self, identity: Identity) -> Place:
        """Return the private chat with an account, opened and encrypted where a bot may do that.

        Where only people begin chats with bots it is the one that they would begin, and what is
        sent there before they did is undeliverable. Raises FrontendError.
        """
        ...

    async def around(self, place: Place) -> Around:
        """Return what the messenger knows of a group. Raises FrontendError."""
        ...

    async def is_admin(self, place: Place, identity: Identity) -> bool:
        """Return whether an account is one of a group's admins there. Raises FrontendError."""
        ...

    async def leave(self, place: Place) -> None:
        """Leave a group. Raises FrontendError."""
        ...

    def has_topics(self, place: Place) -> bool:
        """Return whether a new topic can be opened in a place."""
        ...

    async def open_topic(self, place: Place, title: str) -> Place:
        """Open a topic, and return it. Raises FrontendError.

        It may stay unseen until a message is sent there.
        """
        ...
