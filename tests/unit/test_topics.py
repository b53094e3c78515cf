"""Topics as commands open them."""

import asyncio

import pytest

from bot.commands.topics import carried
from bot.domain.errors import FrontendError
from bot.domain.events import Command, Press
from tests.fakes.clock import let_run
from tests.fakes.disk import FullDisk
from tests.transcripts.stage import Stage


@pytest.fixture
async def stage() -> Stage:
    """A messenger with topics, where Alice was asked where to begin."""
    stage = Stage("topics")
    await stage.open()
    await stage.receive("alice", Command("new", "Porto"), stage.frontend.new_ref())
    return stage


async def tap(stage: Stage, action: str) -> str:
    """Press a button of the question; return what its message says then."""
    message = stage.frontend.shown[-1].message
    await stage.receive("alice", Press(action), message)
    (shown,) = [each for each in stage.frontend.shown if each.message == message][-1:]
    return shown.reply.text


async def test_a_messenger_that_opens_none_leaves_the_choice(stage: Stage) -> None:
    """Nothing is stored of it, and the same button opens one later."""
    stage.frontend.fail_next("topic", FrontendError())
    assert (await tap(stage, "new:topic:Porto")).startswith("**No topic could be opened.**")
    assert stage.frontend.topics == []
    assert (
        await tap(stage, "new:topic:Porto") == 'The topic "Porto" is open. Write there to begin.'
    )
    assert stage.frontend.topics == ["Porto"]
    await stage.close()


async def test_a_forged_press_opens_no_topic_where_none_is_offered(stage: Stage) -> None:
    """In a topic, in a group, or where the messenger has none any more."""
    message = stage.frontend.shown[-1].message
    await stage.receive("alice+t9", Press("new:topic:x"), message)
    assert stage.frontend.shown[-1].reply.text.startswith("This choice is old")
    stage.frontend.opens_topics = False
    assert (await tap(stage, "new:topic:x")).startswith("This choice is old")
    assert stage.frontend.topics == []
    await stage.close()


async def test_a_crash_after_it_was_opened_leaves_it_empty(stage: Stage) -> None:
    """The press is handled again and opens another: nothing outside can be taken back."""
    disk = FullDisk(stage.stores.intake, "finish")
    message = stage.frontend.shown[-1].message
    pressing = asyncio.ensure_future(stage.receive("alice", Press("new:topic:Porto"), message))
    await let_run()
    assert stage.frontend.topics == ["Porto"]
    await stage.close()
    await pressing
    disk.make_room()
    await stage.open()
    assert stage.frontend.topics == ["Porto", "Porto"]
    places = [shown.place.thread for shown in stage.frontend.shown if shown.place.thread]
    assert places == ["t2"]
    await stage.close()


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("", ""),
        ("Porto", "Porto"),
        ("a" * 54, "a" * 54),
        ("a" * 60, "a" * 51 + "…"),
        ("王" * 60, "王" * 17 + "…"),
    ],
)
def test_a_title_fits_into_a_button(title: str, kept: str) -> None:
    """An action has 64 bytes: what is cut says so."""
    assert carried(title) == kept
    assert len(f"new:topic:{carried(title)}".encode()) <= 64
