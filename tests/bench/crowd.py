"""What members of a messenger meet: the command itself as a process, all else around it."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Final

from tests.bench import lines, machine
from tests.bench.command import running
from tests.bench.phones import Phones, Row, Shown, stamps
from tests.simulators.process import served

_KEY: Final = "sk-canary-bench-0001"
_LOOK_S: Final = 0.2
_LEAST_PATIENCE_S: Final = 30.0
_WARM_UPS: Final = 3
Opened = AbstractContextManager[Phones]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What so many members met, in milliseconds each; the numbers and CPU are per answer.

    `sends` are those calls that let something appear or change.
    """

    ahead_ms: tuple[float, ...]
    first_ms: tuple[float, ...]
    late_ms: tuple[float, ...]
    calls: float
    sends: float
    cpu_ms: float
    peak_mb: float
    wrong: int
    doubled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`tokens` at `rate` a second for each of `members`, whose starts fall into `spread_s`.

    `limits` names what the messenger's server limits.
    """

    members: int
    tokens: int
    rate: float
    spread_s: float
    limits: str = "off"


@dataclass(frozen=True, slots=True)
class Met:
    """What one member met."""

    ahead_ms: float
    first_ms: float
    late_ms: float
    sends: int
    is_doubled: bool


_NOTHING: Final = Met(0.0, 0.0, 0.0, 0, is_doubled=False)


def measure(opened: Opened, plan: Plan, *, bare: bool = False) -> Crowd:
    """Let a crowd ask, each once, of a bot in a fresh process."""
    with (
        served("tests.bench.server") as model,
        opened as phones,
        running(phones.settings(), model["port"], phones.bare if bare else "") as process,
    ):
        members = range(1, plan.members + 1)
        for member in members:
            phones.meet(member)
        if not bare:
            _move_in(phones, members)
        phones.limit(plan.limits)
        before_s, calls = machine.cpu_s(process.pid), phones.calls()
        began = len(phones.rows)
        _ask(phones, plan)
        _await_answers(phones, plan)
        spent_s = machine.cpu_s(process.pid) - before_s
        made = phones.calls() - calls
        seen = stamps(model["port"])
        peak_mb = machine.memory(process.pid).peak_mb
    met = [_met(phones, plan, phones.rows[began:], seen, member) for member in members]
    whole = [each for each in met if each is not None] or [_NOTHING]
    return Crowd(
        ahead_ms=tuple(each.ahead_ms for each in whole),
        first_ms=tuple(each.first_ms for each in whole),
        late_ms=tuple(each.late_ms for each in whole),
        calls=made / plan.members,
        sends=sum(each.sends for each in whole) / len(whole),
        cpu_ms=spent_s * 1_000 / plan.members,
        peak_mb=peak_mb,
        wrong=met.count(None),
        doubled=sum(each.is_doubled for each in whole),
    )


def latency(opened: Opened, messages: int) -> tuple[float, ...]:
    """Let one member ask one thing after another; return how long each took to the request."""
    with (
        served("tests.bench.server") as model,
        opened as phones,
        running(phones.settings(), model["port"]),
    ):
        phones.meet(1)
        _move_in(phones, (1,))
        began = len(phones.rows)
        for number in range(1, messages + 1):
            phones.say(1, lines.question(number, tokens=5, rate=0))
            wanted = phones.drawn(lines.answer(number, 5))
            while not any(wanted in each.text for each in _fresh(phones)):
                time.sleep(_LOOK_S / 10)
        said_at = [row["at"] for row in phones.rows[began:] if phones.said(row) == 1]
        seen = stamps(model["port"])["seen"]
    return tuple((seen[str(number)] - at) * 1_000 for number, at in enumerate(said_at, start=1))[
        _WARM_UPS:
    ]


def ready(*opened: Opened) -> tuple[float, machine.Memory, float]:
    """Return the seconds until it runs, and what it takes and spends while nobody writes."""
    with ExitStack() as stack:
        model = stack.enter_context(served("tests.bench.server"))
        phones = [stack.enter_context(each) for each in opened]
        settings = {name: value for each in phones for name, value in each.settings().items()}
        started_at = time.monotonic()
        process = stack.enter_context(running(settings, model["port"]))
        took_s = time.monotonic() - started_at
        time.sleep(1.0)  # whatever a start leaves for later is no idling
        before_s = machine.cpu_s(process.pid)
        time.sleep(3.0)
        spent = (machine.cpu_s(process.pid) - before_s) / 3.0
        return took_s, machine.memory(process.pid), spent


def _fresh(phones: Phones) -> list[Shown]:
    return [shown for row in phones.look() if (shown := phones.shown(row)) is not None]


def _move_in(phones: Phones, members: Sequence[int]) -> None:
    """Give each member a key, and with it the only model there is."""
    for member in members:
        phones.say(member, f"{phones.prefix}addkey bench {_KEY}")
    waiting = set(members)
    give_up_at = time.monotonic() + _LEAST_PATIENCE_S + len(waiting)
    while waiting:
        if time.monotonic() > give_up_at:
            raise TimeoutError
        time.sleep(_LOOK_S)
        waiting -= {each.person for each in _fresh(phones) if "accepted" in each.text}


def _ask(phones: Phones, plan: Plan) -> None:
    """Let each member ask the question that has their number, at their time."""
    gap_s = plan.spread_s / plan.members
    started_at = time.monotonic()
    for member in range(1, plan.members + 1):
        time.sleep(max(0.0, started_at + (member - 1) * gap_s - time.monotonic()))
        phones.say(member, lines.question(member, tokens=plan.tokens, rate=plan.rate))


def _await_answers(phones: Phones, plan: Plan) -> None:
    """Wait until every member has a whole answer, as long as the limits may need at most."""
    waiting = set(range(1, plan.members + 1))
    patience_s = _LEAST_PATIENCE_S + plan.tokens / plan.rate + plan.members * 2
    give_up_at = time.monotonic() + patience_s
    while waiting and time.monotonic() < give_up_at:
        time.sleep(_LOOK_S)
        waiting -= {each.person for each in _fresh(phones) if _is_answer(phones, each, plan)}
    time.sleep(_LOOK_S)
    phones.look()


def _is_answer(phones: Phones, shown: Shown, plan: Plan) -> bool:
    """Whether a message is the answer, with its footer or without."""
    text = shown.text.removeprefix("(sent again)\n")
    answer = lines.answer(shown.person, plan.tokens)
    wanted = {phones.drawn(answer), answer}
    return shown.is_whole and not wanted.isdisjoint({text, text.rpartition("\n\n")[0]})


def _met(
    phones: Phones,
    plan: Plan,
    rows: Sequence[Row],
    seen: Mapping[str, Mapping[str, float]],
    member: int,
) -> Met | None:
    """Return how a member fared; None: no whole answer came."""
    found = [each for row in rows if (each := phones.shown(row)) and each.person == member]
    ends = [each for each in found if _is_answer(phones, each, plan)]
    if not ends:
        return None
    asked_at, ended_at = seen["seen"][str(member)], seen["ended"][str(member)]
    said_at = next(row["at"] for row in rows if phones.said(row) == member)
    first_at = next(each.at for each in found if each.text)
    unmarked = {each.message for each in ends if not each.text.startswith("(sent again)")}
    return Met(
        ahead_ms=(asked_at - said_at) * 1_000,
        first_ms=(first_at - asked_at) * 1_000,
        late_ms=(ends[0].at - ended_at) * 1_000,
        sends=len(found),
        is_doubled=len(unmarked) > 1,
    )
