"""From a vendor's refusal to our word for it, vendor by vendor."""

import json
from typing import Any

import httpx
import pytest

from adapters.providers.refusals import Asked, error_of
from adapters.providers.reports import presentable, read_report
from bot.domain import errors
from bot.domain.chat import Adjustment, ChatRequest, Message, Role
from bot.domain.errors import Overloaded, ParameterRefused, ProviderError, RateLimited
from bot.domain.secret import Secret

KEY = Secret("sk-canary-refusals-0123456789")
QUESTION = ChatRequest(
    model="m",
    messages=(Message(Role.USER, "hi"),),
    system="Be brief.",
    temperature=0.5,
    max_tokens=100,
)


def asked(**changes: Any) -> Asked:  # noqa: ANN401
    """Return the request that was refused."""
    fields = {
        "model": "m",
        "messages": QUESTION.messages,
        "system": QUESTION.system,
        "temperature": QUESTION.temperature,
        "max_tokens": QUESTION.max_tokens,
        **changes,
    }
    return Asked(provider="acme", model="m", key=KEY, request=ChatRequest(**fields))


def refuse(
    status: int, body: object, *, of: Asked | None = None, headers: dict[str, str] | None = None
) -> ProviderError:
    """Return the error for a response."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_of(status, httpx.Headers(headers or {}), read_report(raw), of or asked())


def err(message: str = "m", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return OpenAI's body."""
    return {"error": {"message": message, **fields}}


CASES: dict[str, tuple[int, object, type[ProviderError]]] = {
    "openai quota": (
        429,
        err(type="insufficient_quota", code="insufficient_quota"),
        errors.NoCredit,
    ),
    "openai limit": (429, err(code="billing_hard_limit_reached"), errors.NoCredit),
    "deepseek balance": (402, err("Insufficient Balance"), errors.NoCredit),
    "moonshot quota": (429, err(type="exceeded_current_quota_error"), errors.NoCredit),
    "zai balance": (429, err(code="1113"), errors.NoCredit),
    "zai plan": (429, err(code=1310), errors.NoCredit),
    "openai key": (
        401,
        err("Incorrect API key provided", code="invalid_api_key"),
        errors.InvalidKey,
    ),
    "xai key": (
        400,
        {"code": "c", "error": "Incorrect API key provided: xa***"},
        errors.InvalidKey,
    ),
    "google key": (400, err("API key not valid. Please pass a valid API key."), errors.InvalidKey),
    "any 401": (401, b"", errors.InvalidKey),
    "openai scopes": (401, err("Missing scopes: api.model.read"), errors.NoPermission),
    "openai scopes, 403": (403, err("Missing scopes: model.request"), errors.NoPermission),
    "openai address": (401, err("Your IP address is not authorized"), errors.NoPermission),
    "openai member": (
        401,
        err("You must be a member of an organization to use the API"),
        errors.NoPermission,
    ),
    "any 403": (403, err("no"), errors.NoPermission),
    "openai region": (
        403,
        err(code="unsupported_country_region_territory", type="request_forbidden"),
        errors.RegionBlocked,
    ),
    "google region": (
        400,
        err("User location is not supported for the API use."),
        errors.RegionBlocked,
    ),
    "any 404": (404, b"not found", errors.ModelUnavailable),
    "groq model": (400, err(code="model_not_found"), errors.ModelUnavailable),
    "responses only": (
        400,
        err("This model is only supported in v1/responses"),
        errors.ModelUnavailable,
    ),
    "openai window": (400, err(code="context_length_exceeded"), errors.TooLong),
    "any window": (400, err("This model's maximum context length is 8192 tokens"), errors.TooLong),
    "llama.cpp window": (
        400,
        err("the request exceeds the available context size"),
        errors.TooLong,
    ),
    "any 413": (413, b"", errors.TooLong),
    "azure filter": (400, err(code="content_filter"), errors.Filtered),
    "openrouter moderation": (
        403,
        err(metadata={"reasons": ["violence"], "flagged_input": "x"}),
        errors.Filtered,
    ),
    "any 429": (429, b"", errors.RateLimited),
    "openrouter 402 with a wait": (402, err(), errors.NoCredit),
    "any 503": (503, b"", errors.Overloaded),
    "any 529": (529, b"", errors.Overloaded),
    "no capacity at Groq": (498, b"", errors.Overloaded),
    "overloaded under 500": (500, err(code="server_is_overloaded"), errors.Overloaded),
    "any 504": (504, b"", errors.TimedOut),
    "any 408": (408, b"", errors.TimedOut),
    "any 500": (500, err(), errors.ServerFault),
    "any 502": (502, b"<html>Bad Gateway</html>", errors.ServerFault),
    "cloudflare": (524, b"", errors.ServerFault),
    "any 409": (409, b"", errors.ServerFault),
    "any 400": (400, err("no"), errors.BadRequest),
    "any 418": (418, b"", errors.BadRequest),
    "another success": (204, b"", errors.BadRequest),
}
MAYBE_BILLED = {
    "overloaded under 500", "any 504", "any 408", "any 500", "any 502", "cloudflare", "any 409",
    "azure filter", "openrouter moderation", "another success",
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_word_for_it(name: str) -> None:
    """Each refusal has its leaf, and says whether it may have been processed."""
    status, body, leaf = CASES[name]
    error = refuse(status, body)
    assert type(error) is leaf
    assert error.is_unsent is (name not in MAYBE_BILLED)
    assert (error.provider, error.model) == ("acme", "m")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (err("The text"), "The text"),
        ({"error": "The text"}, "The text"),
        ({"error": {"error": {"message": "The text"}}}, "The text"),
        ([err("The text")], "The text"),
        ({"detail": "The text"}, "The text"),
        ({"detail": [{"loc": ["body", "x"], "msg": "The text"}]}, "The text"),
        ({"detail": {"message": "The text"}}, "The text"),
        ({"message": "The text", "type": "t", "code": 3}, "The text"),
        ({"error": True, "message": "The text"}, "The text"),
        ({"code": 3, "msg": "The text"}, "The text"),
        (b"The text", "The text"),
        (b"<html>The text</html>", ""),
        (b"", ""),
        (b"\xff\xfe", "��"),
        ({"error": {"message": {"a": 1}}}, ""),
        ([], ""),
        (7, ""),
        (None, ""),
        (err("Two\nlines\tand \u202e tricks"), "Two lines and tricks"),
    ],
)
def test_what_the_vendor_said(body: object, said: str) -> None:
    """The vendor's text is found in every shape, as one line."""
    assert refuse(400, body).said == said


