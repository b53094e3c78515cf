"""The command itself from outside: how soon it is ready, and what it takes when idle."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from tests.bench import machine
from tests.bench.command import HOUSE, compile_once
from tests.simulators.process import ROOT

_FIRST_WORD: Final = "Hearthkey"
_END_S: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """A bot that nobody talks to. `cpu_share` is of one core."""

    memory: machine.Memory
    cpu_share: float


def ready_s(starts: int) -> tuple[float, ...]:
    """Return the seconds from the start to the start line; the first is with an empty folder.

    Standard input is at its end, so each run also has to leave by itself, and well.
    """
    compile_once()
    with tempfile.TemporaryDirectory(prefix="hearthkey-bench-") as folder:
        found = []
        for _ in range(starts):
            started_at = time.monotonic()
            with _running(Path(folder), subprocess.DEVNULL) as process:
                _await_start_line(process.stderr)
                found.append(time.monotonic() - started_at)
        return tuple(found)


def idle(seconds: float) -> Idle:
    """Let the command run for a while with an open input that says nothing."""
    with (
        tempfile.TemporaryDirectory(prefix="hearthkey-bench-") as folder,
        _running(Path(folder), subprocess.PIPE) as process,
    ):
        _await_start_line(process.stderr)
        time.sleep(0.5)  # whatever a start leaves for later is no idling
        cpu_before = machine.cpu_s(process.pid)
        time.sleep(seconds)
        found = Idle(
            memory=machine.memory(process.pid),
            cpu_share=(machine.cpu_s(process.pid) - cpu_before) / seconds,
        )
        assert process.stdin is not None
        process.stdin.close()
        return found


@contextmanager
def _running(folder: Path, stdin: int) -> Iterator[subprocess.Popen[str]]:
    """Run the command with nothing configured; it must end with code 0."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEARTHKEY_")}
    process = subprocess.Popen(
        [sys.executable, *HOUSE],
        cwd=ROOT,
        env={
            **kept,
            "HEARTHKEY_DATA_DIR": str(folder / "data"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        },
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
            process.wait(_END_S)
        finally:
            process.kill()
    if process.returncode:
        msg = f"hearthkey run ended with code {process.returncode}"
        raise RuntimeError(msg)


def _await_start_line(stderr: IO[str] | None) -> None:
    assert stderr is not None
    said = ""
    for line in stderr:
        if line.startswith(_FIRST_WORD):
            return
        said += line
    msg = f"hearthkey run said no start line:\n{said}"
    raise RuntimeError(msg)
