"""`hearthkey matrix reset-identity`: a new identity, made only by somebody who knows the price."""

from typing import Final

from adapters.matrix.trust.approval import Refused
from adapters.matrix.trust.trust import Standing, Trust
from adapters.matrix.wire import CallError
from bot.domain.ports import Dialogue

_PRICE: Final = (
    "The bot's account gets a new identity. This cannot be taken back, and it means:",
    "- whoever verified the bot cannot write to it until they withdraw that or verify it again;",
    "- everybody else sees a warning that the bot's identity has changed;",
    "- what the bot vouched for is gone: verify again with hearthkey matrix verify.",
)
_OURS: Final = "The identity in use is in order, so there is no need for a new one."
_FIRST_WORD: Final = "reset"
_UNCHANGED: Final = "Nothing was changed."
_UNKNOWN: Final = (
    "The homeserver does not answer, so it is not known whether the identity is new. Run this"
    " again when it does."
)
_HALF: Final = "The bot has a new identity, but its device is not signed by it:"
_DONE: Final = "The bot has a new identity, and its device is signed by it."


async def reset_identity(trust: Trust, dialogue: Dialogue) -> bool:
    """Ask twice, then make a new identity; return whether there is one. Raises DeviceLost."""
    for line in _PRICE:
        await dialogue.say(line)
    if trust.state.standing is Standing.TRUSTED:
        await dialogue.say(_OURS)
    if not await _is_meant(trust.me.user, dialogue):
        await dialogue.say(_UNCHANGED)
        return False
    try:
        await _renew(trust, dialogue)
    except Refused as refused:
        await dialogue.say(f"{_UNCHANGED} {_sentence(refused.line)}")
        return False
    except CallError:
        await dialogue.say(_UNKNOWN)
        return False
    await dialogue.say(_DONE if trust.master else f"{_HALF} {_sentence(trust.state.line)}")
    return True


async def _is_meant(user: str, dialogue: Dialogue) -> bool:
    first = await dialogue.ask(f"Type {_FIRST_WORD} to go on: ")
    if first.strip().lower() != _FIRST_WORD:
        return False
    return (await dialogue.ask("Type the bot's user id to do it: ")).strip() == user


async def _renew(trust: Trust, dialogue: Dialogue) -> None:
    """Renew, over as many visits to the account page as it takes."""
    while True:
        try:
            await trust.renew()
        except Refused as refused:
            if not refused.page:
                raise
            await dialogue.say(
                f"Approve of the new identity, signed in as the bot, at {refused.page}"
            )
            if (await dialogue.ask("Press Enter when that is done, or type stop: ")).strip():
                raise
        else:
            return


def _sentence(line: str) -> str:
    return f"{line[:1].upper()}{line[1:]}."
