"""Our own faults: named in the log without their words, and to the member by a reference."""

import logging
import secrets

from bot.logs import describe

_log = logging.getLogger(__name__)


def report(what: str, error: BaseException) -> str:
    """Log a fault of ours, `what` being what failed, and return its reference."""
    reference = secrets.token_hex(3)
    _log.error("%s failed ref=%s: %s", what, reference, describe(error))
    return reference
