"""From a vendor's status and body to one error of our vocabulary. Pure.

The order matters: money before rate, since vendors send both as 429; the body before the status,
since gateways pass failures on with statuses of their own.
"""

import email.utils
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Final

from adapters.providers.mends import adjustment_for
from adapters.providers.reports import Report, presentable
from bot.domain.chat import ChatRequest
from bot.domain.errors import (
    BadRequest,
    Filtered,
    InvalidKey,
    ModelUnavailable,
    NoCredit,
    NoPermission,
    Overloaded,
    ParameterRefused,
    ProviderError,
    RateLimited,
    RegionBlocked,
    ServerFault,
    TimedOut,
    TooLong,
)
from bot.domain.secret import Secret

_MONEY_CODES: Final = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_hard_limit_reached",
        "exceeded_current_quota_error",
        "insufficient_balance",
        "payment_required",
        "billing_error",
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "linked_organization_billing_unavailable",
        "linked_organization_spend_limit_reached",
        "1113",
        *(str(code) for code in range(1308, 1322)),
    }
)
_KEY_CODES: Final = frozenset({"invalid_api_key", "api_key_invalid", "invalid_authentication"})
# Within a stream there is no status to tell by.
_RATE_CODES: Final = frozenset({"rate_limit_exceeded", "rate_limit_error"})
_FILTER_CODES: Final = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "refusal",
        "bio_policy",
        "invalid_prompt",
        "misalignment_policy_violation",
    }
)
# DeepSeek gives all its refusals the same code.
_FILTER_WORDS: Final = re.compile(r"content exists risk", re.IGNORECASE)
_GONE_WORDS: Final = re.compile(r"model not exist|v1/responses", re.IGNORECASE)
_BUSY_CODES: Final = frozenset(
    {
        "server_is_overloaded",
        "overloaded_error",
        "provider_overloaded",
        "service_unavailable_error",
        "insufficient_system_resource",
    }
)
_ANY_CASE: Final = re.IGNORECASE
_REGION: Final = re.compile(
    r"country, region, or territory|user location is not supported"
    r"|free tier is not available in your country",
    _ANY_CASE,
)
# Google says the first of an account without credit and of a model that its free tier leaves out;
# Anthropic the others, of no credit and of a limit that the key's owner set. None has a code.
_MONEY_WORDS: Final = re.compile(
    r"\bprepa\w+ credits?\b|monthly spending cap|\blimit: 0\b"
    r"|credit balance is too low|reached your specified (?:api|workspace) usage limits",
    _ANY_CASE,
)
# Said by the edge of Anthropic's network, under a type that the API behind it never uses.
_EDGE: Final = re.compile(r"request not allowed", _ANY_CASE)
_HELD: Final = re.compile(r"organization has been disabled", _ANY_CASE)
_NETWORK_RULE: Final = re.compile(
    r"\bip (?:address )?(?:is )?not |member of an organi[sz]ation", _ANY_CASE
)
_KEY_WORDS: Final = re.compile(
    r"(?:invalid|incorrect) api[ _-]key|api[ _-]key not valid"
    r"|api key was reported as leaked",
    _ANY_CASE,
)
_TOO_LONG: Final = re.compile(
    r"maximum context length|context[ _]length|reduce the length|prompt is too long"
    r"|input token count|exceeds the (?:available )?context",
    _ANY_CASE,
)
_WAIT: Final = re.compile(
    r"(?:try again|retry) in\s+(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)\s*(ms|s))?",
    _ANY_CASE,
)
_BUSY: Final = frozenset({498, 503, 529})  # 498: Groq has no capacity
_SURELY_UNPROCESSED: Final = frozenset({429, 503, 529})
_MAYBE_PROCESSED_4XX: Final = frozenset({408, 409, 499})
_DEFAULT_WAIT_S: Final = 20.0
_AN_HOUR_S: Final = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom a request went to, to read the answer to it. `request` None: not a chat request."""

    provider: str
    model: str = ""
    key: Secret = field(default_factory=lambda: Secret(""), repr=False)
    request: ChatRequest | None = field(default=None, repr=False)


def error_of(
    status: int, headers: Mapping[str, str], report: Report, asked: Asked
) -> ProviderError:
    """Return the leaf that a response with a failing status stands for."""
    said = presentable(report.message, asked.key)
    if 300 <= status < 400:
        said = f"HTTP {status}: a redirect, which is not followed"
    build = _leaf(status, headers, report)
    if build is not None:
        wait = _retry_after(headers, report)
        if build is RateLimited:
            wait = _DEFAULT_WAIT_S if wait is None else wait
            error: ProviderError = RateLimited(asked.provider, retry_after_s=wait, said=said)
        elif build is Overloaded:
            error = Overloaded(
                asked.provider, retry_after_s=1.0 if wait is None else wait, said=said
            )
        else:
            error = build(asked.provider, said=said)
    elif (mend := adjustment_for(status, report, asked.request)) is not None:
        error = ParameterRefused(asked.provider, adjustment=mend, said=said)
    else:
        error = BadRequest(asked.provider, said=said)
    error.model = asked.model
    error.is_unsent = _is_unprocessed(status, error)
    return error


def begun(error: ProviderError) -> ProviderError:
    """Return the error as one from within a response of status 200: it may have been billed."""
    error.is_unsent = False
    return error


def _leaf(  # noqa: C901, PLR0911  (a table in order, one line a row)
    status: int, headers: Mapping[str, str], report: Report
) -> Callable[..., ProviderError] | None:
    codes, text = report.codes, report.message
    if _is_money(status, headers, report):
        return NoCredit
    if _is_barred(status, report):
        return NoPermission
    if status == 401 or (status in {400, 403} and (codes & _KEY_CODES or _KEY_WORDS.search(text))):
        return InvalidKey
    if _is_about_region(status, report):
        return RegionBlocked
    if codes & _FILTER_CODES or report.is_moderation or _FILTER_WORDS.search(text):
        return Filtered
    if status == 403:
        return NoPermission
    if status in {404, 410} or "model_not_found" in codes or _GONE_WORDS.search(text):
        return ModelUnavailable
    if _is_too_long(status, report):
        return TooLong
    if status in {402, 429} or codes & _RATE_CODES:
        return RateLimited
    if status in _BUSY or codes & _BUSY_CODES:
        return Overloaded
    if status in {408, 504} or codes & {"timeout", "timeout_error"}:
        return TimedOut
    if status >= 500 or status == 409:
        return ServerFault
    return None


def _is_money(status: int, headers: Mapping[str, str], report: Report) -> bool:
    if status == 402 and "retry-after" not in headers:
        return True
    if status in {400, 402, 403, 429} and _MONEY_WORDS.search(report.message):
        return True
    return bool(report.codes & _MONEY_CODES) and status in {400, 402, 403, 429}


def _is_barred(status: int, report: Report) -> bool:
    """Return whether a key is right and may not do this, whatever the status says of it."""
    text = report.message
    is_held = "organization_on_hold" in report.codes or _HELD.search(text)
    is_narrow = "missing scopes" in text.lower()
    return bool(is_held or is_narrow or (status in {401, 403} and _NETWORK_RULE.search(text)))


def _is_about_region(status: int, report: Report) -> bool:
    if "unsupported_country_region_territory" in report.codes or _REGION.search(report.message):
        return True
    return status == 403 and "forbidden" in report.codes and bool(_EDGE.search(report.message))


def _is_too_long(status: int, report: Report) -> bool:
    if status == 413 or "context_length_exceeded" in report.codes:
        return True
    # vLLM's "'max_tokens' is too large … maximum context length" is mended by dropping that.
    is_about_limit = "max_tokens" in report.param or "'max_tokens'" in report.message
    return status < 500 and not is_about_limit and bool(_TOO_LONG.search(report.message))


def _is_unprocessed(status: int, error: ProviderError) -> bool:
    if isinstance(error, Filtered):
        return False  # a vendor may bill for having looked at it
    if 300 <= status < 400:
        return status in {301, 307, 308}
    if 400 <= status < 500:
        return status not in _MAYBE_PROCESSED_4XX
    return status in _SURELY_UNPROCESSED


def _retry_after(headers: Mapping[str, str], report: Report) -> float | None:
    """Return the seconds the vendor asks to wait, from its headers, else its body."""
    wait = _number(headers.get("retry-after-ms"))
    if wait is not None:
        return wait / 1_000
    asked = headers.get("retry-after")
    wait = _number(asked)
    if wait is None and asked:
        wait = _until(asked, headers.get("date"))
    if wait is None:
        wait = _wait_in(report.message) if report.wait_s is None else report.wait_s
    return max(wait or 0.0, _until_new_day(headers)) if report.is_daily else wait


def _until_new_day(headers: Mapping[str, str]) -> float:
    """Return the seconds until Google gives a new day's quota, at midnight in California.

    That is taken for 8 o'clock UTC, an hour late in summer. What the vendor itself asks to wait
    may be seconds, after which it refuses again.
    """
    try:
        now = email.utils.parsedate_to_datetime(headers.get("date") or "").astimezone(UTC)
    except (ValueError, TypeError):
        return _AN_HOUR_S
    since_midnight = timedelta(hours=now.hour, minutes=now.minute, seconds=now.second)
    return ((timedelta(hours=8) - since_midnight) % timedelta(days=1)).total_seconds()


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _until(moment: str, sent: str | None) -> float | None:
    """Return the seconds from the response's own `date` to an HTTP date: no clock to disagree."""
    try:
        until = email.utils.parsedate_to_datetime(moment)
        since = email.utils.parsedate_to_datetime(sent or "")
        return max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError):
        return None


def _wait_in(message: str) -> float | None:
    """Return the seconds in words such as "try again in 6m0s"; None where there are none."""
    found = _WAIT.search(message)
    if found is None or not any(found.groups()):
        return None
    hours, minutes, rest, unit = found.groups()
    rest_s = float(rest or 0) / (1_000 if (unit or "").lower() == "ms" else 1)
    return int(hours or 0) * 3_600 + int(minutes or 0) * 60 + rest_s
