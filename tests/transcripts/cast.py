"""The companies of the transcripts and the models they list."""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bot.domain.errors import (
    BadRequest,
    Cut,
    EmptyAnswer,
    Filtered,
    InvalidKey,
    ModelUnavailable,
    NoCredit,
    NoPermission,
    Overloaded,
    ProviderError,
    RateLimited,
    RegionBlocked,
    ServerFault,
    TimedOut,
    TooLong,
    Unreachable,
)
from bot.domain.models import Effort, KeyNeed, Model, ProviderSpec, TemperatureUse, Traits
from bot.domain.secret import Secret
from tests.fakes.provider import FakeProvider

_CLAUDES: Final = (
    Model(
        id="claude-sonnet-5-5",
        name="Claude Sonnet 5.5",
        context_tokens=200_000,
        max_output_tokens=64_000,
        takes_temperature=True,
    ),
    Model(id="claude-haiku-5-5", name="Claude Haiku 5.5", context_tokens=200_000),
    Model(
        id="claude-sonnet-5",
        name="Claude Sonnet 5",
        context_tokens=200_000,
        retires_at=datetime(2026, 12, 3, tzinfo=UTC),
    ),
    Model(
        id="claude-opus-5-5",
        name="Claude Opus 5.5",
        context_tokens=500_000,
        takes_temperature=False,
    ),
)
_OPUS: Final = Traits(
    temperature=TemperatureUse.NEVER,
    efforts={Effort.LOW: "low", Effort.MEDIUM: "medium", Effort.HIGH: "high"},
    thinks=True,
    least_tokens=2_048,
)
_HAIKU: Final = Traits(
    temperature=TemperatureUse.UNLESS_THINKING,
    efforts={Effort.OFF: "none", Effort.HIGH: "high"},
    thinks=True,
    least_tokens=1_024,
    most_tokens=32_000,
)
_GPTS: Final = (
    Model(id="gpt-6.1-terra", name="GPT-6.1 Terra", context_tokens=400_000),
    *(Model(id=f"gpt-5.{n}-mini", name=f"GPT-5.{n} Mini") for n in range(14)),
)

# A vendor may have looked at these before it gave up; all else it refuses at the door.
_MAY_BE_BILLED: Final = frozenset({"server", "timeout", "filtered", "empty", "cut"})


class Company(FakeProvider):
    """A scripted vendor whose list may be out of reach, too."""

    def __init__(self, spec: ProviderSpec, models: Sequence[Model]) -> None:
        super().__init__(spec, models)
        self.list_errors: deque[ProviderError] = deque()

    async def list_models(self, key: Secret) -> Sequence[Model]:
        if self.list_errors:
            raise self.list_errors.popleft()
        return await super().list_models(key)


def companies() -> dict[str, Company]:
    """Return new companies, none of them asked anything yet."""
    rows = (
        ("openai", "OpenAI", (), _GPTS),
        ("anthropic", "Anthropic", ("claude",), _CLAUDES),
        ("google", "Google", ("gemini",), (Model(id="gemini-4-argon"),)),
        ("deepseek", "DeepSeek", (), (Model(id="deepseek-flash"),)),
        ("openrouter", "OpenRouter", (), (Model(id="mixed/open-1"),)),
        ("moonshot", "Moonshot", ("kimi",), (Model(id="kimi-k3"),)),
        ("qwen", "Alibaba", ("alibaba",), ()),
    )
    made = {
        id_: Company(
            ProviderSpec(
                id=id_,
                name=name,
                origin=f"https://api.{id_}.example",
                key_page=f"https://{id_}.example/keys",
                billing_page=f"https://{id_}.example/billing",
                aliases=aliases,
            ),
            models,
        )
        for id_, name, aliases, models in rows
    }
    made["anthropic"].known_traits |= {"claude-opus-5-5": _OPUS, "claude-haiku-5-5": _HAIKU}
    ollama = ProviderSpec(
        id="ollama",
        name="Ollama",
        origin="http://127.0.0.1:2",
        key_need=KeyNeed.OPTIONAL,
        is_free=True,
    )
    demo = ProviderSpec(
        id="demo", name="Demo", origin="http://127.0.0.1:1", is_free=True, is_demo=True
    )
    made["ollama"] = Company(ollama, (Model(id="gemma3:4b"),))
    return {**made, "demo": Company(demo, (Model(id="demo-1", name="Demo"),))}


def error(category: str, provider: str) -> ProviderError:
    """Return a company's error by its category."""
    kinds: tuple[type[ProviderError], ...] = (
        BadRequest,
        Cut,
        EmptyAnswer,
        Filtered,
        InvalidKey,
        ModelUnavailable,
        NoCredit,
        NoPermission,
        RegionBlocked,
        ServerFault,
        TimedOut,
        TooLong,
    )
    if category == "rate":
        return RateLimited(provider, retry_after_s=240)
    if category == "overloaded":
        return Overloaded(provider)
    if category == "network":
        return Unreachable(provider, is_unsent=True)
    is_unsent = category not in _MAY_BE_BILLED
    return next(kind for kind in kinds if kind.category == category)(provider, is_unsent=is_unsent)
