"""A reply as characters that do nothing to a terminal. Pure."""

import re

from bot.domain.events import Reply, Rows
from bot.domain.menus import addresses, numbered

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_C0_PICTURES = 0x2400


def visible(text: str) -> str:
    """Return the text with every control character as a picture of itself.

    A model's text must not move the cursor, colour the screen or turn the reading direction.
    """
    return _CONTROLS.sub(_picture, text.replace("\r\n", "\n"))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(_C0_PICTURES + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def menu_lines(rows: Rows, width: int) -> list[str]:
    """Return the choices by number, on one line if they fit, and the addresses below."""
    choices = [f"{number} {visible(button.label)}" for number, button in numbered(rows)]
    together = "  ".join(choices)
    lines = [together] if choices and len(together) <= width else choices
    return lines + [f"{visible(button.label)}: {button.url}" for button in addresses(rows)]


def plain(reply: Reply, width: int = 100) -> str:
    """Return a reply for what is no terminal: its Markdown as it is, footer, choices."""
    parts = [visible(reply.text), visible(reply.footer), *menu_lines(reply.buttons, width)]
    return "\n".join(part for part in parts if part)
