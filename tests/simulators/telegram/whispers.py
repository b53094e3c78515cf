"""Messages in a group that one account alone sees (Bot API 10.2 and 10.3, "ephemeral")."""

from typing import TYPE_CHECKING, Any, Final

from tests.simulators.telegram.refusals import bad_request
from tests.simulators.telegram.rules import check_markup, check_text
from tests.simulators.telegram.state import BOT, Chat, Message

if TYPE_CHECKING:
    from tests.simulators.telegram.methods import Params, Server

NEWER: Final = frozenset(
    {"deleteephemeralmessage", "editephemeralmessagetext"}
)  # what a server lacks that is older


def receiver(server: "Server", chat: Chat, params: "Params") -> int:
    """Return to whom alone a message goes; 0: to all. Raises what the server says.

    Only a group's admin may begin one, and a bot is none in a private chat.
    """
    asked = params.get("ephemeral_message_parameters")
    if asked is None or not server.knows("deleteephemeralmessage"):
        return 0
    if not isinstance(asked, dict) or not isinstance(asked.get("receiver_user_id"), int):
        raise bad_request("invalid receiver_user_id specified")
    if unmodelled := asked.keys() - {"receiver_user_id"}:
        raise bad_request(f"SIM: not modelled: {sorted(unmodelled)}")
    if chat.kind == "private" or not chat.is_bot_admin:
        raise bad_request("BOT_NOT_ADMIN")
    person = int(asked["receiver_user_id"])
    if person not in chat.members:
        raise bad_request("USER_NOT_PARTICIPANT")
    if params.get("reply_parameters"):
        raise bad_request("SIM: not modelled: an ephemeral message that answers another")
    return person


async def edit_ephemeral_message_text(server: "Server", params: "Params") -> object:
    """Change one of the bot's."""
    message = _named(server, params, "edit")
    if not message.is_ours:
        raise bad_request("message can't be edited")
    text, entities, _ = check_text(str(params.get("text", "")), params.get("entities") or [])
    message.text, message.entities = text, entities
    message.rows = check_markup(params.get("reply_markup"))
    message.edits += 1
    server.state.journal.add("edited", **message.as_shown())
    return True


async def delete_ephemeral_message(server: "Server", params: "Params") -> object:
    """Take one off the screens of both."""
    message = _named(server, params, "delete")
    del server.state.chats[message.chat].whispers[message.id]
    server.state.journal.add("deleted", chat=message.chat, message=message.id)
    return True


def as_whisper(found: dict[str, Any], message: Message) -> dict[str, Any]:
    """Return a message as only its two sides get it: it has no id as others have."""
    only_for: dict[str, Any] = (
        dict(BOT)
        if message.only_for == BOT["id"]
        else {"id": message.only_for, "is_bot": False, "first_name": "Somebody"}
    )
    return {
        **found,
        "message_id": 0,
        "ephemeral_message_id": message.id,
        "receiver_user": only_for,
    }


def _named(server: "Server", params: "Params", what: str) -> Message:
    """Return what the three numbers name; one that is wrong names nothing."""
    for name in ("receiver_user_id", "ephemeral_message_id"):
        if not isinstance(params.get(name), int):
            raise bad_request(f"message to {what} not found")
    message = server.chat(params).whispers.get(params["ephemeral_message_id"])
    if message is None or message.only_for != params["receiver_user_id"]:
        raise bad_request(f"message to {what} not found")
    return message
