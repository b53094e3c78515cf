"""Stores: members whose time to be erased has come."""

from dataclasses import replace
from datetime import timedelta
from typing import Protocol, cast

import pytest

from bot.domain.chat import Identity, MemberId, Message, Role
from bot.domain.effects import (
    AcceptInvitation,
    ClaimOperator,
    EraseLater,
    Invite,
    NoteOnce,
    SetQuestion,
    SetStanding,
)
from bot.domain.events import Command, Question, QuestionKind
from bot.domain.people import InvitationId, Standing
from bot.domain.secret import Secret
from tests.fakes.neighbours import ALICE, BOB, DAY_S, GROUP, HERS, HIS, Neighbours
from tests.fakes.two import CLUB, ELSEWHERE, ROOM, Two

LATER_S = 3_600  # sooner than what is tidied daily goes by itself


class Tidied(Protocol):
    """Stores that are tidied, as they are daily."""

    async def tidy(self) -> None:
        """Delete what is kept for a while only."""
        ...


async def tidy(house: Neighbours) -> None:
    """Do what is done daily."""
    await cast("Tidied", house.stores).tidy()


async def erase(
    house: Neighbours, member: MemberId, standing: Standing = Standing.REMOVED
) -> None:
    """Keep somebody out, and let the time pass after which they are erased."""
    at = house.clock.now() + timedelta(seconds=LATER_S)
    result = await house.do(
        SetStanding(member=member, standing=standing),
        EraseLater(member=member, at=at),
        sender=BOB,
        place=HIS,
    )
    assert result.applied == "done"
    await house.clock.advance(LATER_S)
    await tidy(house)


async def live(two: Two) -> None:
    """Let both members leave something of every kind, and Bob something in the same group."""
    house = two.house
    question = Question(kind=QuestionKind.TEXT, asked_at=house.clock.now(), action="x")
    for member, own, club in ((two.here, HERS, GROUP), (two.there, ROOM, CLUB)):
        await house.talk("mine", "x", sender=member.identity, place=own)
        await house.talk("club", "y", sender=member.identity, place=club)
        await house.talk("his", "z", sender=BOB, place=club)
        await two.put(member, f"sk-canary-{member.identity.frontend}")
        await two.do(
            NoteOnce(member=member.id, notice="told"),
            SetQuestion(member=member.id, place=own, question=question),
            Invite(
                id=InvitationId(member.identity.frontend),
                member=member.id,
                code=Secret("canary-code"),
                expires_at=house.clock.now() + timedelta(days=30),
            ),
        )
        reply = house.reply(replace(member, identity=Identity(own.frontend, own.chat)))
        await house.do(replies=[reply], sender=BOB, place=HIS)
    await house.talk("his own", "z", sender=BOB, place=HIS)


async def left(house: Neighbours, member: MemberId) -> list[object]:
    """Return what there is of a member."""
    stores = house.stores
    own, _ = await stores.settings.sessions(member, HERS)  # those on other messengers, too
    deliveries = await stores.turns.deliveries()
    return [
        *(each for each in own if each.owner == member),
        *await stores.keys.keys(member),
        *([answers] if (answers := (await stores.settings.spent(member)).answers) else []),
        *(each for each in await stores.settings.questions() if each.member == member),
        *(each for each in deliveries if each.outgoing.member == member),
        *(each for each in await stores.people.invitations() if each.by == member),
        *([True] if await stores.settings.has_noted(member, "told") else []),
        *([name] if (name := await stores.settings.name(member)) else []),
    ]


async def test_who_is_erased_was_never_here(two: Two) -> None:
    """Nothing is left of them, they are nobody, and somebody new if they come again."""
    house = two.house
    await house.member(BOB)
    await live(two)
    assert len(await left(house, two.here.id)) == 8
    await erase(house, two.here.id)
    assert await left(house, two.here.id) == []
    assert await house.stores.people.person(two.here.id) is None
    assert await house.stores.people.of(ALICE) is None
    again = await house.member(ALICE)
    assert again.id != two.here.id
    assert await left(house, again.id) == ["Alice"]


async def test_what_others_have_stays(two: Two) -> None:
    """Their own, and what they said in the same group, which is called by that now."""
    house, turns = two.house, two.house.stores.turns
    bob = await house.member(BOB)
    await live(two)
    before = await left(house, two.there.id)
    await erase(house, two.here.id)
    assert await left(house, two.there.id) == before
    assert await house.stores.keys.open_key(
        two.there.id, "demo", "https://api.example.org"
    ) == Secret("sk-canary-matrix")
    shared = await house.stores.settings.session(GROUP, bob.id)
    assert (shared.title, shared.messages) == ("his", 2)
    turn = await house.ask("on", sender=BOB, place=GROUP)
    assert await turns.history(shared.id, before=turn.id, budget_tokens=99) == (
        (Message(Role.USER, "his", "M2"), Message(Role.ASSISTANT, "z")),
        False,
    )
    (own,), _ = await house.stores.settings.sessions(bob.id, HIS)
    assert (own.title, own.messages) == ("his own", 2)


