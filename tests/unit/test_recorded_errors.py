"""Every recorded refusal is taken for what it is: category, wait, whether it may be repeated."""

import pytest

from adapters.providers.refusals import Asked, error_of
from adapters.providers.reports import read_report
from bot.domain.chat import ChatRequest, Message, Role
from bot.domain.errors import Overloaded, ParameterRefused, RateLimited
from bot.domain.models import Effort
from bot.domain.secret import Secret
from bot.texts.failures import WORDS
from tests.recorded import Recorded, errors

KEY = Secret("sk-canary-recorded-0001")
QUESTION = ChatRequest(
    model="m",
    messages=(Message(Role.USER, "hi"),),
    system="Be brief.",
    temperature=0.2,
    max_tokens=500,
    effort=Effort.LOW,
)
EVERYWHERE = {"invalid_key", "money", "rate", "model", "too_long", "overloaded", "server"}


@pytest.mark.parametrize("recorded", errors(), ids=lambda each: each.id)
def test_recorded_errors(recorded: Recorded) -> None:
    """Money before rate, the body before the status, and the wait as the vendor asks it."""
    asked = Asked(provider="v", model="m", key=KEY, request=QUESTION)
    error = error_of(recorded.status, recorded.headers, read_report(recorded.body.encode()), asked)
    assert error.category == recorded.category
    assert error.is_unsent is recorded.unsent
    assert error.category in WORDS
    if recorded.mend is not None:
        assert isinstance(error, ParameterRefused)
        assert error.adjustment is recorded.mend
    if recorded.wait_s is not None:
        assert isinstance(error, RateLimited | Overloaded)
        assert error.retry_after_s == recorded.wait_s
    assert len(error.said) <= 200


@pytest.mark.parametrize("dialect", ["openai_responses", "deepseek", "anthropic", "google"])
def test_every_vendor_is_recorded(dialect: str) -> None:
    """Each of the big ones has every kind of refusal that all of them know."""
    found = {each.category for each in errors() if each.dialect == dialect}
    assert found >= EVERYWHERE
