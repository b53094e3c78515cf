"""What an operator can do with the bot's account from its host."""

from collections.abc import Callable, Mapping
from typing import Final

from adapters.matrix.connection import Connection
from adapters.matrix.trust.reset import reset_identity
from adapters.matrix.verification.console import verify
from bot.domain.ports import Dialogue, Tool

_AWAY: Final = "The bot is not connected to its homeserver; its log says why."


def tools(connection: Callable[[], Connection | None]) -> Mapping[str, Tool]:
    """Return the tools by name; `connection` is looked at when one is used."""

    async def connected(dialogue: Dialogue) -> Connection | None:
        found = connection()
        if found is None:
            await dialogue.say(_AWAY)
        return found

    async def verifying(dialogue: Dialogue) -> int:
        found = await connected(dialogue)
        return 0 if found and await verify(found.verifier, dialogue) else 1

    async def resetting(dialogue: Dialogue) -> int:
        found = await connected(dialogue)
        return 0 if found and await reset_identity(found.trust, dialogue) else 1

    return {"matrix verify": verifying, "matrix reset-identity": resetting}
