"""The measures, each with its rows of the table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Final

import msgspec

from tests.bench import dialects, starting
from tests.bench.jobs import Job
from tests.bench.messengers import Messengers
from tests.bench.parent import Lab, Measured, at, run_module
from tests.bench.plan import Plan
from tests.bench.table import Row

AHEAD_MS: Final = 10.0
CPU_RATIO: Final = 2.0
LATE_MS: Final = 150.0
READY_S: Final = 1.0
FLAT_RATIO: Final = 1.2


@dataclass(slots=True)
class Bench:
    """A run: it measures step by step and counts what went wrong."""

    lab: Lab
    plan: Plan
    wrong: int = 0
    answers: int = 0
    peaks: dict[int, float] = field(default_factory=dict)

    def rows(self) -> Iterator[Sequence[Row]]:
        """Measure one thing after another; yield each one's rows when it is done."""
        yield self._latency()
        for crowd in self.plan.crowds:
            yield self._crowd(crowd, self.plan.spread_s)
        yield self._crowd(self.plan.crowds[-1], 0.0)
        yield self._dialects()
        yield self._growth()
        yield _vault(self.plan.vault_s)
        yield _start(self.plan, self.peaks)
        yield from self._messengers()
        yield (
            Row(
                name=f"wrong answers of {self.answers}",
                house=str(self.wrong),
                aim="0",
                is_met=self.wrong == 0,
            ),
        )

    def _run(self, job: Job) -> Measured:
        measured = self.lab.run(job)
        self.wrong += measured.wrong
        self.answers += job.count
        return measured

    def _run_all(self, job: Job) -> tuple[Measured, Measured, Measured]:
        """Do the same with the house, bare aiohttp and bare httpx."""
        house, aiohttp, httpx = (
            self._run(replace(job, subject=subject))
            for subject in ("hearthkey", "aiohttp", "httpx")
        )
        return house, aiohttp, httpx

    def _latency(self) -> Sequence[Row]:
        """From a member's message to its request, one after another."""
        found = self._run_all(Job(subject="", count=self.plan.messages, tokens=5))
        house, aiohttp, _ = found
        added = at(house.ahead_ms, 0.5) - at(aiohttp.ahead_ms, 0.5)
        commits = house.report.commits / self.plan.messages
        return (
            _all("message → request, median", [f"{at(it.ahead_ms, 0.5):.1f} ms" for it in found]),
            _all("message → request, 95 %", [f"{at(it.ahead_ms, 0.95):.1f} ms" for it in found]),
            Row(
                name="added to bare aiohttp, median",
                house=f"{added:.1f} ms",
                aim=f"≤ {AHEAD_MS:g} ms",
                is_met=added <= AHEAD_MS,
            ),
            _all("CPU per short answer", [f"{it.cpu_ms:.1f} ms" for it in found]),
            Row(name="commits per turn", house=f"{commits:.2f}"),
        )

    def _crowd(self, crowd: int, spread_s: float) -> Sequence[Row]:
        """Many streams side by side, their starts spread over a time."""
        plan = self.plan
        found = self._run_all(
            Job(subject="", count=crowd, tokens=plan.tokens, rate=plan.rate, spread_s=spread_s)
        )
        house, aiohttp, _ = found
        self.peaks[crowd] = max(house.report.peak_mb, self.peaks.get(crowd, 0.0))
        is_aim = crowd == 200 and spread_s > 0
        ratio = house.cpu_ms / aiohttp.cpu_ms
        late = max(house.late_ms)
        name = f"{crowd} streams{'' if spread_s else ' from one moment'}"
        return (
            _all(f"{name}: CPU per answer", [f"{it.cpu_ms:.0f} ms" for it in found]),
            Row(
                name="  of bare aiohttp's",
                house=f"{ratio:.2f} x",
                aim=f"≤ {CPU_RATIO:g} x" if is_aim else "",
                is_met=ratio <= CPU_RATIO if is_aim else None,
            ),
            _all("  last token late, median", [f"{at(it.late_ms, 0.5):.0f} ms" for it in found]),
            _all("  last token late, 95 %", [f"{at(it.late_ms, 0.95):.0f} ms" for it in found]),
            _all(
                "  last token late, worst",
                [f"{max(it.late_ms):.0f} ms" for it in found],
                aim=f"≤ {LATE_MS:g} ms" if is_aim else "",
                is_met=late <= LATE_MS if is_aim else None,
            ),
            Row(name="  commits per turn", house=f"{house.report.commits / crowd:.2f}"),
        )

    def _dialects(self) -> Sequence[Row]:
        """Every wire dialect over the least code that reads it."""
        found = list(dialects.measure(self.plan.tokens, self.plan.dialect_streams))
        self.wrong += sum(figures.wrong for _, figures in found)
        self.answers += 2 * self.plan.dialect_streams * len(found)
        return tuple(dialects.table(found))

    def _messengers(self) -> Iterator[Sequence[Row]]:
        """The command itself between each messenger and the model server."""
        found = Messengers(self.plan)
        yield from found.rows()
        self.wrong += found.wrong
        self.answers += found.answers

    def _growth(self) -> Sequence[Row]:
        """The same turns in a small and in a grown database, and in a conversation to the brim."""
        job = Job(subject="hearthkey", count=self.plan.turns, tokens=60)
        few, many = (self._run(replace(job, stored=stored)) for stored in self.plan.stored)
        full = self._run(replace(job, stored=self.plan.long, window=None))
        ratio = many.cpu_ms / few.cpu_ms
        less, more = self.plan.stored
        return (
            Row(name=f"CPU per turn, {less} messages, members", house=f"{few.cpu_ms:.1f} ms"),
            Row(name=f"CPU per turn, {more} messages, members", house=f"{many.cpu_ms:.1f} ms"),
            Row(
                name="  of the small one's",
                house=f"{ratio:.2f} x",
                aim=f"≤ {FLAT_RATIO:g} x",
                is_met=ratio <= FLAT_RATIO,
            ),
            Row(name="CPU per turn, full window (32k)", house=f"{full.cpu_ms:.1f} ms"),
            Row(name="  message → request, median", house=f"{at(full.ahead_ms, 0.5):.1f} ms"),
        )


def _vault(seconds: float) -> Sequence[Row]:
    done = run_module("tests.bench.vaults", str(seconds))
    rates = msgspec.json.decode(done, type=dict[str, float])
    return tuple(
        Row(name=f"vault: {name}", house=f"{rate:,.0f} /s") for name, rate in rates.items()
    )


def _start(plan: Plan, peaks: dict[int, float]) -> Sequence[Row]:
    first, *others = starting.ready_s(plan.starts)
    again, idle = median(others), starting.idle(plan.idle_s)
    crowd, peak = max(peaks.items())
    return (
        Row(name="ready, empty folder", house=f"{first:.2f} s"),
        Row(
            name="ready, median of the next",
            house=f"{again:.2f} s",
            aim=f"≤ {READY_S:g} s",
            is_met=again <= READY_S,
        ),
        Row(name="idle memory (RSS)", house=f"{idle.memory.now_mb:.0f} MB"),
        Row(name="  its peak so far", house=f"{idle.memory.peak_mb:.0f} MB"),
        Row(name=f"  peak with {crowd} streams", house=f"{peak:.0f} MB"),
        Row(name="idle CPU", house=f"{idle.cpu_share:.1%}"),
    )


def _all(name: str, values: Sequence[str], *, aim: str = "", is_met: bool | None = None) -> Row:
    house, aiohttp, httpx = values
    return Row(name=name, house=house, aiohttp=aiohttp, httpx=httpx, aim=aim, is_met=is_met)
