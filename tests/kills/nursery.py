"""Forks one application per order, so that a run costs no second start of the interpreter.

Reads an order a line (JSON) and prints how its process ended.
"""

import gc
import os
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import Final

from adapters.providers import capabilities
from adapters.providers.registry import key_forms
from tests.kills.child import live
from tests.kills.order import Order

STUCK_S: Final = 30.0


def _born(order: Order) -> None:
    """Be the application until its story is over."""
    log = os.open(Path(order.folder) / "log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(log, sys.stderr.fileno())
    try:
        live(order)
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it was
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _wait(pid: int, alive: int, within_s: float) -> bool:
    """Wait for the end of a process, which closes its end of the pipe; whether it came."""
    ready, _, _ = select.select([alive], [], [], within_s)
    if not ready:
        os.kill(pid, signal.SIGKILL)
    return bool(ready)


def run(order: Order) -> str:
    """Let one application live; return `ended`, `failed`, `killed` or `stuck`."""
    alive, held = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(alive)
        _born(order)
    os.close(held)
    limit_s = order.after_s or STUCK_S
    was_in_time = _wait(pid, alive, limit_s)
    os.close(alive)
    _, status = os.waitpid(pid, 0)
    if not was_in_time and not order.after_s:
        return "stuck"
    if os.WIFSIGNALED(status):
        return "killed"
    return "ended" if os.WEXITSTATUS(status) == 0 else "failed"


def _prepare() -> None:
    """Read the tables that every life would read, and keep what there is shared with them all."""
    key_forms()
    capabilities.rows()
    gc.collect()
    gc.freeze()


def main() -> None:
    """Take orders until the input ends."""
    _prepare()
    for line in sys.stdin:
        sys.stdout.write(f"{run(Order.load(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
