"""The data folder at the start: schemas, backups and what stops it."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.chat import Choices, Identity, MemberId
from bot.domain.effects import ClaimOperator, DropKey, LinkAccount, PutKey, UnlinkAccount
from bot.domain.errors import StartError
from bot.domain.events import Command
from bot.domain.keys import KeyHealth
from bot.domain.ports import Operator
from bot.domain.secret import Secret
from storage import migrations
from storage.codec import dump_choices, dump_text, from_ms
from storage.database import Database
from storage.folder import BACKUP_DAYS, DATABASE, Facts, make_folder, prepare
from storage.keyrings import Keyrings
from storage.migrations import Migration
from storage.people import account
from storage.stores import SqlStores, open_stores
from storage.tx import Repository, Tx, last_ids
from storage.vault import Cell, MasterKey
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import ALICE, BOB, DAY_S, GROUP, HERS, ORIGIN, Neighbours

KEY = MasterKey(b"k" * 32)
LAST = len(migrations.shipped())
MORE = Migration(
    LAST + 1, "ALTER TABLE members ADD COLUMN later BLOB; CREATE TABLE later (id INTEGER);"
)
BROKEN = Migration(LAST + 1, "CREATE TABLE later (id INTEGER); INSERT INTO nowhere VALUES (1);")
NEWER = (*migrations.shipped(), MORE)


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the data will be."""
    return tmp_path / "data"


async def opened(folder: Path, clock: FakeClock, **more: object) -> SqlStores:
    """Return the stores of a folder."""
    return await open_stores(folder, KEY, clock, **more)  # type: ignore[arg-type]  # as given


@contextlib.asynccontextmanager
async def old_house(folder: Path, clock: FakeClock, *, schema: int) -> AsyncIterator[Repository]:
    """Return a new folder of an earlier version, to write in."""
    make_folder(folder)
    facts = prepare(folder / DATABASE, migrations.shipped()[:schema], clock.now())
    database = await Database(folder / DATABASE).open()
    rings = Keyrings(KEY, facts.host)
    yield Repository(database, rings, await database.read(last_ids), clock)
    await database.close()


async def live(folder: Path, clock: FakeClock) -> None:
    """Let a turn be answered in a folder, and close it."""
    stores = await opened(folder, clock)
    await Neighbours(stores, clock).talk("kept?", "yes")
    await stores.close()


async def problem(folder: Path, clock: FakeClock, **more: object) -> str:
    """Return the one line with which a start stops."""
    with pytest.raises(StartError) as caught:
        await opened(folder, clock, **more)
    (line,) = caught.value.problems
    assert "\n" not in line
    assert str(folder) in line
    return line


def schema(path: Path) -> tuple[int, list[str]]:
    """Return a database's number and what it is made of."""
    with closing(sqlite3.connect(path)) as connection:
        (number,) = connection.execute("PRAGMA user_version").fetchone()
        tables = connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
        columns = [
            (name, *column)
            for (name,) in tables
            for column in connection.execute(f"PRAGMA table_info({name})").fetchall()
        ]
        return number, sorted(map(repr, [*tables, *columns]))


def backups(folder: Path) -> list[Path]:
    """Return the backups of a folder, oldest first."""
    return sorted((folder / "backups").glob("*.db"))


def test_steps_are_numbered_without_a_gap() -> None:
    """Every step's number is its place."""
    steps = migrations.shipped()
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))


async def test_fresh_equals_migrated(tmp_path: Path, clock: FakeClock) -> None:
    """An old database that was brought up is made like a new one, and keeps what it had."""
    await live(tmp_path / "old", clock)
    old = await opened(tmp_path / "old", clock, steps=NEWER)
    new = await opened(tmp_path / "new", clock, steps=NEWER)
    member = await Neighbours(old, clock).member()
    assert (await old.settings.spent(member.id)).answers == 1
    await old.close()
    await new.close()
    assert schema(tmp_path / "old" / DATABASE) == schema(tmp_path / "new" / DATABASE)
    assert schema(tmp_path / "old" / DATABASE)[0] == LAST + 1


