"""Stores: who claimed the bot."""

from bot.domain.chat import MemberId
from bot.domain.effects import ClaimOperator, NoteOnce
from bot.domain.ports import Applied, Operator
from tests.fakes.neighbours import ALICE, BOB, HIS, Neighbours


async def test_nobody_owns_a_new_house(house: Neighbours) -> None:
    """Writing to the bot makes nobody an operator."""
    await house.member()
    await house.ask()
    assert await house.stores.settings.operators() == ()


async def test_a_claim_is_kept_with_the_name(house: Neighbours) -> None:
    """It says by which account, and what that person is called."""
    alice = await house.member()
    result = await house.do(ClaimOperator(member=alice.id, name="Alice 王"))
    assert result.applied is Applied.DONE
    assert await house.stores.settings.operators() == (Operator(identity=ALICE, name="Alice 王"),)


async def test_only_the_first_claim_counts(house: Neighbours) -> None:
    """A second one, of whomever, is stale and takes what came with it back."""
    alice, bob = await house.member(ALICE), await house.member(BOB)
    await house.do(ClaimOperator(member=alice.id, name="Alice"))
    for member, sender in ((bob, BOB), (alice, ALICE)):
        result = await house.do(
            NoteOnce(member=member.id, notice="claimed"),
            ClaimOperator(member=member.id, name="Second"),
            replies=[house.reply(member, "Welcome.")],
            sender=sender,
            place=HIS,
        )
        assert (result.applied, result.deliveries) == (Applied.STALE, ())
        assert not await house.stores.settings.has_noted(member.id, "claimed")
    assert await house.stores.settings.operators() == (Operator(identity=ALICE, name="Alice"),)


async def test_nobody_claims_without_being_known(house: Neighbours) -> None:
    """An effect for a member there is not does nothing."""
    result = await house.do(ClaimOperator(member=MemberId("nobody"), name="Nobody"))
    assert result.applied is Applied.STALE
    assert await house.stores.settings.operators() == ()
