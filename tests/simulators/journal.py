"""What happened at a simulated messenger, in order."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Journal:
    """Every effect, in order; also in a file, which no kill of the bot reaches."""

    def __init__(self, path: Path | None = None) -> None:
        self.rows: list[dict[str, Any]] = []
        self._path = path
        self.listeners: list[Callable[[], None]] = []

    def add(self, op: str, **what: object) -> None:
        """Note an effect, before the caller hears of it."""
        row = {"op": op, "at": time.monotonic(), **what}
        self.rows.append(row)
        if self._path is not None:
            into = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
            try:
                os.write(into, json.dumps(row).encode() + b"\n")
            finally:
                os.close(into)
        for listener in self.listeners:
            listener()