async def test_keys_of_the_first_schema_stay(folder: Path, clock: FakeClock) -> None:
    """A key stored when there was one per company opens, is the active one, and its id is its own.

    The id of the newest key, removed before, is not given out again. Removed after, the key
    leaves no copy of its sealed bytes where the old table was.
    """
    cell = Cell("api_keys", "key", "7", f"demo|{ORIGIN}")
    mask = Cell("api_keys", "mask", "7", f"demo|{ORIGIN}")

    async def store(tx: Tx) -> tuple[MemberId, tuple[bytes, bytes]]:
        found = await account(tx, ALICE)
        key = await tx.seal(found.data_key, dump_text("key-canary"), cell)
        masked = await tx.seal(found.data_key, dump_text("…ry"), mask)
        sql = "INSERT INTO api_keys VALUES (?, ?, 'demo', ?, ?, ?, 'no_credit', 5000, 9000, NULL)"
        await tx.run(sql, 7, found.member, ORIGIN, key, masked)
        await tx.run("UPDATE sqlite_sequence SET seq = 9 WHERE name = 'api_keys'")
        return found.member, (key, masked)

    async with old_house(folder, clock, schema=1) as old:
        member, sealed = await old.write(store)
    stores = await opened(folder, clock)
    house = Neighbours(stores, clock)
    (info,) = await stores.keys.keys(member)
    assert (info.id, info.mask, info.name, info.is_active) == (7, "…ry", "", True)
    assert (info.since, info.checked_at) == (from_ms(9000), from_ms(9000))
    assert await stores.keys.open_key(member, "demo", ORIGIN) == Secret("key-canary")
    await house.do(
        PutKey(
            member=member,
            provider="demo",
            origin=ORIGIN,
            key=Secret("another"),
            health=KeyHealth.WORKS,
        )
    )
    assert [each.id for each in await stores.keys.keys(member)] == [7, 10]
    await house.do(DropKey(member=member, key=info.id))
    left = [path.read_bytes() for path in folder.iterdir() if path.is_file()]
    assert not any(blob in each for blob in sealed for each in left)
    await stores.close()


async def test_a_house_from_before_there_were_operators_can_be_claimed(
    folder: Path, clock: FakeClock
) -> None:
    """Nobody owns it; who claims it does after a restart too, and the name is not in the clear."""
    async with old_house(folder, clock, schema=2) as old:
        await old.write(lambda tx: account(tx, ALICE))
    stores = await opened(folder, clock)
    house = Neighbours(stores, clock)
    assert await stores.settings.operators() == ()
    member = await house.member()
    await house.do(ClaimOperator(member=member.id, name="Alice Canary"))
    await stores.close()
    stores = await opened(folder, clock)
    assert await stores.settings.operators() == (Operator(identity=ALICE, name="Alice Canary"),)
    await stores.close()
    left = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not any(b"Alice Canary" in each for each in left)


async def test_a_claim_written_by_hand_counts_for_nothing(folder: Path, clock: FakeClock) -> None:
    """What does not open makes nobody an operator, and keeps nobody from claiming the bot."""
    stores = await opened(folder, clock)
    member = await Neighbours(stores, clock).member()
    await stores.close()
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
        connection.execute("UPDATE members SET operator = ?", (b"Mallory",))
    stores = await opened(folder, clock)
    assert await stores.settings.operators() == ()
    await Neighbours(stores, clock).do(ClaimOperator(member=member.id, name="Alice"))
    assert len(await stores.settings.operators()) == 1
    await stores.close()


async def test_what_an_older_house_had_can_be_linked_and_taken_apart(
    folder: Path, clock: FakeClock
) -> None:
    """All of it is of the one account that its member had."""

    async def store(tx: Tx) -> None:
        found = await account(tx, ALICE)
        title = Cell("sessions", "title", "1")
        question, answer, choices = (
            Cell("turns", name, "1") for name in ("question", "answer", "choices")
        )
        words = {
            name: await tx.seal(found.data_key, dump_text(name), cell)
            for name, cell in (("title", title), ("question", question), ("answer", answer))
        }
        whose = {"member": found.member, "provider": "demo", "model": "m"}
        counts = ("input", "output", "cache_read", "cache_write", "reasoning", "estimated")
        used = dict.fromkeys(counts, 1)
        start = {"id": 1, "place": 1, "title": words.pop("title"), "started_at": 1, "last_at": 1}
        await tx.insert(
            "places", id=1, frontend="console", chat="alice", thread="", kind="private"
        )
        await tx.insert("sessions", **start, owner=found.member)
        await tx.insert(
            "turns",
            id=1,
            session=1,
            place=1,
            data_key=found.data_key,
            state="answered",
            received_at=1,
            asked_at=1,
            seq=1,
            choices=await tx.seal(found.data_key, dump_choices(Choices()), choices),
            **whose,
            **words,
        )
        await tx.insert("usage", id=1, session=1, turn=1, attempt=1, at=1, **whose, **used)

    async with old_house(folder, clock, schema=7) as old:
        await old.write(store)
    stores = await opened(folder, clock)
    house = Neighbours(stores, clock)
    bob, was = await house.member(BOB), await house.member()
    await house.do(LinkAccount(member=bob.id, identity=ALICE))
    for change, member in ((None, bob.id), (UnlinkAccount, was.id)):
        if change:
            await house.do(change(member=bob.id, identity=ALICE))
        (session,), _ = await stores.settings.sessions(member, HERS)
        assert (session.title, session.owner) == ("title", member)
        last = await stores.turns.last(session.id, member)
        assert last
        assert (last.question, last.answer) == ("question", "answer")
        assert (await stores.settings.spent(member)).answers == 1
    await stores.close()


