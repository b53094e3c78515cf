"""Stores: who is known, and what was decided about them."""

from datetime import timedelta

import pytest

from bot.domain.chat import Identity, MemberId, TurnState
from bot.domain.effects import (
    ClaimOperator,
    EraseLater,
    NoteOnce,
    SetOperator,
    SetStanding,
)
from bot.domain.people import Person, Standing
from bot.domain.ports import Applied, Operator
from tests.fakes.neighbours import ALICE, BOB, GROUP, HERS, HIS, Neighbours

KEPT_OUT = (Standing.REMOVED, Standing.BLOCKED)


async def person(house: Neighbours, identity: Identity = ALICE) -> Person:
    """Return whose an account is."""
    found = await house.stores.people.of(identity)
    assert found is not None
    return found


async def decide(house: Neighbours, standing: Standing, identity: Identity = ALICE) -> Applied:
    """Decide about somebody."""
    member = await house.member(identity)
    return (await house.do(SetStanding(member=member.id, standing=standing))).applied


async def test_the_roster_has_everybody_oldest_first(house: Neighbours) -> None:
    """With their accounts, since when, and what they were called last."""
    assert await house.stores.people.roster() == ()
    first = house.clock.now()
    alice = await house.member()
    await house.clock.advance(60)
    await house.ask(sender=BOB, place=HIS)
    alice_, bob = await house.stores.people.roster()
    assert alice_ == Person(id=alice.id, name="Alice", identities=(ALICE,), since=first)
    assert (bob.name, bob.identities) == ("", (BOB,))
    assert bob.since == first + timedelta(seconds=60)
    assert await house.stores.people.person(alice.id) == alice_


async def test_a_stranger_is_no_person(house: Neighbours) -> None:
    """Asking about somebody does not make them known."""
    assert await house.stores.people.of(BOB) is None
    assert await house.stores.people.person(MemberId("nobody")) is None
    assert await house.stores.people.roster() == ()


@pytest.mark.parametrize("standing", [Standing.ADMITTED, *KEPT_OUT])
async def test_a_decision_is_kept(house: Neighbours, standing: Standing) -> None:
    """It holds for that person alone, once, until another is made."""
    await house.member()
    assert await decide(house, standing, BOB) is Applied.DONE
    assert await decide(house, standing, BOB) is Applied.STALE
    assert (await person(house, BOB)).standing is standing
    assert (await person(house)).standing is Standing.KNOWN
    assert await decide(house, Standing.KNOWN, BOB) is Applied.DONE
    assert (await person(house, BOB)).standing is Standing.KNOWN


async def test_nothing_is_decided_about_nobody(house: Neighbours) -> None:
    """Effects on a member there is not are stale."""
    nobody = MemberId("nobody")
    for effect in (
        SetStanding(member=nobody, standing=Standing.BLOCKED),
        SetOperator(member=nobody, name="Nobody"),
        EraseLater(member=nobody, at=house.clock.now()),
    ):
        assert (await house.do(effect)).applied is Applied.STALE, effect


@pytest.mark.parametrize("standing", KEPT_OUT)
async def test_who_is_kept_out_is_answered_nothing_more(
    house: Neighbours, standing: Standing
) -> None:
    """What they asked and nobody began expires, everywhere; what runs is not ended here."""
    running = await house.ask("runs")
    assert await house.stores.turns.begin_attempt(running.id, 1)
    received, there = await house.ask("waits"), await house.ask("there", place=GROUP)
    his = await house.ask("his", sender=BOB, place=GROUP)
    await decide(house, standing)
    states = [
        found.state
        for turn in (running, received, there, his)
        if (found := await house.stores.turns.find(turn.id))
    ]
    expired = TurnState.EXPIRED
    assert states == [TurnState.REQUESTED, expired, expired, TurnState.RECEIVED]


