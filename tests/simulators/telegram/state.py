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
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
    "has_topics_enabled": False,
}


@dataclass(slots=True, kw_only=True)
class Message:
    """A message as it stands. `rows` are its buttons, `dropped` formats that were too many."""

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
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether the bot wrote it."""
        return bool(self.sender["id"] == BOT["id"])


@dataclass(slots=True, kw_only=True)
class Chat:
    """A chat; `drafts` are texts that are being written, by thread."""

    id: int
    kind: str
    title: str = ""
    is_forum: bool = False
    can_bot_delete: bool = False
    is_blocked: bool = False
    moved_to: int | None = None
    topics: set[int] = field(default_factory=set)
    screen: dict[int, Message] = field(default_factory=dict)
    drafts: dict[int | None, dict[str, Any]] = field(default_factory=dict)

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
    last_thread: int = 10

    def next_message(self) -> int:
        """Return a message's id."""
        self.last_message += 1
        return self.last_message
