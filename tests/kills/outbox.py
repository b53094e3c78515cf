"""What the database says of messages, in its clear columns."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the application holds for sent. `turn` None: it is no end of a question."""

    message: str
    turn: int | None


def sent(folder: Path) -> Sequence[Sent]:
    """Return all of them, oldest first."""
    rows = look(folder, "SELECT message, turn FROM outbox WHERE state = 'sent' ORDER BY id")
    return [Sent(str(message), turn) for message, turn in rows]


def look(folder: Path, sql: str) -> Sequence[tuple[Any, ...]]:
    """Return what a query finds in a story's database."""
    with closing(sqlite3.connect(folder / "data" / "hearthkey.db")) as connection:
        return connection.execute(sql).fetchall()
