"""Words said only where something takes long."""

import asyncio

import pytest

from bot.domain.events import Reply
from bot.notices import Notices
from tests.fakes.clock import let_run
from tests.fakes.house import HOME, House
from tests.transcripts.script import Step, read_step
from tests.transcripts.stage import Stage

SLOW = Reply(text="Checking.")


@pytest.fixture
async def house() -> House:
    """Return a house in which nothing was said yet."""
    house = House()
    await house.start()
    return house


async def work(house: House, done: asyncio.Event) -> None:
    """Do something that may take long, and say when it is done."""
    notices = Notices(house.courier, house.clock, house.tasks)
    async with notices.after(2.0, HOME, SLOW):
        await done.wait()
    await house.courier.say(HOME, Reply(text="Done."))


@pytest.mark.parametrize(("takes_s", "said"), [(1.9, ["Done."]), (2.0, ["Checking.", "Done."])])
async def test_it_is_said_where_it_takes_long(
    house: House, takes_s: float, said: list[str]
) -> None:
    """Once, before what comes of it; and never after."""
    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(work(house, done))
        await house.clock.advance(takes_s)
        done.set()
    await house.clock.advance(10)
    assert house.said == said


async def test_it_is_not_said_where_the_work_fails(house: House) -> None:
    """The failure comes through, and nothing is said later."""
    notices = Notices(house.courier, house.clock, house.tasks)
    with pytest.raises(LookupError):
        async with notices.after(2.0, HOME, SLOW):
            raise LookupError
    await house.clock.advance(10)
    await let_run()
    assert house.said == []


@pytest.mark.parametrize(
    "line", ["alice> /addkey openai sk-proj-canary-0000000work", "→ [Check now]"]
)
async def test_a_slow_check_of_a_key_is_said(line: str) -> None:
    """After two seconds the member reads whom we are waiting for."""
    stage = Stage("buttons")
    await stage.open()
    for before in (
        "alice> /addkey openai sk-proj-canary-00000007Qx2",
        "alice> /keys",
        "→ [OpenAI]",
    ):
        await stage.play(step(before), ())
    gate = asyncio.Event()
    stage.companies["openai"].enqueue_check(gate)
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(stage.play(step(line), ()))
        await stage.clock.advance(2)
        gate.set()
    said = [each for each in playing.result() if each.startswith("bot")]
    mask = "sk-…work" if "addkey" in line else "sk-…7Qx2"
    assert f"bot> Checking {mask} with OpenAI." in said[:2]
    assert mask in said[-1]
    await stage.close()


def step(line: str) -> Step:
    """Return what a line of a script does."""
    found = read_step(line)
    assert found is not None
    return found
