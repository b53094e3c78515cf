"""What the Bot API tells of chats and who is in them, and how a bot leaves one."""

from typing import TYPE_CHECKING, Any

from tests.simulators.telegram.refusals import bad_request
from tests.simulators.telegram.state import BOT, Chat

if TYPE_CHECKING:
    from tests.simulators.telegram.methods import Params, Server

_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
_LIMITS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_edit_tag",
    "can_react_to_messages",
)


def member(user: dict[str, Any], status: str, *, is_in: bool = True) -> dict[str, Any]:
    """Return somebody as a member of a chat (Bot API, ChatMember)."""
    more: dict[str, object] = {}
    match status:
        case "creator":
            more = {"is_anonymous": False}
        case "administrator":
            more = {"can_be_edited": False, "is_anonymous": False, **dict.fromkeys(_RIGHTS, True)}
        case "restricted":
            more = {"is_member": is_in, "until_date": 0, **dict.fromkeys(_LIMITS, False)}
        case "kicked":
            more = {"until_date": 0}
        case _:
            pass
    return {"user": user, "status": status, **more}


def bot_status(chat: Chat) -> str:
    """Return what the bot is in a group."""
    return "administrator" if chat.is_bot_admin else chat.bot


async def get_chat(server: "Server", params: "Params") -> object:
    """Return a chat."""
    return server.chat(params).as_json()


async def get_chat_member_count(server: "Server", params: "Params") -> object:
    """Return how many are in a group, the bot among them."""
    return len(_group(server, params).members) + 1


async def get_chat_member(server: "Server", params: "Params") -> object:
    """Return what somebody is in a group; somebody who was never there is not known."""
    chat = _group(server, params)
    person = int(params.get("user_id") or 0)
    if person == BOT["id"]:
        return member(dict(BOT), bot_status(chat))
    if person not in server.state.chats and person not in chat.members:
        raise bad_request("user not found")
    user = {"id": person, "is_bot": False, "first_name": "Somebody"}
    return member(user, chat.members.get(person, "left"))


async def leave_chat(server: "Server", params: "Params") -> object:
    """Leave a group; the bot is told of it as of any change."""
    chat = _group(server, params)
    change(server, chat, dict(BOT), "left")
    server.state.journal.add("left", chat=chat.id)
    return True


def change(server: "Server", chat: Chat, by: dict[str, Any], status: str, **more: bool) -> int:
    """Let the bot be something else in a group from now on; return the update's id."""
    old = member(dict(BOT), bot_status(chat))
    chat.bot, chat.is_blocked, chat.can_bot_delete = status, status == "kicked", False
    new = member(dict(BOT), status, **more)
    return server.updates.put(
        {
            "my_chat_member": {
                "chat": chat.as_json(),
                "from": by,
                "date": 1_795_000_000,
                "old_chat_member": old,
                "new_chat_member": new,
            }
        }
    )


def _group(server: "Server", params: "Params") -> Chat:
    chat = server.chat(params)
    if chat.kind == "private":
        raise bad_request("method is available only for groups")
    return chat
