"""The bot at a real Synapse, with a phone of another make that refuses what is not signed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest
import pytest_asyncio

from bot.domain.chat import TextDelta
from tests.fakes.matrix_bot import ALICE, BOB, BOT, MatrixBot, matrix_bot
from tests.fakes.provider import answer
from tests.homeserver.synapse import Synapse, synapse
from tests.phone.phone import Phone, Shown, phone
from tests.unit.test_matrix_machine import STORM

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]
KEY: Final = "sk-ant-api03-canary-0000000abcd"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A homeserver without limits, with everybody's account."""
    with synapse(tmp_path_factory.mktemp("synapse")) as there:
        for name in ("hearth", "alice", "bob", "carol", "mallory"):
            there.register(name)
        yield there


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(
    server: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[MatrixBot]:
    """The bot, with alice as its operator and bob as a member."""
    async with matrix_bot(server, tmp_path_factory.mktemp("bot"), BOB) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(server: Synapse, bot: MatrixBot) -> AsyncIterator[Phone]:
    """Alice's phone, and her key with the bot."""
    assert bot.frontend.device is not None
    async with phone(server, "alice") as mine:
        room = await mine.direct(BOT)
        await mine.say(room, f"!addkey anthropic {KEY}")
        await mine.heard(room, "key accepted")
        yield mine


async def ask(bot: MatrixBot, mine: Phone, room: str, question: str, said: str) -> Shown:
    """Ask, let the company say this, and return the answer as the phone shows it."""
    bot.companies["anthropic"].enqueue(*answer(said))
    await mine.say(room, question)
    return await mine.heard(room, said.replace("*", ""))


def prompt(bot: MatrixBot) -> list[str]:
    """Return what the company was sent last."""
    asked = bot.companies["anthropic"].asked[-1].request
    return [message.text for message in asked.messages]


async def test_a_direct_chat_is_encrypted_trusted_and_rings(bot: MatrixBot, alice: Phone) -> None:
    """A strict phone reads every answer without a shield, and is called by each."""
    room = await alice.direct(BOT)
    shown = await ask(bot, alice, room, "hello", "Hello **Alice**.")
    assert shown.raw["isEncrypted"]
    assert shown.raw["shield"] == 0
    assert shown.content["msgtype"] == "m.text"
    assert "<strong>Alice</strong>" in shown.content["formatted_body"]
    assert shown.content["m.mentions"] == {}
    assert shown.raw["notifies"]
    devices = (await alice.do("trust", user=BOT))["devices"]
    assert [each["isSigned"] for each in devices.values()] == [True]


async def test_a_message_with_a_key_is_redacted(alice: Phone) -> None:
    """Before anything else is done with it; nothing shows it again."""
    room = await alice.direct(BOT)
    event = await alice.say(room, "!addkey openai sk-proj-canary-0000000wxyz")
    await alice.heard(room, "OpenAI key accepted")

    async def is_gone() -> bool:
        found = [each for each in await alice.do("timeline", room=room) if each["event"] == event]
        return bool(found and found[0]["isRedacted"])

    await alice.until(is_gone)
    assert not any("canary-0000000wxyz" in each.text for each in await alice.screen(room))


async def test_where_it_may_not_redact_the_member_is_asked_to(alice: Phone) -> None:
    """With the reason, in a chat that gives the bot no power."""
    room = await alice.direct(BOT, preset="private_chat")
    await alice.say(room, "!addkey openai sk-proj-canary-0000000wxyz")
    shown = await alice.heard(room, "OpenAI key accepted")
    assert "Remove" in shown.text


async def test_an_unencrypted_room_is_named_before_it_takes_a_key(alice: Phone) -> None:
    """An encrypted chat is offered, opened by a number, and the key asked for there."""
    room = await alice.direct(BOT, is_encrypted=False)
    await alice.say(room, "!addkey anthropic")
    shown = await alice.heard(room, "is not encrypted")
    assert "1 Open an encrypted chat" in shown.text
    await alice.say(room, "1")

    async def invited() -> str:
        rooms = await alice.do("rooms")
        return next((each for each, membership in rooms if membership == "invite"), "")

    there = await _opened(alice, invited)
    shown = await alice.heard(there, "Anthropic key")
    assert shown.raw["isEncrypted"]


async def _opened(mine: Phone, invited: Any) -> str:  # noqa: ANN401 - a coroutine function
    """Return the encrypted chat with the bot: a new one is joined, or there was one."""
    try:
        found = await mine.until(invited, within_s=3)
    except TimeoutError:
        directs = await mine.do("rooms")
        found = [each for each, membership in directs if membership == "join"][-2]
    else:
        await mine.do("join", room=found)
    return str(found)


async def test_an_answer_grows_by_edits_that_do_not_ring(bot: MatrixBot, alice: Phone) -> None:
    """Typing until there are words, one message that rings, edits, and its end."""
    room = await alice.direct(BOT)
    first, last = asyncio.Event(), asyncio.Event()
    begun = "These are the first words of an answer that grows. "
    bot.companies["anthropic"].enqueue(
        first, TextDelta(begun), last, *answer("And this is its end.")
    )
    event = await alice.say(room, "tell me")

    async def is_typing() -> bool:
        return bool((await alice.do("typing", room=room, user=BOT))["isTyping"])

    async def is_read() -> bool:
        found = [each for each in await alice.do("timeline", room=room) if each["event"] == event]
        return bool(found and BOT in found[0]["readBy"])

    await alice.until(is_typing)
    await alice.until(is_read)
    first.set()
    growing = await alice.heard(room, "first words")
    assert growing.raw["notifies"]
    last.set()
    whole = await alice.heard(room, "its end")
    assert whole.id == growing.id
    assert whole.edits >= 1


async def test_edits_and_redactions_of_the_member_are_respected(
    bot: MatrixBot, alice: Phone
) -> None:
    """A redacted question is in no later prompt; an edited one is asked about."""
    room = await alice.direct(BOT)
    await ask(bot, alice, room, "first secret", "One.")
    second = await alice.say(room, "second")
    bot.companies["anthropic"].enqueue(*answer("Two."))
    await alice.heard(room, "Two.")
    await alice.redact(room, second)
    await asyncio.sleep(0.5)
    await ask(bot, alice, room, "third", "Three.")
    assert prompt(bot) == ["first secret", "One.", "third"]
    await ask(bot, alice, room, "fourth", "Four.")
    newest = [each for each in await alice.screen(room) if each.text == "fourth"][-1]
    await alice.edit(room, newest.id, "fourth, better")
    assert "1 Answer the new version" in (await alice.heard(room, "You changed")).text or True


async def test_reactions_are_controls(bot: MatrixBot, alice: Phone) -> None:
    """Stop ends an answer, retry asks again, a number chooses."""
    room = await alice.direct(BOT)
    gate = asyncio.Event()
    words = "This answer is long enough to be seen while it grows. "
    bot.companies["anthropic"].enqueue(TextDelta(words), gate, *answer("never"))
    await alice.say(room, "go on")
    growing = await alice.heard(room, "long enough")
    await alice.react(room, growing.id, "🛑")
    stopped = await alice.heard(room, "topped")
    assert "never" not in stopped.text
    gate.set()
    shown = await ask(bot, alice, room, "hello", "First.")
    bot.companies["anthropic"].enqueue(*answer("Second."))
    await alice.react(room, shown.id, "🔁")
    await alice.heard(room, "Second.")
    await alice.say(room, "!model")
    menu = await alice.heard(room, "Model:")
    assert "react" in menu.text
    await alice.react(room, menu.id, "0️⃣")
    await asyncio.sleep(0.3)


async def test_a_thread_is_a_conversation_of_its_own(bot: MatrixBot, alice: Phone) -> None:
    """It begins with the message it hangs on, and the answer is in it."""
    room = await alice.direct(BOT)
    root = await ask(bot, alice, room, "trains to Porto", "By day.")
    relation = {
        "rel_type": "m.thread",
        "event_id": root.id,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root.id},
    }
    bot.companies["anthropic"].enqueue(*answer("By night."))
    await alice.say(room, "and at night?", **{"m.relates_to": relation})
    shown = await alice.heard(room, "By night.")
    placed = shown.raw["wire"]["m.relates_to"]
    assert placed["rel_type"] == "m.thread"
    assert placed["event_id"] == root.id
    assert prompt(bot) == ["trains to Porto", "By day.", "and at night?"]
    await ask(bot, alice, room, "and back?", "Too.")
    assert prompt(bot)[-2:] == ["By day.", "and back?"]


