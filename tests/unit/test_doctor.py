"""`hearthkey doctor`: what is looked at, in which order, and how it is told."""

import asyncio
import io
import os
import sys
from pathlib import Path

import pytest

from bot import doctor
from bot.domain.errors import StartError
from bot.domain.findings import Finding, ok, problem, warning
from storage.folder import lock_folder
from storage.masterkey import FILE_NAME
from storage.stores import open_stores
from storage.vault import MasterKey
from tests.canaries import Canaries
from tests.fakes.clock import FakeClock

NOBODY = "http://127.0.0.1:9"
ROOT = Path(__file__).parents[2]


class Host:
    """A machine with its settings, and what doctor says of it."""

    def __init__(self, folder: Path, canaries: Canaries) -> None:
        self.data = folder / "data"
        self.env = {
            "HEARTHKEY_DATA_DIR": str(self.data),
            "HEARTHKEY_CONFIG": str(folder / "config.toml"),
        }
        self.config = folder / "config.toml"
        self.config.touch(mode=0o600)
        self.token = canaries.new("123456:")
        self.canaries = canaries

    async def start_once(self) -> None:
        """Let a bot run and end."""
        await (await open_stores(self.data, MasterKey(b"k" * 32), FakeClock())).close()
        path = self.data / FILE_NAME
        path.touch(mode=0o600)
        path.write_text((b"k" * 32).hex())

    def examine(self, *, is_quick: bool = False) -> tuple[int, str]:
        """Return the exit code and what was said."""
        stdout = io.StringIO()
        code = doctor.examine(self.env, stdout, providers=("openai",), is_quick=is_quick)
        assert self.canaries.search(stdout.getvalue()) == []
        return code, stdout.getvalue()


@pytest.fixture
def host(tmp_path: Path, canaries: Canaries) -> Host:
    """A machine on which no bot has run."""
    return Host(tmp_path, canaries)


async def test_a_machine_that_is_as_it_should_be(host: Host) -> None:
    """Each line has a level and a subject; groups are apart; the last line counts."""
    await host.start_once()
    code, said = host.examine()
    assert code == 0
    groups = said.split("\n\n")
    assert [group.partition("\n")[0] for group in groups[:-1]] == ["Settings", "Data folder"]
    lines = [line for group in groups[:-1] for line in group.splitlines()[1:]]
    assert all(line.startswith("ok       ") for line in lines)
    assert groups[-1] == f"Looked at {len(lines)}. Problems: 0, warnings: 0.\n"


def test_a_machine_before_its_first_start(host: Host) -> None:
    """There is something to say, and no problem; nothing is made."""
    code, said = host.examine()
    assert code == 0
    assert "warning  folder: " in said
    assert "\n         → hearthkey run makes it" in said
    assert not host.data.exists()


async def test_settings_that_are_wrong_do_not_keep_it_from_the_rest(host: Host) -> None:
    """All that a start would tell, and the folder all the same."""
    await host.start_once()
    host.env |= {"HEARTHKEY_ACCESS": "maybe", "HEARTHKEY_WIBBLE": "canary"}
    code, said = host.examine()
    assert code == 1
    assert said.count("problem  settings: ") == 2
    assert "ok       database: " in said
    assert "canary" not in said


def test_without_its_file_nothing_is_known(host: Host) -> None:
    """Another folder than the bot's is not looked at."""
    host.config.write_text("no toml at all")
    code, said = host.examine()
    assert code == 1
    assert said.startswith("Settings\nproblem  settings: the configuration ")
    assert "Data folder" not in said


def test_a_telegram_setting_that_is_wrong_leaves_telegram_out(host: Host) -> None:
    """A call past the proxy that somebody wanted is not made."""
    host.env |= {
        "HEARTHKEY_TELEGRAM_TOKEN": host.token,
        "HEARTHKEY_TELEGRAM_PROXY": host.canaries.new("socks5://"),
    }
    code, said = host.examine()
    assert code == 1
    assert "HEARTHKEY_TELEGRAM_PROXY: " in said
    assert "connection" not in said


def test_telegram_is_looked_at_where_it_is_configured(host: Host) -> None:
    """Where nothing listens, that is the problem."""
    host.env |= {
        "HEARTHKEY_TELEGRAM_TOKEN": host.token,
        "HEARTHKEY_TELEGRAM_API_BASE": NOBODY,
        "HEARTHKEY_OPERATORS": "telegram:1,telegram:2",
    }
    code, said = host.examine()
    assert code == 1
    assert (
        "ok       access: closed, who is listed may come in. Operators listed: 2, others: 0\n"
        in said
    )
    assert "Telegram\nproblem  connection: 127.0.0.1:9 does not answer" in said


