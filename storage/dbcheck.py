"""The database, read beside a running bot: whether it opens, is whole, and what is stuck in it."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bot.domain.errors import StartError
from bot.domain.findings import Finding, ok, problem, warning
from storage import migrations
from storage.folder import DATABASE, EPOCH, Facts, read_facts, refuse_misfit

_BESIDE_S: Final = 3.0  # an erasure in the running bot waits for readers, five seconds at most
_STEPS: Final = 1_000
_MIB: Final = 1024 * 1024
_RESTORE: Final = (
    "stop the bot, move hearthkey.db, hearthkey.db-wal and hearthkey.db-shm out of the folder, and"
    " put a backup in as hearthkey.db"
)
NOTHING: Final = Facts(is_empty=True, kek_id="", salt=b"", host="")


def check_database(
    folder: Path, *, is_running: bool, is_quick: bool = False
) -> tuple[Sequence[Finding], Facts | None]:
    """Look at the database; `is_quick` leaves out what takes as long as the file is large.

    Returns also what it says of its key: None if it cannot be read.
    """
    path = folder / DATABASE
    if not path.exists():
        return [_absent(folder)], NOTHING
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        found = f"{path} cannot be read by this account"
        return [problem("database", found, "run doctor as the account that the bot runs as")], None
    try:
        with _reading(path, is_running=is_running) as connection:
            return _look(connection, path, is_running=is_running, is_quick=is_quick)
    except StartError as error:
        found, _, mend = error.problems[0].rpartition(": ")
        return [problem("database", found, mend)], None
    except sqlite3.Error as error:
        reason = getattr(error, "sqlite_errorname", type(error).__name__)
        found = f"{path} cannot be read as a database ({reason})"
        return [problem("database", found, _RESTORE)], None


def _absent(folder: Path) -> Finding:
    if not (folder / EPOCH).exists():
        return ok("database", "none yet; the first start makes it")
    found = f"{folder / DATABASE} is gone, but the bot has run here before"
    return warning("database", found, f"{_RESTORE}; else the next start begins with nothing")


@contextlib.contextmanager
def _reading(path: Path, *, is_running: bool) -> Iterator[sqlite3.Connection]:
    # Where a bot has ended well, a reader that expects writers would leave files behind.
    has_log = path.with_name(f"{path.name}-wal").exists()
    mode = "mode=ro" if is_running or has_log else "immutable=1"
    connection = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        yield connection
    finally:
        connection.close()


def _look(
    connection: sqlite3.Connection, path: Path, *, is_running: bool, is_quick: bool
) -> tuple[Sequence[Finding], Facts | None]:
    newest = len(migrations.shipped())
    refuse_misfit(connection, path, newest)
    schema = migrations.version(connection)
    if not schema:
        return [ok("database", "empty; the next start fills it")], NOTHING
    facts = read_facts(connection)
    if is_quick:
        return [ok("database", f"opens, schema {schema}")], facts
    whole = is_whole(connection, within_s=_BESIDE_S if is_running else None)
    return [_wholeness(path, schema, newest, whole=whole), *_stuck(connection)], facts


def is_whole(connection: sqlite3.Connection, *, within_s: float | None) -> bool | None:
    """Return whether every page of the file is as it should be; None if that takes too long."""
    if within_s is not None:
        end = time.monotonic() + within_s
        connection.set_progress_handler(lambda: time.monotonic() >= end, _STEPS)
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return None
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _wholeness(path: Path, schema: int, newest: int, *, whole: bool | None) -> Finding:
    size = f"{path.stat().st_size / _MIB:,.1f} MiB"
    if whole is None:
        found = f"opens, {size}; too large to be read through beside the running bot"
        return warning("database", found, "stop the bot once and run doctor again")
    if not whole:
        return problem("database", f"{path} is damaged", _RESTORE)
    later = f"; the next start brings it to {newest}, after a backup" if schema < newest else ""
    return ok("database", f"opens and is whole, {size}, schema {schema}{later}")


def _stuck(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Tell of what members sent or should have got and nobody takes up again."""
    rows = connection.execute(
        "SELECT reference FROM inbox WHERE state = 'parked' ORDER BY id DESC"
    ).fetchall()
    if rows:
        names = ", ".join(sorted({reference for (reference,) in rows[:5] if reference}))
        found = f"{len(rows)} set aside since they failed each time"
        yield warning("inbox", found, f"look in the bot's log for: {names}")
    else:
        yield ok("inbox", "nothing is set aside")
    (lost,) = connection.execute(
        "SELECT count(*) FROM outbox WHERE state = 'undeliverable'"
    ).fetchone()
    if lost:
        found = f"{lost} of the last days could not be delivered"
        mend = "usual where members blocked the bot or left a group; else look in the bot's log"
        yield warning("outbox", found, mend)
    else:
        yield ok("outbox", "everything could be delivered")
