"""Who may come in by what was decided, and who is behind an account."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.access import Access
from bot.domain.chat import Identity, Member, MemberId
from bot.domain.effects import Effect, EraseLater, LinkAccount, NoteOnce, SetStanding
from bot.domain.people import Person, Standing
from bot.roster import Roster
from storage.memory import MemoryStores
from storage.memory_effects import apply
from tests.fakes.clock import START, FakeClock, let_run

ALICE = Identity("fake", "alice")
HERS = Identity("matrix", "@alice:hs")
BOB = Identity("fake", "bob")


def person(
    *accounts: Identity, standing: Standing = Standing.KNOWN, is_operator: bool = False
) -> Person:
    """Return somebody with these accounts."""
    return Person(
        id=MemberId(accounts[0].id),
        name=accounts[0].id.title(),
        identities=accounts,
        linked=accounts[1:],
        is_operator=is_operator,
        standing=standing,
        since=START,
    )


def test_who_was_admitted_may_come_in() -> None:
    """With all accounts that are linked, and nobody else."""
    access = Access()
    access.learn([person(ALICE, HERS, standing=Standing.ADMITTED), person(BOB)])
    assert access.admits(ALICE)
    assert access.admits(HERS)
    assert not access.admits(BOB)
    assert not access.is_operator(ALICE)


@pytest.mark.parametrize("standing", [Standing.REMOVED, Standing.BLOCKED])
def test_who_was_put_out_stays_out_whatever_the_settings_say(standing: Standing) -> None:
    """Also where the door is open, and if they were an operator before."""
    access = Access(is_open=True, allowed=frozenset({BOB}), local=frozenset({"fake"}))
    access.learn([person(BOB, standing=standing, is_operator=True)])
    assert not access.admits(BOB)
    assert not access.is_operator(BOB)
    assert access.is_blocked(BOB) is (standing is Standing.BLOCKED)


def test_an_operator_of_the_settings_is_never_put_out() -> None:
    """Nor is their other account."""
    access = Access(operators=frozenset({ALICE}))
    access.learn([person(HERS, ALICE, standing=Standing.BLOCKED)])
    for account in (ALICE, HERS):
        assert access.admits(account)
        assert access.is_operator(account)
        assert access.is_named(account)
        assert not access.is_blocked(account)


def test_linked_accounts_have_the_rights_that_the_settings_give_to_one() -> None:
    """Whichever of them is listed."""
    access = Access(allowed=frozenset({HERS}))
    assert not access.admits(ALICE)
    access.learn([person(ALICE, HERS)])
    assert access.admits(ALICE)
    access.learn([person(ALICE), person(HERS)])
    assert not access.admits(ALICE)


def test_all_accounts_of_operators_decide() -> None:
    """Those of the settings also before they ever wrote."""
    access = Access(operators=frozenset({BOB}))
    access.learn([person(ALICE, HERS, is_operator=True)])
    assert access.deciding == {ALICE, HERS, BOB}
    assert access.accounts_of_operators("matrix") == ["@alice:hs"]
    assert access.operator_name == "Alice"
    assert not access.is_named(ALICE)


def _do(stores: MemoryStores, *effects: Effect) -> None:
    for effect in effects:
        assert apply(stores._state, effect, frontend="fake") is not None


async def test_a_linked_account_is_its_new_person_at_once() -> None:
    """Who was looked up before is looked up again."""
    stores, access = MemoryStores(FakeClock()), Access()
    roster = Roster(stores, access)
    alice, hers = await roster.member(ALICE, "Alice"), await roster.member(HERS, "Alice")
    assert alice.id != hers.id
    _do(stores, LinkAccount(member=alice.id, identity=HERS))
    await roster.load()
    assert roster.known(HERS) is None
    assert (await roster.member(HERS, "Alice")).id == alice.id


async def test_who_is_looked_up_while_that_changes_is_not_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They may be another's account by then."""
    stores = MemoryStores(FakeClock())
    roster, real, gate = Roster(stores, Access()), stores.settings.member, asyncio.Event()

    async def slow(identity: Identity, name: str, *, is_operator: bool) -> Member:
        found = await real(identity, name, is_operator=is_operator)
        await gate.wait()
        return found

    monkeypatch.setattr(stores.settings, "member", slow)
    looking = asyncio.ensure_future(roster.member(ALICE, "Alice"))
    await let_run()
    await roster.load()
    gate.set()
    await looking
    assert roster.known(ALICE) is None


async def test_a_member_is_read_again_as_an_operator() -> None:
    """As soon as they are one."""
    stores, access = MemoryStores(FakeClock()), Access()
    roster = Roster(stores, access)
    assert not (await roster.member(ALICE, "Alice")).is_operator
    access.own(ALICE, "Alice")
    assert (await roster.member(ALICE, "Alice")).is_operator


async def test_only_what_changes_who_may_come_in_is_read_again() -> None:
    """All else is no reason to look at everybody."""
    member = MemberId("m")
    assert Roster.concerns([SetStanding(member=member, standing=Standing.REMOVED)])
    assert not Roster.concerns([NoteOnce(member=member, notice="x")])


async def test_whoever_was_erased_is_somebody_new() -> None:
    """Nothing of who they were is remembered either."""
    clock = FakeClock()
    stores = MemoryStores(clock)
    roster = Roster(stores, Access())
    before = await roster.member(BOB, "Bob")
    _do(stores, SetStanding(member=before.id, standing=Standing.REMOVED))
    _do(stores, EraseLater(member=before.id, at=START + timedelta(days=7)))
    await clock.advance(8 * 86_400)
    await stores.tidy()
    await roster.load()
    known: Sequence[Person] = await stores.people.roster()
    assert known == ()
    assert (await roster.member(BOB, "Bob")).id != before.id