@pytest.mark.parametrize(
    "text",
    [
        "Bad key: {key}",
        "Bad key: '{key}'.",
        "{key}{key}",
        "x" * 180 + " {key} and more",
        "Bad key: {head} (cut)",
        "Bearer%20{key}",
    ],
)
def test_the_key_is_never_said_back(text: str) -> None:
    """Not whole, not in part, not at the place where the text is cut."""
    clear = KEY.reveal()
    said = presentable(text.format(key=clear, head=clear[:20]), KEY)
    assert not any(clear[i : i + 12] in said for i in range(len(clear) - 11))
    assert "…" in said


def test_what_was_said_is_short() -> None:
    """200 characters, with a sign that there was more."""
    assert refuse(400, err("word " * 100)).said == ("word " * 100)[:199] + "…"


WAITS: dict[str, tuple[dict[str, str], str, float]] = {
    "milliseconds": ({"retry-after-ms": "1500", "retry-after": "9"}, "", 1.5),
    "seconds": ({"retry-after": "7"}, "", 7.0),
    "a fraction": ({"retry-after": "0.5"}, "", 0.5),
    "a date": (
        {
            "retry-after": "Mon, 23 Nov 2026 10:00:30 GMT",
            "date": "Mon, 23 Nov 2026 10:00:00 GMT",
        },
        "",
        30.0,
    ),
    "a date gone by": (
        {
            "retry-after": "Mon, 23 Nov 2026 09:00:00 GMT",
            "date": "Mon, 23 Nov 2026 10:00:00 GMT",
        },
        "",
        0.0,
    ),
    "a date without a date": ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT"}, "", 20.0),
    "words": ({}, "Please try again in 6.5s.", 6.5),
    "words in milliseconds": ({}, "Please try again in 20ms.", 0.02),
    "words in minutes": ({}, "Please try again in 6m0s.", 360.0),
    "words in minutes and more": ({}, "Please retry in 1m30.5s", 90.5),
    "words in hours": ({}, "Please try again in 1h2m3s", 3_723.0),
    "words without a number": ({}, "Please try again later. Limit 5", 20.0),
    "nonsense": ({"retry-after": "soon"}, "", 20.0),
    "less than nothing": ({"retry-after": "-5"}, "", 20.0),
    "for ever": ({"retry-after": "inf"}, "", 20.0),
    "nothing": ({}, "", 20.0),
}


