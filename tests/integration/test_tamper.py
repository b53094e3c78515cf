"""A database that somebody changed: nothing sealed opens in another form or another place."""

import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import aiosqlite
import pytest

from bot.domain.errors import VaultCorrupt
from bot.domain.events import Text
from storage.keyrings import Of
from storage.stores import SqlStores, open_stores
from storage.vault import MasterKey
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import Neighbours
from tests.fakes.tampering import REFUSED, VIEWS, Column, Scene

KEY: Final = MasterKey(b"k" * 32)
TURN: Final = {column for column in VIEWS if column[0] == "turns"}
HOSTS: Final = {"groups", "inbox", "invitations", "keepsakes", "outbox"}
# What is sealed for the host in every case; a reply only where its member is not known.
OF_HOST: Final = {
    ("groups", "chosen"),
    ("groups", "title"),
    ("inbox", "body"),
    ("invitations", "code"),
    ("keepsakes", "value"),
}
# What a turn has once it was asked, answered or changed: the other one has none of it.
LATER = {("turns", "partial"), ("turns", "answer"), ("turns", "revised")}


def name(column: Column) -> str:
    """Return a column as a test's id."""
    return ".".join(column)


every_column = pytest.mark.parametrize("column", VIEWS, ids=name)


async def moved_in(folder: Path) -> tuple[SqlStores, Scene]:
    """Return a folder in which Alice and Bob live."""
    clock = FakeClock()
    stores = await open_stores(folder, KEY, clock)
    return stores, await Scene.set_up(folder, stores, Neighbours(stores, clock))


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Return such a folder, open."""
    stores, scene = await moved_in(tmp_path / "data")
    yield scene
    await stores.close()


def touched(column: Column) -> set[Column]:
    """Return what cannot be read when a value is refused: a turn is one thing."""
    of_one_turn = TURN - {("turns", "partial")}
    return of_one_turn if column in of_one_turn else {column}


async def refused(scene: Scene, column: Column, before: dict[Column, object]) -> None:
    """Fail unless Alice's value is refused and everything else of hers and Bob's is as before."""
    now = await scene.views(scene.alice)
    assert now[column] == REFUSED
    assert {each for each in VIEWS if now[each] != before[each]} <= touched(column)
    assert REFUSED not in (await scene.views(scene.bob)).values()


def flips(value: bytes) -> Iterator[bytes]:
    """Return a value with each of its bits flipped in turn."""
    for place, bit in itertools.product(range(len(value)), range(8)):
        changed = bytearray(value)
        changed[place] ^= 1 << bit
        yield bytes(changed)


async def test_no_sealed_column_is_left_out(scene: Scene) -> None:
    """Whatever the schema keeps as a BLOB is tried here; wrapped keys have tests of their own."""
    sealed = scene.run(
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c"
        " WHERE t.type = 'table' AND c.type = 'BLOB'"
    )
    assert set(sealed) == {*VIEWS, ("data_keys", "wrapped")}


async def test_everything_opens_as_it_was(scene: Scene) -> None:
    """The views these tests look through do show what is stored."""
    for person in (scene.alice, scene.bob):
        assert REFUSED not in (await scene.views(person)).values()
    hers, his = await scene.views(scene.alice), await scene.views(scene.bob)
    assert all(hers[column] != his[column] for column in VIEWS)


@every_column
async def test_every_bit_counts(scene: Scene, column: Column) -> None:
    """With any one bit flipped a value does not open."""
    value, cell = scene.get(scene.alice, column), scene.cell(scene.alice, column)
    of = Of(scene.alice.member, is_host=column[0] in HOSTS)
    accepted: list[int] = []

    async def work(connection: aiosqlite.Connection) -> None:
        await scene.stores.rings.open(connection, value, cell, of)
        for number, changed in enumerate(flips(value)):
            try:
                await scene.stores.rings.open(connection, changed, cell, of)
            except VaultCorrupt:
                continue
            accepted.append(number)

    await scene.stores.database.read(work)
    assert accepted == []


@every_column
async def test_a_changed_value_breaks_itself_alone(
    scene: Scene, column: Column, caplog: pytest.LogCaptureFixture
) -> None:
    """It is refused by the port and reported once by its place; all else goes on."""
    before = await scene.views(scene.alice)
    value, cell = scene.get(scene.alice, column), scene.cell(scene.alice, column)
    where = f"{cell.table}.{cell.column} of row {cell.row}"
    for changed in (value[:-1] + bytes([value[-1] ^ 1]), value[:-1], b"", b"\x01", value + b"x"):
        with caplog.at_level(logging.ERROR):
            scene.put(scene.alice, column, changed)
            await refused(scene, column, before)
    assert [where in record.getMessage() for record in caplog.records].count(True) == 1
    scene.put(scene.alice, column, value)
    assert await scene.views(scene.alice) == before


@every_column
async def test_another_members_value_is_refused(scene: Scene, column: Column) -> None:
    """Bob's value in Alice's row opens for nobody."""
    before = await scene.views(scene.alice)
    scene.put(scene.alice, column, scene.get(scene.bob, column))
    await refused(scene, column, before)


@pytest.mark.parametrize(
    ("column", "other"),
    [pair for pair in itertools.permutations(VIEWS, 2) if pair[0][0] == pair[1][0]],
    ids=lambda column: name(column) if isinstance(column, tuple) else None,
)
async def test_another_columns_value_is_refused(
    scene: Scene, column: Column, other: Column
) -> None:
    """A value of the same row does not open in another column."""
    before = await scene.views(scene.alice)
    scene.put(scene.alice, column, scene.get(scene.alice, other))
    await refused(scene, column, before)


@pytest.mark.parametrize("column", sorted(TURN - LATER))
async def test_another_turns_value_is_refused(scene: Scene, column: Column) -> None:
    """Nor does a value of the member's own other turn."""
    before = await scene.views(scene.alice)
    other = replace(scene.alice, turn=scene.alice.asked)
    scene.put(scene.alice, column, scene.get(other, column))
    await refused(scene, column, before)


