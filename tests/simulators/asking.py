"""What tests of providers do over and over: ask, and collect what comes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from adapters.shared.transport import Timeouts
from bot.domain.chat import (
    Adjustment,
    ChatRequest,
    Event,
    Finish,
    Message,
    ReasoningDelta,
    Role,
    TextDelta,
)
from bot.domain.errors import ParameterRefused, ProviderError
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from tests.simulators.vendor_sim import VendorSim

KEY: Final = Secret("sk-canary-provider-0001")
CONVERSATION: Final = (
    Message(Role.USER, "one"),
    Message(Role.ASSISTANT, "two"),
    Message(Role.USER, "three"),
)


@dataclass(slots=True)
class Heard:
    """Everything one call yielded, and the error it ended with."""

    events: list[Event] = field(default_factory=list)
    error: ProviderError | None = None

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def reasoning(self) -> str:
        """The thinking."""
        return "".join(event.text for event in self.events if isinstance(event, ReasoningDelta))

    @property
    def usage(self) -> Sequence[Usage]:
        """Every count."""
        return [event for event in self.events if isinstance(event, Usage)]

    @property
    def finish(self) -> Sequence[Finish]:
        """Every end."""
        return [event for event in self.events if isinstance(event, Finish)]

    @property
    def failure(self) -> ProviderError:
        """The error, which there must be."""
        assert self.error is not None, self.events
        return self.error


def request(text: str = "hi", *, model: str = "sim-1", **fields: object) -> ChatRequest:
    """Return a question."""
    messages = (Message(Role.USER, text),)
    return ChatRequest(model=model, messages=messages, **fields)  # type: ignore[arg-type]  # the test's own


async def hear(provider: Provider, asked: ChatRequest, key: Secret = KEY) -> Heard:
    """Ask once and collect what comes."""
    heard = Heard()
    try:
        async for event in provider.stream(asked, key):
            heard.events.append(event)
    except ProviderError as error:
        heard.error = error
    return heard


async def hear_mended(
    sim: VendorSim, provider: Provider, asked: ChatRequest, adjustment: Adjustment
) -> None:
    """Ask what is refused without a bill, and then as the refusal says, which goes through."""
    error = (await hear(provider, asked)).failure
    assert isinstance(error, ParameterRefused)
    assert error.adjustment is adjustment
    assert len(sim.witness.asked) == 1
    assert not sim.witness.billed
    mended = replace(asked, adjustments=frozenset({adjustment}))
    assert (await hear(provider, mended)).error is None
    assert sum(sim.witness.billed.values()) == 1


@asynccontextmanager
async def vendor_at(
    sim: VendorSim, row: str, *, timeouts: Timeouts | None = None
) -> AsyncIterator[Provider]:
    """Give a vendor of the catalogue, moved to the simulator."""
    http = HttpClient(timeouts=timeouts)
    try:
        yield build_providers(http, base_urls={row: sim.url})[row]
    finally:
        await http.close()


@asynccontextmanager
async def endpoint(
    sim: VendorSim, *, url: str = "", proxy: str | None = None, timeouts: Timeouts | None = None
) -> AsyncIterator[Provider]:
    """Give a provider at the simulator, or at another URL."""
    http = HttpClient(timeouts=timeouts)
    proxies = {"sim": proxy} if proxy else {}
    try:
        yield build_providers(http, endpoints={"sim": url or sim.url}, proxies=proxies)["sim"]
    finally:
        await http.close()
