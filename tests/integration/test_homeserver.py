"""What the tests of Matrix stand on: a real homeserver, and phones as strict as Element."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.homeserver import synapse as homeservers
from tests.homeserver.synapse import Synapse
from tests.phone.phone import Phone, phone
from tests.simulators.process import ROOT

_ENDS_S: Final = 20
_STARTS_ONE: Final = """
import pathlib, sys
from tests.homeserver.synapse import Synapse
server = Synapse(pathlib.Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


async def _together(one: Phone, other: Phone) -> str:
    """Return an encrypted direct chat in which both are."""
    room = await one.create(other.user, is_direct=True, preset="trusted_private_chat")
    assert await other.invited() == room
    await other.join(room)
    await one.joined(room, other.user)
    return room


async def test_two_strict_phones_talk(shared_homeserver: Synapse) -> None:
    """What one writes the other reads, encrypted on its way, and without a shield."""
    async with phone(shared_homeserver, "alice") as alice, phone(shared_homeserver, "bob") as bob:
        room = await _together(alice, bob)
        await alice.say(room, "hello", html="<b>hello</b>")
        seen = await bob.heard(room, "hello")
        assert (seen.sender, seen.html, seen.shield) == (alice.user, "<b>hello</b>", "NONE")
        assert seen.is_encrypted
        assert "ciphertext" in seen.wire
        assert seen.notifies
        await bob.say(room, "hello yourself", reply_to=seen.id)
        assert (await alice.heard(room, "yourself")).reply_to == seen.id


async def test_an_unsigned_device_is_refused(shared_homeserver: Synapse) -> None:
    """A strict phone gives it no keys, and reads nothing of what it writes."""
    async with (
        phone(shared_homeserver, "alice") as alice,
        phone(shared_homeserver, "mallory", is_signed=False, is_strict=False) as mallory,
    ):
        room = await _together(alice, mallory)
        kept = await alice.say(room, "not for you")
        seen = await mallory.shows(room, kept, lambda each: each.is_unreadable)
        assert seen.why == "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"
        sent = await mallory.say(room, "from nobody")
        refused = await alice.shows(room, sent, lambda each: each.is_unreadable)
        assert refused.why == "UNSIGNED_SENDER_DEVICE"
        (device,) = (await alice.trust(mallory.user)).devices
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
    shared_homeserver: Synapse,
) -> None:
    """It reads what comes, and is read, by the strict."""
    async with phone(shared_homeserver, "alice") as alice, phone(shared_homeserver, "bob") as bob:
        room = await _together(alice, bob)
        async with phone(shared_homeserver, "bob", secrets=await bob.secrets()) as second:
            await alice.say(room, "to both")
            assert (await second.heard(room, "to both")).shield == "NONE"
            await second.say(room, "from the second")
            assert (await alice.heard(room, "from the second")).shield == "NONE"
            devices = (await alice.trust(bob.user)).devices
            assert {each.id for each in devices} == {bob.device, second.device}
            assert all(each.is_signed for each in devices)
            await second.log_out()
        assert len((await alice.trust(bob.user)).devices) == 1


async def test_a_message_is_shown_as_it_stands(shared_homeserver: Synapse) -> None:
    """With its edits, its reactions, its readers and its thread, until it is taken back."""
    async with phone(shared_homeserver, "alice") as alice, phone(shared_homeserver, "bob") as bob:
        room = await _together(alice, bob)
        event = await alice.say(room, "first")
        await alice.edit(room, event, "second")
        await alice.edit(room, event, "third")
        seen = await bob.shows(room, event, lambda each: each.edits == 2)
        assert (seen.text, seen.original["body"]) == ("third", "first")
        sign = await bob.react(room, event, "👍")
        await bob.read(room, event)
        await bob.type(room)
        seen = await alice.shows(room, event, lambda each: each.reactions and each.read_by)
        assert seen.reactions == [(bob.user, "👍")]
        assert list(seen.read_by) == [bob.user]
        await alice.until(lambda: _types(alice, room, bob.user))
        await bob.type(room, is_typing=False)
        await alice.until(lambda: _types_no_more(alice, room))
        assert (await alice.typing(room)).times == {bob.user: 1}
        await bob.redact(room, sign)
        await alice.shows(room, event, lambda each: not each.reactions)
        await alice.say(room, "beside it", thread=event, mentions=[bob.user])
        beside = await bob.heard(room, "beside it")
        assert (beside.thread, beside.highlights) == (event, True)
        await alice.redact(room, event)
        await bob.shows(room, event, lambda each: each.is_redacted)


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


