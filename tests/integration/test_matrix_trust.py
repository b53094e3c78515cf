"""Which devices trust each other at a real Synapse."""

import asyncio

import pytest

from tests.fakes.dialogue import FakeDialogue
from tests.fakes.matrix_bot import BOT, MatrixBot
from tests.fakes.provider import answer
from tests.homeserver.synapse import Synapse
from tests.phone.phone import Phone, phone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def test_an_unsigned_device_reads_nothing(
    matrix: MatrixBot, homeserver: Synapse, alice: Phone
) -> None:
    """One that was added to an account without its owner gets no keys, and its owner all."""
    async with phone(homeserver, "alice", is_signed=False, is_strict=False) as ghost:
        room = await alice.direct(BOT)
        await matrix.ask(alice, room, "only for me", "For you alone.")

        async def look() -> bool:
            found = [each for each in await ghost.screen(room) if each.sender == BOT]
            return bool(found and found[-1].raw["isFailing"])

        await ghost.until(look)


async def test_another_signed_device_reads_what_comes(
    matrix: MatrixBot, homeserver: Synapse, alice: Phone
) -> None:
    """A second phone of the member's."""
    room = await alice.direct(BOT)
    await matrix.ask(alice, room, "on one phone", "One.")
    secrets = await alice.do("secrets")
    async with phone(homeserver, "alice", secrets=secrets) as second:
        matrix.companies["anthropic"].enqueue(*answer("On both."))
        await second.say(room, "and on two")
        assert (await second.heard(room, "On both.")).raw["shield"] == 0
        await alice.heard(room, "On both.")


async def test_a_lost_store_is_a_new_signed_device(matrix: MatrixBot, alice: Phone) -> None:
    """A strict phone goes on at once, without a word of warning."""
    before = matrix.frontend.device
    await matrix.stop()
    for each in matrix.folder.iterdir():
        each.unlink()
    await matrix.start()
    assert matrix.frontend.device != before
    room = await alice.direct(BOT)
    shown = await matrix.ask(alice, room, "hello again", "As before.")
    assert shown.raw["shield"] == 0


@pytest.mark.parametrize("way", ["1", "2"], ids=["in the room", "to the devices"])
async def test_an_operator_verifies_the_bot_by_emoji(
    matrix: MatrixBot, alice: Phone, way: str
) -> None:
    """The same seven at both ends; then the phone shows the bot as verified."""
    await alice.direct(BOT)
    console = FakeDialogue(way)
    verifying = asyncio.ensure_future(matrix.frontend.tools["matrix verify"](console))
    asked = await alice.asked_to_verify(BOT)
    await console.showed("Do both show the same")
    shown = await asked.emoji()
    assert len(shown) == 7
    assert all(name in console.text for _, name in shown)
    console.answer("yes")
    await asked.confirm()
    assert await verifying == 0
    assert "Verified." in console.text

    async def is_verified() -> bool:
        return bool((await alice.do("trust", user=BOT))["isVerified"])

    assert await alice.until(is_verified)
    room = await alice.direct(BOT)
    assert (await matrix.ask(alice, room, "hello", "Verified now.")).raw["shield"] == 0


async def test_emoji_that_differ_verify_nothing(matrix: MatrixBot, alice: Phone) -> None:
    """The operator's no cancels it at both ends."""
    await alice.direct(BOT)
    console = FakeDialogue("1")
    verifying = asyncio.ensure_future(matrix.frontend.tools["matrix verify"](console))
    asked = await alice.asked_to_verify(BOT)
    await console.showed("Do both show the same")
    console.answer("no")
    assert await verifying == 1
    assert "emoji differ" in console.text
    assert (await asked.until("cancelled")).code == "m.mismatched_sas"
