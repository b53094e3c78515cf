"""Where the control socket is."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SOCKET: Final = "control.sock"
_MOST_BYTES: Final = 100  # a path in a socket's address has 104 bytes on macOS, 108 on Linux


@contextlib.contextmanager
def address_of(folder: Path) -> Iterator[str]:
    """Give the address of a folder's socket, one that is short enough, to be used within.

    Raises OSError.
    """
    path = folder / SOCKET
    if len(os.fsencode(path)) <= _MOST_BYTES:
        yield str(path)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)
