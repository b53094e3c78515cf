"""Numbered steps of the schema: `NNNN_name.sql`, append-only, each one transaction."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"(\d{4})_\w+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: what brings a schema from `number - 1` to `number`."""

    number: int
    sql: str


def shipped() -> Sequence[Migration]:
    """Return the steps that come with this version, in order and without a gap."""
    paths = sorted(Path(__file__).parent.glob("*.sql"))
    return tuple(
        Migration(int(match[1]), path.read_text(encoding="utf-8"))
        for path in paths
        if (match := _NAME.fullmatch(path.name))
    )


def version(connection: sqlite3.Connection) -> int:
    """Return the schema's number; 0 for a new database."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def migrate(connection: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """Apply the steps above the schema's number, each with its number or not at all."""
    for step in steps[version(connection) :]:
        try:
            # One script, as executescript commits what is open before it begins.
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{step.sql}\nPRAGMA user_version = {step.number:d};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.rollback()
            raise
