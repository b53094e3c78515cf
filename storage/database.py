"""SQLite behind one writer, which commits what waits together, and a few readers."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Generic, Self, TypeVar

import aiosqlite

from bot.domain.errors import StorageUnavailable

T = TypeVar("T")
Work = Callable[[aiosqlite.Connection], Awaitable[T]]
Probe = Callable[[str], None]

_log = logging.getLogger(__name__)
_READERS: Final = 2
_PRAGMAS: Final = (
    "busy_timeout = 5000",
    "foreign_keys = ON",
    "secure_delete = ON",
    "synchronous = FULL",
    "temp_store = MEMORY",
    "trusted_schema = OFF",
)


def unavailable(error: sqlite3.Error) -> StorageUnavailable:
    """Return the error of ours for one of SQLite's; its short name holds no data."""
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    return StorageUnavailable(name.removeprefix("SQLITE_").lower().replace("_", " "))


class _Unit(Generic[T]):
    """One piece of work of a commit, and who waits for it."""

    __slots__ = ("erases", "future", "outcome", "work")

    def __init__(self, work: Work[T], *, erases: bool) -> None:
        self.work = work
        self.erases = erases
        self.future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.outcome: T | BaseException | None = None
        # A caller that was cancelled never looks; its unit is committed all the same.
        self.future.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def run(self, connection: aiosqlite.Connection) -> bool:
        """Do the work; whether it went well."""
        try:
            self.outcome = await self.work(connection)
        except sqlite3.Error as error:
            self.outcome = unavailable(error)
        except Exception as error:  # noqa: BLE001  # whatever it is goes to the caller
            self.outcome = error
        else:
            return True
        return False

    def resolve(self, error: BaseException | None = None) -> None:
        """Tell the caller, unless it is gone; `error` in the place of what the work returned."""
        outcome = error or self.outcome
        if self.future.done():
            return
        if isinstance(outcome, BaseException):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)  # type: ignore[arg-type]  # None is a T here


