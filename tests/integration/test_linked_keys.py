"""Whose a data key is, while and after that changes: nothing of the cache outlives the truth."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import aiosqlite
import pytest

from bot.domain.chat import Identity, Place
from bot.domain.effects import LinkAccount, UnlinkAccount
from bot.domain.errors import StorageUnavailable, VaultCorrupt
from bot.domain.ports import Applied
from storage.keyrings import Of
from storage.linking import LINKING
from storage.people import account_of, find_account
from storage.stores import SqlStores, open_stores
from storage.tx import Tx
from storage.vault import Cell, MasterKey, data_key_id
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import ALICE, Neighbours
from tests.fakes.two import ELSEWHERE, ROOM, Two

CELL: Final = Cell("members", "name", "x")


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[SqlStores]:
    """Return open stores."""
    stores = await open_stores(tmp_path / "data", MasterKey(b"k" * 32), FakeClock())
    yield stores
    await stores.close()


@pytest.fixture
async def two(stores: SqlStores) -> Two:
    """Return one person with two accounts in them."""
    return await Two.move_in(Neighbours(stores, FakeClock()))


async def sealed_elsewhere(stores: SqlStores) -> bytes:
    """Return something that the account elsewhere sealed."""

    async def work(tx: Tx) -> bytes:
        account = await find_account(tx, ELSEWHERE)
        assert account
        return await tx.seal(account.data_key, b"x", CELL)

    return await stores.intake.write(work)


async def opens(stores: SqlStores, blob: bytes, two: Two) -> tuple[bool, bool]:
    """Return whether it opens as hers here, and as hers there."""

    async def as_(member: str) -> bool:
        try:
            await stores.intake.read(lambda tx: tx.open(blob, CELL, Of(member)))
        except VaultCorrupt:
            return False
        return True

    return await as_(two.here.id), await as_(two.there.id)


async def test_a_key_opens_for_whom_its_account_is_of(stores: SqlStores, two: Two) -> None:
    """At once, in both directions, and for nobody else any more; then keys are kept again."""
    blob = await sealed_elsewhere(stores)
    assert await opens(stores, blob, two) == (False, True)
    await two.link()
    assert await opens(stores, blob, two) == (True, False)
    assert data_key_id(blob) in stores.rings._held
    await two.unlink()
    assert await opens(stores, blob, two) == (False, True)


@pytest.mark.parametrize("how", ["stale", "raised", "commit"])
async def test_a_link_that_was_taken_back_changed_nothing(
    stores: SqlStores, two: Two, how: str
) -> None:
    """Also where the key was used while the change stood, and whatever took it back."""
    blob = await sealed_elsewhere(stores)
    link = LinkAccount(member=two.here.id, identity=ELSEWHERE)

    async def work(tx: Tx) -> None:
        assert await LINKING[LinkAccount](tx, link, "") is not None
        assert await tx.open(blob, CELL, Of(two.here.id)) == b"x"
        assert await opens(stores, blob, two) == (False, True)
        raise RuntimeError

    if how == "stale":
        assert await two.do(link, link) is Applied.STALE
    elif how == "raised":
        with pytest.raises(RuntimeError):
            await stores.intake.write(work)
    else:
        stores.database._probe = broken
        with pytest.raises(StorageUnavailable):
            await two.house.stores.settings.member(ALICE, "new name", is_operator=False)
        with pytest.raises(StorageUnavailable):
            await two.do(link)
        stores.database._probe = lambda _: None
    assert await opens(stores, blob, two) == (False, True)
    await two.link()
    assert await opens(stores, blob, two) == (True, False)


def broken(moment: str) -> None:
    """Let every commit fail."""
    if moment == "before commit":
        raise sqlite3.OperationalError


async def test_readers_at_the_same_time_see_the_one_or_the_other(
    stores: SqlStores, two: Two
) -> None:
    """However links and looks fall together, after them it is as the last one left it."""
    blob = await sealed_elsewhere(stores)
    for _ in range(20):
        looks = [opens(stores, blob, two) for _ in range(4)]
        await asyncio.gather(two.link(), *looks)
        assert await opens(stores, blob, two) == (True, False)
        looks = [opens(stores, blob, two) for _ in range(4)]
        await asyncio.gather(two.unlink(), *looks)
        assert await opens(stores, blob, two) == (False, True)


class Slow:
    """A connection that tells when it has read, and hands that over later."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self.has_read = asyncio.Event()
        self.may_go_on = asyncio.Event()

    async def execute_fetchall(self, sql: str, values: Sequence[object]) -> Iterable[sqlite3.Row]:
        """Read."""
        rows = await self._connection.execute_fetchall(sql, values)
        self.has_read.set()
        await self.may_go_on.wait()
        return rows


