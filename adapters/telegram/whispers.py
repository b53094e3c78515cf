"""Messages in a group that one account alone sees (Bot API 10.2, "ephemeral"). Pure.

They have ids of their own, and 0 where others have theirs; three numbers name one.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from telegram import MaybeInaccessibleMessage, Message

from bot.domain.chat import MessageRef

PROBE: Final = "deleteEphemeralMessage"  # whoever knows this method knows all of them
_PREFIX: Final = "only"
_ID: Final = "ephemeral_message_id"


@dataclass(frozen=True, slots=True)
class Whisper:
    """One of them. `receiver` is the account that it was sent to, the bot's own for a member's."""

    receiver: int
    id: int

    @property
    def ref(self) -> MessageRef:
        """Its name, which is no other message's."""
        return MessageRef(f"{_PREFIX}:{self.receiver}:{self.id}")

    @property
    def parameters(self) -> dict[str, int]:
        """What a call names it by."""
        return {"receiver_user_id": self.receiver, _ID: self.id}

    @classmethod
    def of(cls, ref: MessageRef) -> Self | None:
        """Return the one with this name; None: it is any other message's."""
        prefix, _, rest = ref.partition(":")
        if prefix != _PREFIX:
            return None
        receiver, _, number = rest.partition(":")
        return cls(int(receiver), int(number))


def ref_of(message: MaybeInaccessibleMessage) -> MessageRef | None:
    """Return what a message is called; None: nothing can be done with it."""
    if _ID not in message.api_kwargs:
        return MessageRef(str(message.message_id)) if message.message_id else None
    receiver: Any = message.api_kwargs.get("receiver_user")
    number = message.api_kwargs[_ID]
    if not isinstance(receiver, dict) or not isinstance(receiver.get("id"), int):
        return None
    return Whisper(receiver["id"], int(number)).ref


def sent_ref(message: Message, only_for: str) -> MessageRef:
    """Return what a message just sent is called; the server may have shown it to all."""
    if only_for and _ID in message.api_kwargs:
        return Whisper(int(only_for), int(message.api_kwargs[_ID])).ref
    return MessageRef(str(message.message_id))


def is_whisper(message: MaybeInaccessibleMessage) -> bool:
    """Return whether nobody but one account and the bot sees a message."""
    return _ID in message.api_kwargs
