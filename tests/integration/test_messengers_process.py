"""The command itself on Telegram and Matrix: both in one process, and neither needs the other."""

import re
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.control.address import SOCKET
from tests.bench.telegram import Phone
from tests.fakes.command import refused, running, settings
from tests.simulators.process import served

NOBODY = "http://127.0.0.1:9"
WRONG_TOKEN = "4242:canary-not-the-right-token-000000"


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    """A Bot API in a process of its own."""
    with (
        served("tests.simulators.telegram") as said,
        closing(Phone(said["url"], said["token"])) as phone,
    ):
        yield phone


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, str]]:
    """The settings of an account on a homeserver in a process of its own."""
    with served("tests.simulators.matrix") as said:
        yield {
            "matrix_homeserver": said["url"],
            "matrix_user": said["user"],
            "matrix_password": said["password"],
        }


@pytest.fixture
def env(tmp_path: Path, phone: Phone, account: dict[str, str]) -> dict[str, str]:
    """An environment with both, both right."""
    telegram = {"telegram_token": phone.token, "telegram_api_base": phone.url}
    return settings(tmp_path, **telegram, **account)


def starts(said: list[str]) -> str:
    """Return where the start line says that the bot runs."""
    (line,) = (line for line in said if line.startswith("Hearthkey runs on "))
    return line.removeprefix("Hearthkey runs on ").partition(". Data in ")[0]


def test_both_run_in_one_process(
    env: dict[str, str], account: dict[str, str], tmp_path: Path
) -> None:
    """Each is named; the folder is for its owner alone; the end is a good one."""
    with running(env) as (process, said):
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").rglob("*")
        }
    assert re.fullmatch(f"Telegram as @\\w+ and Matrix as {account['matrix_user']}", starts(said))
    assert process.returncode == 0
    assert modes.pop("matrix") == 0o700
    assert SOCKET in modes
    assert set(modes.values()) == {0o600}
    assert not (tmp_path / "data" / SOCKET).exists()


@pytest.mark.parametrize(
    ("wrong", "runs", "line"),
    [
        ({"matrix_password": "canary"}, "Telegram as @", "Matrix does not run: the Matrix hom"),
        ({"telegram_token": WRONG_TOKEN}, "Matrix as @", "Telegram does not run: Telegram does"),
    ],
    ids=["matrix", "telegram"],
)
def test_one_that_is_refused_is_left_out(
    env: dict[str, str], wrong: dict[str, str], runs: str, line: str
) -> None:
    """One line says what to do, and shows no secret; the other one runs."""
    ours = {f"HEARTHKEY_{name.upper()}": value for name, value in wrong.items()}
    with running(env | ours) as (process, said):
        pass
    assert process.returncode == 0
    assert starts(said).startswith(runs)
    assert " and " not in starts(said)
    assert [line in each for each in said].count(True) == 1
    assert "canary" not in "".join(said)


def test_where_both_are_refused_the_start_stops(env: dict[str, str]) -> None:
    """With a line for each."""
    wrong = {"HEARTHKEY_TELEGRAM_TOKEN": WRONG_TOKEN, "HEARTHKEY_MATRIX_PASSWORD": "canary"}
    code, lines = refused(env | wrong)
    assert code == 2
    assert len(lines) == 2
    assert all(line.startswith("hearthkey: ") for line in lines)
    assert "canary" not in "".join(lines)


@pytest.mark.parametrize("name", ["MATRIX_HOMESERVER", "TELEGRAM_API_BASE"])
def test_one_whose_server_is_away_is_waited_for(env: dict[str, str], name: str) -> None:
    """It is no reason not to run on both."""
    with running(env | {f"HEARTHKEY_{name}": NOBODY}) as (process, said):
        assert process.poll() is None
    assert process.returncode == 0
    assert " and Matrix as @" in starts(said)
    assert any("cannot be reached from this host" in line for line in said)
