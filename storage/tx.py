"""A piece of work on the database: SQL, sealed cells and the time, and who does such work."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from sqlite3 import Row
from typing import Any, Final, TypeVar

import aiosqlite

from bot.domain.errors import VaultCorrupt
from bot.domain.ports import Clock
from storage.codec import to_ms
from storage.database import Database
from storage.keyrings import Keyrings, Of
from storage.vault import Cell

T = TypeVar("T")

COUNTED: Final = (
    "identities",
    "places",
    "groups",
    "sessions",
    "turns",
    "inbox",
    "outbox",
    "api_keys",
    "usage",
    "questions",
)


class Ids:
    """The next row ids. A cell is sealed for its row's id, so the id comes before the row."""

    def __init__(self, last: dict[str, int]) -> None:
        """Go on after the last id each table ever had."""
        self._last = last

    def next(self, table: str) -> int:
        """Return an id that was never used."""
        self._last[table] = self._last.get(table, 0) + 1
        return self._last[table]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tx:
    """One transaction, or one look, at the time `now` in milliseconds."""

    connection: aiosqlite.Connection
    rings: Keyrings
    ids: Ids
    now: int

    async def all(self, sql: str, *values: object) -> Sequence[Row]:
        """Return all rows; no cursor stays open."""
        return tuple(await self.connection.execute_fetchall(sql, values))

    async def one(self, sql: str, *values: object) -> Row | None:
        """Return the first row, or None."""
        rows = await self.all(sql, *values)
        return rows[0] if rows else None

    async def run(self, sql: str, *values: object) -> int:
        """Change something; return how many rows."""
        cursor = await self.connection.execute(sql, values)
        return cursor.rowcount

    async def insert(self, table: str, **values: object) -> None:
        """Store a row."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        # Names of tables and columns come from this package alone.
        await self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608

    async def make_key(self, kind: str, owner: str) -> str:
        """Store a new data key; return its id."""
        return await self.rings.make(self.connection, kind, owner, now=self.now)

    async def seal(self, key: str, data: bytes, cell: Cell) -> bytes:
        """Return a cell's content, sealed with a data key."""
        return await self.rings.seal(self.connection, key, data, cell)

    async def open(self, blob: bytes, cell: Cell, of: Of) -> bytes:
        """Return what a cell holds. Raises VaultCorrupt."""
        return await self.rings.open(self.connection, blob, cell, of)

    async def find(
        self, blob: bytes | None, cell: Cell, of: Of, load: Callable[[bytes], T]
    ) -> T | None:
        """Return what a cell holds, read; None if it is empty or does not authenticate."""
        if blob is None:
            return None
        try:
            return load(await self.open(blob, cell, of))
        except VaultCorrupt:
            return None


@dataclass(frozen=True, slots=True)
class Repository:
    """What every repository works with."""

    database: Database
    rings: Keyrings
    ids: Ids
    clock: Clock = field(repr=False)

    async def write(self, work: Callable[[Tx], Awaitable[T]], *, erases: bool = False) -> T:
        """Do the work in a transaction of its own; see `Database.write`."""
        return await self.database.write(lambda it: work(self._tx(it)), erases=erases)

    async def read(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Do the work on a reader."""
        return await self.database.read(lambda it: work(self._tx(it)))

    def _tx(self, connection: aiosqlite.Connection) -> Tx:
        now = to_ms(self.clock.now())
        return Tx(connection=connection, rings=self.rings, ids=self.ids, now=now)


async def last_ids(connection: aiosqlite.Connection) -> Ids:
    """Return the counters as the database left them."""
    rows: Iterable[Any] = await connection.execute_fetchall(
        "SELECT name, seq FROM sqlite_sequence"
    )
    return Ids({str(name): int(seq) for name, seq in rows})
