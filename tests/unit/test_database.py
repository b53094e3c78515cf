"""The database: what it promises whoever hands it work."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import aiosqlite
import pytest

from bot.domain.errors import StorageUnavailable
from storage.database import Database


class Names:
    """Work on a table of names."""

    def __init__(self, database: Database) -> None:
        """Work on one database."""
        self.database = database

    async def add(self, name: str, *, fails: bool = False) -> str:
        """Store a name; then raise if told to."""

        async def work(connection: aiosqlite.Connection) -> str:
            await connection.execute("INSERT INTO names VALUES (?)", (name,))
            if fails:
                raise KeyError(name)
            return name

        return await self.database.write(work)

    async def all(self) -> set[str]:
        """Return the names a reader sees."""

        async def work(connection: aiosqlite.Connection) -> set[str]:
            rows = await connection.execute_fetchall("SELECT name FROM names")
            return {row[0] for row in rows}

        return await self.database.read(work)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database in WAL mode with two tables."""
    path = tmp_path / "test.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "PRAGMA journal_mode = WAL; CREATE TABLE names (name TEXT UNIQUE);"
        "CREATE TABLE parts (of TEXT REFERENCES names (name) DEFERRABLE INITIALLY DEFERRED);"
    )
    connection.close()
    return path


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    """Return it open."""
    database = await Database(path).open()
    yield database
    await database.close()


@pytest.fixture
def names(database: Database) -> Names:
    """Return its names."""
    return Names(database)


async def test_what_waits_together_is_committed_together(names: Names) -> None:
    """Fifty callers at once cost one fsync, or two if the first went ahead."""
    before = names.database.commits
    wanted = {f"n{number}" for number in range(50)}
    assert set(await asyncio.gather(*map(names.add, wanted))) == wanted
    assert await names.all() == wanted
    assert names.database.commits - before <= 2


async def test_a_failing_unit_fails_alone(names: Names) -> None:
    """Its own changes are taken back, the others of its commit stay."""
    done = await asyncio.gather(
        names.add("a"),
        names.add("b", fails=True),
        names.add("a"),
        names.add("c"),
        return_exceptions=True,
    )
    assert done[0] == "a"
    assert isinstance(done[1], KeyError)
    assert isinstance(done[2], StorageUnavailable)
    assert done[3] == "c"
    assert await names.all() == {"a", "c"}


async def test_a_failing_unit_by_itself_commits_nothing(names: Names) -> None:
    """There is no commit for it either."""
    before = names.database.commits
    with pytest.raises(KeyError):
        await names.add("x", fails=True)
    assert names.database.commits == before
    assert await names.all() == set()


async def test_a_failed_commit_fails_all_its_units(names: Names) -> None:
    """Nobody is told that something is stored which is not; then the database goes on."""

    async def orphan(connection: aiosqlite.Connection) -> None:
        await connection.execute("INSERT INTO parts VALUES ('nobody')")

    done = await asyncio.gather(
        names.add("a"), names.database.write(orphan), return_exceptions=True
    )
    assert [type(each) for each in done] == [StorageUnavailable, StorageUnavailable]
    assert await names.all() == set()
    assert await names.add("b") == "b"


async def test_a_lost_transaction_is_done_again_for_the_others(names: Names) -> None:
    """An error that ends the whole transaction takes no other unit's work with it."""

    async def lose(connection: aiosqlite.Connection) -> None:
        await connection.execute("INSERT INTO names VALUES ('lost')")
        await connection.execute("ROLLBACK")
        raise sqlite3.OperationalError

    done = await asyncio.gather(
        names.add("a"), names.database.write(lose), names.add("b"), return_exceptions=True
    )
    assert done[0] == "a"
    assert isinstance(done[1], StorageUnavailable)
    assert done[2] == "b"
    assert await names.all() == {"a", "b"}


async def test_a_cancelled_caller_does_not_undo_its_write(names: Names) -> None:
    """What was handed over is committed, and its failure troubles nobody."""
    tasks = [
        asyncio.ensure_future(names.add("kept")),
        asyncio.ensure_future(names.add("raised", fails=True)),
    ]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in ended] == [asyncio.CancelledError] * 2
    await names.add("after")
    assert await names.all() == {"kept", "after"}


