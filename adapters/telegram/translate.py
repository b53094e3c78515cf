"""A Telegram update as what it says. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from telegram import (
    CallbackQuery,
    Chat,
    ChatMember,
    ChatMemberRestricted,
    ChatMemberUpdated,
    Message,
    Update,
    User,
)
from telegram.constants import ChatID, ChatMemberStatus, ChatType

from adapters.telegram.whispers import is_whisper, ref_of
from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.events import (
    Body,
    Command,
    Edited,
    Incoming,
    Press,
    Text,
    Unread,
    Unreadable,
)

NAME: Final = "telegram"
_COMMAND: Final = re.compile(r"/(\w{1,32})(?:@(\w{4,32}))?(?:\s+(.*))?", re.DOTALL)
_GROUPS: Final = frozenset({ChatType.GROUP, ChatType.SUPERGROUP})
_OUT: Final = frozenset({ChatMemberStatus.LEFT, ChatMemberStatus.BANNED})
_STOPPED: Final = "stopped_message_generation"
_KINDS: Final = (
    ("voice", Unread.VOICE),
    ("audio", Unread.VOICE),
    ("photo", Unread.PHOTO),
    ("live_photo", Unread.PHOTO),
    ("video", Unread.VIDEO),
    ("video_note", Unread.VIDEO),
    ("animation", Unread.VIDEO),
    ("document", Unread.FILE),
    ("sticker", Unread.STICKER),
    ("location", Unread.LOCATION),
    ("venue", Unread.LOCATION),
    ("contact", Unread.CONTACT),
    ("poll", Unread.POLL),
    ("rich_message", Unread.RICH),
)


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own account."""

    id: int
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something for the application. `query`: the button's waiting, to be ended.

    `album` is the same for the messages of one album; empty: it is none.
    """

    incoming: Incoming
    query: str = ""
    album: str = ""

    @property
    def update(self) -> str:
        """The id of the update."""
        return self.incoming.update


@dataclass(frozen=True, slots=True)
class Left:
    """The bot was blocked or removed there."""

    update: str
    place: Place


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody, called `name`, added the bot to a group."""

    update: str
    place: Place
    by: Identity
    name: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A group has another id now."""

    update: str
    old: Place
    new_chat: str


Meaning = Said | Left | Joined | Moved


def translate(update: Update, me: Me, now: datetime) -> Meaning | None:
    """Return what an update means; None if it is nothing for us. `now` is for what has no time."""
    if update.callback_query is not None:
        return _pressed(update, update.callback_query, now)
    if update.my_chat_member is not None:
        return _membership(update, update.my_chat_member)
    if _STOPPED in update.api_kwargs:
        return _stopped(update, update.api_kwargs[_STOPPED], now)
    message = update.message or update.edited_message
    if message is None:
        return None
    return _moved(update, message) or _message(update, message, me)


def _moved(update: Update, message: Message) -> Moved | None:
    """Both chats are told of it; either may come first."""
    if message.migrate_to_chat_id is not None:
        return Moved(str(update.update_id), _place(message.chat), str(message.migrate_to_chat_id))
    if message.migrate_from_chat_id is not None:
        old = Place(NAME, str(message.migrate_from_chat_id), kind=PlaceKind.GROUP)
        return Moved(str(update.update_id), old, str(message.chat.id))
    return None


def _message(update: Update, message: Message, me: Me) -> Said | None:
    sender = message.from_user
    if sender is None or message.via_bot is not None or message.chat.type == ChatType.CHANNEL:
        return None
    is_anonymous = sender.id == ChatID.ANONYMOUS_ADMIN
    if not is_anonymous and (sender.is_bot or message.sender_chat is not None):
        return None
    said = _body(message, me)
    body = Unreadable(Unread.ANONYMOUS) if is_anonymous and said else said
    if body is None:
        return None
    if update.edited_message is not None:
        if not isinstance(body, Text):
            return None
        body = Edited(body.text)
    is_nobodys_command = is_anonymous and isinstance(said, Command)
    incoming = Incoming(
        update=str(update.update_id),
        sender=_identity(sender),
        sender_name=sender.full_name,
        place=_place(message.chat, message),
        body=body,
        sent_at=message.date,
        message=ref_of(message),
        is_addressed=is_whisper(message) or is_nobodys_command or _is_addressed(message, me),
        opens=_opens_topic(message),
    )
    return Said(incoming=incoming, album=message.media_group_id or "")


def _body(message: Message, me: Me) -> Body | None:
    """Return what a message says; None for a service message and for another bot's command."""
    if message.text is None:
        return _unread(message)
    found = _COMMAND.fullmatch(message.text.strip())
    if found is None:
        text = _without_mention(message.text, me)
        return Text(text) if text.strip() else None
    name, to, args = found[1].lower(), found[2] or "", (found[3] or "").strip()
    if to and to.casefold() != me.username.casefold():
        return None
    return Command(name, args)


