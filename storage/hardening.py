"""Keeping keys out of core dumps."""

import ctypes
import logging
import resource
import sys
from typing import Final

_LOG = logging.getLogger(__name__)
PR_SET_DUMPABLE: Final = 4


def forbid_core_dumps() -> None:
    """Let no crash write this process's memory to disk, nor another of its user read it.

    Child processes inherit the first half. Where the system refuses, the start goes on.
    """
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.platform == "linux" and _prctl(PR_SET_DUMPABLE, 0) != 0:
            _LOG.warning("core dumps could not be forbidden")
    except (OSError, ValueError, AttributeError):
        _LOG.warning("core dumps could not be forbidden")


def _prctl(option: int, value: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.prctl(option, value, 0, 0, 0))