class Database:
    """One file, one writer task, two readers.

    Units that wait together are committed together, each in a savepoint of its own: one fsync
    for all. A unit that was handed over is committed even if its caller is cancelled.
    """

    def __init__(self, path: Path, *, probe: Probe | None = None) -> None:
        """Name the file. `probe` is called "before commit" and "after commit", for kill tests."""
        self.path = path
        self.commits = 0
        self._probe: Probe = probe or (lambda _: None)
        self._ended: Callable[[], None] = lambda: None
        self._units: list[_Unit[Any]] = []
        self._wake = asyncio.Event()
        self._is_closing = False
        self._is_closed = False
        self._readers: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        self._writer: aiosqlite.Connection
        self._task: asyncio.Task[None]

    async def open(self) -> Self:
        """Connect and start the writer. Raises StorageUnavailable."""
        opened: list[aiosqlite.Connection] = []
        try:
            while len(opened) <= _READERS:
                opened.append(await _connect(self.path))
            for reader in opened[1:]:
                await reader.execute("PRAGMA query_only = ON")
                self._readers.put_nowait(reader)
        except sqlite3.Error as error:
            for connection in opened:
                await connection.close()
            raise unavailable(error) from None
        self._writer = opened[0]
        # The writer outlives every caller; `close` ends and awaits it.
        self._task = asyncio.create_task(self._write_all(), name="database writer")  # noqa: TID251
        return self

    def on_end(self, call: Callable[[], None]) -> None:
        """Call that after every transaction of the writer, kept or taken back."""
        self._ended = call

    async def write(self, work: Work[T], *, erases: bool = False) -> T:
        """Do the work in a transaction; when this returns, it is on the disk.

        The work may be done twice if the first time came to nothing, so it changes the
        database alone. `erases`: what it deleted must be gone from the log file too. Raises
        StorageUnavailable, or what the work raised; then nothing of it was kept.
        """
        if self._is_closing:
            raise StorageUnavailable("closed")
        unit = _Unit(work, erases=erases)
        self._units.append(unit)
        self._wake.set()
        return await asyncio.shield(unit.future)

    async def read(self, work: Work[T]) -> T:
        """Do the work on a reader. It leaves no cursor open, for that would hold the log."""
        if self._is_closing:
            raise StorageUnavailable("closed")
        reader = await self._readers.get()
        try:
            return await work(reader)
        except sqlite3.Error as error:
            raise unavailable(error) from None
        finally:
            self._readers.put_nowait(reader)

    async def close(self) -> bool:
        """Commit what waits and let go of the file; False if that was done before."""
        if self._is_closed:
            return False
        self._is_closed = self._is_closing = True
        self._wake.set()
        await self._task
        for _ in range(_READERS):
            await (await self._readers.get()).close()
        with contextlib.suppress(sqlite3.Error):
            await self._writer.close()
        return True

    async def _write_all(self) -> None:
        batch: Sequence[_Unit[Any]] = ()
        try:
            while self._units or not self._is_closing:
                await self._wake.wait()
                if not self._is_closing:
                    self._wake.clear()
                while self._units:
                    batch, self._units = tuple(self._units), []
                    await self._commit(batch)
        finally:
            self._is_closing = True
            for unit in (*batch, *self._units):
                unit.resolve(StorageUnavailable("closed"))

    async def _commit(self, batch: Sequence[_Unit[Any]]) -> None:
        """Commit a batch. Whatever fails, every unit is resolved and the next batch can begin."""
        failed: StorageUnavailable | None = None
        try:
            await self._writer.execute("BEGIN IMMEDIATE")
            kept = await self._run(batch)
            if kept:
                self._probe("before commit")
                await self._writer.execute("COMMIT")
                self.commits += 1
                self._probe("after commit")
                if any(unit.erases for unit in kept):
                    await self._truncate_log()
            else:
                await self._roll_back()
        except sqlite3.Error as error:
            _log.warning("A commit failed: %s", unavailable(error).reason)
            await self._roll_back()
            failed = unavailable(error)
        self._ended()
        for unit in batch:
            unit.resolve(failed)

    async def _run(self, batch: Sequence[_Unit[Any]]) -> Sequence[_Unit[Any]]:
        """Do each unit's work; return those that went well."""
        if len(batch) == 1:
            return batch if await batch[0].run(self._writer) else ()
        kept = []
        for unit in batch:
            await self._writer.execute("SAVEPOINT unit")
            if await unit.run(self._writer):
                kept.append(unit)
            elif self._writer.in_transaction:
                await self._writer.execute("ROLLBACK TO unit")
            else:
                # A full disk or an I/O error may end the whole transaction, others' work too.
                return await self._run_again(batch, unit)
            await self._writer.execute("RELEASE unit")
        return kept

    async def _run_again(
        self, batch: Sequence[_Unit[Any]], failed: _Unit[Any]
    ) -> Sequence[_Unit[Any]]:
        """Begin anew without the unit that failed."""
        await self._writer.execute("BEGIN IMMEDIATE")
        return await self._run([unit for unit in batch if unit is not failed])

    async def _roll_back(self) -> None:
        if self._writer.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                await self._writer.execute("ROLLBACK")

    async def _truncate_log(self) -> None:
        """Empty the write-ahead log, so that no earlier version of a page outlives an erasure.

        The erasure itself is committed by now, so a failure here is logged and not raised.
        """
        idle = [await self._readers.get() for _ in range(_READERS)]
        try:
            rows = list(await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)"))
            if rows[0][0]:  # busy: a program of the operator's reads the database
                _log.error("An erased value stays in the log file until the next erasure or stop")
        except sqlite3.Error as error:
            _log.error("The log file was not emptied: %s", unavailable(error).reason)
        finally:
            for reader in idle:
                self._readers.put_nowait(reader)


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        for pragma in _PRAGMAS:
            await connection.execute(f"PRAGMA {pragma}")
        # Pragmas alone do not read the file; this tells whether it is a database.
        await connection.execute_fetchall("SELECT count(*) FROM sqlite_master")
    except BaseException:
        await connection.close()
        raise
    return connection
