"""Phones that are as strict as Element, at a real homeserver."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.homeserver.synapse import Synapse
from tests.phone.phone import Phone, phone

pytestmark = [pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ann(running_homeserver: Synapse) -> AsyncIterator[Phone]:
    """Somebody whose phone is strict."""
    async with phone(running_homeserver, "ann") as hers:
        yield hers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ben(running_homeserver: Synapse) -> AsyncIterator[Phone]:
    """Somebody else, whose phone is as strict."""
    async with phone(running_homeserver, "ben") as his:
        yield his


async def _together(one: Phone, other: Phone) -> str:
    """Return an encrypted direct chat in which both are."""
    room = await one.create(other.user, is_direct=True, preset="trusted_private_chat")
    assert await other.invited() == room
    await other.join(room)
    await one.joined(room, other.user)
    return room


async def test_two_strict_phones_talk(ann: Phone, ben: Phone) -> None:
    """What one writes the other reads, encrypted on its way, and without a shield."""
    room = await _together(ann, ben)
    await ann.say(room, "hello", html="<b>hello</b>")
    seen = await ben.heard(room, "hello")
    assert (seen.sender, seen.html, seen.shield) == (ann.user, "<b>hello</b>", "NONE")
    assert seen.is_encrypted
    assert "ciphertext" in seen.wire
    assert seen.notifies
    await ben.say(room, "hello yourself", reply_to=seen.id)
    assert (await ann.heard(room, "yourself")).reply_to == seen.id


async def test_an_unsigned_device_is_refused(shared_homeserver: Synapse, ann: Phone) -> None:
    """A strict phone gives it no keys, and reads nothing of what it writes."""
    unsigned = phone(shared_homeserver, "mallory", is_signed=False, is_strict=False)
    async with unsigned as mallory:
        room = await _together(ann, mallory)
        kept = await ann.say(room, "not for you")
        seen = await mallory.shows(room, kept, lambda each: each.is_unreadable)
        assert seen.why == "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"
        sent = await mallory.say(room, "from nobody")
        refused = await ann.shows(room, sent, lambda each: each.is_unreadable)
        assert refused.why == "UNSIGNED_SENDER_DEVICE"
        (device,) = (await ann.trust(mallory.user)).devices
        assert not device.is_signed


async def test_a_lenient_phone_warns_of_an_unsigned_device(shared_homeserver: Synapse) -> None:
    """It reads what came, under a red shield."""
    async with (
        phone(shared_homeserver, "alice", is_strict=False) as alice,
        phone(shared_homeserver, "mallory", is_signed=False, is_strict=False) as mallory,
    ):
        room = await _together(alice, mallory)
        await mallory.say(room, "from nobody")
        seen = await alice.heard(room, "from nobody")
        assert (seen.shield, seen.shield_reason) == ("RED", "UNSIGNED_DEVICE")


async def test_another_phone_of_the_same_account_is_signed_by_the_first(
    shared_homeserver: Synapse, ann: Phone, ben: Phone
) -> None:
    """It reads what comes, and is read, by the strict."""
    room = await _together(ann, ben)
    async with phone(shared_homeserver, ben.account, secrets=await ben.secrets()) as second:
        await ann.say(room, "to both")
        assert (await second.heard(room, "to both")).shield == "NONE"
        await second.say(room, "from the second")
        assert (await ann.heard(room, "from the second")).shield == "NONE"
        devices = (await ann.trust(ben.user)).devices
        assert {each.id for each in devices} == {ben.device, second.device}
        assert all(each.is_signed for each in devices)
        await second.log_out()
    assert len((await ann.trust(ben.user)).devices) == 1


async def test_a_message_is_shown_as_it_stands(ann: Phone, ben: Phone) -> None:
    """With its edits, its reactions, its readers and its thread, until it is taken back."""
    room = await _together(ann, ben)
    event = await ann.say(room, "first")
    await ann.edit(room, event, "second")
    await ann.edit(room, event, "third")
    seen = await ben.shows(room, event, lambda each: each.edits == 2)
    assert (seen.text, seen.original["body"]) == ("third", "first")
    sign = await ben.react(room, event, "👍")
    await ben.read(room, event)
    await ben.type(room)
    seen = await ann.shows(room, event, lambda each: each.reactions and each.read_by)
    assert seen.reactions == [(ben.user, "👍")]
    assert list(seen.read_by) == [ben.user]
    await ann.until(lambda: _types(ann, room, ben.user))
    await ben.type(room, is_typing=False)
    await ann.until(lambda: _types_no_more(ann, room))
    assert (await ann.typing(room)).times == {ben.user: 1}
    await ben.redact(room, sign)
    await ann.shows(room, event, lambda each: not each.reactions)
    await ann.say(room, "beside it", thread=event, mentions=[ben.user])
    beside = await ben.heard(room, "beside it")
    assert (beside.thread, beside.highlights) == (event, True)
    await ann.redact(room, event)
    await ben.shows(room, event, lambda each: each.is_redacted)


async def _types(mine: Phone, room: str, user: str) -> bool:
    return user in (await mine.typing(room)).now


async def _types_no_more(mine: Phone, room: str) -> bool:
    return not (await mine.typing(room)).now


@pytest.mark.parametrize("where", ["room", "device"])
async def test_two_phones_compare_emoji(shared_homeserver: Synapse, where: str) -> None:
    """Both show the same seven, and trust each other once both have said so."""
    async with phone(shared_homeserver, "alice") as alice, phone(shared_homeserver, "bob") as bob:
        room = await _together(alice, bob)
        place = {"room": room} if where == "room" else {"device": bob.device}
        asking = await alice.verify(bob.user, **place)
        asked = await bob.asked_to_verify(alice.user)
        await asking.start()
        assert len(await asking.emoji()) == 7
        assert await asking.emoji() == await asked.emoji()
        await asking.confirm()
        await asked.confirm()
        await asyncio.gather(asking.until("done"), asked.until("done"))

        async def is_verified() -> bool:
            return (await alice.trust(bob.user)).is_verified

        await alice.until(is_verified)


async def test_emoji_that_differ_end_it(shared_homeserver: Synapse) -> None:
    """The other learns why, and nobody is trusted."""
    async with phone(shared_homeserver, "alice") as alice, phone(shared_homeserver, "bob") as bob:
        await _together(alice, bob)
        asking = await alice.verify(bob.user, device=bob.device)
        asked = await bob.asked_to_verify(alice.user)
        await asking.start()
        await asyncio.gather(asking.emoji(), asked.emoji())
        await asking.mismatch()
        assert (await asked.until("cancelled")).code == "m.mismatched_sas"
        assert not (await bob.trust(alice.user)).is_verified


async def test_a_new_identity_asks_for_approval(shared_homeserver: Synapse) -> None:
    """Until then the phone says that the person is not who was there before."""
    async with phone(shared_homeserver, "alice") as alice, phone(shared_homeserver, "bob") as bob:
        await _together(alice, bob)
        assert not (await alice.trust(bob.user)).needs_approval
        await bob.reset_identity()

        async def needs_approval() -> bool:
            return (await alice.trust(bob.user)).needs_approval

        await alice.until(needs_approval)
        await alice.approve(bob.user)
        assert not (await alice.trust(bob.user)).needs_approval


async def test_rooms_change(ann: Phone, ben: Phone) -> None:
    """Encryption comes later, a room is replaced, people are put out and go."""
    room = await ann.create(ben.user, is_encrypted=False, version="11")
    await ben.invited()
    await ben.join(room)
    await ann.say(room, "in clear")
    assert not (await ben.heard(room, "in clear")).is_encrypted
    await ann.encrypt(room)
    await ann.joined(room, ben.user)
    await ann.say(room, "under cover")
    assert (await ben.heard(room, "under cover")).is_encrypted
    await ann.send_raw(room, "m.room.message", {"msgtype": "m.text", "body": "bare"})
    assert not (await ben.heard(room, "bare")).is_encrypted
    new = await ann.upgrade(room, "12")
    assert (await ann.about(room)).next == new
    assert (await ann.about(new)).version == "12"
    await ann.kick(room, ben.user)
    await ben.member(room, ben.user, "leave")
    await ann.leave(new)
    assert (await ann.rooms())[new] == "leave"


async def test_a_restarted_server_is_ridden_out(
    shared_homeserver: Synapse, ann: Phone, ben: Phone
) -> None:
    """The phones find it again at once, with all that was said."""
    room = await _together(ann, ben)
    await ann.say(room, "before")
    await ben.heard(room, "before")
    await asyncio.to_thread(shared_homeserver.restart)
    await ann.say(room, "after")
    await ben.heard(room, "after")
    assert [each.text for each in await ben.screen(room)] == ["before", "after"]