async def test_rooms_change(shared_homeserver: Synapse) -> None:
    """Encryption comes later, a room is replaced, people are put out and go."""
    async with phone(shared_homeserver, "alice") as alice, phone(shared_homeserver, "bob") as bob:
        room = await alice.create(bob.user, is_encrypted=False, version="11")
        await bob.invited()
        await bob.join(room)
        await alice.say(room, "in clear")
        assert not (await bob.heard(room, "in clear")).is_encrypted
        await alice.encrypt(room)
        await alice.joined(room, bob.user)
        await alice.say(room, "under cover")
        assert (await bob.heard(room, "under cover")).is_encrypted
        await alice.send_raw(room, "m.room.message", {"msgtype": "m.text", "body": "bare"})
        assert not (await bob.heard(room, "bare")).is_encrypted
        new = await alice.upgrade(room, "12")
        assert (await alice.about(room)).next == new
        assert (await alice.about(new)).version == "12"
        await alice.kick(room, bob.user)
        await bob.member(room, bob.user, "leave")
        await alice.leave(new)
        assert (await alice.rooms())[new] == "leave"


async def test_a_restarted_server_is_ridden_out(shared_homeserver: Synapse) -> None:
    """The phones find it again at once, with all that was said."""
    async with phone(shared_homeserver, "alice") as alice, phone(shared_homeserver, "bob") as bob:
        room = await _together(alice, bob)
        await alice.say(room, "before")
        await bob.heard(room, "before")
        await asyncio.to_thread(shared_homeserver.restart)
        await alice.say(room, "after")
        await bob.heard(room, "after")
        assert [each.text for each in await bob.screen(room)] == ["before", "after"]


def test_stock_limits_hold_a_sender_back(shared_stock_homeserver: Synapse) -> None:
    """After ten messages at once, as Synapse has it; where nothing is limited, none is refused."""
    user, password = shared_stock_homeserver.account("alice")
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
    }
    token = shared_stock_homeserver.call("POST", "/_matrix/client/v3/login", body)[1][
        "access_token"
    ]
    made = shared_stock_homeserver.call("POST", "/_matrix/client/v3/createRoom", {}, token=token)[
        1
    ]
    path = f"/_matrix/client/v3/rooms/{made['room_id']}/send/m.room.message"
    sent = [
        shared_stock_homeserver.call(
            "PUT", f"{path}/{number}", {"msgtype": "m.text", "body": "hi"}, token=token
        )
        for number in range(15)
    ]
    refused = [found for status, found in sent if status == 429]
    assert refused
    assert all(found["retry_after_ms"] > 0 for found in refused)


def test_the_server_ends_with_who_started_it(tmp_path: Path) -> None:
    """However that ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _STARTS_ONE, tmp_path],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as starter:
        assert starter.stdout is not None
        server = os.pidfd_open(json.loads(starter.stdout.readline()))
        try:
            starter.send_signal(signal.SIGKILL)
            assert select.select([server], [], [], _ENDS_S)[0]
        finally:
            os.close(server)


def test_a_missing_server_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, with the command."""
    monkeypatch.setattr(homeservers, "HOME", tmp_path / "nowhere")
    with pytest.raises(pytest.fail.Exception, match="install it with: make homeserver"):
        Synapse(tmp_path).start()