def test_a_bot_without_an_operator_is_to_be_claimed(host: Host) -> None:
    """That is a way to begin and no mistake."""
    host.env |= {
        "HEARTHKEY_TELEGRAM_TOKEN": host.token,
        "HEARTHKEY_TELEGRAM_API_BASE": NOBODY,
        "HEARTHKEY_ACCESS": "open",
    }
    _, said = host.examine()
    assert "ok       access: open, anybody may come in" in said
    assert "the code that a start prints" in said


def test_matrix_is_looked_at_where_it_is_configured(host: Host) -> None:
    """Under a heading of its own; where nothing listens, that is the problem."""
    host.env |= {
        "HEARTHKEY_MATRIX_HOMESERVER": NOBODY,
        "HEARTHKEY_MATRIX_USER": "@bot:example.org",
        "HEARTHKEY_MATRIX_PASSWORD": host.canaries.new("pass"),
    }
    code, said = host.examine()
    assert code == 1
    assert "ok       messengers: Matrix\n" in said
    assert "ok       access: closed" in said
    assert "Matrix\nproblem  connection: 127.0.0.1:9 does not answer" in said
    host.env |= {
        "HEARTHKEY_TELEGRAM_TOKEN": host.token,
        "HEARTHKEY_TELEGRAM_API_BASE": NOBODY,
    }
    _, said = host.examine()
    assert "ok       messengers: Telegram and Matrix\n" in said
    assert said.index("\nTelegram\n") < said.index("\nMatrix\n")


def test_a_folder_that_cannot_be_looked_into_says_nothing_of_its_key(host: Host) -> None:
    """One cause is one problem."""
    host.data.touch()
    code, said = host.examine()
    assert code == 1
    assert "master key" not in said


async def test_quick_is_well_while_a_bot_runs(host: Host) -> None:
    """It asks nothing of Telegram, and nothing of a key that the bot has opened already."""
    await host.start_once()
    host.env |= {
        "HEARTHKEY_TELEGRAM_TOKEN": host.token,
        "HEARTHKEY_TELEGRAM_API_BASE": NOBODY,
        "HEARTHKEY_MASTER_KEY": host.canaries.new(""),
    }
    lock = lock_folder(host.data)
    assert host.examine(is_quick=True)[0] == 0
    os.close(lock)
    code, said = host.examine(is_quick=True)
    assert code == 1
    assert "problem  bot: no bot runs on" in said


def test_dropping_a_webhook_needs_a_bot(host: Host) -> None:
    """What is missing is said; what is wrong with the settings comes first."""
    for env in ({}, {"HEARTHKEY_TELEGRAM_TOKEN": "canary"}):
        with pytest.raises(StartError, match="HEARTHKEY_TELEGRAM_TOKEN"):
            doctor.drop_webhook(host.env | env, io.StringIO(), providers=())


@pytest.mark.parametrize(
    ("finding", "lines"),
    [
        (ok("disk", "1 MiB free"), "ok       disk: 1 MiB free\n"),
        (warning("disk", "full", "make room"), "warning  disk: full\n         → make room\n"),
        (problem("disk", "said by itself"), "problem  disk: said by itself\n"),
        (ok("token", "\x1b[2J@bot\n\u202e"), "ok       token: \ufffd[2J@bot\ufffd\ufffd\n"),
    ],
    ids=["ok", "warning", "problem", "hostile"],
)
def test_how_a_finding_is_told(finding: Finding, lines: str) -> None:
    """A line each, and whatever a server said does nothing to the terminal."""
    stdout = io.StringIO()
    doctor._Report(stdout).tell(finding)
    assert stdout.getvalue() == lines


async def test_a_health_check_imports_little(host: Host) -> None:
    """It is run again and again beside the bot, out of the same memory."""
    await host.start_once()
    code = (
        "import os, sys; from bot import doctor;"
        "doctor.examine(dict(os.environ), sys.stdout, providers=(), is_quick=True);"
        "print(sorted({'aiohttp', 'httpx', 'cryptography', 'asyncio'} & set(sys.modules)))"
    )
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=host.env, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await done.communicate()
    assert b"ok       database: opens" in out
    assert out.splitlines()[-1] == b"[]"
