"""The composition root: whose bot it is when it starts."""

from pathlib import Path

import pytest

from bot import app
from bot.access import Access
from bot.claims import Claims
from bot.config import Config
from bot.config.shape import AccessConfig
from bot.domain.chat import Identity
from bot.domain.ports import Operator
from bot.tasks import Tasks
from tests.fakes.clock import FakeClock, let_run

ALICE = Identity("fake", "alice")
BOB = Identity("fake", "bob")


def test_operators_are_those_of_the_settings_and_those_who_claimed(tmp_path: Path) -> None:
    """Members read the name of the latter, as only that is known."""
    listed = AccessConfig(operators=frozenset({BOB}), is_open=True)
    config = Config(data_dir=tmp_path, access=listed)
    access = app._access(config, [Operator(identity=ALICE, name="Alice")])
    assert access.operators == {ALICE, BOB}
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