async def test_who_wrote_in_a_group_before_has_a_number(folder: Path, clock: FakeClock) -> None:
    """In the order in which they first wrote there, in whatever topic; the next is given on."""

    async def store(tx: Tx) -> None:
        alice, bob = [(await account(tx, each)).member for each in (ALICE, BOB)]
        key = await tx.make_key("place", "1")
        for place, thread in ((1, ""), (2, "7")):
            where = {"frontend": "console", "chat": "family", "thread": thread, "kind": "group"}
            await tx.insert("places", id=place, data_key=key, **where)
            await tx.insert("sessions", id=place, place=place, started_at=1, last_at=1)
        for turn, (place, member) in enumerate(((2, bob), (1, alice), (1, bob)), start=1):
            await tx.insert(
                "turns",
                id=turn,
                session=place,
                place=place,
                member=member,
                data_key=key,
                state="answered",
                received_at=1,
                asked_at=1,
                provider="demo",
                model="m",
                question=b"sealed",
                choices=b"sealed",
            )

    async with old_house(folder, clock, schema=7) as old:
        await old.write(store)
    stores = await opened(folder, clock)
    house = Neighbours(stores, clock)
    group = await stores.groups.find(GROUP)
    assert group is not None
    assert group.is_allowed
    people = (Identity("console", "carol"), ALICE, BOB)
    members = [(await house.member(each)).id for each in people]
    assert [await stores.groups.speaker(group.id, each) for each in members] == ["M3", "M2", "M1"]
    await stores.close()


async def test_a_backup_is_made_before(folder: Path, clock: FakeClock) -> None:
    """It is the old database, whole, for its owner alone; a new database needs none."""
    await live(folder, clock)
    assert backups(folder) == []
    await (await opened(folder, clock, steps=NEWER)).close()
    (backup,) = backups(folder)
    assert schema(backup)[0] == LAST
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM usage").fetchone() == (1,)


async def test_a_failing_step_leaves_the_old_schema(folder: Path, clock: FakeClock) -> None:
    """Nothing of the step is kept, the backup is there, and the old version still starts."""
    await live(folder, clock)
    before = schema(folder / DATABASE)
    line = await problem(folder, clock, steps=(*migrations.shipped(), BROKEN))
    assert "cannot be opened" in line
    assert schema(folder / DATABASE) == before
    assert len(backups(folder)) == 1
    stores = await opened(folder, clock)
    assert not stores.is_restored
    await stores.close()


def migrate_and_die(path: Path) -> int:
    """Kill a process between two statements of a step; return its exit code."""
    script = (
        "import os, signal, sqlite3, sys\n"
        "from storage.migrations import Migration, migrate, shipped\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.create_function('die', 0, lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
        "migrate(connection, (*shipped(), Migration(len(shipped()) + 1, sys.argv[2])))\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), "CREATE TABLE x (a); SELECT die();"],
        check=False,
        timeout=30,
        cwd=root,
    )
    return done.returncode


async def test_a_kill_in_a_step_leaves_the_old_schema(folder: Path, clock: FakeClock) -> None:
    """The process dies between two statements of a step."""
    await live(folder, clock)
    before = schema(folder / DATABASE)
    assert await asyncio.to_thread(migrate_and_die, folder / DATABASE) == -signal.SIGKILL
    assert schema(folder / DATABASE) == before
    await (await opened(folder, clock, steps=NEWER)).close()


