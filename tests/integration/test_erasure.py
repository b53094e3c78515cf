"""What was removed, or said, as somebody with the files would look for it."""

# ruff: noqa: S608  # the pieces of SQL put together here are this file's own

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bot.domain.chat import Member, TurnState
from bot.domain.effects import (
    DeleteSession,
    DropKey,
    Effect,
    EraseLater,
    EraseTurn,
    LinkAccount,
    PutKey,
    RenameKey,
    SetStanding,
)
from bot.domain.events import Command, DeliveryState
from bot.domain.keys import KeyHealth
from bot.domain.people import Standing
from bot.domain.ports import Ending
from bot.domain.secret import Secret
from storage.folder import DATABASE
from storage.stores import SqlStores, open_stores
from storage.vault import MasterKey, data_key_id
from tests.canaries import Canaries
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import ALICE, BOB, GROUP, HERS, ORIGIN, Neighbours
from tests.fakes.tampering import settle_in
from tests.fakes.two import ELSEWHERE, ROOM

KEY: Final = MasterKey(b"k" * 32)
BIG: Final = "long answer " * 2_000


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@asynccontextmanager
async def living(folder: Path, clock: FakeClock) -> AsyncIterator[tuple[SqlStores, Neighbours]]:
    """Return open stores and who lives in them."""
    stores = await open_stores(folder, KEY, clock)
    try:
        yield stores, Neighbours(stores, clock)
    finally:
        await stores.close()


def bytes_of(folder: Path) -> bytes:
    """Return everything the folder holds."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def blobs(folder: Path, sql: str) -> list[bytes]:
    """Return sealed values as they are stored."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return [bytes(value) for row in connection.execute(sql) for value in row if value]


def key_of(member: Member, key: str, *, name: str = "") -> PutKey:
    """Return what stores a key."""
    return PutKey(
        member=member.id,
        provider="demo",
        origin=ORIGIN,
        key=Secret(key),
        health=KeyHealth.WORKS,
        name=name,
    )


@pytest.mark.parametrize("what", ["session", "question"])
async def test_what_was_removed_is_gone_from_the_files(
    tmp_path: Path, clock: FakeClock, what: str
) -> None:
    """A removed key, and what was said, leave no sealed value in database or log.

    That is a deleted session, or its only question once that is taken back.
    """
    folder = tmp_path / "data"
    async with living(folder, clock) as (stores, house):
        member = await house.member()
        put = key_of(member, "some key", name="home")
        await house.do(put)
        turn = await house.ask()
        await house.answer(turn, BIG, replies=[house.reply(member, BIG, turn=turn)])
        keys = blobs(folder, "SELECT key, mask, name FROM api_keys")
        texts = blobs(folder, "SELECT question, choices, answer FROM turns")
        texts += blobs(folder, "SELECT title FROM sessions")
        texts += blobs(folder, "SELECT reply FROM outbox")
        assert (len(keys), len(texts)) == (3, 5)
        # A long value lies on several pages; its head and its tail tell where it was.
        traces = [part for value in keys + texts for part in (value[:64], value[-64:])]
        assert all(trace in bytes_of(folder) for trace in traces)
        (info,) = await stores.keys.keys(member.id)
        await house.do(DropKey(member=member.id, key=info.id))
        assert not any(value in bytes_of(folder) for value in keys)
        removal: Effect = DeleteSession(member=member.id, session=turn.session)
        if what == "question":
            removal = EraseTurn(turn=turn.id, member=member.id)
        await house.do(removal)
        assert not any(trace in bytes_of(folder) for trace in traces)


SEALED: Final = (
    ("api_keys", "key, mask, name", "member"),
    ("turns", "question, choices, answer", "member"),
    ("sessions", "title", "owner"),
    ("outbox", "reply", "member"),
    ("questions", "question", "member"),
    ("invitations", "code", "member"),
    ("members", "name, operator, admitted, chosen", "id"),
)


def sealed(folder: Path, *members: str) -> list[bytes]:
    """Return heads and tails of what is sealed of members: a long value is on several pages."""
    found = [
        value
        for table, columns, whose in SEALED
        for member in members
        for value in blobs(folder, f"SELECT {columns} FROM {table} WHERE {whose} = '{member}'")
    ]
    return [part for value in found for part in (value[:64], value[-64:])]