@pytest.mark.parametrize("standing", KEPT_OUT)
async def test_who_is_kept_out_is_no_operator(house: Neighbours, standing: Standing) -> None:
    """Nor one again by being let in, or while they are out."""
    alice = await house.member()
    await house.do(ClaimOperator(member=alice.id, name="Alice"))
    assert (await person(house)).is_operator
    await decide(house, standing)
    again = SetOperator(member=alice.id, name="Alice")
    assert (await house.do(again)).applied is Applied.STALE
    await decide(house, Standing.ADMITTED)
    assert not (await person(house)).is_operator
    assert await house.stores.settings.operators() == ()


@pytest.mark.parametrize("standing", KEPT_OUT)
async def test_who_claims_the_bot_is_kept_out_no_more(
    house: Neighbours, standing: Standing
) -> None:
    """Even the last operator may remove themselves, and come back with the host's code."""
    alice = await house.member()
    await decide(house, standing)
    await house.do(EraseLater(member=alice.id, at=house.clock.now()))
    claim = ClaimOperator(member=alice.id, name="Alice")
    assert (await house.do(claim)).applied is Applied.DONE
    found = await person(house)
    assert (found.standing, found.is_operator, found.erase_at) == (Standing.KNOWN, True, None)


async def test_who_was_removed_and_writes_again_stays_so(house: Neighbours) -> None:
    """They are the same person, with what they had, and what was decided."""
    alice = await house.member()
    await house.talk("before", "x")
    await decide(house, Standing.REMOVED)
    assert (await house.member()).id == alice.id
    assert (await person(house)).standing is Standing.REMOVED
    assert (await house.stores.settings.sessions(alice.id, HERS))[1] == 1


async def test_operators_are_made_and_unmade(house: Neighbours) -> None:
    """By name, each once; there may be none left."""
    alice, bob = await house.member(), await house.member(BOB)
    await house.do(ClaimOperator(member=alice.id, name="Alice"))
    made = SetOperator(member=bob.id, name="Bob 王")
    assert (await house.do(made)).applied is Applied.DONE
    assert (await house.do(made)).applied is Applied.STALE
    assert await house.stores.settings.operators() == (
        Operator(identity=ALICE, name="Alice"),
        Operator(identity=BOB, name="Bob 王"),
    )
    for member in (alice, bob):
        unmade = SetOperator(member=member.id, name="", is_operator=False)
        assert (await house.do(unmade)).applied is Applied.DONE
        assert (await house.do(unmade)).applied is Applied.STALE
    assert await house.stores.settings.operators() == ()
    assert [each.is_operator for each in await house.stores.people.roster()] == [False, False]


async def test_only_who_is_kept_out_is_erased_later(house: Neighbours) -> None:
    """The time can be taken back, and is when they come in again."""
    alice = await house.member()
    at = house.clock.now() + timedelta(days=7)
    later = EraseLater(member=alice.id, at=at)
    assert (await house.do(later)).applied is Applied.STALE
    await decide(house, Standing.REMOVED)
    assert (await house.do(later)).applied is Applied.DONE
    assert (await person(house)).erase_at == at
    await decide(house, Standing.BLOCKED)
    assert (await person(house)).erase_at == at
    assert (await house.do(EraseLater(member=alice.id, at=None))).applied is Applied.DONE
    assert (await person(house)).erase_at is None
    for standing in (Standing.ADMITTED, Standing.KNOWN):
        await decide(house, Standing.REMOVED)
        await house.do(later)
        await decide(house, standing)
        assert (await person(house)).erase_at is None
        assert (await house.do(later)).applied is Applied.STALE


async def test_a_decision_that_came_with_something_stale_is_taken_back(
    house: Neighbours,
) -> None:
    """All effects of an update hold, or none."""
    alice = await house.member()
    await house.do(SetStanding(member=alice.id, standing=Standing.ADMITTED))
    result = await house.do(
        NoteOnce(member=alice.id, notice="told"),
        SetStanding(member=alice.id, standing=Standing.BLOCKED),
        SetStanding(member=alice.id, standing=Standing.BLOCKED),
    )
    assert result.applied is Applied.STALE
    assert (await person(house)).standing is Standing.ADMITTED
