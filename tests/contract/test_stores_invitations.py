"""Stores: invitations, made, used, withdrawn and ended."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.chat import Identity, MemberId
from bot.domain.effects import (
    AcceptInvitation,
    EraseLater,
    Invite,
    SetStanding,
    WithdrawInvitation,
)
from bot.domain.people import Invitation, InvitationId, Standing
from bot.domain.ports import Applied
from bot.domain.secret import Secret
from tests.fakes.neighbours import ALICE, BOB, DAY_S, Neighbours

CAROL = Identity("console", "carol")


async def invite(house: Neighbours, id_: str = "1", *, days: int = 7) -> Invite:
    """Let Alice make an invitation."""
    made = Invite(
        id=InvitationId(id_ * 16),
        member=(await house.member(ALICE)).id,
        code=Secret(f"canary-code-{id_}"),
        expires_at=house.clock.now() + timedelta(days=days),
    )
    assert (await house.do(made)).applied is Applied.DONE
    return made


async def accept(house: Neighbours, invited: Invite, by: Identity = BOB) -> Applied:
    """Let somebody use an invitation."""
    member = await house.member(by)
    return (await house.do(AcceptInvitation(id=invited.id, member=member.id))).applied


async def standing(house: Neighbours, identity: Identity = BOB) -> Standing:
    """Return what was decided about somebody."""
    found = await house.stores.people.of(identity)
    assert found is not None
    return found.standing


async def test_invitations_are_listed_while_they_can_be_used(house: Neighbours) -> None:
    """Oldest first, with who made them, the code and the end."""
    assert await house.stores.people.invitations() == ()
    first = await invite(house, "b")
    await house.clock.advance(1)
    second = await invite(house, "a", days=1)
    listed = await house.stores.people.invitations()
    assert listed == tuple(
        Invitation(id=each.id, code=each.code, by=each.member, expires_at=each.expires_at)
        for each in (first, second)
    )
    await house.clock.advance(DAY_S)
    assert [each.id for each in await house.stores.people.invitations()] == [first.id]


async def test_the_same_again_changes_only_when_it_ends(house: Neighbours) -> None:
    """Also where it had ended; the code stays."""
    made = await invite(house, days=1)
    await house.clock.advance(2 * DAY_S)
    later = house.clock.now() + timedelta(days=30)
    again = replace(made, code=Secret("canary-other"), expires_at=later)
    assert (await house.do(again)).applied is Applied.DONE
    (found,) = await house.stores.people.invitations()
    assert (found.code, found.expires_at) == (made.code, later)
    assert await accept(house, made) is Applied.DONE


async def test_an_invitation_admits_one_person_once(house: Neighbours) -> None:
    """Then it is spent: for others, for the same person, and it is not made again."""
    made = await invite(house)
    assert await accept(house, made) is Applied.DONE
    assert await standing(house) is Standing.ADMITTED
    assert await house.stores.people.invitations() == ()
    assert await accept(house, made) is Applied.STALE
    assert await accept(house, made, CAROL) is Applied.STALE
    assert await standing(house, CAROL) is Standing.KNOWN
    assert (await house.do(made)).applied is Applied.STALE
    assert (await house.do(WithdrawInvitation(id=made.id))).applied is Applied.STALE


async def test_a_withdrawn_invitation_admits_nobody(house: Neighbours) -> None:
    """It is gone from the list and does not come back."""
    made = await invite(house)
    withdraw = WithdrawInvitation(id=made.id)
    assert (await house.do(withdraw)).applied is Applied.DONE
    assert (await house.do(withdraw)).applied is Applied.STALE
    assert await accept(house, made) is Applied.STALE
    assert (await house.do(made)).applied is Applied.STALE
    assert await house.stores.people.invitations() == ()


async def test_an_ended_invitation_admits_nobody(house: Neighbours) -> None:
    """Its last moment is the one before its end."""
    made = await invite(house, days=1)
    await house.clock.advance(DAY_S)
    assert await accept(house, made) is Applied.STALE
    assert (await house.do(WithdrawInvitation(id=made.id))).applied is Applied.STALE
    assert await standing(house) is Standing.KNOWN


async def test_who_is_blocked_does_not_come_in_by_it(house: Neighbours) -> None:
    """And it stays good for somebody else."""
    made = await invite(house)
    bob = await house.member(BOB)
    await house.do(SetStanding(member=bob.id, standing=Standing.BLOCKED))
    assert await accept(house, made) is Applied.STALE
    assert await standing(house) is Standing.BLOCKED
    assert await accept(house, made, CAROL) is Applied.DONE


async def test_who_was_removed_comes_in_again_with_what_they_had(house: Neighbours) -> None:
    """And is not erased any more."""
    bob = await house.member(BOB)
    await house.do(
        SetStanding(member=bob.id, standing=Standing.REMOVED),
        EraseLater(member=bob.id, at=house.clock.now() + timedelta(days=7)),
    )
    assert await accept(house, await invite(house)) is Applied.DONE
    found = await house.stores.people.of(BOB)
    assert found
    assert (found.id, found.standing, found.erase_at) == (bob.id, Standing.ADMITTED, None)


async def test_invitations_need_people(house: Neighbours) -> None:
    """Nobody invites, or is invited, who is not known; and nothing is, that was not made."""
    made = await invite(house)
    nobody = MemberId("nobody")
    for effect in (
        replace(made, id=InvitationId("2" * 16), member=nobody),
        AcceptInvitation(id=made.id, member=nobody),
        AcceptInvitation(id=InvitationId("3" * 16), member=made.member),
        WithdrawInvitation(id=InvitationId("3" * 16)),
    ):
        assert (await house.do(effect)).applied is Applied.STALE, effect
    assert [each.id for each in await house.stores.people.invitations()] == [made.id]
