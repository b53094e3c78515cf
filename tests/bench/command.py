"""The command itself, or a bare loop in its place, as a process that says when it runs."""

import compileall
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from tests.simulators.process import ROOT

# Click comes with the development tools alone, and with it httpx imports a command line.
HOUSE: Final = (
    "-c",
    "import sys; sys.modules['click'] = None;"
    "from bot.cli import main; raise SystemExit(main(['run']))",
)
_FIRST_WORDS: Final = "Hearthkey runs on "
_END_S: Final = 20.0


@cache
def compile_once() -> None:
    """Compile the command, as every start but an install's first one finds it."""
    for package in ("bot", "adapters", "storage"):
        compileall.compile_dir(ROOT / package, quiet=1)


@contextmanager
def running(
    settings: Mapping[str, str], model_port: int, bare: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """Run the command, or the module of a bare loop, until it says that it runs."""
    compile_once()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEARTHKEY_")}
    with tempfile.TemporaryDirectory(prefix="hearthkey-bench-") as folder:
        process = subprocess.Popen(
            [sys.executable, *(("-m", bare) if bare else HOUSE)],
            cwd=ROOT,
            env={
                **kept,
                "HEARTHKEY_DATA_DIR": str(Path(folder) / "data"),
                "XDG_CONFIG_HOME": str(Path(folder) / "config"),
                "HEARTHKEY_ACCESS": "open",
                "HEARTHKEY_ENDPOINTS": f"bench=http://127.0.0.1:{model_port}/v1",
                **settings,
            },
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                _await_start(process)
                yield process
                process.terminate()
                process.wait(_END_S)
            finally:
                process.kill()


def _await_start(process: subprocess.Popen[str]) -> None:
    said = ""
    for line in process.stderr or ():
        said += line
        if line.startswith(_FIRST_WORDS):
            return
    raise RuntimeError(said)
