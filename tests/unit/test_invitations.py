"""Invitations in memory: found by their codes, and gone with what is committed."""

from datetime import timedelta

import pytest

from bot.domain.chat import Identity, MemberId
from bot.domain.effects import AcceptInvitation, Invite, WithdrawInvitation
from bot.domain.events import Body, Command, Text
from bot.domain.people import InvitationId
from bot.domain.secret import Secret
from bot.invitations import Invitations, payload, spoken, typed_invitation
from storage.memory import MemoryStores
from storage.memory_effects import apply
from tests.fakes.clock import START, FakeClock

BOB = Identity("fake", "bob")
ALICE = Identity("fake", "alice")
CODE = "7KQM4TXDV3PN"
ID = InvitationId("0123456789abcdef")
MADE = Invite(id=ID, member=MemberId("a"), code=Secret(CODE), expires_at=START + timedelta(days=1))


@pytest.fixture
def clock() -> FakeClock:
    """Time that this test owns."""
    return FakeClock()


@pytest.fixture
def invitations(clock: FakeClock) -> Invitations:
    """Invitations of which one is out."""
    found = Invitations(MemoryStores(clock).people, clock)
    found.follow([MADE])
    return found


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (Command("start", f"i_{CODE}"), CODE),
        (Command("start", f"I_{CODE.lower()}"), CODE.lower()),
        (Command("start", "7KQM-4TXD-V3PN"), "7KQM-4TXD-V3PN"),
        (Text("7kqm 4txd v3pn"), "7kqm 4txd v3pn"),
        (Command("start", "invited"), None),
        (Command("start", "claim_7KQM4TXD"), None),
        (Command("claim", CODE), None),
        (Text("What can I cook?"), None),
    ],
)
def test_what_is_offered_as_an_invitation(body: Body, code: str | None) -> None:
    """A link's payload, or the code as it is read out; no stub of ours, and no question."""
    assert typed_invitation(body) == code


def test_the_same_code_is_linked_and_read_out() -> None:
    """One invitation serves every messenger."""
    assert payload(Secret(CODE)) == f"i_{CODE}"
    assert spoken(Secret(CODE)) == "7KQM-4TXD-V3PN"


def test_it_is_found_by_its_code_alone(invitations: Invitations) -> None:
    """However the code is written."""
    found = invitations.fits("7kqm-4txd-v3pn")
    assert found is not None
    assert found.id == ID
    assert invitations.fits("") is None
    assert invitations.fits("7KQM4TXDV3P0") is None


async def test_an_old_one_is_found_no_more(invitations: Invitations, clock: FakeClock) -> None:
    """Nor is anybody expected by it, nor does it serve who brought it in time."""
    found = invitations.fits(CODE)
    assert found is not None
    invitations.give(found, BOB)
    await clock.advance(86_399)
    assert invitations.given_by(BOB) == found
    await clock.advance(1)
    assert not invitations.are_out
    assert invitations.fits(CODE) is None
    assert invitations.get(ID) is None
    assert invitations.given_by(BOB) is None


@pytest.mark.parametrize(
    "end", [WithdrawInvitation(id=ID), AcceptInvitation(id=ID, member=MemberId("b"))]
)
def test_one_that_was_used_or_withdrawn_serves_nobody(
    invitations: Invitations, end: WithdrawInvitation | AcceptInvitation
) -> None:
    """Also not whoever had brought it already."""
    found = invitations.fits(CODE)
    assert found is not None
    invitations.give(found, BOB)
    invitations.follow([end])
    assert invitations.given_by(BOB) is None
    assert invitations.fits(CODE) is None
    assert not invitations.are_out


async def test_another_lifetime_holds(invitations: Invitations, clock: FakeClock) -> None:
    """The code stays."""
    longer = Invite(
        id=ID, member=MADE.member, code=MADE.code, expires_at=START + timedelta(days=3)
    )
    invitations.follow([longer])
    await clock.advance(2 * 86_400)
    assert invitations.fits(CODE) is not None


async def test_what_is_stored_is_out_after_a_start(clock: FakeClock) -> None:
    """A restart spoils no invitation."""
    stores = MemoryStores(clock)
    alice = await stores.settings.member(ALICE, "Alice", is_operator=True)
    made = Invite(id=ID, member=alice.id, code=Secret(CODE), expires_at=MADE.expires_at)
    assert apply(stores._state, made, frontend="fake") is not None
    invitations = Invitations(stores.people, clock)
    assert not invitations.are_out
    await invitations.load()
    assert invitations.fits(CODE) is not None


def test_a_code_is_in_no_repr(invitations: Invitations) -> None:
    """What is logged by mistake holds none."""
    assert CODE not in repr(invitations.fits(CODE))
    assert CODE not in repr(invitations._out)
