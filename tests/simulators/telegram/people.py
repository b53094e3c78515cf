"""The people: what they type, tap, block and move, as the server tells the bot of it."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from tests.simulators.telegram.chats import change
from tests.simulators.telegram.methods import Server, as_json
from tests.simulators.telegram.rules import units
from tests.simulators.telegram.state import BOT, Chat, Message

_COMMAND: Final = re.compile(r"/\w+(@\w+)?")
_CUT: Final = 4_096
ANONYMOUS: Final = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group"}
OTHER_BOT: Final = {"id": 777, "is_bot": True, "first_name": "Other", "username": "other_bot"}


class People:
    """Whoever is on the other side. People are their ids; `names` is what they are called."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._state = server.state
        self._updates = server.updates
        self.names: dict[int, str] = {}
        self.now: Callable[[], float] = lambda: datetime.now(UTC).timestamp()
        self._queries = 0

    def private(self, person: int, name: str = "") -> Chat:
        """Return the private chat of a person with the bot, made if it is new."""
        self.names.setdefault(person, name or f"Person {person}")
        chat = self._state.chats.get(person)
        if chat is None:
            chat = Chat(id=person, kind="private", title=self.names[person])
            self._state.chats[person] = chat
        return chat

    def group(
        self,
        id_: int,
        title: str,
        *,
        is_forum: bool = False,
        members: Iterable[int] = (),
        admins: Iterable[int] = (),
    ) -> Chat:
        """Return a group with the bot in it, made if it is new; whoever writes there is in it."""
        chat = self._state.chats.get(id_)
        if chat is None:
            chat = Chat(id=id_, kind="supergroup", title=title, is_forum=is_forum)
            chat.is_discreet = self._is_discreet
            self._state.chats[id_] = chat
        chat.members |= dict.fromkeys(members, "member") | dict.fromkeys(admins, "administrator")
        return chat

    def set_privacy(self, *, is_on: bool) -> None:
        """Let the bot's owner choose at @BotFather; groups that it is in go on as they were."""
        self._state.bot["can_read_all_group_messages"] = not is_on

    def add_bot(self, by: int, chat: int, *, status: str = "member") -> int:
        """Let somebody add the bot to a group that it is not in; return the update's id."""
        where = self._state.chats[chat]
        where.members.setdefault(by, "member")
        if where.bot == "member":
            where.bot = "left"
        where.is_discreet = self._is_discreet
        return change(self._server, where, self.person(by), status)

    def change_bot(self, by: int, chat: int, status: str, *, is_in: bool = True) -> int:
        """Let an admin make the bot something else, or throw it out; return the update's id."""
        return change(self._server, self._state.chats[chat], self.person(by), status, is_in=is_in)

    def open_topic(self, person: int, chat: int, name: str) -> int:
        """Let somebody open a topic in a forum; return its id."""
        where = self._where(person, chat)
        content: dict[str, object] = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        made = self._message(where, self.person(person), "", None, content)
        where.topics.add(made.id)
        made.thread = made.id
        self._updates.put({"message": as_json(self._state, made)})
        return made.id

    def sees(self, person: int, chat: int) -> list[Message]:
        """Return the messages that somebody sees in a chat, in order."""
        return self._state.chats[chat].seen_by(person)

    def whisper(self, person: int, text: str, chat: int) -> tuple[int, int]:
        """Let somebody use a command that only the bot sees; return the message's id, and more."""
        where = self._where(person, chat)
        made = self._message(where, self.person(person), text, None, {}, only_for=4242)
        update = self._updates.put({"message": as_json(self._state, made)})
        return made.id, update

    def say(
        self,
        person: int,
        text: str,
        *,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
        age_s: float = 0.0,
        sender: dict[str, Any] | None = None,
        **more: object,
    ) -> tuple[int, int]:
        """Let somebody write; return the message's id and the (last) update's.

        A long text comes in pieces, as clients cut it. What the bot does not get is no update, 0.
        """
        where = self._where(person, chat)
        message = update = 0
        for piece in pieces(text) or [""]:
            made = self._message(where, sender or self.person(person), piece, thread, dict(more))
            found = {**as_json(self._state, made), "date": int(self.now() - age_s)}
            replied = where.screen.get(reply_to) if reply_to is not None else None
            if replied is not None:
                found["reply_to_message"] = as_json(self._state, replied)
            if not hears(where, made, replied):
                self._state.journal.add("unheard", chat=where.id, message=made.id, words=piece)
                message = message or made.id
                continue
            update = self._updates.put({"message": found})
            self._state.journal.add(
                "said", chat=where.id, message=made.id, update=update, words=piece
            )
            message = message or made.id
        return message, update

    def edit(self, person: int, message: int, text: str, *, chat: int | None = None) -> int:
        """Let somebody change a message of theirs; return the update's id."""
        where = self._where(person, chat)
        made = where.screen[message]
        made.text = text
        found = {**as_json(self._state, made), "edit_date": int(self.now())}
        return self._updates.put({"edited_message": found})

    def press(
        self, person: int, message: int, data: str, *, chat: int | None = None
    ) -> tuple[str, int]:
        """Let somebody tap a button; return the query's id and the update's."""
        where = self._where(person, chat)
        self._queries += 1
        query = f"q{self._queries}"
        self._state.queries[query] = None
        shown = where.screen.get(message) or where.whispers.get(message)
        if shown is not None and shown.only_for not in {0, person}:
            raise LookupError("not seen by them")
        found = (
            as_json(self._state, shown)
            if shown
            else {"message_id": message, "date": 0, "chat": where.as_json()}
        )
        update = self._updates.put(
            {
                "callback_query": {
                    "id": query,
                    "from": self.person(person),
                    "chat_instance": "1",
                    "data": data,
                    "message": found,
                }
            }
        )
        self._state.journal.add("pressed", chat=where.id, update=update, words=data)
        return query, update

    def stop_draft(self, person: int, *, thread: int | None = None) -> int:
        """Let somebody use the stop control of the draft they see."""
        chat = self.private(person)
        draft = chat.drafts[thread]
        if not draft["can_stop"]:
            raise LookupError("no stop control")
        more = {} if thread is None else {"message_thread_id": thread}
        stopped = {"chat": chat.as_json(), "draft_id": draft["draft"], **more}
        return self._updates.put({"stopped_message_generation": stopped})

    def block(self, person: int, *, is_blocked: bool = True) -> int:
        """Let somebody block the bot, or let it in again."""
        chat = self.private(person)
        chat.is_blocked = is_blocked
        states = ("member", "kicked") if is_blocked else ("kicked", "member")
        old, new = ({"user": BOT, "status": each, "until_date": 0} for each in states)
        change = {
            "chat": chat.as_json(),
            "from": self.person(person),
            "date": int(self.now()),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        return self._updates.put({"my_chat_member": change})

    def migrate(self, chat: int, to: int) -> int:
        """Let a group become a supergroup with another id; its owner seems to add the bot there.

        So does the real server (tdlib/telegram-bot-api#266).
        """
        old = self._state.chats[chat]
        new = self.group(to, old.title, is_forum=old.is_forum)
        new.members, new.is_discreet = old.members, old.is_discreet
        old.moved_to = new.id
        owner = next(iter(old.members), 7)
        _ = self.add_bot(owner, new.id)
        found = {
            "message_id": self._state.next_message(),
            "date": int(self.now()),
            "chat": {"id": old.id, "type": "group", "title": old.title},
            "from": ANONYMOUS,
            "migrate_to_chat_id": new.id,
        }
        return self._updates.put({"message": found})

    def send_raw(self, update: dict[str, Any]) -> int:
        """Queue an update as it is."""
        return self._updates.put({"raw": update})

    def person(self, person: int) -> dict[str, Any]:
        """Return somebody as updates name them."""
        name = self.names.get(person, f"Person {person}")
        return {"id": person, "is_bot": False, "first_name": name}

    @property
    def _is_discreet(self) -> bool:
        return not self._state.bot["can_read_all_group_messages"]

    def _where(self, person: int, chat: int | None) -> Chat:
        if chat is None:
            return self.private(person)
        where = self._state.chats[chat]
        if where.kind != "private":
            where.members.setdefault(person, "member")
        return where

    def _message(
        self,
        chat: Chat,
        sender: dict[str, Any],
        text: str,
        thread: int | None,
        more: dict[str, object],
        *,
        only_for: int = 0,
    ) -> Message:
        found = _COMMAND.match(text)
        entities = (
            [{"type": "bot_command", "offset": 0, "length": units(found[0])}] if found else []
        )
        message = Message(
            id=0,
            chat=chat.id,
            sender=sender,
            text=text,
            entities=entities,
            thread=thread,
            more=more,
            only_for=only_for,
        )
        self._state.put_up(message)
        return message


def hears(chat: Chat, message: Message, replied: Message | None) -> bool:
    """Return whether a bot gets a message in a group (Bot API, "Privacy mode")."""
    if chat.kind == "private" or not chat.is_discreet or chat.is_bot_admin:
        return True
    if replied is not None and replied.is_ours:
        return True
    command = _COMMAND.match(message.text)
    to = command[1] if command else None
    return command is not None and to in {None, f"@{BOT['username']}"}


def pieces(text: str) -> list[str]:
    """Cut a text as clients do: at 4,096 units, at a line's end or a space where there is one."""
    found = []
    while units(text) > _CUT:
        at = _CUT
        while units(text[:at]) > _CUT:
            at -= 1
        cut = max(text.rfind("\n", at - 200, at), text.rfind(" ", at - 200, at))
        at = cut if cut > 0 else at
        found.append(text[:at])
        text = text[at:].lstrip() if cut > 0 else text[at:]
    return [*found, text] if text else found
