"""The bot on a simulated homeserver over real sockets: what a member does there, and gets."""

from collections.abc import AsyncIterator, Sequence

import pytest

from tests.fakes.matrix import MatrixHouse, matrix_house
from tests.fakes.provider import answer


@pytest.fixture
async def house() -> AsyncIterator[MatrixHouse]:
    """A bot at which Alice has a key and a model."""
    async with matrix_house() as house:
        await house.ask("!addkey anthropic sk-ant-api03-canary-0000000abcd")
        yield house


def _script(house: MatrixHouse, *texts: str) -> None:
    """Let the next questions be answered so."""
    for text in texts:
        house.companies["anthropic"].enqueue(*answer(text))


def _asked(house: MatrixHouse) -> Sequence[str]:
    """Return what the company was sent last."""
    return [each.text for each in house.companies["anthropic"].asked[-1].request.messages]


async def test_a_question_is_answered_by_what_rings(house: MatrixHouse) -> None:
    """As `m.text`, with a mark of having been read; a status is a notice, which is silent."""
    _script(house, "Four.")
    event = await house.ask("What is 2+2?")
    await house.sim.until(lambda: any(call.name == "receipt" for call in house.sim.calls))
    key, question, given = house.screen()
    assert (key.msgtype, question.event, given.msgtype) == ("m.notice", event, "m.text")
    assert given.body.startswith("Four.")


async def test_a_thread_is_a_conversation_of_its_own(house: MatrixHouse) -> None:
    """It begins with the message it hangs on, and its answers hang there, too."""
    _script(house, "500 km.", "3 hours.")
    root = await house.ask("How far is Porto?")
    await house.thread(root, "And by train?")
    assert _asked(house) == ["How far is Porto?", "500 km.", "And by train?"]
    assert house.screen()[-1].thread == root


async def test_an_edit_and_a_redaction_reach_the_conversation(house: MatrixHouse) -> None:
    """The edit is offered to be answered, a number says yes, and what is redacted is gone."""
    _script(house, "500 km.", "800 km.", "Yes.")
    event = await house.ask("How far is Porto?")
    await house.edit(event, "How far is Lisbon?")
    await house.settle()
    await house.ask("1")
    assert _asked(house)[-1] == "How far is Lisbon?"
    await house.redact(event)
    await house.settle()
    await house.ask("Is it nice?")
    assert _asked(house) == ["Is it nice?"]


async def test_a_reaction_with_a_number_chooses(house: MatrixHouse) -> None:
    """On the newest menu, once."""
    await house.ask("!model")
    menu = house.screen()[-1]
    await house.react(menu.event, "2\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}")
    await house.settle()
    assert "Claude Haiku 5.5 for this conversation" in house.said()[-1]


async def test_a_restart_goes_on_where_it_was(house: MatrixHouse) -> None:
    """As the same device, with nothing answered again and nothing left out."""
    _script(house, "One.", "Two.")
    await house.ask("first")
    device = house.frontend.device
    await house.stop()
    made = house.sim.people.say("alice", "second")
    await house.start()
    await house.taken(made)
    await house.settle()
    assert house.frontend.device == device
    assert [each.split(".")[0] for each in house.said()[1:]] == ["One", "Two"]


@pytest.mark.parametrize("stream", ["auto", "off"])
async def test_an_answer_finds_its_way_out_of_a_thread_that_is_none(
    house: MatrixHouse, stream: str
) -> None:
    """Other servers' members can write under what this one never heard of: it says why."""
    await house.ask(f"!stream {stream}")
    _script(house, "These words are many enough for the answer to be shown while it grows.")
    event = await house.taken(
        house.sim.people.send(
            "alice",
            {
                "msgtype": "m.text",
                "body": "hello?",
                "m.relates_to": {"rel_type": "m.thread", "event_id": "$elsewhere"},
            },
        )
    )
    await house.settle(thread="$elsewhere")
    question, given = house.screen()[-2:]
    assert (question.event, given.thread) == (event, "")
    assert given.body.startswith(
        "I cannot write in that thread, so the answer is here:\nThese words"
    )