@pytest.mark.parametrize(("headers", "said", "wait_s"), WAITS.values(), ids=WAITS.keys())
def test_how_long_to_wait(headers: dict[str, str], said: str, wait_s: float) -> None:
    """From the headers, else from the words, else 20 seconds."""
    error = refuse(429, err(said), headers=headers)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == pytest.approx(wait_s)


def test_how_long_to_wait_when_overloaded() -> None:
    """A second, or what the vendor asks."""
    first, second = refuse(503, b""), refuse(503, b"", headers={"retry-after": "4"})
    assert isinstance(first, Overloaded)
    assert isinstance(second, Overloaded)
    assert (first.retry_after_s, second.retry_after_s) == (1.0, 4.0)


def test_402_with_a_wait_is_a_limit() -> None:
    """Only 402 without a time to wait means money (OpenRouter)."""
    assert type(refuse(402, err(), headers={"retry-after": "5"})) is RateLimited


MENDS: dict[str, tuple[int, object, Adjustment]] = {
    "temperature, by name": (400, err(param="temperature"), Adjustment.DROP_TEMPERATURE),
    "temperature, by words": (
        400,
        err("`temperature` is deprecated for this model."),
        Adjustment.DROP_TEMPERATURE,
    ),
    "temperature, 422": (
        422,
        {"detail": [{"loc": ["body", "temperature"], "msg": "no"}]},
        Adjustment.DROP_TEMPERATURE,
    ),
    "max_tokens, other name": (
        400,
        err(
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", param="max_tokens"
        ),
        Adjustment.MAX_COMPLETION_TOKENS,
    ),
    "max_tokens, too many": (
        400,
        err("max_tokens must be at most 64", param="max_tokens"),
        Adjustment.DROP_MAX_TOKENS,
    ),
    "max_tokens, over the window": (
        400,
        err(
            "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum "
            "context length is 4096 tokens and your request has 50 input tokens"
        ),
        Adjustment.DROP_MAX_TOKENS,
    ),
    "stream_options": (
        400,
        {"message": "unknown field: parameter 'stream_options' is not valid"},
        Adjustment.DROP_STREAM_OPTIONS,
    ),
    "system": (400, err("System role not supported"), Adjustment.SYSTEM_IN_USER),
    "developer instruction": (
        400,
        err("Developer instruction is not enabled", param="messages"),
        Adjustment.SYSTEM_IN_USER,
    ),
}


@pytest.mark.parametrize(("status", "body", "mend"), MENDS.values(), ids=MENDS.keys())
def test_a_parameter_that_can_be_mended(status: int, body: object, mend: Adjustment) -> None:
    """One change is named, and it surely was not processed."""
    error = refuse(status, body)
    assert isinstance(error, ParameterRefused)
    assert error.adjustment is mend
    assert error.is_unsent


@pytest.mark.parametrize(("status", "body", "mend"), MENDS.values(), ids=MENDS.keys())
def test_a_change_is_tried_once(status: int, body: object, mend: Adjustment) -> None:
    """The same refusal after that change names another one, or none; it never goes round."""
    done: set[Adjustment] = set()
    error = refuse(status, body)
    while isinstance(error, ParameterRefused):
        assert error.adjustment not in done
        done.add(error.adjustment)
        error = refuse(status, body, of=asked(adjustments=frozenset(done)))
    assert mend in done
    assert type(error) is errors.BadRequest


def test_the_other_name_refused_too() -> None:
    """Then the limit is left out."""
    of = asked(adjustments=frozenset({Adjustment.MAX_COMPLETION_TOKENS}))
    error = refuse(400, err(param="max_completion_tokens"), of=of)
    assert isinstance(error, ParameterRefused)
    assert error.adjustment is Adjustment.DROP_MAX_TOKENS


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (err(param="temperature"), {"temperature": None}),
        (err(param="max_tokens"), {"max_tokens": None}),
        (err("System role not supported"), {"system": ""}),
        (err(param="top_p"), {}),
        (err("messages must alternate", param="messages"), {}),
    ],
)
def test_what_was_not_sent_cannot_be_left_out(body: object, changes: dict[str, Any]) -> None:
    """A refusal that no change of ours mends is a bad request."""
    assert type(refuse(400, body, of=asked(**changes))) is errors.BadRequest


def test_no_mending_outside_of_a_question() -> None:
    """A list or a check has no parameters."""
    of = Asked(provider="acme", key=KEY)
    assert type(refuse(400, err(param="temperature"), of=of)) is errors.BadRequest
