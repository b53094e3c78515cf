"""A decrypted event as what it says. Pure; whoever sent it may have put anything into it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from adapters.matrix.rooms import NAME, Room
from adapters.matrix.seen import Seen, Trace
from adapters.matrix.wire import Json
from bot.domain.chat import Identity, MessageRef, PlaceKind
from bot.domain.events import (
    Body,
    Command,
    Edited,
    Incoming,
    Reacted,
    Redacted,
    Text,
    Unread,
    Unreadable,
)

_COMMAND: Final = re.compile(r"[!/](\w{1,32})(?:\s+(.*))?", re.DOTALL)
_EVENT: Final = re.compile(r"\$[!-~]{1,254}")
_SPOKEN: Final = frozenset({"m.text", "m.emote"})
_FILES: Final = {
    "m.audio": Unread.VOICE,
    "m.image": Unread.PHOTO,
    "m.video": Unread.VIDEO,
    "m.file": Unread.FILE,
    "m.location": Unread.LOCATION,
}
_OTHERS: Final = {
    "m.sticker": Unread.STICKER,
    "m.poll.start": Unread.POLL,
    "org.matrix.msc3381.poll.start": Unread.POLL,
}
_LEAST_TS: Final = 0
_MOST_TS: Final = 4_102_444_800_000  # the year 2100


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own account. `name` is what it is called."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """What an event refers to. `event` is empty where it refers to none."""

    kind: str = ""
    event: str = ""
    key: str = ""
    thread: str = ""
    replies_to: str = ""


def relation_of(event: Json) -> Relation:
    """Read what an event relates to, of which any part may be of any kind."""
    content = event.get("content")
    found = content.get("m.relates_to") if isinstance(content, dict) else None
    redacted = _redacted(event)
    if redacted:
        return Relation(event=redacted)
    if not isinstance(found, dict):
        return Relation()
    kind, key, target = _string(found.get("rel_type")), _string(found.get("key")), _id(found)
    reply = found.get("m.in_reply_to")
    replies_to = _id(reply) if isinstance(reply, dict) else ""
    if kind == "m.thread":
        is_thread_only = found.get("is_falling_back") is True
        return Relation(kind, thread=target, replies_to="" if is_thread_only else replies_to)
    if kind in {"m.replace", "m.annotation"}:
        return Relation(kind, target, key)
    return Relation(replies_to=replies_to)


def trace_of(event: Json, me: Me, seen: Seen) -> Trace:
    """Return what others may want to know of an event later."""
    relation = relation_of(event)
    original = seen.find(relation.event) if relation.event else None
    thread = relation.thread or (original.thread if original else "")
    return Trace(
        event["sender"],
        thread,
        is_addressed=_is_to(event, relation, me, seen),
        opens=seen.opens(str(event.get("event_id")), relation.thread),
    )


def threaded(event: Json) -> int:
    """Return how many events hang on one in a thread, as the server says."""
    match event:
        case {"unsigned": {"m.relations": {"m.thread": {"count": int(count)}}}}:
            return count
        case _:
            return 0


def translate(event: Json, room: Room, me: Me, seen: Seen, now: datetime) -> Incoming | None:
    """Return what an event of somebody else means; None if it is nothing for us.

    What it refers to is expected in `seen`; what is not there does not exist.
    """
    relation = relation_of(event)
    target = seen.find(relation.event) if relation.event else None
    body = _body(event, relation, target, me)
    if body is None:
        return None
    is_of_another = isinstance(body, Edited | Redacted | Reacted)
    thread = target.thread if target and is_of_another else relation.thread
    message = relation.event if is_of_another else event["event_id"]
    # Whoever may redact a message has its sender's word taken back.
    sender = target.sender if target and isinstance(body, Redacted) else event["sender"]
    return Incoming(
        update=event["event_id"],
        sender=Identity(NAME, sender),
        sender_name=room.name_of(sender),
        place=room.place(thread),
        body=body,
        sent_at=sent_at(event, now),
        message=MessageRef(message),
        is_addressed=room.kind is PlaceKind.PRIVATE
        or isinstance(body, Reacted | Redacted)
        or _is_addressed(event, relation, me, seen)
        or (isinstance(body, Edited) and target is not None and _was_to(event, target, me, seen)),
    )


def sent_at(event: Json, now: datetime) -> datetime:
    """Return when an event was sent, as its server says, but not in the future."""
    stamp = event.get("origin_server_ts")
    is_number = isinstance(stamp, int) and not isinstance(stamp, bool)
    if not is_number or not _LEAST_TS <= stamp <= _MOST_TS:  # type: ignore[operator]  # a number
        return now
    return min(now, datetime.fromtimestamp(stamp / 1000, UTC))  # type: ignore[operator]  # as above


def _body(event: Json, relation: Relation, target: Trace | None, me: Me) -> Body | None:
    content, kind = event["content"], event["type"]
    if kind == "m.room.redaction":
        return Redacted() if target is not None and target.sender != me.id else None
    if kind == "m.reaction":
        is_ours = target is not None and target.sender == me.id
        is_sign = relation.kind == "m.annotation" and bool(relation.key)
        return Reacted(relation.key) if is_sign and is_ours else None
    if kind in _OTHERS:
        return Unreadable(_OTHERS[kind])
    if kind != "m.room.message":
        return None
    if relation.kind == "m.replace":
        new = content.get("m.new_content")
        is_own = target is not None and target.sender == event["sender"]
        text = (
            _without_mention(_text(new, relation), me) if isinstance(new, dict) and is_own else ""
        )
        return Edited(text) if text.strip() else None
    return _message(content, relation, me)


def _message(content: Json, relation: Relation, me: Me) -> Body | None:
    msgtype = content.get("msgtype")
    if isinstance(msgtype, str) and msgtype in _FILES:
        return Unreadable(_FILES[msgtype], _caption(content))
    text = _without_mention(_text(content, relation), me)
    if not text.strip():
        return None
    found = _COMMAND.fullmatch(text.strip())
    return Command(found[1].lower(), (found[2] or "").strip()) if found else Text(text)


def _text(content: Json, relation: Relation) -> str:
    """Return the words of a message, without what older clients repeat of the one before."""
    body = content.get("body")
    if not isinstance(body, str) or _string(content.get("msgtype")) not in _SPOKEN:
        return ""
    if relation.replies_to and body.startswith("> <"):
        _, _, body = body.partition("\n\n")
    return body


def _caption(content: Json) -> str:
    """Return the words beside a file (spec 1.10, "Media captions")."""
    body, name = content.get("body"), content.get("filename")
    return body if isinstance(body, str) and isinstance(name, str) and body != name else ""


def _is_addressed(event: Json, relation: Relation, me: Me, seen: Seen) -> bool:
    if _is_to(event, relation, me, seen):
        return True
    return _is_begun_with(relation.thread, me, seen)


def _was_to(event: Json, target: Trace, me: Me, seen: Seen) -> bool:
    """Whether what is changed was for the bot, or is by its new words; an edit calls nobody anew.

    A question behind a command is for it whatever its command: that is not told apart here.
    """
    new = event["content"]["m.new_content"]
    body = new.get("body")
    is_command = isinstance(body, str) and bool(_COMMAND.fullmatch(body.strip()))
    return (
        target.is_addressed
        or is_command
        or _mentions(new, me)
        or _is_begun_with(target.thread, me, seen)
    )


def _is_begun_with(thread: str, me: Me, seen: Seen) -> bool:
    """Whether a thread hangs on a message of the bot's, or on one to it."""
    root = seen.find(thread) if thread else None
    return root is not None and (root.sender == me.id or root.is_addressed)


