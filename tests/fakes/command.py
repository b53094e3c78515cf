"""The command itself, as an operator runs it: what it says, and that it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.simulators.process import ROOT

_COMMAND: Final = (
    sys.executable,
    "-c",
    "from bot.cli import main; raise SystemExit(main(['run']))",
)


def settings(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment with a folder of its own and what is set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEARTHKEY_")}
    ours = {f"HEARTHKEY_{name.upper()}": value for name, value in more.items()}
    return {
        **kept,
        "XDG_CONFIG_HOME": str(folder / "config"),
        "HEARTHKEY_DATA_DIR": str(folder / "data"),
        "HEARTHKEY_LOG_LEVEL": "debug",
        **ours,
    }


@contextmanager
def running(env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the command until it runs; what it says is collected when it has ended."""
    process = subprocess.Popen(
        _COMMAND, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said: list[str] = []
    with process:
        try:
            for line in process.stderr or ():
                said.append(line)
                if line.startswith("Hearthkey runs on "):
                    break
            yield process, said
            process.send_signal(signal.SIGTERM)
            said.extend(process.stderr or ())
            process.wait(20)
        finally:
            process.kill()


def refused(env: dict[str, str]) -> tuple[int, list[str]]:
    """Run a command that does not start; return its code and its lines."""
    done = subprocess.run(
        _COMMAND,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()
