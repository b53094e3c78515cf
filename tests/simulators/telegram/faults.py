"""What goes wrong, by order: per method, once each."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

from tests.simulators.telegram.refusals import Refused

_TEXTS: Final = {
    400: "Bad Request: something",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    429: "Too Many Requests: retry after {wait}",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `reset`: the connection is cut `before` the call takes effect, or `after` it.

    `hang`: no answer ever comes. `garbage`: the answer is no JSON.
    """

    status: int = 0
    said: str = ""
    retry_after: int = 1
    reset: str = ""
    hang: bool = False
    garbage: bool = False

    def refusal(self) -> Refused | None:
        """Return it as the server says no, if it does."""
        if not self.status:
            return None
        said = self.said or _TEXTS.get(self.status, "Error").format(wait=self.retry_after)
        more = {"retry_after": self.retry_after} if self.status == 429 else {}
        return Refused(self.status, said, **more)


@dataclass(slots=True)
class Faults:
    """Queues of faults by method, in lower case; `""` is for any method but getUpdates.

    `is_out`: every connection is cut, until it is set back.
    """

    queues: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    is_out: bool = False

    def add(self, method: str, *faults: Fault) -> None:
        """Let the next calls of a method meet these."""
        self.queues[method.lower()].extend(faults)

    def take(self, method: str) -> Fault | None:
        """Return the fault that a call meets now."""
        if self.is_out:
            return Fault(reset="before")
        for name in (method, "" if method != "getupdates" else method):
            if self.queues[name]:
                return self.queues[name].popleft()
        return None
