"""Twenty thousand turns of fifty members, each judged: `python -m tests.endure.isolation`."""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.isolation.talk import Talk
from tests.isolation.verdict import Trouble, Verdict
from tests.isolation.world import open_world

TURNS: Final = 20_000
_ROUND: Final = 1_000  # requests are judged and forgotten after so many
_MOST_SHOWN: Final = 20


async def _talk(turns: int, seed: int, trouble: Trouble) -> Verdict:
    """Let them talk, round by round, until something is broken."""
    with tempfile.TemporaryDirectory(prefix="hearthkey-isolation-") as folder:
        async with open_world(Path(folder), seed) as world:
            talk, verdict = Talk(world, seed), Verdict(world)
            for done in range(0, turns, _ROUND):
                await talk.go_on(min(_ROUND, turns - done))
                await verdict.look(talk.told)
                if verdict.broken or trouble.found:
                    break
            await verdict.end(talk.told)
            return verdict


def main(argv: Sequence[str] | None = None) -> int:
    """Run, print a summary, and return 1 if anything was mixed up or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    asked = parser.parse_args(argv)
    trouble = Trouble()
    logging.getLogger().addHandler(trouble)
    began_s = time.monotonic()
    verdict = asyncio.run(_talk(asked.turns, asked.seed, trouble))
    took_s = time.monotonic() - began_s
    lines = [
        f"{verdict.requests} requests of 50 members in 10 groups and in private, {took_s:.0f} s,"
        f" seed {asked.seed}",
        f"mixed up: {len(verdict.broken)}",
        *verdict.broken[:_MOST_SHOWN],
        f"faults logged: {len(trouble.found)}",
        *trouble.found[:_MOST_SHOWN],
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if verdict.broken or trouble.found else 0


if __name__ == "__main__":
    sys.exit(main())
