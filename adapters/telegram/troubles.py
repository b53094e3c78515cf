"""What keeps the bot from Telegram: said once in the log with what to do, and waited out."""

import logging
from dataclasses import dataclass
from typing import Final

from adapters.telegram.wire import CallError
from bot.domain.errors import StorageUnavailable
from bot.domain.ports import Clock

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S: Final = 1.0
_GROWS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of trouble: its line, and the longest pause before it is tried again, in seconds."""

    line: str
    longest_s: float = 30.0


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


class Troubles:
    """Waits longer each time, up to a bound, and logs each kind of trouble once until it ends."""

    def __init__(self, clock: Clock) -> None:
        """Begin without any."""
        self._clock = clock
        self._now: Trouble | None = None
        self._pause_s = _FIRST_PAUSE_S

    async def wait(self, error: CallError | StorageUnavailable) -> None:
        """Log what is new, and wait."""
        trouble = trouble_of(error)
        if trouble is not self._now:
            _log.error(trouble.line)
            self._now, self._pause_s = trouble, _FIRST_PAUSE_S
        pause_s = min(self._pause_s, trouble.longest_s)
        asked_s = error.retry_after_s if isinstance(error, CallError) else None
        await self._clock.sleep(asked_s or pause_s)
        self._pause_s = pause_s * _GROWS

    def end(self) -> None:
        """Take note that it works again."""
        if self._now is not None:
            _log.warning("Telegram works again")
        self._now, self._pause_s = None, _FIRST_PAUSE_S
