"""Stamps in actions: how old a question is, and what it was about."""

from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Final

from bot.domain.events import Button, Reply
from bot.texts.prefixes import command

LASTS: Final = timedelta(minutes=10)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def stamp(now: datetime) -> str:
    """Write the minute a question was asked in few letters."""
    number, letters = int(now.timestamp()) // 60, ""
    while number:
        number, digit = divmod(number, 36)
        letters = _DIGITS[digit] + letters
    return letters or "0"


def is_fresh(stamped: str, now: datetime) -> bool:
    """Whether a question with this stamp is at most ten minutes old."""
    try:
        minute = int(stamped, 36)
    except ValueError:
        return False
    return 0 <= int(now.timestamp()) // 60 - minute <= LASTS // timedelta(minutes=1)


def mark(*values: object) -> str:
    """Name values in six letters, so that a button can tell what it was about."""
    return blake2s("\0".join(map(repr, values)).encode(), digest_size=3).hexdigest()


def old_question(again: str = "") -> Reply:
    """A confirmation pressed too late; `again` asks it anew."""
    buttons = ((Button("Show again", again),),) if again else ()
    return Reply(text="This question is old. Nothing changed.", buttons=buttons)


def changed_since() -> Reply:
    """An Undo, a Make default or a second tap that does not fit any more."""
    return Reply(
        text=f"This has changed since, so I left it as it is. {command('settings')} shows it."
    )