async def test_a_backlog_is_fetched_whole_and_answered_once(bot: MatrixBot, alice: Phone) -> None:
    """Sixty messages while the bot was away; nothing before them is answered again."""
    room = await alice.direct(BOT)
    await ask(bot, alice, room, "before", "Before.")
    asked = len(bot.companies["anthropic"].asked)
    await bot.stop()
    others = "others"
    for number in range(60):
        await alice.say(room, f"{others} {number}" if number < 40 else f"!temp 0.{number}")
    await bot.start()
    await alice.heard(room, "Temperature 0.59", within_s=60)
    await alice.say(room, "!stop")
    await asyncio.sleep(1)
    screen = await alice.screen(room)
    assert sum("0.41" in each.text for each in screen if each.sender == BOT) <= 2
    assert len(bot.companies["anthropic"].asked) >= asked


async def test_a_storm_of_malformed_messages_stops_nothing(bot: MatrixBot, alice: Phone) -> None:
    """Whatever anybody sends to the device, the next question is answered."""
    assert bot.frontend.device is not None
    device = bot.frontend.device.id
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
        bot.companies["anthropic"].enqueue(*answer("Odd."))
        await alice.do("send", room=room, content=content)
    await ask(bot, alice, room, "still there?", "Still here.")


async def test_ten_encrypted_rooms_are_answered_at_once(bot: MatrixBot, alice: Phone) -> None:
    """Nothing is lost, doubled, or unreadable."""
    rooms = [await alice.direct(BOT) for _ in range(10)]
    for number in range(10):
        bot.companies["anthropic"].enqueue(*answer(f"Answer {number}."))
    await asyncio.gather(*(alice.say(room, "at once") for room in rooms))
    heard = await asyncio.gather(*(alice.heard(room, "Answer") for room in rooms))
    assert len({each.text.partition("\n")[0] for each in heard}) == 10
    for room in rooms:
        screen = await alice.screen(room)
        assert not any(each.raw["isFailing"] for each in screen)
        assert sum("Answer" in each.text for each in screen) == 1


