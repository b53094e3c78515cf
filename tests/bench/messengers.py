"""The measures of the messengers, each with its rows of the table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench import crowd, sealing
from tests.bench.crowd import Crowd, Opened
from tests.bench.matrix import matrix
from tests.bench.parent import at
from tests.bench.plan import Plan
from tests.bench.table import Row
from tests.bench.telegram import telegram

CPU_RATIO: Final = 2.5
PEAK_MB: Final = 130.0
READY_S: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Messenger:
    """A messenger and what is aimed at there; `aimed_at` is the crowd for which `crowd_ms` is.

    `sizes` picks the crowds, `limited` the limits with a crowd each. `is_patient`: the first words
    are shown when they are a few, so that a phone rings for more than one.
    """

    title: str
    opened: Callable[[], Opened]
    sizes: Callable[[Plan], Sequence[int]]
    limited: Callable[[Plan], Sequence[tuple[str, int]]]
    ahead_ms: float
    crowd_ms: float
    aimed_at: int
    idle_mb: float
    is_patient: bool = False


TELEGRAM: Final = Messenger(
    title="Telegram",
    opened=telegram,
    sizes=lambda plan: plan.crowds,
    limited=lambda plan: plan.floods,
    ahead_ms=10.0,
    crowd_ms=250.0,
    aimed_at=200,
    idle_mb=75.0,
)
MATRIX: Final = Messenger(
    title="Matrix",
    opened=matrix,
    sizes=lambda plan: plan.matrix_crowds,
    limited=lambda _: (),  # they hold for all that is sent, so the tests at a real one tell more
    ahead_ms=50.0,
    crowd_ms=250.0,
    aimed_at=50,
    idle_mb=95.0,
    is_patient=True,
)
ALL: Final = (TELEGRAM, MATRIX)


@dataclass(slots=True)
class Messengers:
    """A run over all messengers: it counts what went wrong."""

    plan: Plan
    wrong: int = 0
    answers: int = 0

    def rows(self) -> Iterator[Sequence[Row]]:
        """Measure one thing after another; yield each one's rows when it is done."""
        for messenger in ALL:
            yield self._latency(messenger)
            for size in messenger.sizes(self.plan):
                yield self._crowd(messenger, size)
            for limits, size in messenger.limited(self.plan):
                yield self._limited(messenger, limits, size)
            yield _start(messenger.title, messenger.idle_mb, messenger.opened())
        yield _sealing(self.plan)
        title = " and ".join(each.title for each in ALL)
        yield _start(title, MATRIX.idle_mb, *(each.opened() for each in ALL))

    def _latency(self, of: Messenger) -> Sequence[Row]:
        """From a message to the request, one after another."""
        found = crowd.latency(of.opened(), self.plan.messages // 5)
        middle = at(found, 0.5)
        return (
            Row(
                name=f"{of.title}: message → request, median",
                house=f"{middle:.1f} ms",
                aim=f"≤ {of.ahead_ms:g} ms",
                is_met=middle <= of.ahead_ms,
            ),
            Row(name="  worst", house=f"{max(found):.1f} ms"),
        )

    def _crowd(self, of: Messenger, size: int) -> Sequence[Row]:
        """Many members at once in private chats, against the least code that does the same."""
        house = self._met(of, size)
        bare = crowd.measure(of.opened(), self._shape(size), bare=True)
        is_aim, ratio = size == of.aimed_at, house.cpu_ms / bare.cpu_ms
        both = (house, bare)
        aimed = (house.ahead_ms, house.late_ms) if of.is_patient else _three(house)
        worst = max(map(max, aimed))
        return (
            _pair(f"{of.title}, {size} members: message → request", [it.ahead_ms for it in both]),
            _pair("  first token → first words", [it.first_ms for it in both]),
            _pair("  last token → whole text", [it.late_ms for it in both]),
            Row(
                name="  the worst of these three",
                house=" ".join(f"{max(each):.0f}" for each in _three(house)),
                aiohttp=" ".join(f"{max(each):.0f}" for each in _three(bare)),
                aim=f"≤ {of.crowd_ms:g} ms" if is_aim else "",
                is_met=worst <= of.crowd_ms if is_aim else None,
            ),
            Row(
                name="  calls per answer", house=f"{house.calls:.1f}", aiohttp=f"{bare.calls:.1f}"
            ),
            Row(
                name="  messages and edits per answer",
                house=f"{house.sends:.1f}",
                aiohttp=f"{bare.sends:.1f}",
            ),
            Row(
                name="  CPU per answer",
                house=f"{house.cpu_ms:.0f} ms",
                aiohttp=f"{bare.cpu_ms:.0f} ms",
                aim=f"≤ {CPU_RATIO:g} x" if is_aim else "",
                is_met=ratio <= CPU_RATIO if is_aim else None,
            ),
            Row(
                name="  peak memory",
                house=f"{house.peak_mb:.0f} MB",
                aim=f"≤ {PEAK_MB:g} MB" if is_aim else "",
                is_met=house.peak_mb <= PEAK_MB if is_aim else None,
            ),
        )

    def _limited(self, of: Messenger, limits: str, size: int) -> Sequence[Row]:
        """The same where the server limits calls: later, but whole and once."""
        met = self._met(of, size, limits)
        late = f"{at(met.late_ms, 0.5) / 1_000:.1f} s, worst {max(met.late_ms) / 1_000:.1f} s"
        return (
            Row(name=f"{of.title}, {size} members, {limits} limits: whole text late", house=late),
            Row(name="  calls per answer", house=f"{met.calls:.1f}"),
            Row(
                name="  wrong or doubled",
                house=f"{met.wrong + met.doubled}",
                aim="0",
                is_met=met.wrong + met.doubled == 0,
            ),
        )

    def _met(self, of: Messenger, size: int, limits: str = "off") -> Crowd:
        met = crowd.measure(of.opened(), self._shape(size, limits))
        self.wrong += met.wrong + met.doubled
        self.answers += size
        return met

    def _shape(self, size: int, limits: str = "off") -> crowd.Plan:
        plan = self.plan
        return crowd.Plan(
            members=size,
            tokens=plan.tokens,
            rate=plan.rate,
            spread_s=plan.spread_s,
            limits=limits,
        )


def _start(title: str, idle_mb: float, *opened: Opened) -> Sequence[Row]:
    took_s, memory, share = crowd.ready(*opened)
    return (
        Row(
            name=f"{title}: ready",
            house=f"{took_s:.2f} s",
            aim=f"≤ {READY_S:g} s",
            is_met=took_s <= READY_S,
        ),
        Row(
            name="  idle memory (RSS)",
            house=f"{memory.now_mb:.0f} MB",
            aim=f"≤ {idle_mb:g} MB",
            is_met=memory.now_mb <= idle_mb,
        ),
        Row(name="  idle CPU", house=f"{share:.1%}"),
    )


def _sealing(plan: Plan) -> Sequence[Row]:
    found = sealing.measure(plan.sealed)
    return (
        Row(name="Matrix: sealing a message, CPU", house=f"{found.cpu_ms:.2f} ms"),
        Row(name="  opening one, CPU", house=f"{found.opened_ms:.2f} ms"),
    )


def _three(met: Crowd) -> tuple[tuple[float, ...], ...]:
    return met.ahead_ms, met.first_ms, met.late_ms


def _pair(name: str, values: Sequence[tuple[float, ...]]) -> Row:
    house, bare = (f"{at(each, 0.5):.0f} ms" for each in values)
    return Row(name=name, house=house, aiohttp=bare)
