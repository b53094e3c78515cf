"""Anthropic's refusals as its API and the edge before it write them."""

import json
from typing import Any

import httpx
import pytest

from adapters.providers.refusals import Asked, error_of
from adapters.providers.reports import read_report
from bot.domain import errors
from bot.domain.chat import Adjustment, ChatRequest, Message, Role
from bot.domain.errors import Overloaded, ParameterRefused, ProviderError, RateLimited
from bot.domain.models import Effort

QUESTION = ChatRequest(
    model="claude-haiku-4-5",
    messages=(Message(Role.USER, "hi"),),
    system="Be brief.",
    temperature=0.5,
    max_tokens=100,
    effort=Effort.LOW,
)


def refuse(status: int, said: object, *, headers: dict[str, str] | None = None) -> ProviderError:
    """Return the error for a response."""
    asked = Asked(provider="anthropic", model=QUESTION.model, request=QUESTION)
    report = read_report(json.dumps(said).encode())
    return error_of(status, httpx.Headers(headers or {}), report, asked)


def err(kind: str, message: str = "m", code: str = "") -> dict[str, Any]:
    """Return the API's own body."""
    error: dict[str, Any] = {"type": kind, "message": message}
    if code:
        error["details"] = {"error_code": code}
    return {"type": "error", "error": error, "request_id": "req_1"}


BAD = "invalid_request_error"
CASES: dict[str, tuple[int, object, type[ProviderError]]] = {
    "prompt too long": (
        400,
        err(BAD, "prompt is too long: 201345 tokens > 200000 maximum"),
        errors.TooLong,
    ),
    "no credit": (
        400,
        err(BAD, "Your credit balance is too low to access the Anthropic API. Please go to Plans"),
        errors.NoCredit,
    ),
    "own limit": (
        400,
        err(BAD, "You have reached your specified API usage limits. You will regain access on"),
        errors.NoCredit,
    ),
    "workspace limit": (
        400,
        err(BAD, "You have reached your specified workspace usage limits."),
        errors.NoCredit,
    ),
    "billing": (402, err("billing_error"), errors.NoCredit),
    "tier's limit": (
        429,
        err("rate_limit_error", code="enforced_spend_limit_reached"),
        errors.NoCredit,
    ),
    "contract's limit": (
        429,
        err("rate_limit_error", code="contract_spend_limit_reached"),
        errors.NoCredit,
    ),
    "linked limit": (
        400,
        err(BAD, code="linked_organization_spend_limit_reached"),
        errors.NoCredit,
    ),
    "linked billing": (
        400,
        err(BAD, code="linked_organization_billing_unavailable"),
        errors.NoCredit,
    ),
    "on hold": (400, err(BAD, code="organization_on_hold"), errors.NoPermission),
    "disabled": (400, err(BAD, "This organization has been disabled."), errors.NoPermission),
    "key": (401, err("authentication_error", "invalid x-api-key"), errors.InvalidKey),
    "permission": (
        403,
        err("permission_error", "Your API key does not have permission to use the resource."),
        errors.NoPermission,
    ),
    "permission, in the edge's words": (
        403,
        err("permission_error", "Request not allowed"),
        errors.NoPermission,
    ),
    "edge": (
        403,
        {"error": {"type": "forbidden", "message": "Request not allowed"}},
        errors.RegionBlocked,
    ),
    "model": (404, err("not_found_error", "model: claude-3-opus"), errors.ModelUnavailable),
    "size": (413, err("request_too_large", "Request exceeds the maximum size"), errors.TooLong),
    "rate": (429, err("rate_limit_error"), errors.RateLimited),
    "ramp": (429, err("rate_limit_error", code="ramp_limit_exceeded"), errors.RateLimited),
    "server": (500, err("api_error", "Internal server error"), errors.ServerFault),
    "gave up": (504, err("timeout_error"), errors.TimedOut),
    "overloaded": (529, err("overloaded_error", "Overloaded"), errors.Overloaded),
    "something else": (
        400,
        err(BAD, "messages: at least one message is required"),
        errors.BadRequest,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_word_for_it(name: str) -> None:
    """Each refusal has its leaf; only what failed while at work may have been billed."""
    status, said, leaf = CASES[name]
    error = refuse(status, said)
    assert type(error) is leaf
    assert error.is_unsent is (status not in {500, 504})
    assert error.model == QUESTION.model


@pytest.mark.parametrize(
    ("kind", "leaf"),
    [
        ("rate_limit_error", errors.RateLimited),
        ("timeout_error", errors.TimedOut),
        ("overloaded_error", errors.Overloaded),
    ],
)
def test_a_gateways_own_status(kind: str, leaf: type[ProviderError]) -> None:
    """What failed is in the body; whether it was at work by then, nobody knows."""
    error = refuse(502, err(kind))
    assert type(error) is leaf
    assert not error.is_unsent


MENDS: dict[str, tuple[str, Adjustment]] = {
    "temperature, by model": (
        "`temperature` is deprecated for this model.",
        Adjustment.DROP_TEMPERATURE,
    ),
    "temperature, by version": (
        "temperature: Extra inputs are not permitted",
        Adjustment.DROP_TEMPERATURE,
    ),
    "temperature, thinking": (
        "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
        Adjustment.DROP_TEMPERATURE,
    ),
    "limit": (
        "max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens",
        Adjustment.DROP_MAX_TOKENS,
    ),
    "limit and prompt": (
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease",
        Adjustment.DROP_MAX_TOKENS,
    ),
    "effort": ("This model does not support the effort parameter.", Adjustment.DROP_EFFORT),
    "thinking": (
        '"thinking.type.disabled" is not supported for this model.',
        Adjustment.DROP_EFFORT,
    ),
    "instructions": (
        "system: text content blocks must be non-empty",
        Adjustment.SYSTEM_IN_USER,
    ),
}


@pytest.mark.parametrize("name", MENDS)
def test_what_may_mend_it(name: str) -> None:
    """The refused parameter is named by the message alone; there is no field for it."""
    message, adjustment = MENDS[name]
    error = refuse(400, err(BAD, message))
    assert isinstance(error, ParameterRefused)
    assert error.adjustment is adjustment
    assert error.is_unsent


def test_how_long_to_wait() -> None:
    """As its header says; where it says nothing, our own."""
    error = refuse(429, err("rate_limit_error"), headers={"retry-after": "37"})
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 37
    error = refuse(529, err("overloaded_error"))
    assert isinstance(error, Overloaded)
    assert error.retry_after_s == 1


def test_money_comes_before_a_wait() -> None:
    """A wait that is named does not make money of it."""
    said = err("rate_limit_error", code="contract_spend_limit_reached")
    assert type(refuse(429, said, headers={"retry-after": "37"})) is errors.NoCredit