@every_column
async def test_another_hosts_value_is_refused(
    scene: Scene, tmp_path: Path, column: Column
) -> None:
    """Same row ids and same master key: a value does not open even with its data key beside it."""
    stores, other = await moved_in(tmp_path / "other")
    assert other.cell(other.alice, column).row == scene.cell(scene.alice, column).row or (
        column[0] == "members"
    )
    value = other.get(other.alice, column)
    for row in other.run("SELECT * FROM data_keys"):
        scene.run("INSERT INTO data_keys VALUES (?, ?, ?, ?, ?, ?)", *row)
    await stores.close()
    before = await scene.views(scene.alice)
    scene.put(scene.alice, column, value)
    await refused(scene, column, before)


GIVEN_AWAY: Final = {
    "turns": "UPDATE turns SET member = ? WHERE member = ?",
    "sessions": "UPDATE sessions SET owner = ? WHERE owner = ?",
    "outbox": "UPDATE outbox SET member = ? WHERE member = ?",
    "api_keys": "UPDATE api_keys SET member = ? WHERE member = ?",
    "questions": "UPDATE questions SET member = ? WHERE member = ?",
}


@pytest.mark.parametrize("table", GIVEN_AWAY)
async def test_a_row_given_to_another_member_is_refused(scene: Scene, table: str) -> None:
    """What was sealed for Alice does not open as Bob's, nor as hers any more."""
    alice, bob = scene.alice, scene.bob
    if table in {"api_keys", "questions"}:
        scene.run(f"DELETE FROM {table} WHERE member = ?", bob.member)  # noqa: S608  # a name above
    scene.run(GIVEN_AWAY[table], bob.member, alice.member)
    for column in (each for each in VIEWS if each[0] == table):
        assert await scene.view(replace(alice, member=bob.member), column) == REFUSED, column


@pytest.mark.parametrize(
    "column", [("api_keys", "key"), ("api_keys", "mask"), ("api_keys", "name")], ids=name
)
async def test_a_key_moved_to_another_host_is_refused(scene: Scene, column: Column) -> None:
    """A key whose origin was changed in the file opens for neither origin."""
    scene.run("UPDATE api_keys SET origin = 'https://evil.example.org'")
    assert await scene.view(scene.alice, column) == REFUSED
    with pytest.raises(VaultCorrupt):
        await scene.stores.keys.open_key(scene.alice.member, "demo", "https://evil.example.org")


