"""What cannot be read, and how to say it instead."""

from collections.abc import Mapping
from typing import Final

from bot.domain.events import Reply, ReplyKind, Unread

_WRITE: Final = "Write what you mean instead."
_OTHER: Final = ("message", _WRITE)
_KINDS: Final[Mapping[Unread, tuple[str, str]]] = {
    Unread.VOICE: ("voice note", "Write it instead."),
    Unread.PHOTO: ("photo", _WRITE),
    Unread.VIDEO: ("video", _WRITE),
    Unread.FILE: ("file", "Paste its text instead."),
    Unread.STICKER: ("sticker", _WRITE),
    Unread.LOCATION: ("location", _WRITE),
    Unread.CONTACT: ("contact", _WRITE),
    Unread.POLL: ("poll", _WRITE),
    Unread.RICH: ("formatted message", "Send it as plain text instead."),
}


def unreadable(what: Unread, *, has_words: bool) -> Reply:
    """A message that is no plain text; the words beside it were not sent either."""
    if what is Unread.ANONYMOUS:
        return Reply(
            text='I cannot see who asks, so nobody\'s key was used. Switch off "Remain anonymous"'
            " and ask again."
        )
    if what is Unread.SEALED:
        return Reply(text="I cannot read your last message. Send it again.", kind=ReplyKind.ANSWER)
    name, instead = _KINDS.get(what, _OTHER)
    gone = f"Your {name} was sent to nobody. {instead}"
    if has_words and what is not Unread.RICH:
        gone = f"Your {name} and its words were sent to nobody. Send the words as a message."
    return Reply(text=f"**I can only read text so far.** {gone}")