async def test_nobody_is_erased_before_their_time(two: Two) -> None:
    """Nor who came in again, or of whom it was taken back."""
    house = two.house
    await live(two)
    before = await left(house, two.here.id)
    out = SetStanding(member=two.here.id, standing=Standing.REMOVED)
    later = EraseLater(member=two.here.id, at=house.clock.now() + timedelta(seconds=LATER_S))
    await house.do(out, later, sender=BOB, place=HIS)
    await house.clock.advance(LATER_S - 1)
    await tidy(house)
    assert await left(house, two.here.id) == before
    await house.do(replace(later, at=None), sender=BOB, place=HIS)
    await house.clock.advance(DAY_S)
    await tidy(house)
    await house.do(later, replace(out, standing=Standing.ADMITTED), sender=BOB, place=HIS)
    await tidy(house)
    assert await house.stores.people.person(two.here.id) is not None
    assert await house.stores.keys.keys(two.here.id)


async def test_who_is_blocked_stays_so(two: Two) -> None:
    """By all their accounts, and nothing else is left of them."""
    house = two.house
    await live(two)
    await two.link()
    await erase(house, two.here.id, Standing.BLOCKED)
    for member in (two.here, two.there):
        assert await left(house, member.id) == []
    for identity in (ALICE, ELSEWHERE):
        found = await house.stores.people.of(identity)
        assert found
        assert (found.standing, found.name, found.erase_at) == (Standing.BLOCKED, "", None)
        assert (found.identities, found.linked) == ((ALICE, ELSEWHERE), ())
    turn = await house.talk("after", "x")
    assert turn.member == two.here.id
    assert turn.choices.model == ""


async def test_linked_accounts_are_erased_with_their_member(two: Two) -> None:
    """Both are nobody then."""
    house = two.house
    await live(two)
    await two.link()
    await erase(house, two.here.id)
    for member in (two.here, two.there):
        assert await left(house, member.id) == []
        assert await house.stores.people.of(member.identity) is None
    assert [(await house.member(each)).id for each in (ALICE, ELSEWHERE)] != [two.here.id] * 2


async def test_what_was_asked_in_the_others_conversation_is_not_lost_with_them(two: Two) -> None:
    """Taken apart before, it was not theirs any more."""
    house = two.house
    turn = await house.talk("here", "x")
    await two.link()
    await two.switch(turn.session)
    there = await house.talk("there", "y", sender=ELSEWHERE, place=ROOM)
    await two.unlink()
    await erase(house, two.there.id)
    found = await house.stores.turns.find(there.id)
    assert found
    assert (found.member, found.answer) == (two.here.id, "y")


async def test_an_invitation_is_gone_with_whoever_used_it(house: Neighbours) -> None:
    """What it let in is not undone for others: an operator who is erased invited them."""
    alice, bob = await house.member(ALICE), await house.member(BOB)
    await house.do(ClaimOperator(member=alice.id, name="Alice"))
    invitation = Invite(
        id=InvitationId("1" * 16),
        member=alice.id,
        code=Secret("canary-code"),
        expires_at=house.clock.now() + timedelta(days=30),
    )
    await house.do(invitation, AcceptInvitation(id=invitation.id, member=bob.id))
    await erase(house, alice.id)
    found = await house.stores.people.of(BOB)
    assert found
    assert found.standing is Standing.ADMITTED
    assert await house.stores.settings.operators() == ()


async def test_what_nobody_handled_of_them_comes_to_nothing(house: Neighbours) -> None:
    """It is not taken up at the next start."""
    alice = await house.member()
    await house.stores.intake.accept(house.incoming(Command("new", "secret")))
    his = await house.stores.intake.accept(house.incoming(Command("new"), sender=BOB, place=HIS))
    assert his
    await erase(house, alice.id)
    assert [row.id for row in await house.stores.intake.pending()] == [his.id]


@pytest.mark.parametrize("standing", [Standing.REMOVED, Standing.BLOCKED])
async def test_who_is_erased_is_erased_once(house: Neighbours, standing: Standing) -> None:
    """The next day there is nothing to do."""
    alice = await house.member()
    await erase(house, alice.id, standing)
    roster = await house.stores.people.roster()
    await house.clock.advance(DAY_S)
    await tidy(house)
    assert await house.stores.people.roster() == roster
