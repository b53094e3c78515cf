"""The measured processes from outside: each job in a fresh one, all at the same server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from statistics import median
from typing import Final

import msgspec

from tests.bench.jobs import Answer, Job, Report
from tests.simulators.process import ROOT, served

_LIMIT_S: Final = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A report, with the server's view of it. Times in milliseconds, one per answer."""

    report: Report
    ahead_ms: tuple[float, ...]
    late_ms: tuple[float, ...]

    @property
    def wrong(self) -> int:
        """How many answers were not what the server had sent."""
        return sum(not answer.is_right for answer in self.report.answers)

    @property
    def cpu_ms(self) -> float:
        """CPU per answer."""
        return self.report.cpu_s * 1_000 / len(self.report.answers)


class Lab:
    """Runs jobs; no two of them have a question's number in common."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._next = 1

    def run(self, job: Job) -> Measured:
        """Do a job in a fresh process. `base_url` and `first` are filled in here."""
        job = replace(job, base_url=f"http://127.0.0.1:{self._port}/v1", first=self._next)
        self._next += job.count
        done = run_module("tests.bench.subject", msgspec.json.encode(job).decode())
        report = msgspec.json.decode(done, type=Report)
        stamps = self._stamps()
        return Measured(
            report=report,
            ahead_ms=_gaps(report.answers, stamps["seen"], is_before=True),
            late_ms=_gaps(report.answers, stamps["ended"], is_before=False),
        )

    def _stamps(self) -> dict[str, dict[str, float]]:
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=10)) as connection:
            connection.request("GET", "/stamps")
            stamps: dict[str, dict[str, float]] = json.load(connection.getresponse())
        return stamps


def _gaps(
    answers: tuple[Answer, ...], stamps: dict[str, float], *, is_before: bool
) -> tuple[float, ...]:
    """Return the time from asking to the stamp, or from the stamp to the end."""
    gaps = (
        stamps[str(each.number)] - each.asked_at
        if is_before
        else each.done_at - stamps[str(each.number)]
        for each in answers
    )
    return tuple(gap * 1_000 for gap in gaps)


@contextmanager
def serving() -> Iterator[Lab]:
    """Run the model server."""
    with served("tests.bench.server") as said:
        yield Lab(said["port"])


def run_module(name: str, *arguments: str) -> bytes:
    """Run one of the bench's modules to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=_LIMIT_S,
        check=True,
    )
    return done.stdout


def at(values: tuple[float, ...], share: float) -> float:
    """Return the value that a share of all values does not exceed; 0.5 is the median."""
    if share == 0.5:
        return median(values)
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
