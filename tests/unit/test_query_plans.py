"""What a turn costs does not grow with what is stored: no statement of it reads a whole table."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import aiosqlite
import pytest

from bot.domain.chat import Identity, Overrides, Scope, WaitReason
from bot.domain.effects import (
    ChangeGroup,
    ChangePayer,
    Choose,
    DeleteSession,
    DropKey,
    DropWaiting,
    EraseTurn,
    NoteKeyHealth,
    PutKey,
    ReleaseWaiting,
    RenameKey,
    RetryTurn,
    TakeBack,
    UseKey,
)
from bot.domain.events import DeliveryState, MessageRef
from bot.domain.groups import Agreed, When
from bot.domain.keys import KeyHealth
from bot.domain.secret import Secret
from storage.folder import DATABASE
from storage.keyrings import Of
from storage.stores import SqlStores, open_stores
from storage.vault import Cell, MasterKey
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import BOB, GROUP, HERS, HIS, ORIGIN, Neighbours

_WORDS: Final = re.compile(r"(SELECT|INSERT|UPDATE|DELETE)\b")
_SHORT: Final = re.compile(
    r"CONSTANT|INDEX (turns_open|turns_untold|inbox_pending|outbox_open|members_operators)\b"
)


class Plans:
    """Listens to all connections and asks SQLite how it would do what it heard."""

    def __init__(self, folder: Path, stores: SqlStores) -> None:
        """Look at open stores."""
        self.path = folder / DATABASE
        self.stores = stores
        self.heard: list[str] = []

    async def listen(self) -> None:
        """Hear every statement from now on, with its values in it."""
        database = self.stores.database
        readers = [database._readers.get_nowait() for _ in range(database._readers.qsize())]
        for connection in (database._writer, *readers):
            await connection.set_trace_callback(self.heard.append)
        for reader in readers:
            database._readers.put_nowait(reader)

    def scans(self) -> list[str]:
        """Return what read a whole table; an index of what is open is as short as that is."""
        found = []
        with closing(sqlite3.connect(self.path)) as connection:
            for sql in {sql for sql in self.heard if _WORDS.match(sql)}:
                plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
                steps = [str(step[3]) for step in plan]
                if any(step.startswith("SCAN") and not _SHORT.search(step) for step in steps):
                    found.append(f"{sql[:160]} → {steps}")
        return found


@pytest.fixture
async def plans(tmp_path: Path) -> AsyncIterator[Plans]:
    """Return stores in which some talking was done, heard from now on."""
    clock = FakeClock()
    stores = await open_stores(tmp_path / "data", MasterKey(b"k" * 32), clock)
    house = Neighbours(stores, clock)
    for _ in range(3):
        await house.talk("hers", "x")
        await house.talk("his", "x", sender=BOB, place=HIS)
        await house.talk("group", "x", place=GROUP)
    plans = Plans(tmp_path / "data", stores)
    await plans.listen()
    yield plans
    await stores.close()


def living_in(plans: Plans) -> Neighbours:
    """Return who lives there."""
    house = Neighbours(plans.stores, FakeClock())
    house._updates = iter(range(1_000, 2_000))  # type: ignore[assignment]  # beyond what was used
    return house


def test_the_ear_hears_a_scan(tmp_path: Path) -> None:
    """A statement that reads a whole table is found out."""
    path = tmp_path / DATABASE
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a)")
    plans = Plans.__new__(Plans)
    plans.path, plans.heard = path, ["SELECT * FROM t WHERE a = 1", "PRAGMA x"]
    assert len(plans.scans()) == 1


async def test_a_turn_reads_no_whole_table(plans: Plans) -> None:
    """From the question to the delivered answer."""
    house, turns = living_in(plans), plans.stores.turns
    member = await house.member()
    turn = await house.ask()
    await plans.stores.keys.open_key(member.id, "demo", ORIGIN)
    await plans.stores.settings.adjustments("demo", "m")
    await turns.history(turn.session, before=turn.id, budget_tokens=10_000)
    await turns.shown(turn.id, MessageRef("m"))
    assert await turns.begin_attempt(turn.id, 1)
    await turns.checkpoint({turn.id: "so far"})
    (delivery,) = await house.answer(
        replace(turn, attempt=1), replies=[house.reply(member, "x", turn=turn)]
    )
    await turns.mark_delivery(delivery.id, DeliveryState.SENDING)
    await turns.mark_delivery(delivery.id, DeliveryState.SENT, MessageRef("n"))
    assert await turns.told(GROUP, MessageRef("nobody's")) is None
    assert await turns.told(HERS, MessageRef("n"))
    assert await plans.stores.settings.name(member.id) == "Alice"
    await turns.abandon(GROUP)
    assert len(plans.heard) > 20
    assert plans.scans() == []


async def test_commands_read_no_whole_table(plans: Plans) -> None:
    """What members do between two turns."""
    house, settings = living_in(plans), plans.stores.settings
    member = await house.member()
    await settings.session(replace(GROUP, thread="m1"), member.id, hangs=True)
    session = await settings.session(HERS, member.id)
    last = await plans.stores.turns.last(session.id, member.id)
    assert last
    assert await plans.stores.turns.asked_with(HERS, MessageRef("x"), member.id) is None
    await settings.sessions(member.id, HERS)
    await settings.choices(session.id, member.id)
    await settings.spent(member.id, since=house.clock.now())
    await settings.spent(member.id, session=session.id)
    await settings.spent_by_model(member.id, since=house.clock.now())
    assert await settings.last_used(member.id)
    await plans.stores.keys.keys(member.id)
    since = house.clock.now()
    put = PutKey(
        member=member.id,
        provider="demo",
        origin=ORIGIN,
        key=Secret("k"),
        health=KeyHealth.WORKS,
    )
    await house.do(
        Choose(
            scope=Scope.SESSION,
            member=member.id,
            session=session.id,
            overrides=Overrides(model="m"),
        ),
        put,
        replace(put, name="home"),
        ReleaseWaiting(member=member.id, reason=WaitReason.KEY, since=since),
        DropWaiting(member=member.id, place=HERS),
        RetryTurn(turn=last.id, member=member.id, attempt=1),
        TakeBack(turn=last.id, member=member.id),
    )
    first, second = await plans.stores.keys.keys(member.id)
    await plans.stores.keys.open_key(member.id, "demo", ORIGIN, key=first.id)
    await house.do(
        replace(put, replaces=second.id),
        UseKey(member=member.id, key=first.id),
        RenameKey(member=member.id, key=first.id, name="work"),
        NoteKeyHealth(member=member.id, key=first.id, health=KeyHealth.NO_CREDIT),
        DropKey(member=member.id, key=first.id),
    )
    await house.do(EraseTurn(turn=last.id, member=member.id))
    await house.do(DeleteSession(member=member.id, session=session.id))
    assert plans.scans() == []


async def test_keepsakes_read_no_whole_table(plans: Plans) -> None:
    """One is kept whenever a messenger has something new."""
    kept = plans.stores.keepsakes
    await kept.put("matrix/since", Secret("s1"), is_fleeting=True)
    assert await kept.get("matrix/since") == Secret("s1")
    await kept.drop("matrix/since")
    assert len(plans.heard) > 3
    assert plans.scans() == []


async def test_a_start_reads_what_is_open_only(plans: Plans) -> None:
    """Taking up what the last run left does not read all that ever was."""
    await plans.stores.turns.recover()
    await plans.stores.turns.deliveries()
    await plans.stores.intake.pending()
    await plans.stores.settings.operators()
    await plans.stores.tidy()
    scans = [each for each in plans.scans() if "FROM questions" not in each]
    scans = [each for each in scans if "FROM adjustments" not in each]
    assert scans == []


def counting(stores: SqlStores) -> list[Cell]:
    """Return the cells that are opened from now on."""
    opened: list[Cell] = []
    unseal = stores.rings.open

    async def counted(connection: aiosqlite.Connection, blob: bytes, cell: Cell, of: Of) -> bytes:
        opened.append(cell)
        return await unseal(connection, blob, cell, of)

    stores.rings.open = counted  # type: ignore[method-assign]  # to count, in these tests alone
    return opened


@pytest.mark.parametrize("stored", [20, 400])
async def test_history_reads_as_much_as_fits(tmp_path: Path, stored: int) -> None:
    """The work for the same budget is the same, whatever lies before it."""
    clock = FakeClock()
    stores = await open_stores(tmp_path / "data", MasterKey(b"k" * 32), clock)
    house = Neighbours(stores, clock)
    for number in range(stored):
        await house.talk(f"q{number}", "a")
    turn = await house.ask("now")
    opened = counting(stores)
    messages, has_older = await stores.turns.history(
        turn.session, before=turn.id, budget_tokens=100
    )
    await stores.close()
    assert has_older
    assert len(opened) == len(messages) < 40


@pytest.mark.parametrize("members", [2, 20])
async def test_history_looks_up_only_who_speaks_in_it(tmp_path: Path, members: int) -> None:
    """Whoever else is in the group costs nothing, though they show their names."""
    clock = FakeClock()
    stores = await open_stores(tmp_path / "data", MasterKey(b"k" * 32), clock)
    house = Neighbours(stores, clock)
    group = await stores.groups.note(GROUP, title="")
    for number in range(members):
        who = Identity("console", f"p{number}")
        member = await house.member(who)
        await house.talk("q", "a", sender=who, place=GROUP)
        shows = ChangePayer(member=member.id, group=group.id, shows_name=True)
        await house.do(shows, sender=who)
    now = await house.ask("now", place=GROUP)
    opened = counting(stores)
    messages, _ = await stores.turns.history(now.session, before=now.id, budget_tokens=8)
    await stores.close()
    assert [each.speaker for each in messages] == [f"P{members - 1}", ""]
    assert sorted(cell.column for cell in opened) == ["answer", "name", "question"]


async def test_groups_read_no_whole_table(plans: Plans) -> None:
    """What is asked at every message in a group, and what payers decide."""
    house, groups = living_in(plans), plans.stores.groups
    member, thread = await house.member(), replace(GROUP, thread="m1")
    group = await groups.note(GROUP, title="Family", is_allowed=True)
    await groups.note_thread(thread)
    await house.do(
        ChangeGroup(group=group.id, when=When.ALWAYS),
        ChangePayer(member=member.id, group=group.id, agreed=Agreed("demo", "m", None)),
        ReleaseWaiting(member=member.id, reason=WaitReason.CONSENT, group=group.id),
    )
    assert await groups.is_begun_with_us(thread)
    assert len(await groups.paid_by(member.id)) == 1
    assert await groups.payer(group.id, member.id)
    await groups.speaker(group.id, member.id)
    await groups.spent(member.id, group.id, since=house.clock.now())
    turn = await house.ask(place=GROUP)
    await plans.stores.turns.history(turn.session, before=turn.id, budget_tokens=999)
    await plans.stores.turns.wait(turn.id, WaitReason.CONSENT, ())
    assert await plans.stores.turns.expire(turn.id, WaitReason.CONSENT)
    assert plans.scans() == []