async def test_an_error_tells_no_data(names: Names) -> None:
    """The reason is SQLite's short name: neither values nor tables."""
    await names.add("private")
    with pytest.raises(StorageUnavailable) as caught:
        await names.add("private")
    assert caught.value.reason == "constraint unique"
    assert "private" not in repr(caught.value)


async def test_a_locked_database_is_unavailable_for_that_long(path: Path, names: Names) -> None:
    """When another program lets go, writing goes on."""
    await names.database._writer.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable) as caught:
        await names.add("x")
    assert caught.value.reason == "busy"
    other.execute("ROLLBACK")
    other.close()
    assert await names.add("x") == "x"


async def test_a_broken_read_is_unavailable(names: Names) -> None:
    """A reader that failed is used again."""

    async def bad(connection: aiosqlite.Connection) -> None:
        await connection.execute_fetchall("SELECT * FROM missing")

    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            await names.database.read(bad)
    assert await names.all() == set()


async def test_a_reader_cannot_write(names: Names) -> None:
    """Readers are read-only, so nothing goes around the writer."""

    async def sneak(connection: aiosqlite.Connection) -> None:
        await connection.execute("INSERT INTO names VALUES ('x')")

    with pytest.raises(StorageUnavailable) as caught:
        await names.database.read(sneak)
    assert caught.value.reason == "readonly"


async def test_closing_commits_what_waits(path: Path) -> None:
    """Then nothing more is taken."""
    names = Names(await Database(path).open())
    waiting = asyncio.ensure_future(names.add("last"))
    await asyncio.sleep(0)
    assert await names.database.close()
    assert not await names.database.close()
    assert await waiting == "last"
    with pytest.raises(StorageUnavailable):
        await names.add("late")
    with pytest.raises(StorageUnavailable):
        await names.all()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM names").fetchall() == [("last",)]
    connection.close()


async def test_the_probe_is_called_around_each_commit(path: Path) -> None:
    """Before, when it is not yet there, and after, when it is."""
    seen: list[tuple[str, int]] = []

    def look(when: str) -> None:
        other = sqlite3.connect(path)
        seen.append((when, other.execute("SELECT count(*) FROM names").fetchone()[0]))
        other.close()

    names = Names(await Database(path, probe=look).open())
    await names.add("a")
    await names.add("b")
    await names.database.close()
    assert seen == [
        ("before commit", 0),
        ("after commit", 1),
        ("before commit", 1),
        ("after commit", 2),
    ]


async def test_what_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    """A text is no database."""
    path = tmp_path / "text"
    path.write_text("dear diary " * 500)
    with pytest.raises(StorageUnavailable) as caught:
        await Database(path).open()
    assert caught.value.reason == "notadb"


async def test_an_erased_value_is_gone_from_the_bytes(path: Path, names: Names) -> None:
    """Neither the database nor its log holds it after the commit that erased it."""
    canary = "canary-" + "x" * 5_000
    await names.add(canary)

    def where() -> list[str]:
        files = path.parent.glob("test.db*")
        return [file.name for file in files if b"canary-xxx" in file.read_bytes()]

    assert where()

    async def erase(connection: aiosqlite.Connection) -> None:
        await connection.execute("DELETE FROM names")

    await names.database.write(erase, erases=True)
    assert where() == []
    assert await names.add("next") == "next"


async def test_an_erasure_that_others_hold_back_is_reported(
    path: Path, names: Names, caplog: pytest.LogCaptureFixture
) -> None:
    """Another program that reads keeps the log; the deletion itself stands."""
    await names.database._writer.execute("PRAGMA busy_timeout = 0")
    await names.add("gone")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM names").fetchall()

    async def erase(connection: aiosqlite.Connection) -> None:
        await connection.execute("DELETE FROM names")

    with caplog.at_level(logging.ERROR):
        await names.database.write(erase, erases=True)
    assert "log file" in caplog.text
    other.close()
    assert await names.all() == set()
