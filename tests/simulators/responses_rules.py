"""OpenAI's checks of what it is sent, in its words. Pure."""

import re
from typing import Any, Final

from tests.simulators.face import Refusal
from tests.simulators.witness import Seen

_FIELDS: Final = {
    "model", "input", "instructions", "stream", "store", "max_output_tokens", "temperature",
    "reasoning", "stream_options", "prompt_cache_key", "safety_identifier", "metadata", "tools",
    "top_p", "truncation", "text", "include", "user",
}  # fmt: skip
_COLD: Final = re.compile(
    r"^(o[1-9]|gpt-5(-mini|-nano|$)|gpt-6\.2|gpt-6\.1-sol|gpt-6-astra|.*-pro$)"
)
_NEEDS_NO_THOUGHT: Final = re.compile(r"^gpt-(5\.[56]|6-(sol|luna)|6\.1-terra)")
_EFFORTS: Final = (
    (re.compile(r"^gpt-(6\.2|6\.1-sol|6-astra)"), {"low", "medium", "high", "xhigh", "max"}),
    (re.compile(r"^gpt-(5\.[1-6]|6)"), {"none", "low", "medium", "high", "xhigh", "max"}),
    (re.compile(r"^gpt-5"), {"minimal", "low", "medium", "high"}),
    (re.compile(r"^o[1-9]"), {"low", "medium", "high"}),
)
_KEYS: Final = {
    "bad": (401, "Incorrect API key provided: bad.", "invalid_request_error", "invalid_api_key"),
    "barred": (403, "You are not allowed to use this.", "invalid_request_error", None),
    "scoped": (
        403,
        "You have insufficient permissions for this operation. Missing scopes: api.model.read.",
        "invalid_request_error",
        None,
    ),
}
_POOR: Final = (
    429,
    "You exceeded your current quota, please check your plan and billing details.",
    "insufficient_quota",
    "insufficient_quota",
)


def refuse_key(seen: Seen) -> Refusal | None:
    """Return the refusal of a key; None if it will do. Lists ask for no credit."""
    scheme, _, key = seen.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not key or key != key.strip():
        said = "You didn't provide an API key."
        return _error(401, said, "invalid_request_error", None, None)
    if key == "poor" and seen.is_chat:
        status, said, kind, code = _POOR
        return _error(status, said, kind, code, None)
    if key == "scoped" and seen.is_chat:
        return None
    if key in _KEYS:
        status, said, kind, found = _KEYS[key]
        return _error(status, said, kind, found, None)
    return None


def refuse_body(body: dict[str, Any], refuses: str) -> Refusal | None:
    """Return the refusal of a question; None if every field is as it should be."""
    model = str(body.get("model", ""))
    for name in body:
        if name not in _FIELDS:
            return _bad(name, f"Unknown parameter: '{name}'.", "unknown_parameter")
        if name == refuses:
            said = f"Unsupported parameter: '{name}' is not supported with this model."
            return _bad(name, said, "unsupported_parameter")
    effort = (body.get("reasoning") or {}).get("effort")
    if (refusal := _refuse_temperature(body, model, effort)) is not None:
        return refusal
    allowed = next((words for form, words in _EFFORTS if form.search(model)), None)
    if effort is not None and allowed is not None and effort not in allowed:
        said = f"Unsupported value: '{effort}' is not supported with the '{model}' model."
        return _bad("reasoning.effort", said, "unsupported_value")
    for name, is_right in _checks(body).items():
        if not is_right:
            return _bad(name, f"Invalid value for '{name}'.", "invalid_value")
    return None


def _refuse_temperature(body: dict[str, Any], model: str, effort: str | None) -> Refusal | None:
    """Refuse in the two shapes that there are."""
    if "temperature" not in body:
        return None
    if _COLD.search(model):
        said = "Unsupported parameter: 'temperature' is not supported with this model."
        return _bad("temperature", said, None)
    if _NEEDS_NO_THOUGHT.search(model) and effort != "none" and body["temperature"] != 1:
        said = "Unsupported value: 'temperature' does not support this with this model."
        return _bad("temperature", said, "unsupported_value")
    return None


def _checks(body: dict[str, Any]) -> dict[str, bool]:
    limit = body.get("max_output_tokens", 16)
    return {
        "model": bool(body.get("model")),
        "input": _is_input(body.get("input")),
        "store": isinstance(body.get("store", True), bool),
        "max_output_tokens": isinstance(limit, int) and limit >= 16,
        "temperature": 0 <= body.get("temperature", 1) <= 2,
        "stream_options": "stream_options" not in body or body.get("stream") is True,
        "safety_identifier": len(body.get("safety_identifier", "")) <= 64,
    }


def _is_input(said: object) -> bool:
    if isinstance(said, str):
        return bool(said)
    if not isinstance(said, list) or not said or said[-1].get("role") != "user":
        return False
    return all(item.get("role") in {"user", "assistant"} and item.get("content") for item in said)


def _bad(param: str, said: str, code: str | None) -> Refusal:
    return _error(400, said, "invalid_request_error", code, param)


def _error(status: int, said: str, kind: str, code: str | None, param: str | None) -> Refusal:
    return status, {"error": {"message": said, "type": kind, "param": param, "code": code}}
