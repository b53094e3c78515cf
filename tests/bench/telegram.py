"""Telegram: the command itself between a simulated Bot API and the model server, from outside."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.telegram.render import draw_reply
from bot.domain.events import Reply
from tests.bench import lines, machine
from tests.simulators.process import ROOT, served

BARE: Final = "tests.bench.bare_telegram"
_HOUSE: Final = ("-c", "from bot.cli import main; raise SystemExit(main(['run']))")
_FIRST_WORDS: Final = "Hearthkey runs on Telegram"
_KEY: Final = "sk-canary-bench-0001"
_LOOK_S: Final = 0.2
_END_S: Final = 20.0
_LEAST_PATIENCE_S: Final = 30.0
_WARM_UPS: Final = 3
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What so many members met, in milliseconds each; `calls` and CPU are per answer."""

    ahead_ms: tuple[float, ...]
    first_ms: tuple[float, ...]
    late_ms: tuple[float, ...]
    calls: float
    cpu_ms: float
    peak_mb: float
    wrong: int
    doubled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`tokens` at `rate` a second for each of `members`, whose starts fall into `spread_s`."""

    members: int
    tokens: int
    rate: float
    spread_s: float
    flood: str = "off"


@dataclass(frozen=True, slots=True)
class Met:
    """What one member met."""

    ahead_ms: float
    first_ms: float
    late_ms: float
    is_doubled: bool


class Phone:
    """The people's side of the simulated Bot API."""

    def __init__(self, url: str, token: str) -> None:
        """Know where it is."""
        self.url = url
        self.token = token
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self.rows: list[Row] = []

    def do(self, verb: str, **given: object) -> dict[str, Any]:
        """Let somebody do something."""
        self._connection.request(
            "POST", f"/sim/{verb}", json.dumps(given), {"Content-Type": "application/json"}
        )
        found: dict[str, Any] = json.load(self._connection.getresponse())
        return found

    def look(self) -> list[Row]:
        """Return what was shown since the last look."""
        fresh: list[Row] = self.do("journal", since=len(self.rows))["rows"]
        self.rows += fresh
        return fresh

    def await_sent(self, person: int, count: int) -> None:
        """Wait until so many messages were sent to somebody."""
        self._await(lambda: self._count("sent", person) >= count)

    def await_draft(self, person: int) -> None:
        """Wait until somebody sees words grow."""
        self._await(lambda: any(row["text"] for row in self._of("draft", person)))

    def _await(self, is_so: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + _LEAST_PATIENCE_S
        while not is_so():
            if time.monotonic() > give_up_at:
                raise TimeoutError
            time.sleep(_LOOK_S / 4)
            self.look()

    def _count(self, op: str, person: int) -> int:
        return len(self._of(op, person))

    def _of(self, op: str, person: int) -> list[Row]:
        return [row for row in self.rows if row["op"] == op and row["chat"] == person]

    def close(self) -> None:
        """Let go."""
        self._connection.close()


def measure(plan: Plan, *, bare: bool = False) -> Crowd:
    """Let a crowd ask, each once, of a bot in a fresh process."""
    with (
        served("tests.bench.server") as model,
        served("tests.simulators.telegram") as said,
        closing(Phone(said["url"], said["token"])) as phone,
        running(phone, model["port"], (BARE,) if bare else ()) as process,
    ):
        members = range(1, plan.members + 1)
        for member in members:
            phone.do("private", person=member)
        if not bare:
            _move_in(phone, members)
        phone.do("flood", mode=plan.flood)
        before_s, calls = machine.cpu_s(process.pid), len(phone.do("calls")["calls"])
        began = len(phone.rows)
        _ask(phone, plan)
        _await_answers(phone, plan)
        spent_s = machine.cpu_s(process.pid) - before_s
        made = len(phone.do("calls")["calls"]) - calls
        stamps = _stamps(model["port"])
        peak_mb = machine.memory(process.pid).peak_mb
    met = [_met(plan, phone.rows[began:], stamps, member) for member in members]
    whole = [each for each in met if each is not None] or [Met(0.0, 0.0, 0.0, is_doubled=False)]
    return Crowd(
        ahead_ms=tuple(each.ahead_ms for each in whole),
        first_ms=tuple(each.first_ms for each in whole),
        late_ms=tuple(each.late_ms for each in whole),
        calls=made / plan.members,
        cpu_ms=spent_s * 1_000 / plan.members,
        peak_mb=peak_mb,
        wrong=met.count(None),
        doubled=sum(each.is_doubled for each in whole),
    )


def latency(messages: int) -> tuple[float, ...]:
    """Let one member ask one thing after another; return how long each took to the request."""
    with (
        served("tests.bench.server") as model,
        served("tests.simulators.telegram") as said,
        closing(Phone(said["url"], said["token"])) as phone,
        running(phone, model["port"]),
    ):
        phone.do("private", person=1)
        _move_in(phone, (1,))
        began = len(phone.rows)
        for number in range(1, messages + 1):
            phone.do("say", person=1, text=lines.question(number, tokens=5, rate=0))
            wanted = _drawn(number, 5)
            while not any(row["op"] == "sent" and wanted in row["text"] for row in phone.look()):
                time.sleep(_LOOK_S / 10)
        said_at = [row["at"] for row in phone.rows[began:] if row["op"] == "said"]
        seen = _stamps(model["port"])["seen"]
    return tuple((seen[str(number)] - at) * 1_000 for number, at in enumerate(said_at, start=1))[
        _WARM_UPS:
    ]


def _stamps(port: int) -> Mapping[str, Mapping[str, float]]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/stamps")
        found: Mapping[str, Mapping[str, float]] = json.load(connection.getresponse())
    return found


def ready() -> tuple[float, machine.Memory, float]:
    """Return the seconds until it runs, and what it takes and spends while nobody writes."""
    with (
        served("tests.bench.server") as model,
        served("tests.simulators.telegram") as said,
        closing(Phone(said["url"], said["token"])) as phone,
    ):
        started_at = time.monotonic()
        with running(phone, model["port"]) as process:
            took_s = time.monotonic() - started_at
            time.sleep(1.0)  # whatever a start leaves for later is no idling
            before_s = machine.cpu_s(process.pid)
            time.sleep(3.0)
            spent = (machine.cpu_s(process.pid) - before_s) / 3.0
            return took_s, machine.memory(process.pid), spent


@contextmanager
def running(
    phone: Phone, model_port: int, module: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Run the command, or a bare loop, until it says that it runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEARTHKEY_")}
    with tempfile.TemporaryDirectory(prefix="hearthkey-bench-") as folder:
        settings = {
            "HEARTHKEY_DATA_DIR": str(Path(folder) / "data"),
            "XDG_CONFIG_HOME": str(Path(folder) / "config"),
            "HEARTHKEY_ACCESS": "open",
            "HEARTHKEY_TELEGRAM_TOKEN": phone.token,
            "HEARTHKEY_TELEGRAM_API_BASE": phone.url,
            "HEARTHKEY_ENDPOINTS": f"bench=http://127.0.0.1:{model_port}/v1",
        }
        command = ("-m", *module) if module else _HOUSE
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**kept, **settings},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                _await_start(process)
                yield process
                process.terminate()
                process.wait(_END_S)
            finally:
                process.kill()


def _await_start(process: subprocess.Popen[str]) -> None:
    said = ""
    for line in process.stderr or ():
        said += line
        if line.startswith(_FIRST_WORDS):
            return
    raise RuntimeError(said)


def _move_in(phone: Phone, members: Sequence[int]) -> None:
    """Give each member a key, and with it the only model there is."""
    for member in members:
        phone.do("say", person=member, text=f"/addkey bench {_KEY}")
    waiting = set(members)
    while waiting:
        time.sleep(_LOOK_S)
        for row in phone.look():
            if row["op"] == "sent" and "accepted" in row["text"]:
                waiting.discard(row["chat"])


def _ask(phone: Phone, plan: Plan) -> None:
    """Let each member ask the question that has their number, at their time."""
    gap_s = plan.spread_s / plan.members
    started_at = time.monotonic()
    for member in range(1, plan.members + 1):
        time.sleep(max(0.0, started_at + (member - 1) * gap_s - time.monotonic()))
        text = lines.question(member, tokens=plan.tokens, rate=plan.rate)
        phone.do("say", person=member, text=text)


def _await_answers(phone: Phone, plan: Plan) -> None:
    """Wait until every member has a whole answer, as long as the limits may need at most."""
    waiting = set(range(1, plan.members + 1))
    patience_s = _LEAST_PATIENCE_S + plan.tokens / plan.rate + plan.members * 2
    give_up_at = time.monotonic() + patience_s
    while waiting and time.monotonic() < give_up_at:
        time.sleep(_LOOK_S)
        for row in phone.look():
            if row["op"] in {"sent", "edited"} and _is_whole(row, plan):
                waiting.discard(row["chat"])
    time.sleep(_LOOK_S)
    phone.look()


def _is_whole(row: Row, plan: Plan) -> bool:
    """Whether a message is the answer, with its footer or without."""
    text = row["text"].removeprefix("(sent again)\n")
    wanted = {_drawn(row["chat"], plan.tokens), lines.answer(row["chat"], plan.tokens)}
    return not wanted.isdisjoint({text, text.rpartition("\n\n")[0]})


def _drawn(number: int, tokens: int) -> str:
    return draw_reply(Reply(text=lines.answer(number, tokens))).text


def _met(
    plan: Plan, rows: Sequence[Row], stamps: Mapping[str, Mapping[str, float]], member: int
) -> Met | None:
    """Return how a member fared; None: no whole answer came."""
    mine = [row for row in rows if row.get("chat") == member]
    ends = [row for row in mine if row["op"] in {"sent", "edited"} and _is_whole(row, plan)]
    shown = [row for row in mine if row["op"] in {"draft", "sent"} and row["text"]]
    if not ends or not shown:
        return None
    seen, ended = stamps["seen"][str(member)], stamps["ended"][str(member)]
    said_at = next(row["at"] for row in mine if row["op"] == "said")
    unmarked = {row["message"] for row in ends if not row["text"].startswith("(sent again)")}
    return Met(
        ahead_ms=(seen - said_at) * 1_000,
        first_ms=(shown[0]["at"] - seen) * 1_000,
        late_ms=(ends[0]["at"] - ended) * 1_000,
        is_doubled=len(unmarked) > 1,
    )
