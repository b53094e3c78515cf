"""The Bot API's methods, a function each; what is not here is a 404, as on an old server."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tests.simulators.telegram.chats import (
    get_chat,
    get_chat_member,
    get_chat_member_count,
    leave_chat,
)
from tests.simulators.telegram.refusals import Refused, bad_request
from tests.simulators.telegram.rules import check_markup, check_text
from tests.simulators.telegram.state import BOT, Chat, Message, State
from tests.simulators.telegram.updates import Updates
from tests.simulators.telegram.whispers import (
    as_whisper,
    delete_ephemeral_message,
    edit_ephemeral_message_text,
    receiver,
)

Params = dict[str, Any]
Method = Callable[["Server", Params], Awaitable[object]]
_COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}")
_SEND: Final = frozenset(
    {
        "chat_id",
        "text",
        "entities",
        "reply_markup",
        "message_thread_id",
        "reply_parameters",
        "link_preview_options",
    }
)
_KNOWN: Final[dict[str, frozenset[str]]] = {
    "sendmessage": _SEND | {"ephemeral_message_parameters"},
    "editmessagetext": _SEND | {"message_id"},
    "editephemeralmessagetext": _SEND | {"receiver_user_id", "ephemeral_message_id"},
    "sendmessagedraft": _SEND | {"draft_id", "can_stop", "keep_on_stop"},
}


class Server:
    """What the methods work on."""

    def __init__(self, state: State, updates: Updates, knows: Callable[[str], bool]) -> None:
        self.state = state
        self.updates = updates
        self.knows = knows

    def chat(self, params: Params) -> Chat:
        """Return the chat of a call; raises what the server says where there is none."""
        chat = self.state.chats.get(int(params.get("chat_id") or 0))
        if chat is None:
            raise bad_request("chat not found")
        if chat.moved_to is not None:
            raise bad_request(
                "group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to
            )
        if chat.is_blocked:
            what = (
                "blocked by the user" if chat.kind == "private" else "kicked from the group chat"
            )
            raise Refused(403, f"Forbidden: bot was {what}")
        if chat.kind != "private" and chat.bot == "left":
            raise Refused(403, f"Forbidden: bot is not a member of the {chat.kind} chat")
        return chat

    def thread(self, chat: Chat, params: Params) -> int | None:
        """Return the topic of a call."""
        thread = params.get("message_thread_id")
        if thread is None:
            return None
        if int(thread) == 1 or int(thread) not in chat.topics:
            raise bad_request("message thread not found")
        return int(thread)


def _note_strange(server: Server, method: str, params: Params) -> None:
    if known := _KNOWN.get(method):
        server.state.strange.update(f"{method}.{name}" for name in params.keys() - known)
    if params.get("parse_mode"):
        server.state.strange.add(f"{method}.parse_mode")
    if "ephemeral_message_parameters" in params and not server.knows("deleteephemeralmessage"):
        server.state.strange.add(f"{method}.ephemeral_message_parameters on an old server")


async def get_me(server: Server, _: Params) -> object:
    """Return the bot's own account."""
    return server.state.bot


async def get_updates(server: Server, params: Params) -> object:
    """Return what is not confirmed; nothing while a webhook is set."""
    if server.state.webhook:
        raise Refused(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to"
            " delete the webhook first",
        )
    return await server.updates.get(
        int(params.get("offset") or 0),
        int(params.get("limit") or 100),
        float(params.get("timeout") or 0),
        params.get("allowed_updates"),
    )


async def send_message(server: Server, params: Params) -> object:
    """Put up a message; a draft in its place vanishes."""
    _note_strange(server, "sendmessage", params)
    chat = server.chat(params)
    thread = server.thread(chat, params)
    text, entities, dropped = check_text(str(params.get("text", "")), params.get("entities") or [])
    rows = check_markup(params.get("reply_markup"))
    message = Message(
        id=0,
        chat=chat.id,
        sender=BOT,
        text=text,
        entities=entities,
        rows=rows,
        thread=thread,
        reply_to=_replied(chat, params),
        dropped=dropped,
        only_for=receiver(server, chat, params),
    )
    server.state.put_up(message)
    chat.drafts.pop(thread, None)
    server.state.journal.add("sent", **message.as_shown())
    return as_json(server.state, message)


def _replied(chat: Chat, params: Params) -> int | None:
    reply = params.get("reply_parameters") or {}
    if not reply:
        return None
    if not reply["message_id"]:
        raise bad_request("SIM: an answer to a message that has no id")
    if reply["message_id"] in chat.screen:
        return int(reply["message_id"])
    if not reply.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return None


async def edit_message_text(server: Server, params: Params) -> object:
    """Change a message of the bot's."""
    _note_strange(server, "editmessagetext", params)
    chat = server.chat(params)
    message = chat.screen.get(int(params.get("message_id") or 0))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.is_ours:
        raise bad_request("message can't be edited")
    text, entities, dropped = check_text(str(params.get("text", "")), params.get("entities") or [])
    rows = check_markup(params.get("reply_markup"))
    if (text, entities, rows) == (message.text, message.entities, message.rows):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly"
            " the same as a current content and reply markup of the message"
        )
    message.text, message.entities, message.rows = text, entities, rows
    message.dropped = dropped
    message.edits += 1
    server.state.journal.add("edited", **message.as_shown())
    return as_json(server.state, message)


