"""The data folder at the start: made, locked, its database checked, backed up and migrated.

All of it happens before anything else runs, on one plain connection in a thread.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bot.domain.errors import StartError
from storage.migrations import Migration, migrate, version

DATABASE: Final = "hearthkey.db"
LOCK: Final = "lock"
EPOCH: Final = "epoch"
DEVICE: Final = "matrix"  # keys that move on with every message: no backup may bring old ones back
APPLICATION_ID: Final = 0x48_4B_45_59  # "HKEY"
BACKUP_DAYS: Final = 30
_STAMP: Final = "%Y%m%dT%H%M%S"
_FULL_RIGHTS: Final = 0o700
_FILE_RIGHTS: Final = 0o600
_LOCK_TRIES: Final = 3
_LOCK_PAUSE_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a database says before its key is known.

    `is_empty`: nothing was ever sealed here, so a key may be made. `kek_id` is empty then.
    `salt` is for a passphrase. `host` is this database's own random id.
    """

    is_empty: bool
    kek_id: str
    salt: bytes
    host: str


def make_folder(folder: Path) -> None:
    """Make the data folder, for its owner alone. Raises StartError."""
    try:
        folder.mkdir(mode=_FULL_RIGHTS, parents=True, exist_ok=True)
        probe = folder / f".probe-{secrets.token_hex(4)}"
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE_RIGHTS))
        probe.unlink()
    except OSError as error:
        raise StartError([_unwritable(folder, error)]) from None


def _unwritable(folder: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk of the data folder {folder} is full: make room on it"
    return (
        f"the data folder {folder} cannot be written ({error.strerror}):"
        " make it yours, or set HEARTHKEY_DATA_DIR to another folder"
    )


def lock_folder(folder: Path) -> int:
    """Lock the folder for this process; return the descriptor that holds the lock until closed.

    Raises StartError if another process has it.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, _FILE_RIGHTS)
    except OSError as error:
        raise StartError([_unwritable(folder, error)]) from None
    # A check-up that asks whether a bot runs holds the lock for microseconds.
    for _ in range(_LOCK_TRIES):
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        time.sleep(_LOCK_PAUSE_S)
    os.close(descriptor)
    raise StartError([f"another Hearthkey runs in the data folder {folder}: stop that one first"])


def is_locked(folder: Path) -> bool:
    """Return whether a bot has the folder now, without keeping it from one. Raises OSError."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def prepare(path: Path, steps: Sequence[Migration], now: datetime) -> Facts:
    """Bring the database to the newest schema, made if new. Raises StartError.

    A database that holds something is copied to `backups/` before its schema changes.
    """
    try:
        # SQLite gives -wal and -shm the rights of the database itself.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, _FILE_RIGHTS))
        path.chmod(_FILE_RIGHTS)
        with _connection(path) as connection:
            refuse_misfit(connection, path, len(steps))
            connection.execute("PRAGMA journal_mode = WAL")
            _upgrade(connection, path.parent / "backups", steps, now)
            return _facts(connection)
    except OSError as error:
        raise StartError([_unwritable(path.parent, error)]) from None
    except sqlite3.Error as error:
        raise StartError([_broken(path, error)]) from None


@contextlib.contextmanager
def _connection(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = FULL")
        yield connection
    finally:
        connection.close()


def _broken(path: Path, error: sqlite3.Error) -> str:
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
        return _foreign(path)
    return f"the database {path} cannot be opened ({error}): bring back a backup, or free the disk"


def _foreign(path: Path) -> str:
    return (
        f"{path} is not a Hearthkey database: move it away,"
        " or set HEARTHKEY_DATA_DIR to another folder"
    )


def refuse_misfit(connection: sqlite3.Connection, path: Path, newest: int) -> None:
    """Raise StartError for a file that is another program's, or a newer Hearthkey's."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (application or tables):
        raise StartError([_foreign(path)])
    if (found := version(connection)) > newest:
        problem = (
            f"the database {path} is of a newer Hearthkey (schema {found}, this one knows"
            f" {newest}): upgrade Hearthkey, or bring back a backup from before"
        )
        raise StartError([problem])


def _upgrade(
    connection: sqlite3.Connection, backups: Path, steps: Sequence[Migration], now: datetime
) -> None:
    found = version(connection)
    if found < len(steps):
        if found:
            back_up(connection, backups, f"before-schema-{len(steps):04d}", now)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
        migrate(connection, steps)
    prune(backups, now)


def back_up(connection: sqlite3.Connection, folder: Path, name: str, now: datetime) -> Path:
    """Copy the database into a folder, for its owner alone, and stamp the copy as a backup.

    The stamp is what makes a start on the copy a new epoch.
    """
    folder.mkdir(mode=_FULL_RIGHTS, exist_ok=True)
    path = folder / f"{now:{_STAMP}}-{name}.db"
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, _FILE_RIGHTS))
    with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("INSERT OR REPLACE INTO meta VALUES ('backup', ?)", (now.isoformat(),))
    draft.rename(path)
    return path


def prune(folder: Path, now: datetime) -> None:
    """Keep only the newest backup made before a migration, for 30 days at most."""
    found = sorted(folder.glob("*-before-schema-*.db"))
    oldest = f"{now - timedelta(days=BACKUP_DAYS):{_STAMP}}"
    for path in found:
        if path != found[-1] or path.name < oldest:
            path.unlink()


def _facts(connection: sqlite3.Connection) -> Facts:
    connection.execute("BEGIN IMMEDIATE")
    for name, value in (("salt", secrets.token_hex(16)), ("host", secrets.token_hex(16))):
        connection.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
    connection.execute("COMMIT")
    return read_facts(connection)


def read_facts(connection: sqlite3.Connection) -> Facts:
    """Return what a database says; salt and host are empty if no start on it came so far."""
    meta = dict(connection.execute("SELECT name, value FROM meta"))
    (keys,) = connection.execute("SELECT count(*) FROM data_keys").fetchone()
    return Facts(
        is_empty=keys == 0,
        kek_id=meta.get("kek_id", ""),
        salt=bytes.fromhex(meta.get("salt", "")),
        host=meta.get("host", ""),
    )
