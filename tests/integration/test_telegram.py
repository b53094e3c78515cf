"""The bot on a simulated Bot API over real sockets: what breaks other bots must not break it."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from bot.domain.chat import TextDelta
from tests.fakes.provider import answer
from tests.fakes.telegram import ALICE, BOB, GROUP, TelegramHouse, telegram_house
from tests.simulators.telegram.faults import Fault
from tests.simulators.telegram.people import ANONYMOUS, OTHER_BOT
from tests.simulators.telegram.server import Simulator

KEY = "sk-ant-api03-canary-0000000abcd"


@pytest.fixture
async def house() -> AsyncIterator[TelegramHouse]:
    """A bot at which Alice has a key and a model."""
    async with telegram_house() as house:
        await house.ask(f"/addkey anthropic {KEY}")
        yield house
        assert house.sim.state.strange == set()
        assert all(
            each.dropped == 0
            for chat in house.sim.state.chats.values()
            for each in chat.screen.values()
        )


def will_say(house: TelegramHouse, text: str) -> None:
    """Let the next question be answered so."""
    house.companies["anthropic"].enqueue(*answer(text))


def will_grow(house: TelegramHouse, *words: str) -> asyncio.Event:
    """Let the next answer stop after its first words until the event is set."""
    gate = asyncio.Event()
    first, *rest = answer(words[-1])
    house.companies["anthropic"].enqueue(
        *(TextDelta(word) for word in words[:-1]), gate, first, *rest
    )
    return gate


async def drafted(house: TelegramHouse, words: str, chat: int = ALICE) -> None:
    """Wait until the words are seen in a draft."""
    drafts = house.sim.state.chats[chat].drafts
    await house.sim.until(lambda: any(words in each["text"] for each in drafts.values()))


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("[docs](http://localhost:8000)", "docs (http://localhost:8000)"),
        (
            "a<b and c>d, List<String>, <think>hm</think>",
            "a<b and c>d, List<String>, <think>hm</think>",
        ),
        ("fits\n\n```\ncode\n```", "code"),
    ],
    ids=["link", "tags", "code"],
)
async def test_nothing_in_an_answer_is_refused_or_lost(
    house: TelegramHouse, markdown: str, seen: str
) -> None:
    """Traps 1 and 3: a bad link is shown as text, literal tags survive."""
    will_say(house, markdown)
    await house.ask("go")
    assert seen in house.said()[-1].replace("\xa0", " ")


async def test_an_answer_with_many_stresses_arrives_complete(house: TelegramHouse) -> None:
    """Trap 2: what is over a hundred entities goes on in the next message."""
    will_say(house, " ".join(f"**word{number}**" for number in range(180)))
    await house.ask("go")
    shown = [each for each in house.screen() if "word" in each.text]
    assert len(shown) == 2
    assert sum(len([e for e in each.entities if e["type"] == "bold"]) for each in shown) == 180


async def test_a_long_block_of_code_is_cut_at_line_ends(house: TelegramHouse) -> None:
    """Trap 6: and its language is said again."""
    lines = [f"print({number})" for number in range(900)]
    will_say(house, "```python\n" + "\n".join(lines) + "\n```")
    await house.ask("go")
    parts = [each for each in house.screen() if "print(" in each.text]
    assert len(parts) > 1
    assert "\n".join(each.text for each in parts).split("\n")[:900] == lines
    assert {e["language"] for each in parts for e in each.entities if e["type"] == "pre"} == {
        "python"
    }


async def test_a_refused_draft_goes_on_by_edits(house: TelegramHouse) -> None:
    """Trap 7: the same answer, no text lost, and the chat is not asked for drafts again."""
    house.sim.faults.add(
        "sendMessageDraft", Fault(status=400, said="Bad Request: TEXTDRAFT_PEER_INVALID")
    )
    gate = will_grow(house, "These are quite a few words to begin an answer with. ", "End.")
    await house.say("go")
    await house.sim.until(lambda: any("quite a few" in text for text in house.said()))
    assert house.screen()[-1].rows[0][0]["text"] == "Stop"
    gate.set()
    await house.settle()
    assert house.said()[-1].startswith("These are quite a few words to begin an answer with. End.")
    drafts = [each for each in house.sim.calls if each.method == "sendmessagedraft"]
    will_say(house, "Again")
    await house.ask("once more")
    assert drafts == [each for each in house.sim.calls if each.method == "sendmessagedraft"]


async def test_a_pause_in_one_chat_leaves_others_alone(house: TelegramHouse) -> None:
    """Trap 8: the end of the held up answer comes once, after the pause."""
    await house.ask(f"/addkey anthropic {KEY}", BOB)
    house.sim.faults.add("sendMessage", Fault(status=429, retry_after=2))
    will_say(house, "For Alice")
    update = house.sim.people.say(ALICE, "go")[1]
    await house.taken(update)
    await house.sim.until(lambda: any(each.retry_after for each in house.sim.calls))
    will_say(house, "For Bob")
    await house.ask("go", BOB)
    assert any("For Bob" in text for text in house.said(BOB))
    assert not any("For Alice" in text for text in house.said())
    await house.settle()
    assert sum("For Alice" in text for text in house.said()) == 1
    assert "(sent again)" not in house.said()[-1]


async def test_the_same_text_twice_is_one_call(house: TelegramHouse) -> None:
    """Trap 9: an edit that changes nothing is not made."""
    await house.ask("/settings")
    await house.tap("Length")
    await house.settle()
    edits = [each for each in house.sim.calls if each.method == "editmessagetext"]
    assert len(edits) == 1


async def test_the_stop_control_ends_the_request_and_keeps_what_came(house: TelegramHouse) -> None:
    """Trap 10: the words so far are sent, and said to be paid."""
    will_grow(house, "Half an answer", "never")
    await house.say("go")
    await drafted(house, "Half an answer")
    await house.taken(house.sim.people.stop_draft(ALICE))
    await house.settle()
    assert house.said()[-1].startswith("Half an answer")
    assert "Stopped" in house.said()[-1]
    assert "never" not in house.said()[-1]


async def test_an_unparsable_update_is_left_out(house: TelegramHouse) -> None:
    """Trap 13: the next one is handled."""
    house.sim.people.send_raw({"message": {"message_id": 1, "date": "never", "chat": 7}})
    will_say(house, "Here")
    await house.ask("go")
    assert "Here" in house.said()[-1]


async def test_a_refusal_is_not_tried_again(house: TelegramHouse) -> None:
    """Trap 14: a message that the server will never take is given up at once."""
    house.sim.faults.add("sendMessage", *(Fault(status=400) for _ in range(5)))
    before = len(house.sim.calls)
    await house.ask("/help")
    sent = [each for each in house.sim.calls[before:] if each.method == "sendmessage"]
    assert len(sent) == 1


@pytest.mark.parametrize("sender", [ANONYMOUS, OTHER_BOT], ids=["anonymous", "bot"])
async def test_who_owns_no_key_asks_nobody(
    house: TelegramHouse, sender: dict[str, object]
) -> None:
    """Trap 16: no provider is called for them."""
    house.sim.people.group(GROUP, "Cooking club")
    await house.pays()
    more: Any = (
        {"sender_chat": {"id": GROUP, "type": "supergroup", "title": "x"}}
        if sender is ANONYMOUS
        else {}
    )
    asked = len(house.companies["anthropic"].asked)
    await house.ask("/ask hello", chat=GROUP, sender=sender, **more)
    assert len(house.companies["anthropic"].asked) == asked
    shown = house.said(GROUP)
    assert shown == [] if sender is OTHER_BOT else "cannot see who asks" in shown[0]


async def test_a_topic_that_is_gone(house: TelegramHouse) -> None:
    """Trap 21: the answer arrives in the main lane, and says why."""
    topics = house.sim.state.chats[ALICE].topics
    topics.add(5)
    gate = will_grow(house, "Words", " more")
    await house.say("go", thread=5)
    await house.sim.until(lambda: 5 in house.sim.state.chats[ALICE].drafts)
    topics.remove(5)
    gate.set()
    await house.settle(ALICE, "5")
    await house.settle()
    assert "The topic is gone" in house.said()[-1]
    assert "Words more" in house.said()[-1]


async def test_a_message_in_three_updates_is_one_question(house: TelegramHouse) -> None:
    """Trap 22: twelve thousand characters are one prompt."""
    text = "word " * 2_400
    will_say(house, "Read it")
    await house.ask(text)
    (asked,) = house.companies["anthropic"].asked
    assert asked.request.messages[-1].text.split() == text.split()


async def test_an_album_is_declined_once(house: TelegramHouse) -> None:
    """Trap 22: not once for each of its pictures."""
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    said = [house.sim.people.say(ALICE, "", photo=photo, media_group_id="album") for _ in range(3)]
    await house.taken(said[-1][1])
    await house.settle()
    assert sum("I can only read text so far" in text for text in house.said()) == 1


async def test_a_rich_message_is_declined(house: TelegramHouse) -> None:
    """Trap 25: it has no text that the library knows."""
    await house.ask("", rich_message={"blocks": [{"type": "paragraph", "text": "hi"}]})
    assert "Your formatted message was sent to nobody" in house.said()[-1]


async def test_a_lost_answer_of_the_server_is_marked(house: TelegramHouse) -> None:
    """The message may be there twice, and the second says so; an edit needs no mark."""
    house.sim.faults.add("sendMessage", Fault(reset="after"))
    will_say(house, "Once")
    await house.ask("go")
    assert [text.partition("\n")[0] for text in house.said()[-2:]] == ["Once", "(sent again)"]
    house.sim.faults.add("sendMessage", Fault(reset="before"))
    will_say(house, "Twice")
    await house.ask("go")
    assert "Twice" in house.said()[-1]


async def test_a_press_is_answered_and_changes_its_message(house: TelegramHouse) -> None:
    """Also after a restart."""
    await house.ask("/temp")
    message, _ = house.find("0.3", ALICE)
    await house.stop()
    await house.start()
    await house.tap("0.3")
    await house.settle()
    assert message.text.startswith("Temperature 0.3 in this conversation")


async def test_a_blocked_bot_gives_up_and_comes_back(house: TelegramHouse) -> None:
    """Nothing is sent while it is blocked, and all goes on after that."""
    await house.taken(house.sim.people.block(ALICE))
    house.sim.people.block(ALICE, is_blocked=False)
    will_say(house, "Back")
    await house.ask("go")
    assert "Back" in house.said()[-1]


async def test_an_outage_is_ridden_out(house: TelegramHouse) -> None:
    """Polls fail for a while; what was said meanwhile is answered, once."""
    house.sim.faults.add("getUpdates", *(Fault(reset="before") for _ in range(2)))
    will_say(house, "Here I am")
    await house.ask("go")
    assert sum("Here I am" in text for text in house.said()) == 1


async def test_frames_are_a_second_apart(house: TelegramHouse) -> None:
    """At most one call is in flight, and only the newest text goes out."""
    gate = will_grow(house, "One ", "two ", "three ", "four")
    await house.say("go")
    await drafted(house, "One two three")
    gate.set()
    await house.settle()
    times = [
        row["at"] for row in house.sim.state.journal.rows if row["op"] == "draft" and row["text"]
    ]
    assert all(after - before > 0.9 for before, after in pairwise(times))


async def test_a_bot_that_starts_without_a_network_connects_later() -> None:
    """Trap 23: the process stays up."""
    async with Simulator() as sim:
        house = TelegramHouse(sim)
        sim.people.private(ALICE, "Alice")
        sim.faults.add("getMe", *(Fault(reset="before") for _ in range(2)))
        await house.start()
        await house.ask("/start")
        assert house.said()[0].startswith("Hello Alice")
        await house.stop()


@pytest.mark.parametrize(
    "fault",
    [Fault(status=429, retry_after=1), Fault(status=502), Fault(reset="after")],
    ids=["pause", "fault", "lost"],
)
async def test_a_key_is_deleted_in_spite_of_trouble(house: TelegramHouse, fault: Fault) -> None:
    """It is tried again, as a message with a key must not stay."""
    house.sim.faults.add("deleteMessage", fault)
    message = await house.ask("/addkey openai sk-proj-canary-00000007Qx2")
    assert message not in house.sim.state.chats[ALICE].screen
    assert any("I deleted your message" in text for text in house.said()[-1:])
