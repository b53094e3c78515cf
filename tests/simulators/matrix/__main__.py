"""A homeserver in a process of its own, which no kill of the bot reaches.

`python -m tests.simulators.matrix [--port 0] [--witness FILE]` prints `{"url": …, "user": …,
"password": …}` and runs until its standard input ends.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from tests.simulators.matrix.server import Simulator


async def _run(port: int, witness: Path | None) -> None:
    sim = Simulator(witness)
    await sim.start(port)
    try:
        said = {"url": sim.url, "user": sim.bot, "password": sim.password}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await sim.close()


def main() -> None:
    """Run until nobody holds the other end of the input."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.matrix")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--witness", type=Path)
    asked = parser.parse_args()
    asyncio.run(_run(asked.port, asked.witness))


if __name__ == "__main__":
    main()
