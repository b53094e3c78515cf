"""A thousand kills at random times, judged by the witnesses: `python -m tests.endure.kills`."""

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.kills.drive import End, drive
from tests.kills.messengers import MESSENGERS

KILLS: Final = 1_000
_MOST_SHOWN: Final = 20


@dataclass(slots=True)
class Tally:
    """What came of all stories so far, counted by several threads."""

    wanted: int
    kills: int = 0
    stories: int = 0
    stale: int = 0
    broken: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, end: End, where: str) -> None:
        """Count a story."""
        with self._lock:
            self.stories += 1
            self.kills += end.kills
            self.stale += end.stale
            self.broken.extend(f"{where}: {each}" for each in end.broken)

    @property
    def is_full(self) -> bool:
        """Whether there were kills enough."""
        return self.kills >= self.wanted


def _live(folder: Path, seed: int, tally: Tally) -> None:
    """Live stories one after the other until the tally is full; broken ones stay on disk."""
    folder.mkdir()
    with drive(folder, *MESSENGERS) as lives:
        for here, where, end in lives.stories(folder, seed, most_deaths=5):
            tally.add(end, where)
            if not end.broken:
                shutil.rmtree(here)
            if tally.is_full:
                break


def main() -> int:
    """Run, print a summary, and return 1 if any promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hearthkey-kills-"))
    tally = Tally(asked.kills)
    began_s = time.monotonic()
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        runs = [
            pool.submit(_live, folder / str(which), asked.seed + which, tally)
            for which in range(workers)
        ]
    for run in runs:
        run.result()
    _report(tally, asked.seed, time.monotonic() - began_s)
    if tally.broken:
        sys.stdout.write(f"the broken stories are in {folder}\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _report(tally: Tally, seed: int, took_s: float) -> None:
    lines = [
        f"{tally.kills} kills at random times in {tally.stories} stories, {took_s:.0f} s,"
        f" seed {seed}",
        f"stale previews: {tally.stale}",
        f"broken promises: {len(tally.broken)}",
        *tally.broken[:_MOST_SHOWN],
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
