"""A chat at a real Synapse, as a phone of another make shows it."""

import asyncio

import pytest

from bot.domain.chat import TextDelta
from tests.fakes.matrix_bot import BOT, MatrixBot
from tests.fakes.provider import answer
from tests.phone.phone import Phone, Shown

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def test_a_direct_chat_is_encrypted_trusted_and_rings(
    matrix: MatrixBot, alice: Phone
) -> None:
    """A strict phone reads every answer without a shield, and is called by each."""
    room = await alice.direct(BOT)
    shown = await matrix.ask(alice, room, "hello", "Hello **Alice**.")
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
    """An encrypted chat is offered, and the key asked for there."""
    room = await alice.direct(BOT, is_encrypted=False)
    await alice.say(room, "!addkey anthropic")
    shown = await alice.heard(room, "is not encrypted")
    assert "1 Open an encrypted chat" in shown.text
    known = {each for each, _ in await alice.do("rooms")}
    await alice.say(room, "1")

    async def asked() -> Shown | None:
        for each, membership in await alice.do("rooms"):
            if membership == "invite" and each not in known:
                await alice.do("join", room=each)
            found = [one for one in await alice.screen(each) if "Anthropic key" in one.text]
            if found and found[-1].raw["isEncrypted"] and "paste it here" in found[-1].text:
                return found[-1]
        return None

    assert await alice.until(asked)


async def test_an_answer_grows_by_edits_that_do_not_ring(matrix: MatrixBot, alice: Phone) -> None:
    """Typing until there are words, one message that rings, edits, and its end."""
    room = await alice.direct(BOT)
    first, last = asyncio.Event(), asyncio.Event()
    begun = "These are the first words of an answer that grows. "
    matrix.companies["anthropic"].enqueue(
        first, TextDelta(begun), last, *answer("And this is its end.")
    )
    event = await alice.say(room, "tell me")

    async def is_typing() -> bool:
        return BOT in (await alice.typing(room)).now

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
    matrix: MatrixBot, alice: Phone
) -> None:
    """A redacted question is in no later prompt; an edited one is asked about."""
    room = await alice.direct(BOT)
    await matrix.ask(alice, room, "first", "One.")
    matrix.companies["anthropic"].enqueue(*answer("Two."))
    second = await alice.say(room, "second")
    await alice.heard(room, "Two.")
    await alice.redact(room, second)
    matrix.companies["anthropic"].enqueue(*answer("Three."))
    third = await alice.say(room, "third")
    await alice.heard(room, "Three.")
    assert matrix.prompt == ["first", "One.", "third"]
    await alice.edit(room, third, "third, better")
    menu = await alice.heard(room, "You changed")
    assert "1 Answer" in menu.text


async def test_reactions_are_controls(matrix: MatrixBot, alice: Phone) -> None:
    """Stop ends an answer, retry asks again, a number chooses."""
    room = await alice.direct(BOT)
    gate = asyncio.Event()
    words = "This answer is long enough to be seen while it grows. "
    matrix.companies["anthropic"].enqueue(TextDelta(words), gate, *answer("never"))
    await alice.say(room, "go on")
    growing = await alice.heard(room, "long enough")
    await alice.react(room, growing.id, "🛑")
    stopped = await alice.heard(room, "Stopped")
    assert stopped.id == growing.id
    assert "never" not in stopped.text
    gate.set()
    shown = await matrix.ask(alice, room, "hello", "First.")
    matrix.companies["anthropic"].enqueue(*answer("Second."))
    await alice.react(room, shown.id, "🔁")
    await alice.heard(room, "Second.")
    await alice.say(room, "!model")
    menu = await alice.heard(room, "Model:")
    assert "Send a number or react with it." in menu.text
    await alice.react(room, menu.id, "2️⃣")
    await alice.heard(room, "Claude Haiku 5.5 for this conversation")


async def test_a_thread_is_a_conversation_of_its_own(matrix: MatrixBot, alice: Phone) -> None:
    """It begins with the message it hangs on, and the answer is in it."""
    room = await alice.direct(BOT)
    root = await matrix.ask(alice, room, "trains to Porto", "By day.")
    matrix.companies["anthropic"].enqueue(*answer("By night."))
    await alice.say(room, "and at night?", thread=root.id)
    shown = await alice.heard(room, "By night.")
    placed = shown.raw["wire"]["m.relates_to"]
    assert placed["rel_type"] == "m.thread"
    assert placed["event_id"] == root.id
    assert matrix.prompt == ["trains to Porto", "By day.", "and at night?"]
    await matrix.ask(alice, room, "and back?", "Too.")
    assert matrix.prompt[-2:] == ["By day.", "and back?"]
