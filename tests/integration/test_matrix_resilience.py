"""What a bot at a real Synapse must bear, and go on."""

import asyncio

import pytest

from tests.fakes.matrix_bot import BOT, MatrixBot
from tests.fakes.provider import answer
from tests.homeserver.synapse import Synapse
from tests.phone.phone import Phone, phone
from tests.unit.test_matrix_machine import STORM

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def test_a_backlog_is_fetched_whole_and_handled_once(
    matrix: MatrixBot, alice: Phone
) -> None:
    """Sixty messages while the bot was away, in order; nothing before them is done again."""
    room = await alice.direct(BOT)
    await matrix.ask(alice, room, "before", "Before.")
    asked = len(matrix.companies["anthropic"].asked)
    await matrix.stop()
    for number in range(10, 70):
        await alice.say(room, f"!temp 0.{number}")
    await matrix.start()
    await alice.heard(room, "Temperature 0.69", within_s=60)
    found = [
        each.text.partition("Temperature ")[2][:4]
        for each in await alice.screen(room)
        if each.sender == BOT and "Temperature 0." in each.text
    ]
    assert [float(each) for each in found] == [number / 100 for number in range(10, 70)]
    assert len(matrix.companies["anthropic"].asked) == asked


async def test_a_storm_of_malformed_messages_stops_nothing(
    matrix: MatrixBot, alice: Phone
) -> None:
    """Whatever anybody sends to the device, the next question is answered."""
    assert matrix.frontend.device is not None
    device = matrix.frontend.device.id
    for each in STORM:
        if isinstance(each, dict) and isinstance(each.get("type"), str):
            content = each.get("content")
            body = content if isinstance(content, dict) else {}
            await alice.do("toDevice", kind=each["type"], messages={BOT: {device: body}})
    room = await alice.direct(BOT)
    await alice.do(
        "send", room=room, content={"msgtype": "m.text", "body": "x", "m.relates_to": 7}
    )
    odd: list[object] = [[], "x", {"rel_type": 3}, {"m.in_reply_to": 3}]
    for each in odd:
        content = {"msgtype": "m.text", "body": "odd", "m.relates_to": each}
        matrix.companies["anthropic"].enqueue(*answer("Odd."))
        await alice.do("send", room=room, content=content)
    await matrix.ask(alice, room, "still there?", "Still here.")


async def test_ten_encrypted_rooms_are_answered_at_once(matrix: MatrixBot, alice: Phone) -> None:
    """Nothing is lost, doubled, or unreadable."""
    rooms = [await alice.direct(BOT) for _ in range(10)]
    for number in range(10):
        matrix.companies["anthropic"].enqueue(*answer(f"Answer {number}."))
    await asyncio.gather(*(alice.say(room, "at once") for room in rooms))
    heard = await asyncio.gather(*(alice.heard(room, "Answer") for room in rooms))
    assert len({each.text.partition("\n")[0] for each in heard}) == 10
    for room in rooms:
        screen = await alice.screen(room)
        assert not any(each.raw["isFailing"] for each in screen)
        assert sum("Answer" in each.text for each in screen) == 1


async def test_a_strangers_invitation_is_declined(homeserver: Synapse, matrix: MatrixBot) -> None:
    """Without a word."""
    del matrix
    async with phone(homeserver, "mallory") as stranger:
        room = await stranger.do("create", isEncrypted=True, isDirect=True, invite=[BOT])

        async def declined() -> bool:
            return bool((await stranger.do("members", room=room)).get(BOT) == "leave")

        await stranger.until(declined)
        assert not [each for each in await stranger.screen(room) if each.sender == BOT]


async def test_an_upgraded_room_is_followed(matrix: MatrixBot, alice: Phone) -> None:
    """Its conversation goes on in the new one."""
    room = await alice.direct(BOT)
    await matrix.ask(alice, room, "in the old room", "Old.")
    new = await alice.do("upgrade", room=room, version="12")
    await alice.do("invite", room=new, user=BOT)
    await alice.joined(new, BOT)
    await asyncio.sleep(0.5)
    await matrix.ask(alice, new, "in the new room", "New.")
    assert matrix.prompt[0] == "in the old room"


async def test_a_restarted_server_is_ridden_out(
    matrix: MatrixBot, homeserver: Synapse, alice: Phone
) -> None:
    """The bot waits, and goes on where it was."""
    room = await alice.direct(BOT)
    await matrix.ask(alice, room, "one", "One.")
    await asyncio.to_thread(homeserver.stop)
    await asyncio.to_thread(homeserver.start)
    await matrix.ask(alice, room, "two", "Two.")
