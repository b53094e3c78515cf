"""A scripted vendor: a queue of answers, and the history of what was asked."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.chat import ChatRequest, Event, Finish, FinishReason, TextDelta
from bot.domain.keys import KeyReport
from bot.domain.models import Model, ProviderSpec, Traits
from bot.domain.secret import Secret
from bot.domain.usage import Usage

ACME: Final = ProviderSpec(
    id="acme", name="Acme", origin="https://api.acme.example", key_page="https://acme.example/keys"
)
USED: Final = Usage(input_tokens=10, output_tokens=5)

Step = Event | Exception | asyncio.Event


def answer(text: str, usage: Usage | None = USED) -> tuple[Step, ...]:
    """Return a whole answer's script."""
    said: tuple[Step, ...] = (TextDelta(text),)
    used: tuple[Step, ...] = (usage,) if usage else ()
    return (*said, *used, Finish(FinishReason.STOP))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the vendor received it."""

    request: ChatRequest
    key: str

    @property
    def question(self) -> str:
        """The last message."""
        return self.request.messages[-1].text


class FakeProvider:
    """A Provider. A step of a script is an event, an error to raise, or a gate to wait at.

    With nothing queued it answers with an echo of the question. `cancelled` counts the requests
    that were ended from outside. `is_waiting`: at a gate, of which `stirred` is told.
    """

    def __init__(
        self, spec: ProviderSpec = ACME, models: Sequence[Model] = (Model(id="acme-1"),)
    ) -> None:
        self.spec = spec
        self.models = tuple(models)
        self.asked: list[Asked] = []
        self.checked: list[str] = []
        self.cancelled = 0
        self.is_waiting = False
        self.stirred: Callable[[], None] = lambda: None
        self._scripts: deque[tuple[Step, ...]] = deque()
        self.report = KeyReport()
        self.known_traits: dict[str, Traits] = {}
        self._checks: deque[Exception | asyncio.Event | KeyReport] = deque()

    @property
    def is_expected(self) -> bool:
        """Whether a request is still to come for which a script was queued."""
        return bool(self._scripts)

    def enqueue(self, *steps: Step) -> None:
        """Queue the script of one request."""
        self._scripts.append(steps)

    def enqueue_check(self, outcome: Exception | asyncio.Event | KeyReport) -> None:
        """Let a key check fail, report, or wait at a gate; with nothing queued it succeeds."""
        self._checks.append(outcome)

    async def stream(self, request: ChatRequest, key: Secret) -> AsyncIterator[Event]:
        self.asked.append(Asked(request, key.reveal()))
        question = request.messages[-1].text
        steps = self._scripts.popleft() if self._scripts else answer(f"Echo: {question}")
        try:
            for step in steps:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    self.is_waiting = True
                    self.stirred()
                    await step.wait()
                else:
                    yield step
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        finally:
            self.is_waiting = False

    def traits(self, model: str) -> Traits:
        return self.known_traits.get(model, Traits())

    async def check_key(self, key: Secret) -> KeyReport:
        self.checked.append(key.reveal())
        outcome = self._checks.popleft() if self._checks else self.report
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, asyncio.Event):
            await outcome.wait()
            return self.report
        return outcome

    async def list_models(self, key: Secret) -> Sequence[Model]:
        self.checked.append(key.reveal())
        return self.models
