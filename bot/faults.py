"""Naming a fault in the log without its words: an error's text may quote a message or a key."""

import logging
import secrets
import traceback
from pathlib import PurePath
from typing import Final

_DEEPEST: Final = 8
_log = logging.getLogger(__name__)


def named(error: BaseException) -> str:
    """Return the type and the way to it, innermost first: `KeyError at a.py:20 < b.py:5`."""
    frames = [
        f"{PurePath(frame.f_code.co_filename).name}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    way = " < ".join(reversed(frames[-_DEEPEST:]))
    return f"{type(error).__name__} at {way}" if way else type(error).__name__


def report(what: str, error: BaseException) -> str:
    """Log a fault of ours, `what` being what failed, and return its reference for the member."""
    reference = secrets.token_hex(3)
    _log.error("%s failed ref=%s: %s", what, reference, named(error))
    return reference
