"""Where a server could read a key: the member's word first, or an encrypted chat."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.assents import Assents
from bot.domain.chat import MemberId
from bot.domain.errors import FrontendError
from bot.domain.events import Command, MessageRef, QuestionKind, Text
from tests.fakes.clock import FakeClock
from tests.transcripts.menus import PLACE
from tests.transcripts.stage import Stage

ALICE, BOB = MemberId("alice"), MemberId("bob")
WARNING = "This room is not encrypted, so its server could read a key typed here."
KEY = "sk-ant-api03-canary-0000000abcd"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A messenger on which Alice's chat is not encrypted."""
    stage = Stage("unsealed")
    await stage.open()
    yield stage
    await stage.close()


async def say(stage: Stage, text: str) -> str:
    """Let Alice say something in her chat, and return what she is answered there."""
    body = Command("addkey", text[8:]) if text.startswith("!addkey") else Text(text)
    await stage.receive("alice", body, MessageRef(f"m-{text}"))
    return stage.frontend.texts_in(PLACE)[-1]


def labels(stage: Stage) -> list[str]:
    """Return what the newest message offers."""
    return [button.label for row in stage.frontend.shown[-1].reply.buttons for button in row]


@pytest.mark.parametrize("why", ["refused", "not encrypted either"])
async def test_where_no_encrypted_chat_opens_the_choice_stays(stage: Stage, why: str) -> None:
    """It is said, nothing is asked anywhere, and the key may still be typed here."""
    if why == "refused":
        stage.frontend.fail_next("open_private", FrontendError())
    else:
        stage.frontend.unsealed.add("private-alice")
    assert await say(stage, "!addkey anthropic") == WARNING
    assert (await say(stage, "1")).startswith("**No encrypted chat could be opened.**")
    assert labels(stage) == ["Try again", "Type it here anyway", "Cancel"]
    assert {shown.place for shown in stage.frontend.shown} == {PLACE}
    assert (await say(stage, "2")).startswith("**Anthropic key**")
    assert (await say(stage, KEY)).startswith("**Anthropic key accepted:**")
    assert "could read" not in stage.frontend.texts_in(PLACE)[-1]


async def test_it_opens_when_tried_again(stage: Stage) -> None:
    """What is asked there is what was wanted here."""
    stage.frontend.fail_next("open_private", FrontendError())
    await say(stage, "!addkey anthropic")
    await say(stage, "1")
    assert (await say(stage, "1")).startswith("I opened an encrypted chat")
    shown = stage.frontend.shown[-1]
    assert (shown.place.chat, shown.reply.text[:17]) == ("private-alice", "**Anthropic key**")
    assert stage._router is not None
    question = stage._router.open_question(stage.who("alice"), shown.place)
    assert question is not None
    assert question.kind is QuestionKind.KEY
    assert stage._router.open_question(stage.who("alice"), PLACE) is None


async def test_a_messenger_that_opens_no_chat_offers_none(stage: Stage) -> None:
    """Then there is only the member's word."""
    stage.frontend.abilities = replace(stage.frontend.abilities, opens_private=False)
    await stage.close()
    await stage.open()
    assert await say(stage, "!addkey") == WARNING
    assert labels(stage) == ["Type it here anyway", "Cancel"]


async def test_a_demo_key_is_no_secret(stage: Stage) -> None:
    """It is asked for anywhere."""
    assert (await say(stage, "!addkey demo")).startswith("**Demo key**")


def test_a_word_holds_for_one_place_and_ten_minutes() -> None:
    """Each member gives their own."""
    clock = FakeClock(is_free=True)
    assents = Assents(clock)
    assert not assents.holds(ALICE, PLACE)
    assents.give(ALICE, PLACE)
    assert assents.holds(ALICE, PLACE)
    assert not assents.holds(BOB, PLACE)
    clock._passed_s = 601
    assert not assents.holds(ALICE, PLACE)


def test_every_word_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten first."""
    monkeypatch.setattr("bot.assents._MOST", 1)
    assents = Assents(FakeClock())
    assents.give(ALICE, PLACE)
    assents.give(BOB, PLACE)
    assert (assents.holds(ALICE, PLACE), assents.holds(BOB, PLACE)) == (False, True)
