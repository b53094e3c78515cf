"""Writing to standard output, whatever it is and whether or not anyone still reads it."""

import asyncio
import os
from typing import TextIO

from bot.domain.errors import SendUnknown


class Output:
    """Text out, flushed at each message. `gone` is set once nobody reads it any more."""

    def __init__(self, stream: TextIO) -> None:
        """Take the stream; nothing is written yet."""
        self._stream = stream
        self.gone = asyncio.Event()

    def write(self, text: str) -> None:
        """Write and flush; raises SendUnknown when the reader has gone."""
        if self.gone.is_set():
            raise SendUnknown
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except OSError:
            self.let_go()
            raise SendUnknown from None

    def let_go(self) -> None:
        """Point the stream at nothing, or Python complains of it once more at its exit."""
        self.gone.set()
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self._stream.fileno())
        os.close(nothing)
