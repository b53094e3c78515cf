"""A Bot API in a process of its own, which no kill of the bot reaches.

`python -m tests.simulators.telegram [--port 0] [--witness FILE]` prints `{"url": …, "token": …}`
and runs until its standard input ends.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from tests.simulators.telegram.server import Simulator


async def _run(port: int, witness: Path | None) -> None:
    async with Simulator(witness) as sim:
        if port:
            await sim.close()
            await sim.start(port)
        sys.stdout.write(json.dumps({"url": sim.url, "token": sim.token}) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Run until nobody holds the other end of the input."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.telegram")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--witness", type=Path)
    asked = parser.parse_args()
    asyncio.run(_run(asked.port, asked.witness))


if __name__ == "__main__":
    main()
