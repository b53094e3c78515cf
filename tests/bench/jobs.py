"""What a measured process is told on its command line, and what it tells back."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tests.bench import lines, machine

_LIMIT_S: Final = 60.0  # for an answer of eight seconds; none at all is a wrong one
# With a window this small a short and a long conversation both give the prompt about ten
# messages: what grows is the database alone.
SMALL_WINDOW: Final = 1_400
Ask = Callable[[int, str], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Questions `first` … `first + count - 1`, each answered with so many tokens.

    `rate` is in tokens per second, 0 for all at once. `spread_s`: over how long the starts are
    spread; None: one question after another, by one member. `stored`: how many messages and how
    many members there are before; `window`: how many tokens the model takes, None for what is
    assumed of one nobody knows (both for the house only). The parent fills in `base_url` and
    `first`.
    """

    subject: str
    count: int
    tokens: int
    rate: float = 0.0
    spread_s: float | None = None
    stored: int = 0
    window: int | None = SMALL_WINDOW
    base_url: str = ""
    first: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question's course, in seconds of the machine's monotonic clock."""

    number: int
    asked_at: float
    done_at: float
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What it took. `commits` are the database's while the questions ran."""

    answers: tuple[Answer, ...]
    cpu_s: float
    peak_mb: float
    commits: int = 0


async def _nothing() -> None:
    pass


async def work(
    job: Job,
    ask: Ask,
    *,
    settle: Callable[[], Awaitable[None]] = _nothing,
    commits: Callable[[], int] = lambda: 0,
) -> Report:
    """Ask the job's questions, `settle` what goes on after the last one, and measure this process.

    The first use of anything was before: a report is of the long run.
    """
    numbers = range(job.first, job.first + job.count)
    commits_before, cpu_before = commits(), time.process_time()
    if job.spread_s is None:
        answers = [await _one(job, ask, number, 0.0) for number in numbers]
    else:
        pauses = (job.spread_s * index / job.count for index in range(job.count))
        answers = await _together(job, ask, zip(numbers, pauses, strict=True))
    await settle()
    return Report(
        answers=tuple(answers),
        cpu_s=time.process_time() - cpu_before,
        peak_mb=machine.memory().peak_mb,
        commits=commits() - commits_before,
    )


async def _together(job: Job, ask: Ask, starts: Iterable[tuple[int, float]]) -> list[Answer]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_one(job, ask, number, pause)) for number, pause in starts]
    return [task.result() for task in tasks]


async def _one(job: Job, ask: Ask, number: int, pause_s: float) -> Answer:
    await asyncio.sleep(pause_s)
    text = lines.question(number, tokens=job.tokens, rate=job.rate)
    asked_at = time.monotonic()
    try:
        async with asyncio.timeout(_LIMIT_S):
            said = await ask(number, text)
    except TimeoutError:
        said = ""
    return Answer(
        number=number,
        asked_at=asked_at,
        done_at=time.monotonic(),
        is_right=said == lines.answer(number, job.tokens),
    )


def tell(text: bytes) -> None:
    """Print a report for the process that started this one."""
    sys.stdout.write(text.decode() + "\n")
