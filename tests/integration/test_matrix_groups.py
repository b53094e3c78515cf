"""A room with several people at a real Synapse: each pays with their own key, and no other."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from tests.fakes.matrix_bot import BOB, BOT, KEY, MatrixBot, matrix_bot
from tests.fakes.matrix_people import KEYCAP, agrees, brings, number_of, told
from tests.fakes.provider import answer
from tests.homeserver.synapse import Synapse
from tests.phone.phone import Phone, phone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]
CAROL: Final = "@carol:home.test"
BOBS_KEY: Final = "sk-proj-canary-00000007Qx2"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def matrix(
    homeserver: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[MatrixBot]:
    """The bot, with alice as its operator, and bob and carol as members."""
    folder = tmp_path_factory.mktemp("bot")
    async with matrix_bot(homeserver, folder, BOB, CAROL) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bob(homeserver: Synapse, matrix: MatrixBot) -> AsyncIterator[Phone]:
    """Bob's phone, and his key of another company than alice's with the bot."""
    assert matrix.frontend.device is not None
    async with phone(homeserver, "bob") as mine:
        room = await mine.direct(BOT)
        await mine.say(room, f"!addkey openai {BOBS_KEY}")
        await mine.heard(room, "key accepted")
        yield mine


async def test_two_companies_hold_one_conversation(
    matrix: MatrixBot, alice: Phone, bob: Phone
) -> None:
    """Each is asked in a direct chat first, pays with their own key, and is called by answers."""
    room = await brings(alice, bob, name="Leeks")
    for each in (alice, bob):
        hello = await each.heard(room, "Each question is paid with the asker's own key.")
        assert hello.is_encrypted
    anthropic, openai = matrix.companies["anthropic"], matrix.companies["openai"]
    was = len(anthropic.asked), len(openai.asked)
    anthropic.enqueue(*answer("Potatoes."))
    question = await alice.say(room, "Hearth, what goes with leeks?", mentions=[BOT])
    first = await bob.heard(room, "one tap in private first")
    assert first.original["m.mentions"] == {"user_ids": [alice.user]}
    assert (len(anthropic.asked), len(openai.asked)) == was
    asked = await agrees(alice, "Leeks")
    assert asked.is_encrypted
    assert "(2 people)" in asked.text
    given = await bob.heard(room, "Potatoes.")
    assert given.original["m.mentions"] == {"user_ids": [alice.user]}
    assert given.reply_to == question
    assert anthropic.asked[-1].key == KEY

    openai.enqueue(*answer("Apples."))
    await bob.say(room, "!ask And for dessert?")
    await agrees(bob, "Leeks")
    given = await alice.heard(room, "Apples.")
    assert given.original["m.mentions"] == {"user_ids": [bob.user]}
    assert openai.asked[-1].key == BOBS_KEY
    said = [each.text for each in openai.asked[-1].request.messages]
    assert said == ["M1: what goes with leeks?", "Potatoes.", "M2: And for dessert?"]
    assert {each.key for each in anthropic.asked} == {KEY}
    assert {each.key for each in openai.asked} == {BOBS_KEY}
    assert "$" not in "".join(each.text for each in await alice.screen(room))


async def test_a_thread_on_an_answer_is_a_conversation_of_all(
    matrix: MatrixBot, alice: Phone, bob: Phone
) -> None:
    """Nobody need be called in it; what is said elsewhere in the room is nothing to the bot."""
    room = await brings(alice, bob, name="Trains")
    await alice.say(room, "!ask Which train goes to Porto?")
    await agrees(alice, "Trains")
    root = await alice.heard(room, "Which train goes to Porto?", of=BOT)
    openai = matrix.companies["openai"]
    openai.enqueue(*answer("By night."))
    await bob.say(room, "only for Alice")
    await bob.say(room, "and at night?", thread=root.id)
    await agrees(bob, "Trains")
    given = await bob.heard(room, "By night.")
    assert given.thread == root.id
    said = [each.text for each in openai.asked[-1].request.messages]
    assert said[-1] == "M2: and at night?"
    assert "only for Alice" not in " ".join(said)


@pytest.mark.parametrize("power", [50, 0])
async def test_a_key_in_a_room_is_lost(alice: Phone, bob: Phone, power: int) -> None:
    """It is redacted where the bot may, and else bob is told how; it is stored nowhere."""
    room = await brings(alice, bob)
    if power:
        levels = {"users": {BOT: power}, "redact": 50}
        await alice.send_state(room, "m.room.power_levels", levels)
    event = await bob.say(room, "is sk-proj-canary-0000000lost a good key?")
    warned = await alice.heard(room, "a key was posted here, so treat it as public")
    assert ("then Remove" in warned.text or "to Remove" in warned.text) is not bool(power)
    assert "canary" not in warned.text
    if power:
        await alice.shows(room, event, lambda shown: shown.is_redacted)


async def test_anothers_number_chooses_nothing(alice: Phone, bob: Phone) -> None:
    """Neither typed nor put under a menu; its own member's does."""
    room = await brings(alice, bob, name="Menus")
    await alice.say(room, "!answer")
    menu = await bob.heard(room, "I answer when somebody names me")
    number = number_of("Commands", menu)
    await bob.react(room, menu.id, f"{number}{KEYCAP}")
    await bob.say(room, number, reply_to=menu.id)
    await bob.say(room, "!ask")
    await bob.heard(room, "Write your question after it.")
    shown = [each.text for each in await alice.screen(room)]
    assert not any("from now on" in each for each in shown)
    await alice.react(room, menu.id, f"{number}{KEYCAP}")
    await bob.heard(room, "to commands only")


