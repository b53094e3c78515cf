"""What the server knows: chats, messages, drafts, and all that ever happened, in order."""

from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulators.journal import Journal

BOT: Final = {
    "id": 4242,
    "is_bot": True,
    "first_name": "Hearth",
    "username": "hearth_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": True,
    "supports_inline_queries": False,
    "has_topics_enabled": False,
}


@dataclass(slots=True, kw_only=True)
class Message:
    """A message as it stands. `rows` are its buttons, `dropped` formats that were too many.

    `at` orders all messages of all chats. `only_for` is the account that alone sees it, beside its
    sender; 0: all do.
    """

    id: int
    chat: int
    sender: dict[str, Any]
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[dict[str, Any]]] = field(default_factory=list)
    thread: int | None = None
    reply_to: int | None = None
    reaction: str = ""
    edits: int = 0
    dropped: int = 0
    at: int = 0
    only_for: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether the bot wrote it."""
        return bool(self.sender["id"] == BOT["id"])

    def as_shown(self) -> dict[str, Any]:
        """Return it as the journal tells of it."""
        whisper = {"only_for": self.only_for} if self.only_for else {}
        return {
            "chat": self.chat,
            "thread": self.thread,
            "message": self.id,
            "text": self.text,
            "entities": self.entities,
            "rows": self.rows,
            "reply_to": self.reply_to,
            **whisper,
        }


@dataclass(slots=True, kw_only=True)
class Chat:
    """A chat; `drafts` are texts that are being written, by thread.

    Of a group: `members` are people and what they are there, the bot not among them, and `bot` is
    what that is. `is_discreet`: group privacy was on when it was added. `whispers` are messages
    that one account alone sees.
    """

    id: int
    kind: str
    title: str = ""
    is_forum: bool = False
    can_bot_delete: bool = False
    is_blocked: bool = False
    moved_to: int | None = None
    topics: set[int] = field(default_factory=set)
    bot: str = "member"
    is_discreet: bool = False
    members: dict[int, str] = field(default_factory=dict)
    screen: dict[int, Message] = field(default_factory=dict)
    whispers: dict[int, Message] = field(default_factory=dict)
    drafts: dict[int | None, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_bot_admin(self) -> bool:
        """Whether the bot is one of a group's admins; nobody else may delete others' messages."""
        return self.bot == "administrator" or self.can_bot_delete

    def seen_by(self, person: int) -> list[Message]:
        """Return the messages that somebody sees, in order."""
        theirs = (
            each for each in self.whispers.values() if person in {each.only_for, each.sender["id"]}
        )
        return sorted([*self.screen.values(), *theirs], key=lambda each: each.at)

    def as_json(self) -> dict[str, Any]:
        """Return it as updates name it."""
        name = {"first_name": self.title} if self.kind == "private" else {"title": self.title}
        forum = {"is_forum": True} if self.is_forum else {}
        return {"id": self.id, "type": self.kind, **name, **forum}


@dataclass(slots=True)
class State:
    """All of it."""

    journal: Journal
    bot: dict[str, Any] = field(default_factory=lambda: dict(BOT))
    chats: dict[int, Chat] = field(default_factory=dict)
    queries: dict[str, str | None] = field(default_factory=dict)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    webhook: str = ""
    strange: set[str] = field(default_factory=set)
    last_message: int = 100
    last_whisper: int = 1_000_000
    last_at: int = 0

    def next_message(self) -> int:
        """Return a message's id."""
        self.last_message += 1
        return self.last_message

    def put_up(self, message: Message) -> None:
        """Give a message its id and let it be seen."""
        self.last_at += 1
        message.at = self.last_at
        chat = self.chats[message.chat]
        if message.only_for:
            self.last_whisper += 1
            message.id = self.last_whisper
            chat.whispers[message.id] = message
        else:
            message.id = self.next_message()
            chat.screen[message.id] = message
