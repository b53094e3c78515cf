"""Run every measure and print the table: `python -m tests.bench [--quick]`."""

import argparse
import sys
import time

from tests.bench import machine
from tests.bench.measures import Bench
from tests.bench.parent import serving
from tests.bench.plan import FULL, QUICK
from tests.bench.table import Row, render


def main() -> int:
    """Return 1 if an answer was wrong. A slow figure is a matter of the machine, so it is told."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run at all?")
    plan = QUICK if parser.parse_args().quick else FULL
    started_at = time.monotonic()
    rows: list[Row] = []
    with serving() as lab:
        about = machine.describe()
        bench = Bench(lab, plan)
        for found in bench.rows():
            rows += found
            sys.stderr.write(".")
            sys.stderr.flush()
    sys.stderr.write("\n")
    shape = f"{plan.tokens} tokens at {plan.rate:g} a second, starts within {plan.spread_s:g} s"
    about += [
        f"streams: {shape}; every measure in a fresh process; database on a disk",
        f"took {time.monotonic() - started_at:.0f} s{', quick sizes' if plan is QUICK else ''}",
    ]
    sys.stdout.write("\n".join(("Hearthkey bench", *about, "", render(rows), "")))
    return 1 if bench.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