async def send_message_draft(server: Server, params: Params) -> object:
    """Show a text that is being written, in private only."""
    _note_strange(server, "sendmessagedraft", params)
    chat = server.chat(params)
    if chat.kind != "private":
        raise bad_request("TEXTDRAFT_PEER_INVALID")
    if not int(params.get("draft_id") or 0):
        raise bad_request("DRAFT_ID_INVALID")
    thread = server.thread(chat, params)
    text = str(params.get("text") or "")
    entities: list[dict[str, Any]] = []
    if text:
        text, entities, _ = check_text(text, params.get("entities") or [])
    draft = {
        "draft": params["draft_id"],
        "text": text,
        "entities": entities,
        "can_stop": bool(params.get("can_stop")),
    }
    chat.drafts[thread] = draft
    server.state.journal.add("draft", chat=chat.id, thread=thread, **draft)
    return True


async def delete_message(server: Server, params: Params) -> object:
    """Take a message off the screen."""
    chat = server.chat(params)
    message = chat.screen.get(int(params.get("message_id") or 0))
    if message is None:
        raise bad_request("message to delete not found")
    if chat.kind != "private" and not message.is_ours and not chat.can_bot_delete:
        raise bad_request("message can't be deleted")
    del chat.screen[message.id]
    server.state.journal.add("deleted", chat=chat.id, message=message.id)
    return True


async def answer_callback_query(server: Server, params: Params) -> object:
    """End a button's waiting."""
    query = str(params.get("callback_query_id"))
    if query not in server.state.queries:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = str(params.get("text") or "")
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    server.state.queries[query] = text
    server.state.journal.add("answered", query=query, text=text)
    return True


async def send_chat_action(server: Server, params: Params) -> object:
    """Show that somebody writes."""
    chat = server.chat(params)
    server.state.journal.add("action", chat=chat.id, action=params.get("action"))
    return True


async def set_message_reaction(server: Server, params: Params) -> object:
    """Put an emoji under a message."""
    chat = server.chat(params)
    message = chat.screen.get(int(params.get("message_id") or 0))
    if message is None:
        raise bad_request("message to react not found")
    emojis = [each.get("emoji", "") for each in params.get("reaction") or []]
    message.reaction = "".join(emojis)
    server.state.journal.add("reaction", chat=chat.id, message=message.id, emoji=message.reaction)
    return True


async def set_my_commands(server: Server, params: Params) -> object:
    """Set a scope's menu."""
    commands = params.get("commands") or []
    for each in commands:
        if not _COMMAND.fullmatch(each["command"]) or not 0 < len(each["description"]) <= 256:
            raise bad_request("BOT_COMMAND_INVALID")
    server.state.commands[_scope(server, params)] = commands
    return True


async def delete_my_commands(server: Server, params: Params) -> object:
    """Take a scope's menu away."""
    server.state.commands.pop(_scope(server, params), None)
    return True


def _scope(server: Server, params: Params) -> str:
    """Return a scope's name; a chat's own is for a chat that there is."""
    scope = params.get("scope") or {"type": "default"}
    if scope["type"] != "chat":
        return str(scope["type"])
    return f"chat {server.chat(scope).id}"


async def get_webhook_info(server: Server, _: Params) -> object:
    """Return where updates go to."""
    return {
        "url": server.state.webhook,
        "has_custom_certificate": False,
        "pending_update_count": len(server.updates.queue),
    }


async def delete_webhook(server: Server, _: Params) -> object:
    """Let updates be polled again."""
    server.state.webhook = ""
    return True


async def create_forum_topic(server: Server, params: Params) -> object:
    """Open a topic."""
    chat = server.chat(params)
    if not (chat.is_forum or (chat.kind == "private" and server.state.bot["has_topics_enabled"])):
        raise bad_request("the chat is not a forum")
    thread = server.state.next_message()  # of the service message about it
    chat.topics.add(thread)
    server.state.journal.add("topic", chat=chat.id, thread=thread, name=params["name"])
    return {"message_thread_id": thread, "name": params["name"], "icon_color": 7322096}


def as_json(state: State, message: Message) -> dict[str, Any]:
    """Return a message as the server gives it back."""
    chat = state.chats[message.chat]
    found: dict[str, Any] = {
        "message_id": message.id,
        "date": 1_795_000_000,
        "chat": chat.as_json(),
        "from": message.sender,
        **message.more,
    }
    if message.text:
        found["text"] = message.text
    if message.entities:
        found["entities"] = message.entities
    if message.thread is not None:
        found |= {"message_thread_id": message.thread, "is_topic_message": True}
    if message.rows:
        found["reply_markup"] = {"inline_keyboard": message.rows}
    return as_whisper(found, message) if message.only_for else found


METHODS: Final[dict[str, Method]] = {
    "getme": get_me,
    "getupdates": get_updates,
    "sendmessage": send_message,
    "editmessagetext": edit_message_text,
    "sendmessagedraft": send_message_draft,
    "deletemessage": delete_message,
    "answercallbackquery": answer_callback_query,
    "sendchataction": send_chat_action,
    "setmessagereaction": set_message_reaction,
    "setmycommands": set_my_commands,
    "getwebhookinfo": get_webhook_info,
    "deletewebhook": delete_webhook,
    "createforumtopic": create_forum_topic,
    "deletemycommands": delete_my_commands,
    "getchat": get_chat,
    "getchatmembercount": get_chat_member_count,
    "getchatmember": get_chat_member,
    "leavechat": leave_chat,
    "deleteephemeralmessage": delete_ephemeral_message,
    "editephemeralmessagetext": edit_ephemeral_message_text,
}
