"""The Bot API as Hearthkey uses it: python-telegram-bot's `Bot`, and what is newer than it."""

from collections.abc import Sequence
from typing import Any, Final

from telegram import Bot, BotCommandScope, ReplyParameters, User
from telegram.constants import ChatAction

from adapters.shared.http import HttpClient
from adapters.shared.text.entities import Rendered
from adapters.telegram.checkup import PUBLIC_BASE
from adapters.telegram.whispers import PROBE, Whisper, sent_ref
from adapters.telegram.wire import READ_S, CallError, Wire
from bot.domain.chat import Place
from bot.domain.events import MessageRef
from bot.domain.secret import Secret

UPDATES: Final = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "stopped_message_generation",  # Bot API 10.3; a server that does not know it ignores it
)
Keyboard = list[list[dict[str, Any]]]  # rows of buttons (Bot API, InlineKeyboardButton)
_LISTEN_MARGIN_S: Final = 15.0
_FRAME_READ_S: Final = 5.0
_WHISPERED: Final = "ephemeral_message_parameters"  # Bot API 10.3
_NO_PREVIEW: Final = {"is_disabled": True}
_NOT_MODIFIED: Final = "message is not modified"
_NOT_THERE: Final = "message to delete not found"


class BotApi:
    """One bot's calls. Every method raises CallError; nothing is tried twice here."""

    def __init__(
        self, token: Secret, http: HttpClient, *, base: str = PUBLIC_BASE, proxy: str | None = None
    ) -> None:
        """Take the token; does no I/O."""
        wire = Wire(http, proxy=proxy)
        self._bot = Bot(
            token.reveal(),
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=wire,
            get_updates_request=wire,
        )

    async def me(self) -> User:
        """Return the bot's own account and its switches."""
        return await self._bot.get_me()

    async def updates(self, offset: int, *, wait_s: int, limit: int = 100) -> list[dict[str, Any]]:
        """Return updates as they came, which confirms all before `offset`; wait for the first."""
        kwargs = {
            "offset": offset,
            "timeout": wait_s,
            "limit": limit,
            "allowed_updates": UPDATES,
        }
        # The library parses a batch whole or not at all, and warns of its own methods' names:
        # method names are case-insensitive (Bot API, "Making requests").
        found = await self._bot.do_api_request(
            "getupdates", api_kwargs=kwargs, read_timeout=wait_s + _LISTEN_MARGIN_S
        )
        return list(found)

    async def webhook(self) -> str:
        """Return the address that updates go to instead of here; empty: none is set."""
        return (await self._bot.get_webhook_info()).url

    async def drop_webhook(self) -> None:
        """Let updates come here again; those that wait are kept."""
        await self._bot.delete_webhook(drop_pending_updates=False)

    async def has_method(self, name: str) -> bool:
        """Return whether the server knows a method; it is called without its arguments."""
        try:
            await self._bot.do_api_request(name)
        except CallError as error:
            if error.status == 404:
                return False
            if error.status != 400:
                raise
        return True

    async def send(
        self,
        place: Place,
        shown: Rendered,
        *,
        keyboard: Keyboard | None = None,
        reply_to: MessageRef | None = None,
        only_for: str = "",
    ) -> MessageRef:
        """Send a message and return its id; `only_for` an account in a group, or for all there."""
        whispered = {_WHISPERED: {"receiver_user_id": int(only_for)}} if only_for else {}
        sent = await self._bot.send_message(
            int(place.chat),
            shown.text,
            message_thread_id=_thread(place),
            reply_parameters=_answering(reply_to),
            api_kwargs={**_styled(shown, keyboard), **whispered},
        )
        return sent_ref(sent, only_for)

    async def edit(
        self,
        place: Place,
        message: MessageRef,
        shown: Rendered,
        *,
        keyboard: Keyboard | None = None,
        is_frame: bool = False,
    ) -> None:
        """Put something in a message's place; that it is there already is no error."""
        read_s = _FRAME_READ_S if is_frame else READ_S
        styled = _styled(shown, keyboard)
        try:
            if whisper := Whisper.of(message):
                named = {"chat_id": int(place.chat), **whisper.parameters, "text": shown.text}
                await self._bot.do_api_request(
                    "editEphemeralMessageText",
                    api_kwargs={**named, **styled},
                    read_timeout=read_s,
                )
                return
            await self._bot.edit_message_text(
                shown.text,
                int(place.chat),
                int(message),
                read_timeout=read_s,
                api_kwargs=styled,
            )
        except CallError as error:
            if _NOT_MODIFIED not in error.said:
                raise

    async def draft(self, place: Place, draft: int, shown: Rendered) -> None:
        """Show a text that is being written, with the messenger's own stop control (10.3)."""
        await self._bot.send_message_draft(
            int(place.chat),
            draft,
            shown.text,
            message_thread_id=_thread(place),
            read_timeout=_FRAME_READ_S,
            api_kwargs={
                "can_stop": True,
                "keep_on_stop": True,
                **({"entities": shown.entities} if shown.entities else {}),
            },
        )

    async def typing(self, place: Place) -> None:
        """Show for five seconds that something is being written."""
        await self._bot.send_chat_action(
            int(place.chat),
            ChatAction.TYPING,
            message_thread_id=_thread(place),
            read_timeout=_FRAME_READ_S,
        )

    async def delete(self, place: Place, message: MessageRef) -> None:
        """Delete a message; that it is gone already is no error."""
        try:
            if whisper := Whisper.of(message):
                named = {"chat_id": int(place.chat), **whisper.parameters}
                await self._bot.do_api_request(PROBE, api_kwargs=named)
                return
            await self._bot.delete_message(int(place.chat), int(message))
        except CallError as error:
            if _NOT_THERE not in error.said:
                raise

    async def react(self, place: Place, message: MessageRef, emoji: str) -> None:
        """Put an emoji under a message, in the place of the one that was there."""
        await self._bot.set_message_reaction(int(place.chat), int(message), emoji)

    async def answer_press(self, query: str, toast: str) -> None:
        """End a button's waiting, with a word in passing or none."""
        await self._bot.answer_callback_query(query, text=toast or None)

    async def set_commands(
        self, commands: Sequence[tuple[str, str]], scope: BotCommandScope
    ) -> None:
        """Set the command menu of a scope."""
        await self._bot.set_my_commands(list(commands), scope=scope)

    async def drop_commands(self, scope: BotCommandScope) -> None:
        """Let a wider scope's command menu serve for a scope."""
        await self._bot.delete_my_commands(scope)

    async def title(self, chat: str) -> str:
        """Return what a group is called."""
        return str((await self._asked("getchat", chat)).get("title", ""))

    async def count(self, chat: str) -> int:
        """Return how many are in a group, the bot among them."""
        return int(await self._bot.get_chat_member_count(int(chat)))

    async def status(self, chat: str, user: int) -> str:
        """Return what somebody is in a group (Bot API, ChatMember)."""
        return str((await self._asked("getchatmember", chat, user_id=user)).get("status", ""))

    async def leave(self, chat: str) -> None:
        """Leave a group."""
        await self._bot.leave_chat(int(chat))

    async def open_topic(self, chat: str, name: str) -> str:
        """Make a topic and return its id."""
        return str((await self._bot.create_forum_topic(int(chat), name)).message_thread_id)

    async def _asked(self, method: str, chat: str, **more: int) -> dict[str, Any]:
        """Return what is known of a chat as it came.

        The library reads it only if it holds all that the library knows, of which little is of
        use here and some is new; and it warns of its own methods' names, as in `updates`.
        """
        found = await self._bot.do_api_request(method, api_kwargs={"chat_id": int(chat), **more})
        return dict(found)


def _answering(message: MessageRef | None) -> ReplyParameters | None:
    """Return what makes a message hang on another; on one person's own none can hang for all."""
    if message is None or Whisper.of(message):
        return None
    return ReplyParameters(int(message), allow_sending_without_reply=True)


def _thread(place: Place) -> int | None:
    return int(place.thread) if place.thread else None


def _styled(shown: Rendered, keyboard: Keyboard | None) -> dict[str, Any]:
    """Return what goes along with a text, ready for JSON: the library's own types cost more."""
    return {
        "link_preview_options": _NO_PREVIEW,
        **({"entities": shown.entities} if shown.entities else {}),
        **({"reply_markup": {"inline_keyboard": keyboard}} if keyboard else {}),
    }