async def test_every_bit_of_a_wrapped_key_counts(scene: Scene) -> None:
    """A data key that was changed opens nothing, and sends nothing to the disk either."""
    rows = scene.run("SELECT id, kind, owner, wrapped FROM data_keys")
    ((host,),) = scene.run("SELECT value FROM meta WHERE name = 'host'")
    accepted = []
    for id_, kind, owner, wrapped in rows:
        assert isinstance(wrapped, bytes)
        where = {"key_id": str(id_), "host": str(host), "owner": f"{kind}:{owner}"}
        assert KEY.unwrap(wrapped, **where).id == id_
        for changed in flips(wrapped):
            try:
                KEY.unwrap(changed, **where)
            except VaultCorrupt:
                continue
            accepted.append(id_)
    assert accepted == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE data_keys SET wrapped = zeroblob(77) WHERE owner = 'console:alice'",
        "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys"
        " WHERE owner = 'console:bob') WHERE owner = 'console:alice'",
        "UPDATE data_keys SET owner = 'console:bob' WHERE owner = 'console:alice'",
        "UPDATE data_keys SET kind = 'host' WHERE owner = 'console:alice'",
        "UPDATE data_keys SET kind = 'place' WHERE owner = 'console:alice'",
        "DELETE FROM data_keys WHERE owner = 'console:alice'",
        "UPDATE identities SET data_key = (SELECT data_key FROM identities"
        " WHERE account = 'bob') WHERE account = 'alice'",
    ],
    ids=["zeroed", "swapped", "owner", "host", "place", "deleted", "identity"],
)
async def test_a_data_key_of_another_owner_opens_nothing(scene: Scene, sql: str) -> None:
    """Alice's cells stay shut, the host's and Bob's open."""
    await scene.stores.close()
    scene.run(sql)
    stores = await open_stores(scene.folder, KEY, FakeClock())
    now = Scene(scene.folder, stores, scene.alice, scene.bob)
    shown = await now.views(scene.alice)
    assert {column for column in VIEWS if shown[column] != REFUSED} == OF_HOST
    assert REFUSED not in (await now.views(scene.bob)).values()
    await stores.close()


async def test_a_refused_turn_is_left_out_of_the_history(scene: Scene) -> None:
    """The rest of the transcript is read, and the next question is taken."""
    alice, stores = scene.alice, scene.stores
    scene.put(alice, ("turns", "answer"), b"no")
    assert await stores.turns.history(alice.session, before=alice.asked, budget_tokens=999) == (
        (),
        False,
    )
    last = await stores.turns.last(alice.session, alice.member)
    assert last
    assert last.id == alice.asked


async def test_a_refused_open_turn_does_not_come_back(scene: Scene) -> None:
    """It has failed, so that it does not stay open for ever."""
    scene.put(scene.alice, ("turns", "partial"), b"no")
    assert [turn.member for turn in await scene.stores.turns.recover()] == [scene.bob.member]
    sql = "SELECT state FROM turns WHERE id = ?"
    assert scene.run(sql, scene.alice.asked) == [("failed",)]


async def test_a_refused_inbox_row_is_parked(scene: Scene) -> None:
    """The operator finds it; it is not tried again."""
    scene.put(scene.alice, ("inbox", "body"), b"no")
    assert [row.id for row in await scene.stores.intake.pending()] == [scene.bob.inbox]
    sql = "SELECT state FROM inbox WHERE id = ?"
    assert scene.run(sql, scene.alice.inbox) == [("parked",)]


async def test_no_new_value_is_sealed_with_a_broken_key(scene: Scene) -> None:
    """A question that could not be read again is refused, not lost in silence."""
    await scene.stores.close()
    scene.run("UPDATE data_keys SET wrapped = zeroblob(77) WHERE owner = 'console:alice'")
    stores = await open_stores(scene.folder, KEY, FakeClock())
    fresh = Neighbours(stores, FakeClock()).incoming(Text("May I?"), update="fresh")
    with pytest.raises(VaultCorrupt):
        await stores.intake.accept_turn(fresh, limit=9)
    assert stores.rings.refused > 0
    await stores.close()