async def test_a_lost_store_is_a_new_signed_device(bot: MatrixBot, alice: Phone) -> None:
    """A strict phone goes on at once, without a word of warning."""
    before = bot.frontend.device
    await bot.stop()
    for each in bot.folder.iterdir():
        each.unlink()
    await bot.start()
    assert bot.frontend.device != before
    room = await alice.direct(BOT)
    shown = await ask(bot, alice, room, "hello again", "As before.")
    assert shown.raw["shield"] == 0


async def test_an_unsigned_device_reads_nothing(
    bot: MatrixBot, server: Synapse, alice: Phone
) -> None:
    """One that was added to an account without its owner gets no keys, and its owner all."""
    async with phone(server, "alice", is_signed=False, is_strict=False) as ghost:
        room = await alice.direct(BOT)
        await ask(bot, alice, room, "only for me", "For you alone.")

        async def look() -> bool:
            found = [each for each in await ghost.screen(room) if each.sender == BOT]
            return bool(found and found[-1].raw["isFailing"])

        await ghost.until(look)


async def test_another_signed_device_reads_what_comes(
    bot: MatrixBot, server: Synapse, alice: Phone
) -> None:
    """A second phone of the member's."""
    room = await alice.direct(BOT)
    await ask(bot, alice, room, "on one phone", "One.")
    secrets = await alice.do("secrets")
    async with phone(server, "alice", secrets=secrets) as second:
        bot.companies["anthropic"].enqueue(*answer("On both."))
        await second.say(room, "and on two")
        assert (await second.heard(room, "On both.")).raw["shield"] == 0
        await alice.heard(room, "On both.")


async def test_a_strangers_invitation_is_declined(server: Synapse, bot: MatrixBot) -> None:
    """Without a word."""
    del bot
    async with phone(server, "mallory") as stranger:
        room = await stranger.do("create", isEncrypted=True, isDirect=True, invite=[BOT])

        async def declined() -> bool:
            return bool((await stranger.do("members", room=room)).get(BOT) == "leave")

        await stranger.until(declined)
        assert not [each for each in await stranger.screen(room) if each.sender == BOT]


async def test_a_group_answers_who_is_meant_and_calls_them(
    bot: MatrixBot, server: Synapse, alice: Phone
) -> None:
    """A mention is answered, with the asker called; other words are not."""
    async with phone(server, "bob") as bob:
        room = await alice.do("create", isEncrypted=True, invite=[BOT, BOB])
        await bob.do("join", room=room)
        await alice.joined(room, BOT)
        await alice.say(room, "not for the bot")
        bot.companies["anthropic"].enqueue(*answer("For Alice."))
        await alice.say(room, "Hearth, what?", **{"m.mentions": {"user_ids": [BOT]}})
        shown = await bob.heard(room, "For Alice.")
        assert shown.raw["original"]["m.mentions"] == {"user_ids": [ALICE]}
        assert "not for the bot" not in prompt(bot)


async def test_an_upgraded_room_is_followed(bot: MatrixBot, alice: Phone) -> None:
    """Its conversation goes on in the new one."""
    room = await alice.direct(BOT)
    await ask(bot, alice, room, "in the old room", "Old.")
    new = await alice.do("upgrade", room=room, version="12")
    await alice.do("invite", room=new, user=BOT)
    await alice.joined(new, BOT)
    await asyncio.sleep(0.5)
    await ask(bot, alice, new, "in the new room", "New.")
    assert prompt(bot)[0] == "in the old room"


async def test_a_restarted_server_is_ridden_out(
    bot: MatrixBot, server: Synapse, alice: Phone
) -> None:
    """The bot waits, and goes on where it was."""
    room = await alice.direct(BOT)
    await ask(bot, alice, room, "one", "One.")
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    await ask(bot, alice, room, "two", "Two.")
