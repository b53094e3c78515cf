"""What the bot showed, as the lines of a script."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.events import Button, Reply
from tests.fakes.frontend import Shown

_ESCAPED: Final = re.compile(r"\\([^\w\s])")
_BACK: Final = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK} Back"
_CANCELLED: Final = "bot> No key was added. !addkey starts again."
SLASHED: Final = re.compile(r"(?<![\w/\"])/(?=[a-z])")
_BOTS: Final = ("bot", "     ")


def lines_shown(shown: Shown, where: str = "") -> list[str]:
    """Return a message, or its new form, with its footer and buttons; `where` it is shown."""
    who = speaker(where, is_edit=shown.how == "edit")
    return lines_of(who, [*_plain(shown.reply), *_rows(shown.reply)])


def speaker(where: str, *, is_edit: bool) -> str:
    """Return how a line of the bot's begins."""
    return f"bot{' edits' if is_edit else ''}{f' ({where})' if where else ''}>"


def lines_of(who: str, text: Sequence[str]) -> list[str]:
    """Return a text as a script has it, the first line after who says it."""
    return [f"{who} {text[0]}", *(f"     {line}" for line in text[1:])]


def _plain(reply: Reply) -> list[str]:
    lines = _ESCAPED.sub(r"\1", reply.text).splitlines() or [""]
    return [*lines, f"_{reply.footer}_"] if reply.footer else lines


def _rows(reply: Reply) -> list[str]:
    rows = (" ".join(_label(button) for button in row) for row in reply.buttons)
    line = " / ".join(rows)
    return [line] if line else []


def _label(button: Button) -> str:
    return f"[{button.label}{' ↗' if button.url else ''}]"


def with_bangs(lines: Iterable[str]) -> list[str]:
    """Return what a script expects where commands begin with an exclamation mark."""
    return [SLASHED.sub("!", line) if line.startswith(_BOTS) else line for line in lines]


def as_numbers(lines: Iterable[str]) -> list[str]:
    """Return lines as they are where a choice is a message: a new message, never an edit.

    Back has no number beside a question, and a 0 sent while a key is awaited is deleted as one.
    """
    plain = [
        line.replace("bot edits>", "bot>").replace(f"[{_BACK}] [Cancel]", "[Cancel]")
        for line in lines
    ]
    return [
        line
        for at, line in enumerate(plain)
        if not (line.startswith("bot deletes") and plain[at + 1 : at + 2] == [_CANCELLED])
    ]