async def test_old_backups_go(folder: Path, clock: FakeClock) -> None:
    """The newest stays, for 30 days."""
    await live(folder, clock)
    third = Migration(LAST + 2, "CREATE TABLE more (id INTEGER);")
    await (await opened(folder, clock, steps=NEWER)).close()
    await clock.advance(5)
    await (await opened(folder, clock, steps=(*NEWER, third))).close()
    (backup,) = backups(folder)
    assert schema(backup)[0] == LAST + 1
    await clock.advance((BACKUP_DAYS - 1) * DAY_S)
    await (await opened(folder, clock, steps=(*NEWER, third))).close()
    assert backups(folder) == [backup]
    await clock.advance(2 * DAY_S)
    await (await opened(folder, clock, steps=(*NEWER, third))).close()
    assert backups(folder) == []


async def test_files_are_their_owners_alone(folder: Path, clock: FakeClock) -> None:
    """Whatever the umask is."""
    before = os.umask(0)
    try:
        stores = await opened(folder, clock)
    finally:
        os.umask(before)
    await Neighbours(stores, clock).talk("q", "a")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert {f"{DATABASE}-wal", f"{DATABASE}-shm", DATABASE, "epoch", "lock"} == set(modes)
    assert set(modes.values()) == {0o600}
    await stores.close()


async def test_a_newer_schema_stops_the_start(folder: Path, clock: FakeClock) -> None:
    """It says what to do, and leaves the database alone."""
    await (await opened(folder, clock, steps=NEWER)).close()
    before = schema(folder / DATABASE)
    line = await problem(folder, clock)
    assert "newer Hearthkey" in line
    assert "upgrade" in line
    assert schema(folder / DATABASE) == before


@pytest.mark.parametrize("kind", ["text", "database"])
async def test_another_programs_file_stops_the_start(
    folder: Path, clock: FakeClock, kind: str
) -> None:
    """It is not written to."""
    folder.mkdir()
    path = folder / DATABASE
    if kind == "text":
        path.write_text("dear diary " * 100)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE diary (day TEXT)")
    before = path.read_bytes()
    assert "not a Hearthkey database" in await problem(folder, clock)
    assert path.read_bytes() == before


async def test_a_folder_that_cannot_be_made_stops_the_start(
    tmp_path: Path, clock: FakeClock
) -> None:
    """A file is in the way."""
    (tmp_path / "file").write_text("")
    assert "cannot be written" in await problem(tmp_path / "file" / "data", clock)


async def test_one_process_at_a_time(folder: Path, clock: FakeClock) -> None:
    """The folder is free again when the first one closed, or failed to start."""
    stores = await opened(folder, clock)
    assert "another Hearthkey" in await problem(folder, clock)
    await stores.close()
    with pytest.raises(StartError):
        await open_stores(folder, MasterKey(b"x" * 32), clock)
    await (await opened(folder, clock)).close()


async def test_another_master_key_stops_the_start(folder: Path, clock: FakeClock) -> None:
    """The database says what it was sealed with, and what is known before the key is chosen."""
    facts: list[Facts] = []

    def find(fact: Facts) -> MasterKey:
        facts.append(fact)
        return KEY

    for _ in range(2):
        await (await open_stores(folder, find, clock)).close()
    assert [fact.is_empty for fact in facts] == [True, False]
    assert [fact.kek_id for fact in facts] == ["", KEY.id]
    assert facts[0].salt == facts[1].salt
    assert len(facts[0].salt) >= 16
    with pytest.raises(StartError) as caught:
        await open_stores(folder, MasterKey(b"x" * 32), clock)
    assert KEY.id in str(caught.value)


async def test_what_is_kept_for_a_while_goes(folder: Path, clock: FakeClock) -> None:
    """Ids of updates after 30 days, what was sent after 7; what is not handled stays."""
    stores = await opened(folder, clock)
    house = Neighbours(stores, clock)
    await house.ask("handled")
    await stores.intake.accept(house.incoming(Command("waits")))
    await stores.close()
    await clock.advance(31 * DAY_S)
    stores = await opened(folder, clock)
    assert len(await stores.intake.pending()) == 1
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        assert connection.execute("SELECT count(*) FROM inbox").fetchone() == (1,)
    await stores.close()
