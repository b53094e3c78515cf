"""`hearthkey doctor` as a process, beside a bot that runs and one that does not."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.canaries import Canaries
from tests.fakes.botapi import BotApi, serving
from tests.simulators.matrix.server import Simulator

ROOT: Final = Path(__file__).parents[2]
_COMMAND: Final = "import sys; from bot.cli import main; sys.exit(main())"
_FINDING: Final = re.compile(r"(?:ok|warning|problem) +([^:]+): ")


class Host:
    """A machine with an environment of its own, on which the command is called."""

    def __init__(self, folder: Path, api: BotApi, canaries: Canaries) -> None:
        self.data = folder / "data"
        self._canaries = canaries
        self.env = {
            "HOME": str(folder),
            "HEARTHKEY_DATA_DIR": str(self.data),
            "HEARTHKEY_MASTER_KEY": canaries.new("")[-24:] + "0" * 40,
        }
        self.messengers = {
            "HEARTHKEY_TELEGRAM_TOKEN": canaries.new("123456:"),
            "HEARTHKEY_TELEGRAM_API_BASE": api.url,
        }

    async def call(self, *words: str) -> tuple[int | None, str]:
        """Run the command to its end; return its exit code and all that it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _COMMAND, *words),
            env=self.env | self.messengers,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        assert self._canaries.search(out) == []
        assert self.env["HEARTHKEY_MASTER_KEY"] not in out.decode()
        return process.returncode, out.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let a bot run on the folder, in the console, until its input ends."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _COMMAND, "run"),
            env=self.env,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        try:
            assert await process.stderr.readline()
            yield
        finally:
            await process.communicate(b"")
        assert process.returncode == 0


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A Bot API where all is well."""
    api = BotApi()
    async with serving(api.handle) as api.url:
        yield api


@pytest.fixture
def host(tmp_path: Path, api: BotApi, canaries: Canaries) -> Host:
    """A machine on which no bot has run."""
    return Host(tmp_path, api, canaries)


def documented() -> set[str]:
    """Return the subjects of the table in the docs."""
    page = (ROOT / "docs/troubleshooting.md").read_text().partition("## hearthkey doctor")[2]
    cells = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    return {subject for cell in cells for subject in re.findall(r"`([^`]+)`", cell)}


async def test_beside_a_running_bot(host: Host, api: BotApi) -> None:
    """Nothing to mend, every subject is that of the docs, and the bot ends well after."""
    homeserver = Simulator()
    await homeserver.start()
    host.messengers |= {
        "HEARTHKEY_MATRIX_HOMESERVER": homeserver.url,
        "HEARTHKEY_MATRIX_USER": homeserver.bot,
        "HEARTHKEY_MATRIX_PASSWORD": homeserver.password,
    }
    async with host.running():
        code, said = await host.call("doctor")
        quick, _ = await host.call("doctor", "--quick")
    await homeserver.close()
    assert (code, quick) == (0, 0), said
    assert set(_FINDING.findall(said)) == documented()
    assert "ok       bot: runs on this folder" in said
    assert "getUpdates" not in api.asked


async def test_where_no_bot_runs(host: Host) -> None:
    """That is a problem for a health check alone."""
    async with host.running():
        pass
    assert (await host.call("doctor"))[0] == 0
    code, said = await host.call("doctor", "--quick")
    assert code == 1
    assert said.splitlines()[-3:-1] == ["         → start it: hearthkey run", ""]


async def test_another_key_than_the_databases(host: Host) -> None:
    """Told with what to do, in the exit code too."""
    async with host.running():
        pass
    host.env["HEARTHKEY_MASTER_KEY"] = "0" * 64
    code, said = await host.call("doctor")
    assert code == 1
    assert "problem  master key: " in said
    assert "→ bring that key back" in said


async def test_a_webhook_is_dropped(host: Host, api: BotApi) -> None:
    """What doctor told to do does it."""
    api.webhook = {"url": "https://old.example.org/x", "pending_update_count": 3}
    code, said = await host.call("doctor")
    assert code == 1
    assert "→ hearthkey doctor --drop-webhook" in said
    code, said = await host.call("doctor", "--drop-webhook")
    assert code == 0
    assert said.index("old.example.org; 3 updates wait and are kept") < said.index("removed")
    assert "webhook: none" in (await host.call("doctor"))[1]


@pytest.mark.parametrize(
    "words", [["--drop-webhook"], ["--quick", "--drop-webhook"], ["--wibble"]]
)
async def test_what_cannot_be_looked_at_all(host: Host, words: list[str]) -> None:
    """No bot to ask for, or a call that nobody understands: exit code 2."""
    host.messengers = {}
    code, said = await host.call("doctor", *words)
    assert code == 2
    assert "Traceback" not in said