@pytest.mark.parametrize("standing", [Standing.REMOVED, Standing.BLOCKED])
async def test_an_erased_member_is_gone_from_the_files(
    tmp_path: Path, clock: FakeClock, standing: Standing
) -> None:
    """No sealed value of theirs is left, nor a key that would open one in a backup, nor an id.

    The account of one who is blocked stays, and others' values.
    """
    folder = tmp_path / "data"
    async with living(folder, clock) as (stores, house):
        alice = await settle_in(stores, house, ALICE)
        bob = await settle_in(stores, house, BOB)
        linked = await house.member(ELSEWHERE)
        for sender, place in ((ALICE, GROUP), (ELSEWHERE, ROOM)):
            await house.talk(BIG, BIG, sender=sender, place=place)
        await house.do(LinkAccount(member=alice.member, identity=ELSEWHERE))
        hers, his = sealed(folder, alice.member, linked.id), sealed(folder, bob.member)
        hers += blobs(
            folder,
            "SELECT wrapped FROM data_keys WHERE owner IN ('console:alice', 'matrix:@alice:hs')",
        )
        assert all(part in bytes_of(folder) for part in (*hers, *his))
        await house.do(
            SetStanding(member=alice.member, standing=standing),
            EraseLater(member=alice.member, at=clock.now()),
        )
        keys = {data_key_id(part) for part in sealed(folder, alice.member)}
        assert keys & set(stores.rings._held)
        await stores.tidy()
        assert not keys & set(stores.rings._held)
        left = bytes_of(folder)
        assert [part for part in hers if part in left] == []
        assert [part for part in his if part not in left] == []
        is_blocked = standing is Standing.BLOCKED
        assert [name in left for name in (b"!room:hs", b"@alice:hs")] == [False, is_blocked]


async def test_a_replaced_key_is_gone_from_the_files(tmp_path: Path, clock: FakeClock) -> None:
    """The old key does not stay behind the new one."""
    folder = tmp_path / "data"
    async with living(folder, clock) as (stores, house):
        member = await house.member()
        put = key_of(member, "old key")
        await house.do(put)
        old = blobs(folder, "SELECT key, mask FROM api_keys")
        (info,) = await stores.keys.keys(member.id)
        await house.do(replace(put, replaces=info.id))
        assert len(blobs(folder, "SELECT key, mask FROM api_keys")) == 2
        assert not any(value in bytes_of(folder) for value in old)


async def test_a_name_taken_away_is_gone_from_the_files(tmp_path: Path, clock: FakeClock) -> None:
    """A key's old name does not stay behind the new one."""
    folder = tmp_path / "data"
    async with living(folder, clock) as (stores, house):
        member = await house.member()
        put = key_of(member, "some key", name="home")
        await house.do(put)
        (old,) = blobs(folder, "SELECT name FROM api_keys")
        assert old in bytes_of(folder)
        (info,) = await stores.keys.keys(member.id)
        await house.do(RenameKey(member=member.id, key=info.id, name="work"))
        assert old not in bytes_of(folder)


@pytest.mark.parametrize("how", ["replaced", "dropped"])
async def test_a_keepsake_that_goes_leaves_no_trace(
    tmp_path: Path, clock: FakeClock, how: str
) -> None:
    """A messenger's old keys are in no file once it keeps others, or none."""
    folder = tmp_path / "data"
    async with living(folder, clock) as (stores, _):
        kept = stores.keepsakes
        await kept.put("matrix/seeds", Secret(BIG))
        (old,) = blobs(folder, "SELECT value FROM keepsakes")
        traces = (old[:64], old[-64:])
        assert all(trace in bytes_of(folder) for trace in traces)
        if how == "replaced":
            await kept.put("matrix/seeds", Secret("new"))
        else:
            await kept.drop("matrix/seeds")
        assert not any(trace in bytes_of(folder) for trace in traces)


async def test_a_fleeting_keepsake_is_one_commit_and_no_more(
    tmp_path: Path, clock: FakeClock
) -> None:
    """The log goes on, so that a position that is kept every second costs little."""
    folder = tmp_path / "data"
    async with living(folder, clock) as (stores, _):
        await stores.keepsakes.put("matrix/since", Secret("s1"))
        before = stores.database.commits
        for number in range(3):
            await stores.keepsakes.put("matrix/since", Secret(f"s{number}"), is_fleeting=True)
        assert stores.database.commits == before + 3
        assert (folder / f"{DATABASE}-wal").stat().st_size > 0


async def test_nothing_said_is_in_the_files(
    tmp_path: Path, clock: FakeClock, canary: Callable[..., str], canaries: Canaries
) -> None:
    """Questions, answers, keys, instructions, commands and replies are never there in clear."""
    folder = tmp_path / "data"
    async with living(folder, clock) as (stores, house):
        member = await house.member()
        turn = await house.ask(canary())
        assert await stores.turns.begin_attempt(turn.id, 1)
        await stores.turns.checkpoint({turn.id: canary()})
        reply = house.reply(member, canary(), turn=turn)
        await stores.turns.end(
            turn.id, 1, Ending(state=TurnState.ANSWERED, answer=canary(), replies=(reply,))
        )
        await stores.intake.accept(house.incoming(Command("system", canary())))
        put = PutKey(
            member=member.id,
            provider="demo",
            origin=ORIGIN,
            key=Secret(canary()),
            health=KeyHealth.WORKS,
            name=canary(),
        )
        await house.do(put)
        await stores.keepsakes.put("matrix/seeds", Secret(canary()))
        (row,) = await stores.turns.deliveries()
        await stores.turns.mark_delivery(row.id, DeliveryState.SENDING)
        assert canaries.search(folder) == []
        assert (await stores.settings.session(HERS, member.id)).title
