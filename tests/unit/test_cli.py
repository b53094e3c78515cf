"""The command: tasks, exit codes, and one line per problem."""

import gc
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

import bot.app
import bot.control.client
import bot.doctor
from bot import cli
from bot.config import Config
from bot.domain.errors import StartError


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings, umask and logging out of it."""
    monkeypatch.setenv("HEARTHKEY_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    monkeypatch.setattr("os.umask", lambda _: 0)
    monkeypatch.setattr("bot.logs.set_up_logging", lambda _: None)


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The package's own."""
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"hearthkey {version('hearthkey')}\n"


@pytest.mark.parametrize("argv", [[], ["run"]], ids=["nothing", "run"])
def test_running_is_the_default(argv: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The application gets the configuration, and its exit code is ours."""
    seen: list[Config] = []

    def run(config: Config) -> int:
        seen.append(config)
        assert not gc.isenabled()  # while it starts
        return 7

    monkeypatch.setattr(bot.app, "run", run)
    assert cli.main(argv) == 7
    assert len(seen) == 1
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("argv", "seat"),
    [
        (["run"], {}),
        (["run", "--as", "Bob"], {"name": "bob"}),
        (["run", "--room", "club"], {"room": "club"}),
        (["run", "--as", "bob", "--room", "club"], {"name": "bob", "room": "club"}),
    ],
    ids=["nobody", "somebody", "a room", "both"],
)
def test_the_console_opens_as_somebody_in_a_room(
    argv: list[str], seat: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without either, as whoever started it."""
    seen: list[dict[str, str]] = []

    def run(_: Config, **kwargs: str) -> int:
        seen.append(kwargs)
        return 0

    monkeypatch.setattr(bot.app, "run", run)
    assert cli.main(argv) == 0
    assert seen == [seat]


def test_who_opens_the_console_has_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    """One that can be told apart at a glance."""
    assert cli.main(["run", "--as", "a b", "--room", "x" * 21]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "hearthkey: --as takes a name of up to 20 letters and digits",
        "hearthkey: --room takes a name of up to 20 letters and digits",
    ]


def test_only_the_console_opens_as_somebody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a messenger there is none."""
    monkeypatch.setenv("HEARTHKEY_TELEGRAM_TOKEN", "123456:canary-token-of-the-right-length-00")
    assert cli.main(["run", "--as", "bob"]) == 2
    assert "are for the console" in capsys.readouterr().err


def test_every_problem_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, with exit code 2 and no traceback."""
    monkeypatch.setenv("HEARTHKEY_ACCESS", "maybe")
    monkeypatch.setenv("HEARTHKEY_WIBBLE", "x")
    assert cli.main(["run"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0] for line in lines] == ["hearthkey", "hearthkey"]
    assert len(lines) == 2


def test_a_problem_of_the_application_is_a_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as a missing master key."""

    def run(_: Config) -> int:
        raise StartError(["the master key is missing"])

    monkeypatch.setattr(bot.app, "run", run)
    assert cli.main(["run"]) == 2
    assert capsys.readouterr().err == "hearthkey: the master key is missing\n"


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of anything."""

    def run(_: Config) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(bot.app, "run", run)
    assert cli.main([]) == 130


def test_init_writes_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a pipe as from a terminal; without answers nothing is written."""
    (tmp_path / "config.toml").unlink()
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\n\nhome=http://127.0.0.1:8080/v1\n"))
    assert cli.main(["init"]) == 0
    assert "endpoints" in (tmp_path / "config.toml").read_text()
    said = capsys.readouterr().out
    assert "@BotFather" in said
    assert "Matrix" in said
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert cli.main(["init"]) == 2
    assert "hearthkey: no answer to" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        (["doctor"], "examine False"),
        (["doctor", "--quick"], "examine True"),
        (["doctor", "--drop-webhook"], "drop"),
    ],
)
def test_doctor_does_what_it_was_called_for(
    argv: list[str], asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its exit code is ours."""
    seen: list[str] = []

    def examine(*_: object, providers: Sequence[str], is_quick: bool) -> int:
        seen.append(f"examine {is_quick}")
        return 1 if providers else 9

    def drop(*_: object, providers: Sequence[str]) -> int:
        seen.append("drop")
        return 1 if providers else 9

    monkeypatch.setattr(bot.doctor, "examine", examine)
    monkeypatch.setattr(bot.doctor, "drop_webhook", drop)
    assert cli.main(argv) == 1
    assert seen == [asked]


@pytest.mark.parametrize("tool", ["verify", "reset-identity"])
def test_a_tool_is_used_over_the_data_folder(
    tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name that the running bot knows; its exit code is ours."""
    seen: list[object] = []

    def use_tool(*args: object) -> int:
        seen.extend(args)
        return 7

    monkeypatch.setattr(bot.control.client, "use_tool", use_tool)
    monkeypatch.setenv("HEARTHKEY_DATA_DIR", str(tmp_path))
    assert cli.main(["matrix", tool]) == 7
    assert seen == [tmp_path, f"matrix {tool}", sys.stdin, sys.stdout]


@pytest.mark.parametrize("argv", [["matrix"], ["matrix", "vrify"]])
def test_a_tool_must_be_named(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With a name that there is."""
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2
    assert "TOOL" in capsys.readouterr().err


def test_help_needs_nothing_heavy() -> None:
    """Being ready at once begins with importing little."""
    code = (
        "import sys; from bot import cli; cli.main(['--version']);"
        "print(sorted({'aiohttp', 'httpx', 'cryptography', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_collection_looks_through_what_a_start_made(tmp_path: Path) -> None:
    """It would hold up everybody who is answered just then."""
    code = (
        "import atexit, gc; from bot import cli;"
        "atexit.register(lambda: print(gc.isenabled(), gc.get_freeze_count() > 50_000));"
        "cli.main(['run'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HEARTHKEY_DATA_DIR": str(tmp_path / "data")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "True True"
