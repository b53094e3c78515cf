"""What comes in from a messenger and what goes out to it, in no messenger's terms."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.chat import Identity, MemberId, Place, TurnId
from bot.domain.chat import MessageRef as MessageRef  # noqa: PLC0414 - said again for readers of events
from bot.domain.secret import Secret

InboxId = NewType("InboxId", int)
DeliveryId = NewType("DeliveryId", int)


@dataclass(frozen=True, slots=True)
class Text:
    """A message that is no command."""

    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command as typed, its prefix gone: name in lower case, the rest trimmed."""

    name: str
    args: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """A button of ours was pressed (or its number sent): `action` is the button's own."""

    action: str


@dataclass(frozen=True, slots=True)
class SecretText:
    """A message that holds a secret. Never stored, never a turn, never a prompt.

    `command` is what it answers: the command's name and, for `/addkey`, the company typed.
    """

    command: Command
    secret: Secret


class Unread(StrEnum):
    """What a message was that cannot be read.

    ANONYMOUS: readable, but nobody's in particular. SEALED: encrypted, and its key did not come.
    """

    VOICE = "voice"
    PHOTO = "photo"
    VIDEO = "video"
    FILE = "file"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    POLL = "poll"
    RICH = "rich"
    SEALED = "sealed"
    OTHER = "other"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that is no plain text. `words`: what was written beside it; it may hold a key."""

    what: Unread
    words: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """The whole new text of an earlier message: `Incoming.message` is that one."""

    text: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A message was taken back by its sender: `Incoming.message` is that one."""


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody put a sign, an emoji, on a message: `Incoming.message` is that one."""

    sign: str


Body = Text | Command | Press | SecretText | Unreadable | Edited | Redacted | Reacted


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One update from a messenger. `update` is unique per frontend and the same on a repeat.

    `before`: the earlier pieces of the same message, oldest first, which the messenger sent as
    updates of their own. `is_addressed`: in a group, whether it is meant for the bot. `opens`: it
    is the first message of its topic or thread.
    """

    update: str
    sender: Identity
    sender_name: str
    place: Place
    body: Body
    sent_at: datetime
    message: MessageRef | None = None
    before: tuple["Incoming", ...] = ()
    is_addressed: bool = True
    opens: bool = False

    @property
    def pieces(self) -> tuple["Incoming", ...]:
        """Every piece of the message, oldest first."""
        return (*self.before, self)

    def with_body(self, body: Body) -> "Incoming":
        """Return the same update read as `body`."""
        return replace(self, body=body)


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message: `action` comes back as a `Press`, or `url` is opened.

    An action is `command:verb` or `command:verb:argument`, at most 64 bytes (Telegram's limit),
    and holds no secret. `copy`, at most 256 characters, is what goes to the clipboard where the
    messenger can do that; elsewhere such a button is none.
    """

    label: str
    action: str = ""
    url: str = ""
    is_danger: bool = False
    copy: str = ""


Rows = tuple[tuple[Button, ...], ...]


class ReplyKind(StrEnum):
    """How loud a message is: an answer (or what ends a question without one), or a notice."""

    ANSWER = "answer"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message to show. `text` is Markdown; `footer` one plain line, shown in italics last.

    `only_for`: in a group, an account's id, to which alone it is shown where the messenger can do
    that; elsewhere everybody sees it. `stretch`: show only this stretch of the text as drawn, in
    the messenger's own units (UTF-16 for Telegram); it is how a messenger makes parts of a block
    that is too long for one message.
    """

    text: str
    footer: str = ""
    buttons: Rows = ()
    kind: ReplyKind = ReplyKind.NOTICE
    only_for: str = ""
    stretch: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A reply on its way into the outbox: `edits` is the message it takes the place of."""

    place: Place
    member: MemberId
    reply: Reply
    turn: TurnId | None = None
    part: int = 0
    edits: MessageRef | None = None


class DeliveryState(StrEnum):
    """Where a message to a messenger stands; `sending` is committed before the call."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An outbox row. `is_repeat`: it was `sending` when the process died, so it may be there."""

    id: DeliveryId
    outgoing: Outgoing
    state: DeliveryState
    is_repeat: bool = False


class QuestionKind(StrEnum):
    """What the bot waits for: a number of its menu, a text, or a key."""

    MENU = "menu"
    TEXT = "text"
    KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The one open question to a member in a place; it lasts ten minutes.

    MENU: `buttons` in the order of their numbers. TEXT and KEY: `action` names who takes the
    answer, as a button's action does.
    """

    kind: QuestionKind
    asked_at: datetime
    action: str = ""
    buttons: tuple[Button, ...] = ()
