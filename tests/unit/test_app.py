"""The composition root: whose bot it is, and how its messengers run."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import app
from bot.access import Access
from bot.claims import Claims
from bot.config import Config
from bot.config.shape import AccessConfig, TelegramConfig
from bot.control.address import SOCKET
from bot.domain.chat import Identity, MemberId
from bot.domain.errors import StartError
from bot.domain.people import Person
from bot.domain.ports import Operator
from bot.domain.secret import Secret
from bot.tasks import Tasks
from tests.fakes.clock import START, FakeClock, let_run
from tests.fakes.connected import FakeConnected, messenger

ALICE = Identity("fake", "alice")
BOB = Identity("fake", "bob")


def test_operators_are_those_of_the_settings_and_those_who_claimed(tmp_path: Path) -> None:
    """Members read the name of the latter, as only that is known."""
    listed = AccessConfig(operators=frozenset({BOB}), is_open=True)
    config = Config(data_dir=tmp_path, access=listed)
    access = app._access(config, [Operator(identity=ALICE, name="Alice")])
    claimed = Person(
        id=MemberId("a"), name="Alice", identities=(ALICE,), is_operator=True, since=START
    )
    access.learn([claimed])
    assert access.deciding == {ALICE, BOB}
    assert access.operators == {BOB}
    assert access.operator_name == "Alice"
    assert access.is_open
    assert app._access(config, ()).operator_name == ""


async def test_the_code_is_printed_for_the_host_past_the_log(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """On standard error, where a service's journal or a terminal shows it."""
    caplog.set_level("DEBUG")
    tasks = Tasks()
    claims = Claims(Access(), FakeClock(), is_open=True, show=app._print_for_host)
    _ = tasks.start(claims.run())
    await let_run()
    await tasks.close()
    out, err = capsys.readouterr()
    assert err.startswith("Nobody owns this bot yet. Send it this code within 60 minutes: ")
    assert out == caplog.text == ""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration with a messenger; which ones there are is each test's affair."""
    telegram = TelegramConfig(token=Secret("123456:canary-token"))
    return Config(data_dir=tmp_path / "data", telegram=telegram)


@asynccontextmanager
async def running(
    config: Config, monkeypatch: pytest.MonkeyPatch, *messengers: FakeConnected
) -> AsyncIterator[asyncio.Task[int]]:
    """Run the application with these messengers until it gets the signal to end."""
    configured = [messenger(each) for each in messengers]
    monkeypatch.setattr("bot.frontends.configured", lambda *_, **__: configured)
    run = asyncio.ensure_future(app._run(config))
    started = [asyncio.ensure_future(each.running.wait()) for each in messengers]
    await asyncio.wait([run, *started], return_when=asyncio.FIRST_COMPLETED)
    yield run
    if not run.done():
        signal.raise_signal(signal.SIGTERM)
    for each in started:
        each.cancel()
    await asyncio.wait([run])


async def test_messengers_run_side_by_side(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On one router; the start line names both; a fault of one is survived; all is ended well."""
    one, two = FakeConnected("one"), FakeConnected("two")
    async with running(config, monkeypatch, one, two) as run:
        await two.running.wait()
        assert one.began == two.began
        one.break_down(ValueError())
        await let_run()
        assert (config.data_dir / SOCKET).exists()
        assert not run.done()
        assert len(two.began) == 1
    assert run.result() == 0
    assert two.was_cancelled
    assert one.is_closed
    assert two.is_closed
    line = capsys.readouterr().err.splitlines()[0]
    start = "Hearthkey runs on One as @one_bot and Two as @two_bot. Data in "
    assert line.startswith(f"{start}{config.data_dir}, sealed with ")


async def test_a_messenger_that_cannot_run_does_not_keep_the_other_from_it(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The start line names who runs."""
    one, two = FakeConnected("one"), FakeConnected("two")
    one.refusals.append(StartError(["the token is wrong"]))
    async with running(config, monkeypatch, one, two) as run:
        await two.running.wait()
    assert run.result() == 0
    assert one.began == []
    assert "Hearthkey runs on Two as @two_bot. Data in " in capsys.readouterr().err


async def test_without_any_messenger_that_can_run_the_start_stops(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the lines of all of them; what was opened is closed again."""
    one, two = FakeConnected("one"), FakeConnected("two")
    one.refusals.append(StartError(["the token is wrong"]))
    two.refusals.append(StartError(["the server is too old"]))
    async with running(config, monkeypatch, one, two) as run:
        with pytest.raises(StartError) as caught:
            await run
    assert caught.value.problems == ("the token is wrong", "the server is too old")
    assert one.is_closed
    one.refusals.clear()
    async with running(config, monkeypatch, one) as run:
        await one.running.wait()
    assert run.result() == 0
