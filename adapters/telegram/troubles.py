"""What can keep the bot from Telegram, each with what to do."""

from typing import Final

from adapters.shared.troubles import Trouble, Troubles
from adapters.telegram.wire import CallError
from bot.domain.errors import StorageUnavailable
from bot.domain.ports import Clock

BAD_TOKEN: Final = Trouble(
    "Telegram does not accept the bot's token. Get the right one from @BotFather with /token, put"
    " it into HEARTHKEY_TELEGRAM_TOKEN and start again",
    60.0,
)
WEBHOOK: Final = Trouble(
    "a webhook is set for this bot, so its messages go there and not here. If that is not wanted,"
    " run: hearthkey doctor --drop-webhook"
)
SECOND: Final = Trouble(
    "another program uses this bot's token, so each gets only some of the messages. Stop the"
    " other one, or get a new token from @BotFather with /revoke"
)
UNREACHABLE: Final = Trouble(
    "Telegram cannot be reached from this host; trying again. If that lasts, look at its network,"
    " HEARTHKEY_TELEGRAM_API_BASE and HEARTHKEY_TELEGRAM_PROXY, or run: hearthkey doctor"
)
FAULT: Final = Trouble("Telegram has a fault on its side; trying again")
BUSY: Final = Trouble("Telegram wants a pause; waiting")
STORAGE: Final = Trouble("messages cannot be stored now; Telegram keeps them; trying again", 5.0)


def trouble_of(error: CallError | StorageUnavailable) -> Trouble:
    """Return what an error of a poll means."""
    if isinstance(error, StorageUnavailable):
        return STORAGE
    match error.status:
        case 401 | 403 | 404:
            return BAD_TOKEN
        case 409:
            return WEBHOOK if "webhook" in error.said else SECOND
        case 429:
            return BUSY
        case 0:
            return UNREACHABLE
        case _:
            return FAULT


def telegram_troubles(clock: Clock) -> Troubles[CallError | StorageUnavailable]:
    """Return what waits them out."""
    return Troubles("Telegram", clock, kind=trouble_of, asked_s=_asked_s)


def _asked_s(error: CallError | StorageUnavailable) -> float | None:
    return error.retry_after_s if isinstance(error, CallError) else None
