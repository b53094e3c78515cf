"""How a command is written: with the prefix of whichever messenger its reader types it on."""

from dataclasses import replace
from typing import Final

from bot.domain.events import Button, Reply

# It stands for the prefix until a text goes to its messenger. Nobody writes a noncharacter, so
# what is quoted, or answered by a model, is left as it is.
_PREFIX: Final = "\ufdd0"


def command(typed: str) -> str:
    """Write a command as it is typed, `new` or `model haiku`, for any messenger."""
    return f"{_PREFIX}{typed}"


def prefixed(reply: Reply, prefix: str) -> Reply:
    """Return a reply as a messenger shows it, its commands with that prefix."""
    return replace(
        reply,
        text=reply.text.replace(_PREFIX, prefix),
        footer=reply.footer.replace(_PREFIX, prefix),
        buttons=tuple(tuple(_labelled(each, prefix) for each in row) for row in reply.buttons),
    )


def _labelled(button: Button, prefix: str) -> Button:
    return replace(button, label=button.label.replace(_PREFIX, prefix))
