"""What can keep the bot from its homeserver, each with what to do."""

from typing import Final

from adapters.matrix.wire import CallError
from adapters.shared.troubles import Trouble, Troubles
from bot.domain.errors import StartError, StorageUnavailable
from bot.domain.ports import Clock

_MENDING_S: Final = 60.0
BAD_PASSWORD: Final = Trouble(
    "the Matrix homeserver does not accept the bot's password: put the right one into"
    " HEARTHKEY_MATRIX_PASSWORD and start again"
)
BAD_TOKEN: Final = Trouble(
    "the Matrix homeserver does not accept the bot's access token any more: make a new one, put it"
    " into HEARTHKEY_MATRIX_ACCESS_TOKEN, or set HEARTHKEY_MATRIX_PASSWORD, and start again",
    60.0,
)
NO_PASSWORD: Final = Trouble(
    "this Matrix homeserver takes no passwords from programs: give the bot an access token in"
    " HEARTHKEY_MATRIX_ACCESS_TOKEN. Where its accounts are kept by MAS, its operator makes one"
    " with: mas-cli manage issue-compatibility-token USER DEVICE"
)
NO_DEVICE: Final = Trouble(
    "the Matrix access token belongs to no device, so it cannot be used for encrypted chats: make"
    " another one by logging in"
)
WRONG_USER: Final = Trouble(
    "the Matrix access token is another account's than HEARTHKEY_MATRIX_USER says: set the account"
    " it belongs to, or another token"
)
LOST_DEVICE: Final = Trouble(
    "the keys of the bot's Matrix device are lost, and one that was made by an access token cannot"
    " be made anew: log in once more for another token, or set HEARTHKEY_MATRIX_PASSWORD"
)
TOO_OLD: Final = Trouble(
    "the Matrix homeserver is too old: it must support version 1.4 of the Matrix specification or"
    " a later one (Synapse 1.70 does)"
)
NOT_MATRIX: Final = Trouble(
    "HEARTHKEY_MATRIX_HOMESERVER is no Matrix homeserver: give the address that a client uses, for"
    " example https://matrix.example.org"
)
UNREACHABLE: Final = Trouble(
    "the Matrix homeserver cannot be reached from this host; trying again. If that lasts, look at"
    " its network and HEARTHKEY_MATRIX_HOMESERVER, or run: hearthkey doctor"
)
FAULT: Final = Trouble("the Matrix homeserver has a fault on its side; trying again")
BUSY: Final = Trouble("the Matrix homeserver wants a pause; waiting")
STORAGE: Final = Trouble(
    "messages cannot be stored now; the Matrix homeserver keeps them; trying again", 5.0
)
UNKNOWN_TOKEN: Final = "M_UNKNOWN_TOKEN"  # noqa: S105 - an errcode


Error = CallError | StorageUnavailable | StartError


def trouble_of(error: Error) -> Trouble:
    """Return what an error of the connection means."""
    if isinstance(error, StorageUnavailable):
        return STORAGE
    if isinstance(error, StartError):
        return Trouble("; ".join(error.problems), _MENDING_S)
    if error.code == UNKNOWN_TOKEN:
        return BAD_TOKEN
    match error.status:
        case 429:
            return BUSY
        case 0:
            return UNREACHABLE
        case _:
            return FAULT


def matrix_troubles(clock: Clock) -> Troubles[Error]:
    """Return what waits them out."""
    return Troubles("Matrix", clock, kind=trouble_of, asked_s=_asked_s)


def _asked_s(error: Error) -> float | None:
    return error.retry_after_s if isinstance(error, CallError) else None