async def test_what_was_read_before_a_change_is_not_kept_after_it(
    stores: SqlStores, two: Two
) -> None:
    """A slow reader does not bring back whose a key was."""
    blob = await sealed_elsewhere(stores)
    stores.rings.change()
    stores.rings.settle()
    slow = Slow(stores.database._writer)
    look = stores.rings.open(cast("aiosqlite.Connection", slow), blob, CELL, Of(two.there.id))
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look)
        await slow.has_read.wait()
        await two.link()
        slow.may_go_on.set()
    assert looking.result() == b"x"
    assert await opens(stores, blob, two) == (True, False)


SECOND: Final = Identity("matrix", "@second:hs")
SECOND_ROOM: Final = replace(ROOM, chat="!second:hs")


async def test_two_accounts_on_one_messenger_are_told_apart_by_their_rooms(
    stores: SqlStores, two: Two
) -> None:
    """By what was said there before, or by a chat that is named like its account."""
    house = two.house
    await house.member(SECOND)
    await house.talk("first", "x", sender=ELSEWHERE, place=ROOM)
    await house.talk("second", "x", sender=SECOND, place=SECOND_ROOM)
    await two.link()
    link = LinkAccount(member=two.here.id, identity=SECOND)
    assert await two.do(link) is Applied.DONE

    async def account(place: Place) -> Identity:
        async def work(tx: Tx) -> Identity:
            found = await account_of(tx, two.here.id, place.frontend, place.chat)
            assert found
            row = await tx.one("SELECT * FROM identities WHERE id = ?", found.id)
            assert row
            return Identity(row["frontend"], row["account"])

        return await stores.intake.read(work)

    assert await account(ROOM) == ELSEWHERE
    assert await account(SECOND_ROOM) == SECOND
    assert await account(replace(ROOM, chat=SECOND.id)) == SECOND
    assert await account(replace(ROOM, chat="!new:hs")) == ELSEWHERE
    new = replace(ROOM, chat="!new:hs")
    turn = await house.talk("by the second", "x", sender=SECOND, place=new)
    assert await account(new) == SECOND
    assert await two.do(UnlinkAccount(member=two.here.id, identity=SECOND)) is Applied.DONE
    found = await stores.turns.find(turn.id)
    second = await house.member(SECOND)
    assert found
    assert (found.member, found.answer) == (second.id, "x")


async def test_what_they_agreed_to_in_groups_goes_with_them(stores: SqlStores, two: Two) -> None:
    """Where both had agreed, the member's own yes stays and the other's is gone."""

    async def write(tx: Tx) -> None:
        for group, members in ((1, (two.here, two.there)), (2, (two.there,))):
            values = {"frontend": "matrix", "chat": f"!{group}", "allowed": 1, "made_at": 0}
            await tx.insert("groups", id=group, **values)
            for number, member in enumerate(members):
                await tx.insert("payers", chat_group=group, member=member.id, number=number)

    async def payers(tx: Tx) -> list[tuple[int, str, int]]:
        rows = await tx.all("SELECT chat_group, member, number FROM payers ORDER BY 1, 2")
        return [(row["chat_group"], row["member"], row["number"]) for row in rows]

    await stores.intake.write(write)
    await two.link()
    hers, theirs = two.here.id, two.there.id
    assert await stores.intake.read(payers) == [(1, hers, 0), (2, hers, 0)]
    await two.unlink()
    assert await stores.intake.read(payers) == [(1, hers, 0), (2, theirs, 0)]
