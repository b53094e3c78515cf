"""Several messengers in one process: none that fails takes another one down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from bot.domain.errors import StartError
from bot.domain.ports import Dialogue
from bot.messengers import Messengers
from bot.tasks import Tasks
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.connected import FakeConnected, messenger
from tests.fakes.receiver import ScriptedReceiver

BROKEN = StartError(["the token is wrong", "so is the proxy"])


@dataclass
class Two:
    """Two messengers, and what became of them."""

    clock: FakeClock = field(default_factory=FakeClock)
    one: FakeConnected = field(default_factory=lambda: FakeConnected("one"))
    two: FakeConnected = field(default_factory=lambda: FakeConnected("two"))
    receiver: ScriptedReceiver = field(default_factory=lambda: ScriptedReceiver(_nothing))
    tasks: Tasks = field(default_factory=Tasks)

    def __post_init__(self) -> None:
        self.one.tools["one verify"] = self.two.tools["two verify"] = _verify
        self.messengers = Messengers([messenger(self.one), messenger(self.two)], self.clock)

    async def start(self) -> None:
        """Check them and let those run that can."""
        await self.messengers.check()
        for each in self.messengers.runs(self.receiver):
            _ = self.tasks.start(each)
        await let_run()


async def _nothing(*_: object) -> None:
    """Answer nothing."""


async def _verify(_: Dialogue) -> int:
    return 0


@pytest.fixture
async def house() -> AsyncIterator[Two]:
    """Two messengers."""
    house = Two()
    yield house
    await house.tasks.close()
    await house.messengers.close()


async def test_both_run_on_one_receiver(house: Two) -> None:
    """And both are named, with what they have for the operator."""
    await house.start()
    assert house.one.began == house.two.began == [house.receiver]
    assert house.messengers.frontends == [house.one, house.two]
    assert house.messengers.named == "One as @one_bot and Two as @two_bot"
    assert sorted(house.messengers.tools) == ["one verify", "two verify"]


async def test_one_that_cannot_run_is_left_out(
    house: Two, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said in a line per problem, in its own words; the other one runs."""
    house.one.refusals.append(BROKEN)
    await house.start()
    assert (house.one.began, len(house.two.began)) == ([], 1)
    assert house.messengers.frontends == [house.two]
    assert house.messengers.named == "Two as @two_bot"
    assert list(house.messengers.tools) == ["two verify"]
    assert [record.getMessage() for record in caplog.records] == [
        "One does not run: the token is wrong",
        "One does not run: so is the proxy",
    ]


async def test_with_none_left_the_start_stops(
    house: Two, caplog: pytest.LogCaptureFixture
) -> None:
    """All lines are told at once, and once."""
    house.one.refusals.append(BROKEN)
    house.two.refusals.append(StartError(["the server is too old"]))
    with pytest.raises(StartError) as caught:
        await house.start()
    assert caught.value.problems == (*BROKEN.problems, "the server is too old")
    assert caplog.records == []


async def test_a_fault_in_a_check_is_no_reason_to_leave_one_out(
    house: Two, caplog: pytest.LogCaptureFixture, canary: Callable[..., str]
) -> None:
    """It runs all the same, and connects then, or tells by itself why it does not."""
    house.one.refusals.append(KeyError(canary()))
    await house.start()
    assert len(house.one.began) == 1
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("the check of One failed ref=")
    assert ": KeyError(" in line


async def test_a_check_that_hangs_does_not_hold_up_the_others(house: Two) -> None:
    """For five seconds it may; then they run, and it follows."""
    house.one.checking = asyncio.get_running_loop().create_future()
    starting = house.tasks.start(house.start())
    await house.clock.advance(4.9)
    assert not starting.done()
    await house.clock.advance(0.1)
    assert starting.done()
    assert (house.one.began, len(house.two.began)) == ([], 1)
    house.one.checking.set_result(None)
    await let_run()
    assert len(house.one.began) == 1