async def test_what_is_personal_is_told_in_a_direct_chat(
    homeserver: Synapse, alice: Phone
) -> None:
    """Which the bot opens, encrypted, for somebody who never wrote to it."""
    async with phone(homeserver, "carol") as carol:
        room = await brings(alice, carol, name="Costs")
        await carol.say(room, "!usage")
        await alice.heard(room, "That is private. I sent it to you.")
        direct, shown = await told(carol, "Nothing used yet.", but=room)
        assert shown.is_encrypted
        members = await carol.members(direct)
        assert set(members) == {CAROL, BOT}
        assert not any("Nothing used" in each.text for each in await alice.screen(room))
        await carol.say(room, "!ask me too")
        refused = await alice.heard(room, "you have no key yet")
        assert refused.original["m.mentions"] == {"user_ids": [CAROL]}


async def test_a_member_takes_their_word_back(matrix: MatrixBot, alice: Phone, bob: Phone) -> None:
    """From then on nothing is asked with their key there, and they are asked anew."""
    room = await brings(alice, bob, name="Stops")
    await bob.say(room, "!ask first")
    await agrees(bob, "Stops")
    await alice.heard(room, "Echo: M1: first")
    direct, _ = await told(bob, "Allowed in", but=room)
    await bob.say(direct, "!groups")
    listed = await bob.heard(direct, "Where your key may be used")
    assert "Stops" in listed.text
    await bob.say(direct, number_of("Stops", listed))
    menu = await bob.heard(direct, "Earlier messages:")
    await bob.say(direct, number_of("Stop here", menu))
    await bob.heard(direct, 'Stopped in "Stops"')
    asked = len(matrix.companies["openai"].asked)
    await bob.say(room, "!ask second")
    await alice.heard(room, "one tap in private first")
    assert len(matrix.companies["openai"].asked) == asked


async def test_where_a_member_brought_it_it_is_mute_until_it_is_allowed(
    matrix: MatrixBot, alice: Phone, bob: Phone
) -> None:
    """The operator is told of it, and hears how to change that."""
    room = await brings(bob, alice, name="Quiet")
    await told(alice, 'bob added me to "Quiet", 2 people')
    asked = len(matrix.companies["openai"].asked)
    await bob.say(room, "!ask anybody there?")
    await alice.say(room, "Hearth, and me?", mentions=[BOT])
    await bob.heard(room, "I am mute here until you send !allow.")
    await alice.say(room, "!allow")
    await bob.heard(room, "Each question is paid with the asker's own key.")
    assert len(matrix.companies["openai"].asked) == asked
    await bob.say(room, "!ask anybody there now?")
    await agrees(bob, "Quiet")
    await alice.heard(room, "Echo: M1: anybody there now?")
    assert matrix.companies["openai"].asked[-1].key == BOBS_KEY


async def test_a_stranger_takes_it_nowhere(homeserver: Synapse, bob: Phone) -> None:
    """Not even into a room with a member in it, and without a word."""
    async with phone(homeserver, "mallory") as mallory:
        room = await mallory.create(BOT, bob.user, name="Coins 4 you")
        await mallory.member(room, BOT, "leave")
        assert BOT not in {each.sender for each in await mallory.screen(room)}