def _is_to(event: Json, relation: Relation, me: Me, seen: Seen) -> bool:
    """Whether a message names the bot, or answers it."""
    if event.get("type") == "m.room.message" and _mentions(event["content"], me):
        return True
    replied = seen.find(relation.replies_to) if relation.replies_to else None
    return replied is not None and replied.sender == me.id


def _mentions(content: Json, me: Me) -> bool:
    """Whether a message names the bot; clients from before "m.mentions" only write its name."""
    found = content.get("m.mentions")
    if isinstance(found, dict):
        users = found.get("user_ids")
        return isinstance(users, list) and me.id in users
    body = content.get("body")
    return isinstance(body, str) and _without_mention(body, me) != body


def _without_mention(text: str, me: Me) -> str:
    """Return a text without the bot's name at its beginning, which only says whom it is for."""
    head = text.lstrip()
    for name in filter(None, (me.id, f"@{me.name}", me.name, me.id.partition(":")[0])):
        if not head.casefold().startswith(name.casefold()):
            continue
        rest = head[len(name) :]
        if rest[:1] in {":", ","}:
            return rest[1:].strip()
        if not rest or (rest[:1].isspace() and name.startswith("@")):
            return rest.strip()
    return text


def _redacted(event: Json) -> str:
    """Return what a redaction is of: in its content since room version 11."""
    if event.get("type") != "m.room.redaction":
        return ""
    content = event.get("content")
    within = _id(content, "redacts") if isinstance(content, dict) else ""
    return _id(event, "redacts") or within


def _id(found: Json, name: str = "event_id") -> str:
    """Return an event's id; what can be none is not asked of the server, which may break on it."""
    given = _string(found.get(name))
    return given if _EVENT.fullmatch(given) else ""


def _string(found: Any) -> str:  # noqa: ANN401 - anything
    return found if isinstance(found, str) else ""