async def test_a_check_that_is_refused_late_is_tried_again_by_its_run(house: Two) -> None:
    """A run waits out what keeps it from its server, and tells of it."""
    house.one.checking = asyncio.get_running_loop().create_future()
    house.one.refusals.append(BROKEN)
    _ = house.tasks.start(house.start())
    await house.clock.advance(5)
    house.one.checking.set_result(None)
    await let_run()
    assert len(house.one.began) == 1


async def test_the_only_one_is_waited_for(house: Two) -> None:
    """Nobody else could run meanwhile."""
    alone = Messengers([messenger(house.one)], house.clock)
    house.one.checking = asyncio.get_running_loop().create_future()
    checking = house.tasks.start(alone.check())
    await house.clock.advance(60)
    assert not checking.done()
    house.one.checking.set_result(None)
    await let_run()
    assert alone.named == "One as @one_bot"
    await alone.close()


async def test_one_that_fails_is_started_again_and_the_other_goes_on(
    house: Two, caplog: pytest.LogCaptureFixture, canary: Callable[..., str]
) -> None:
    """Ever later, a minute apart at most; the same fault is told once, without its words."""
    house.one.endings.extend([ValueError(canary()) for _ in range(9)])
    await house.start()
    for pause_s in (1, 2, 4, 8, 16, 32, 60, 60, 60):
        begun = len(house.one.began)
        await house.clock.advance(pause_s - 0.1)
        assert len(house.one.began) == begun
        await house.clock.advance(0.1)
        assert len(house.one.began) == begun + 1
    assert house.one.running.is_set()
    assert len(house.two.began) == 1
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("One failed ref=")
    assert ": ValueError(" in line


@pytest.mark.parametrize("error", [None, ExceptionGroup("canary", [ValueError()]), BROKEN])
async def test_however_it_ends_it_is_started_again(
    house: Two, error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Also by itself, by several faults at once, or in words for the operator, which are shown."""
    house.one.endings.append(error)
    await house.start()
    await house.clock.advance(1)
    assert house.one.running.is_set()
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == (2 if error is BROKEN else 1)
    assert ("the token is wrong" in lines[0]) == (error is BROKEN)


async def test_a_fault_after_a_good_while_is_a_new_one(
    house: Two, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told again, and tried again soon."""
    await house.start()
    for lasted_s, lines, pause_s in ((599, 1, 1), (599, 1, 2), (600, 2, 1)):
        await house.clock.advance(lasted_s)
        house.one.break_down(ValueError())
        await let_run()
        assert len(caplog.records) == lines
        begun = len(house.one.began)
        await house.clock.advance(pause_s)
        assert len(house.one.began) == begun + 1


async def test_all_end_where_they_are_cancelled(house: Two) -> None:
    """Whether they run, or wait to be started again."""
    house.one.endings.append(ValueError())
    await house.start()
    await house.tasks.close()
    await house.messengers.close()
    assert house.two.was_cancelled
    assert not house.one.running.is_set()
    assert house.one.is_closed
    assert house.two.is_closed


async def test_a_code_is_sent_through_the_first_that_has_a_link(house: Two) -> None:
    """And through none that does not run."""
    house.two.link = "https://example.org/"
    await house.start()
    assert house.messengers.claim_link("claim_1") == "https://example.org/?start=claim_1"
    house.one.link = "https://example.net/"
    assert house.messengers.claim_link("claim_1") == "https://example.net/?start=claim_1"
    none = Messengers([messenger(FakeConnected("three"))], house.clock)
    await none.check()
    assert none.claim_link("claim_1") == ""
    await none.close()


async def test_a_frontend_without_tools_has_none(house: Two) -> None:
    """It need not say so."""
    del house.one.tools
    await house.start()
    assert list(house.messengers.tools) == ["two verify"]


async def test_three_are_named_as_a_list() -> None:
    """With commas, and one "and"."""
    three = Messengers([messenger(FakeConnected(each)) for each in ("a", "b", "c")], FakeClock())
    await three.check()
    assert three.named == "A as @a_bot, B as @b_bot and C as @c_bot"
    await three.close()
