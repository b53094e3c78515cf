"""The composition root: whose bot it is when it starts."""

from pathlib import Path

import pytest

from bot import app
from bot.access import Access
from bot.config import Config
from bot.config.shape import AccessConfig
from bot.domain.chat import Identity
from bot.domain.ports import Abilities, Operator
from bot.tasks import Tasks
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.frontend import FakeFrontend

ALICE = Identity("fake", "alice")
BOB = Identity("fake", "bob")
LOCAL = FakeFrontend("console", Abilities(is_local=True))
AWAY = FakeFrontend()


def test_operators_are_those_of_the_settings_and_those_who_claimed(tmp_path: Path) -> None:
    """Members read the name of the latter, as only that is known."""
    listed = AccessConfig(operators=frozenset({BOB}), is_open=True)
    config = Config(data_dir=tmp_path, access=listed)
    access = app._access(config, [Operator(identity=ALICE, name="Alice")])
    assert access.operators == {ALICE, BOB}
    assert access.operator_name == "Alice"
    assert access.is_open
    assert app._access(config, ()).operator_name == ""


def test_a_bot_can_be_claimed_only_where_nobody_owns_it_and_somebody_can_write() -> None:
    """The console alone belongs to whoever sits at it."""
    clock = FakeClock()
    owned = Access(operators=frozenset({ALICE}))
    assert app._claims(Access(), clock, [LOCAL, AWAY]).is_open
    assert not app._claims(Access(), clock, [LOCAL]).is_open
    assert not app._claims(owned, clock, [AWAY]).is_open


async def test_the_code_is_printed_for_the_host_past_the_log(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """On standard error, where a service's journal or a terminal shows it."""
    caplog.set_level("DEBUG")
    tasks = Tasks()
    _ = tasks.start(app._claims(Access(), FakeClock(), [AWAY]).run())
    await let_run()
    await tasks.close()
    out, err = capsys.readouterr()
    assert err.startswith("Nobody owns this bot yet. Send it this code within 60 minutes: ")
    assert out == caplog.text == ""
