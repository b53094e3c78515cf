"""How fast the vault is, on one core: `python -m tests.bench.vaults SECONDS`."""

import os
import sys
import time
from collections.abc import Callable

import msgspec

from storage.vault import Cell, DataKey, MasterKey
from tests.bench.jobs import tell

_CELL = Cell("turns", "answer", "1")


def _per_second(act: Callable[[], object], seconds: float) -> float:
    done, started_at = 0, time.perf_counter()
    while (passed := time.perf_counter() - started_at) < seconds:
        for _ in range(100):
            act()
        done += 100
    return done / passed


def run(seconds: float) -> dict[str, float]:
    """Return operations per second, each measured for `seconds`."""
    master, key, kilobyte = MasterKey(os.urandom(32)), DataKey.generate(), os.urandom(1024)
    blob, wrapped = key.seal(kilobyte, _CELL), master.wrap(key, host="h", owner="o")
    acts: dict[str, Callable[[], object]] = {
        "seal 1 KB": lambda: key.seal(kilobyte, _CELL),
        "open 1 KB": lambda: key.open(blob, _CELL),
        "wrap a data key": lambda: master.wrap(key, host="h", owner="o"),
        "unwrap a data key": lambda: master.unwrap(wrapped, key_id=key.id, host="h", owner="o"),
    }
    return {name: _per_second(act, seconds) for name, act in acts.items()}


if __name__ == "__main__":
    tell(msgspec.json.encode(run(float(sys.argv[1]))))