def _unread(message: Message) -> Unreadable | None:
    for name, kind in _KINDS:
        if getattr(message, name, None) or message.api_kwargs.get(name):
            return Unreadable(kind, message.caption or "")
    return Unreadable(Unread.OTHER) if message.effective_attachment else None


def _without_mention(text: str, me: Me) -> str:
    """Return a text without the bot's name at its beginning, which only says whom it is for."""
    mention = f"@{me.username}"
    head, _, rest = text.lstrip().partition(" ")
    return rest.strip() if head.casefold() == mention.casefold() else text


def _is_addressed(message: Message, me: Me) -> bool:
    if message.chat.type not in _GROUPS:
        return True
    replied = message.reply_to_message
    if replied is not None and replied.from_user is not None and replied.from_user.id == me.id:
        # In a topic every message replies to the one that opened the topic.
        return replied.forum_topic_created is None
    pattern = rf"(?<!\w)@{re.escape(me.username)}(?!\w)"
    return re.search(pattern, message.text or "", re.IGNORECASE) is not None


def _opens_topic(message: Message) -> bool:
    """Return whether a message is the one right after that which opened its topic.

    A topic's id is that of the service message about it, and no update says that a message is the
    first. Ids are the chat's: if somebody wrote in another topic in between, nothing opens this
    one, which costs a mention.
    """
    thread = message.message_thread_id if message.is_topic_message else None
    return thread is not None and message.message_id == thread + 1


def _pressed(update: Update, query: CallbackQuery, now: datetime) -> Said | None:
    if query.message is None or query.data is None or query.from_user.is_bot:
        return None
    message = query.message
    incoming = Incoming(
        update=str(update.update_id),
        sender=_identity(query.from_user),
        sender_name=query.from_user.full_name,
        place=_place(message.chat, message if isinstance(message, Message) else None),
        body=Press(query.data),
        sent_at=now,
        message=ref_of(message),
    )
    return Said(incoming=incoming, query=query.id)


def _stopped(update: Update, stopped: dict[str, object], now: datetime) -> Said | None:
    """The stop control of a draft (Bot API 10.3): in a private chat, whose id is the person's."""
    chat = stopped.get("chat")
    if not isinstance(chat, dict) or not isinstance(chat.get("id"), int):
        return None
    account = str(chat["id"])
    thread = stopped.get("message_thread_id")
    incoming = Incoming(
        update=str(update.update_id),
        sender=Identity(NAME, account),
        sender_name=str(chat.get("first_name", "")),
        place=Place(NAME, account, str(thread) if isinstance(thread, int) else ""),
        body=Press("stop:now"),
        sent_at=now,
    )
    return Said(incoming=incoming)


def _membership(update: Update, change: ChatMemberUpdated) -> Left | Joined | None:
    """Being made an admin, or none any more, is neither a beginning nor an end."""
    if change.chat.type == ChatType.CHANNEL:
        return None
    place = _place(change.chat)
    if not _is_in(change.new_chat_member):
        return Left(str(update.update_id), place)
    if _is_in(change.old_chat_member) or change.chat.type not in _GROUPS:
        return None
    by = change.from_user
    return Joined(str(update.update_id), place, _identity(by), by.full_name)


def _is_in(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return bool(member.is_member)
    return member.status not in _OUT


def _identity(user: User) -> Identity:
    return Identity(NAME, str(user.id))


def _place(chat: Chat, message: Message | None = None) -> Place:
    kind = PlaceKind.PRIVATE if chat.type == ChatType.PRIVATE else PlaceKind.GROUP
    thread = ""
    if message is not None and message.is_topic_message and message.message_thread_id:
        thread = str(message.message_thread_id)
    return Place(NAME, str(chat.id), thread, kind)
