"""What is about a message of a thread need not say which thread that is."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.events import Edited, MessageRef, Press, Redacted, Text
from tests.transcripts.menus import PLACE
from tests.transcripts.script import read_step
from tests.transcripts.stage import Stage

ROOT, FIRST = MessageRef("q1"), MessageRef("q2")
THREAD = replace(PLACE, thread=ROOT)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A messenger with threads, where Alice asked something, and goes on in a thread of it."""
    stage = Stage("threads")
    await stage.open()
    step = read_step("alice> /addkey anthropic sk-ant-api03-canary-0000000abcd")
    assert step is not None
    await stage.play(step, ())
    await stage.receive("alice", Text("How far is Porto?"), ROOT)
    await stage.receive("alice", Text("And by train?"), FIRST, thread=ROOT)
    yield stage
    await stage.close()


def asked(stage: Stage) -> list[str]:
    """Return what the company was asked last."""
    messages = stage.companies["anthropic"].asked[-1].request.messages
    return [message.text for message in messages]


async def test_an_edit_is_asked_about_in_the_thread(stage: Stage) -> None:
    """Its question is in the thread, so that is where it is answered anew."""
    await stage.receive("alice", Edited("And by bus?"), FIRST)
    shown = stage.frontend.shown[-1]
    assert (shown.place, shown.reply.text[:26]) == (THREAD, "You changed your question.")
    again = shown.reply.buttons[0][0].action
    await stage.receive("alice", Press(again), shown.message, thread=ROOT)
    assert asked(stage) == ["How far is Porto?", "Echo: How far is Porto?", "And by bus?"]
    assert stage.frontend.shown[-1].place == THREAD


async def test_a_question_of_the_thread_is_taken_back(stage: Stage) -> None:
    """And one around it still stands at its beginning."""
    await stage.receive("alice", Redacted(), FIRST)
    await stage.receive("alice", Text("And by bus?"), MessageRef("q3"), thread=ROOT)
    assert asked(stage) == ["How far is Porto?", "Echo: How far is Porto?", "And by bus?"]


async def test_an_edit_around_the_thread_is_about_what_is_there(stage: Stage) -> None:
    """The newest question there is the one the thread hangs on."""
    await stage.receive("alice", Edited("How far is Faro?"), ROOT)
    assert stage.frontend.shown[-1].place == PLACE
