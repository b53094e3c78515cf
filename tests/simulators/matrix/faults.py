"""What goes wrong, by order: per call, once each."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.simulators.matrix.accounts import Json
from tests.simulators.matrix.events import ANNOTATION, REPLACE, relation
from tests.simulators.matrix.refusals import Refused, limited

_CODES: Final = {
    400: ("M_UNKNOWN", "Something"),
    401: ("M_UNKNOWN_TOKEN", "Invalid access token passed."),
    403: ("M_FORBIDDEN", "You don't have permission to do that"),
    404: ("M_NOT_FOUND", "Not found"),
    500: ("M_UNKNOWN", "Internal server error"),
    502: ("M_UNKNOWN", "Bad gateway"),
}
_SENT: Final = frozenset({"edit", "reaction", "message"})
_OTHER: Final = ("M_UNKNOWN", "Error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `reset`: the connection is cut `before` the call takes effect, or `after` it.

    A client made of aiohttp sends a GET or PUT again by itself, once, when that happens: to be
    noticed, a cut comes twice.

    `hang`: no answer ever comes. `garbage`: the answer is no JSON. `answer`: it is this, and
    nothing is done. `delay_s` passes before
    anything else; `gate`, where there is one, must be opened first. `retry_after_ms` None: a 429
    does not say how long to wait.
    """

    status: int = 0
    errcode: str = ""
    error: str = ""
    retry_after_ms: int | None = 1_000
    reset: str = ""
    hang: bool = False
    garbage: bool = False
    answer: Json | None = None
    delay_s: float = 0.0
    gate: asyncio.Event | None = None

    def refusal(self) -> Refused | None:
        """Return it as the server says no, if it does."""
        if not self.status:
            return None
        if self.status == 429 and self.retry_after_ms is not None:
            return limited(self.retry_after_ms)
        errcode, error = _CODES.get(self.status, _OTHER)
        if self.status == 429:
            errcode = "M_LIMIT_EXCEEDED"
        more = {"soft_logout": False} if self.status == 401 else {}
        return Refused(self.status, self.errcode or errcode, self.error or error, **more)

    async def wait(self) -> None:
        """Let pass what passes before anything else."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.gate is not None:
            await self.gate.wait()
        if self.hang:
            await asyncio.Event().wait()


@dataclass(slots=True)
class Faults:
    """Queues of faults by a call's name.

    `known` are those names. What is sent has a name of its own besides `send`: `edit`, `reaction`,
    `message`; `""` is for any call but sync. `is_out`: every connection is cut, until it is set
    back.
    """

    known: frozenset[str]
    queues: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    is_out: bool = False

    def add(self, name: str, *faults: Fault) -> None:
        """Let the next calls of a name meet these."""
        if name not in self.known | _SENT | {""}:
            raise LookupError(name)
        self.queues[name].extend(faults)

    def take(self, names: Sequence[str]) -> Fault | None:
        """Return the fault that a call of these names meets now."""
        if self.is_out:
            return Fault(reset="before")
        for name in (*names, *(() if "sync" in names else ("",))):
            if self.queues.get(name):
                return self.queues[name].popleft()
        return None


def names_of(route: str, body: Json) -> tuple[str, ...]:
    """Return a call's names, the most telling first."""
    if route != "send":
        return (route,)
    made = relation(body)
    kinds = {REPLACE: "edit", ANNOTATION: "reaction"}
    return (kinds.get(made.kind if made else "", "message"), route)
