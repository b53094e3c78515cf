"""Chats that move, close and get topics, on a simulated Bot API."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import TextDelta
from bot.texts.topics import THREAD_GONE
from tests.fakes.provider import answer
from tests.fakes.telegram import ALICE, BOB, GROUP, TelegramHouse, telegram_house

KEY = "sk-ant-api03-canary-0000000abcd"
CLAN = -1_002


@pytest.fixture
async def house() -> AsyncIterator[TelegramHouse]:
    """A bot at which Alice has a key and a model, also in a group, and private chats topics."""
    async with telegram_house() as house:
        house.sim.people.group(GROUP, "Cooking club")
        house.sim.state.bot["has_topics_enabled"] = True
        await house.stop()
        await house.start()
        await house.ask(f"/addkey anthropic {KEY}")
        await house.pays(ALICE, BOB)
        yield house
        assert house.sim.state.strange == set()


def will_say(house: TelegramHouse, text: str) -> None:
    """Let the next question be answered so."""
    house.companies["anthropic"].enqueue(*answer(text))


def will_grow(house: TelegramHouse, first: str, last: str) -> asyncio.Event:
    """Let the next answer stop after its first words until the event is set."""
    gate = asyncio.Event()
    said, *rest = answer(last)
    house.companies["anthropic"].enqueue(TextDelta(first), gate, said, *rest)
    return gate


async def test_a_group_that_becomes_a_supergroup_goes_on(house: TelegramHouse) -> None:
    """An answer under way ends in the new chat, and the talk so far is what the next one has."""
    gate = will_grow(house, "These are quite a few words to begin with. ", "End.")
    await house.say("@hearth_bot go", chat=GROUP)
    await house.sim.until(lambda: any("quite a few" in text for text in house.said(GROUP)))
    await house.taken(house.sim.people.migrate(GROUP, CLAN))
    gate.set()
    await house.settle(GROUP)
    await house.settle(CLAN)
    assert house.said(CLAN) == ["These are quite a few words to begin with. End."]
    will_say(house, "Well.")
    await house.ask("@hearth_bot and now?", chat=CLAN)
    assert house.said(CLAN)[1:] == ["Well."]
    asked = house.companies["anthropic"].asked[-1].request
    assert [message.text for message in asked.messages] == [
        "M1: go",
        "These are quite a few words to begin with. End.",
        "M1: and now?",
    ]


async def test_a_refused_answer_tells_of_the_move(house: TelegramHouse) -> None:
    """Where the update about it is late, the answer still arrives."""
    gate = will_grow(house, "", "Here I am.")
    await house.say("@hearth_bot go", chat=GROUP)
    house.sim.people.group(CLAN, "Cooking club")
    house.sim.state.chats[GROUP].moved_to = CLAN
    gate.set()
    await house.sim.until(lambda: house.said(CLAN) == ["Here I am."])


async def test_a_blocked_bot_asks_nothing_more(house: TelegramHouse) -> None:
    """The running answer is stopped, the next question not asked; who comes back goes on."""
    will_grow(house, "These are quite a few words to begin with. ", "End.")
    await house.say("one")
    await house.say("two")
    anthropic = house.companies["anthropic"]
    await house.taken(house.sim.people.block(ALICE))
    await house.settle()
    assert (len(anthropic.asked), anthropic.cancelled) == (1, 1)
    await house.taken(house.sim.people.block(ALICE, is_blocked=False))
    will_say(house, "Here I am.")
    await house.ask("three")
    assert house.said()[-1].startswith("Here I am.")
    assert [message.text for message in anthropic.asked[-1].request.messages][-1] == "three"


async def test_a_new_topic_is_seen_and_used(house: TelegramHouse) -> None:
    """It has a message at once, its own talk, and what is answered after its end comes beside."""
    await house.ask("/new Trip to Porto")
    await house.tap("New topic")
    await house.settle()
    (opened,) = [row for row in house.sim.state.journal.rows if row["op"] == "topic"]
    assert opened["name"] == "Trip to Porto"
    await house.settle(thread=str(opened["thread"]))
    assert house.said()[-1] == "New conversation. Write something to begin."
    assert house.screen()[-1].thread == opened["thread"]
    assert any(text.startswith('The topic "Trip to Porto" is open.') for text in house.said())
    gate = will_grow(house, "", "Line 1.")
    await house.say("Which tram?", thread=opened["thread"])
    house.sim.state.chats[ALICE].topics.clear()
    gate.set()
    await house.settle(thread=str(opened["thread"]))
    last = house.screen()[-1]
    assert (last.thread, last.text.split("\n")[0]) == (None, THREAD_GONE)
    assert "Line 1." in last.text


@pytest.mark.parametrize("may_delete", [True, False])
async def test_a_key_in_a_group_is_public(house: TelegramHouse, may_delete: bool) -> None:
    """It is deleted where the bot may, said where not, and leads into the private chat."""
    house.sim.state.chats[GROUP].can_bot_delete = may_delete
    message = await house.say(f"/addkey anthropic {KEY}", BOB, chat=GROUP)
    await house.settle(GROUP)
    assert (message in house.sim.state.chats[GROUP].screen) is not may_delete
    (said,) = [each for each in house.screen(GROUP) if each.is_ours]
    assert said.text.startswith("Bob, a key was posted here, so treat it as public.")
    assert ("I may not remove your message here" in said.text) is not may_delete
    assert said.rows[0][0]["url"] == "https://t.me/hearth_bot"
