"""From Google's refusals to our words for them."""

import json
from typing import Any

import httpx
import pytest

from adapters.providers.refusals import Asked, error_of
from adapters.providers.reports import read_report
from bot.domain import errors
from bot.domain.chat import Adjustment, ChatRequest, Message, Role
from bot.domain.errors import ParameterRefused, ProviderError

QUESTION = ChatRequest(
    model="m",
    messages=(Message(Role.USER, "hi"),),
    system="Be brief.",
    temperature=0.3,
    max_tokens=5_000,
)
ASKED = Asked(provider="google", model="m", request=QUESTION)


def google_error(
    status: int, message: str, word: str, *details: dict[str, Any], date: str = ""
) -> ProviderError:
    """Return the error for one of Google's refusals of QUESTION."""
    said = {"code": status, "message": message, "status": word, "details": list(details)}
    headers = httpx.Headers({"date": date} if date else {})
    return error_of(status, headers, read_report(json.dumps([{"error": said}]).encode()), ASKED)


def reason(word: str) -> dict[str, Any]:
    """Return an ErrorInfo."""
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": word}


INVALID, EXHAUSTED = "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"
REFUSALS: dict[str, tuple[ProviderError, type[ProviderError]]] = {
    "key": (google_error(400, "m", INVALID, reason("API_KEY_INVALID")), errors.InvalidKey),
    "expired key": (
        google_error(400, "API key expired. Please renew it.", INVALID, reason("API_KEY_INVALID")),
        errors.InvalidKey,
    ),
    "leaked key": (
        google_error(403, "Your API key was reported as leaked.", "PERMISSION_DENIED"),
        errors.InvalidKey,
    ),
    "new form of key": (
        google_error(401, "m", "UNAUTHENTICATED", reason("ACCESS_TOKEN_TYPE_UNSUPPORTED")),
        errors.InvalidKey,
    ),
    "key for other services": (
        google_error(403, "m", "PERMISSION_DENIED", reason("API_KEY_SERVICE_BLOCKED")),
        errors.NoPermission,
    ),
    "too long": (
        google_error(400, "The input token count (2) exceeds the maximum (1).", INVALID),
        errors.TooLong,
    ),
    "region": (
        google_error(400, "User location is not supported.", "FAILED_PRECONDITION"),
        errors.RegionBlocked,
    ),
    "region without billing": (
        google_error(
            400,
            "Gemini API free tier is not available in your country. Please enable billing.",
            "FAILED_PRECONDITION",
        ),
        errors.RegionBlocked,
    ),
    "money": (google_error(402, "m", EXHAUSTED), errors.NoCredit),
    "money as a rate": (
        google_error(429, "Your prepayment credits are depleted.", EXHAUSTED),
        errors.NoCredit,
    ),
    "cap": (
        google_error(429, "Your project has exceeded its monthly spending cap.", EXHAUSTED),
        errors.NoCredit,
    ),
    "not in the free tier": (
        google_error(429, "Quota exceeded for metric: x, limit: 0, model: m", EXHAUSTED),
        errors.NoCredit,
    ),
    "rate": (google_error(429, "Quota exceeded, limit: 10", EXHAUSTED), errors.RateLimited),
    "model": (google_error(404, "models/x is not found", "NOT_FOUND"), errors.ModelUnavailable),
    "fault": (google_error(500, "m", "INTERNAL"), errors.ServerFault),
    "busy": (google_error(503, "m", "UNAVAILABLE"), errors.Overloaded),
    "late": (google_error(504, "m", "DEADLINE_EXCEEDED"), errors.TimedOut),
    "two credentials": (google_error(400, "Multiple credentials", INVALID), errors.BadRequest),
}


@pytest.mark.parametrize(("error", "leaf"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusals(error: ProviderError, leaf: type[ProviderError]) -> None:
    """Google's bodies, in their array of one, are our words."""
    assert type(error) is leaf


MENDS: dict[str, Adjustment] = {
    "Developer instruction is not enabled for models/gemma-3-27b-it": Adjustment.SYSTEM_IN_USER,
    "it has a maxOutputTokens value of 5000 but the range is": Adjustment.DROP_MAX_TOKENS,
    "Thinking level MINIMAL is not supported for this model.": Adjustment.DROP_EFFORT,
    "Budget 0 is invalid. This model only works in thinking mode.": Adjustment.DROP_EFFORT,
    "Thinking_config.include_thoughts is only enabled when": Adjustment.DROP_EFFORT,
}


@pytest.mark.parametrize(("message", "mend"), MENDS.items())
def test_what_is_refused_is_mended(message: str, mend: Adjustment) -> None:
    """One change, by what the vendor says."""
    error = google_error(400, message, INVALID)
    assert isinstance(error, ParameterRefused)
    assert error.adjustment is mend


def quota(name: str) -> dict[str, Any]:
    """Return a QuotaFailure."""
    return {"violations": [{"quotaId": f"GenerateRequests{name}PerProjectPerModel-FreeTier"}]}


MINUTE, DAY, NOON = quota("PerMinute"), quota("PerDay"), "Wed, 25 Nov 2026 12:00:00 GMT"
WAITS: dict[str, tuple[list[dict[str, Any]], str, float]] = {
    "a minute's": ([MINUTE, {"retryDelay": "14s"}], NOON, 14.0),
    "with a fraction": ([{"retryDelay": "34.5s"}], NOON, 34.5),
    "none said": ([MINUTE], NOON, 20.0),
    "no duration": ([{"retryDelay": "soon"}], NOON, 20.0),
    "a day's": ([DAY, {"retryDelay": "14s"}], NOON, 20 * 3_600.0),
    "a day's, at night": ([DAY], "Wed, 25 Nov 2026 07:59:00 GMT", 60.0),
    "a day's, and no clock": ([DAY], "", 3_600.0),
    "a day's, with more to wait": ([DAY, {"retryDelay": "90000s"}], NOON, 90_000.0),
    "odd details": ([{"violations": [5, {}]}, {"retryDelay": 5}, {"reason": []}], NOON, 20.0),
}


@pytest.mark.parametrize(("details", "date", "wait_s"), WAITS.values(), ids=WAITS.keys())
def test_waits(details: list[dict[str, Any]], date: str, wait_s: float) -> None:
    """A minute's quota waits as long as asked, a day's until there is a new day."""
    error = google_error(429, "m", EXHAUSTED, *details, date=date)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after_s == wait_s
