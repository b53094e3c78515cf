"""A vendor's checks of what it is sent, stricter than any one vendor's. Pure."""

from typing import Any, Final

BAD_KEYS: Final = {
    "bad": (401, {"message": "Incorrect API key provided", "code": "invalid_api_key"}),
    "poor": (402, {"message": "Insufficient Balance", "code": "invalid_request_error"}),
    "barred": (403, {"message": "You may not use this", "code": "forbidden"}),
}
_FIELDS: Final = {
    "model", "messages", "stream", "stream_options", "temperature", "max_tokens",
    "max_completion_tokens",
}  # fmt: skip

Refusal = tuple[int, dict[str, Any]]


def refuse_key(authorization: str) -> Refusal | None:
    """Return the refusal of a key; None if it will do."""
    scheme, _, key = authorization.partition(" ")
    if scheme != "Bearer" or not key or key != key.strip():
        return 401, {"message": "You did not provide an API key", "code": "invalid_api_key"}
    return BAD_KEYS.get(key)


def refuse_body(
    body: dict[str, Any], refuses: str, *, extra: frozenset[str] = frozenset()
) -> Refusal | None:
    """Return the refusal of a question; None if every field is as it should be."""
    if refuses and refuses in body:
        said = f"Unsupported parameter: '{refuses}' is not supported with this model."
        if refuses == "max_tokens":
            said += " Use 'max_completion_tokens' instead."
        return _bad(refuses, said, "unsupported_parameter")
    if refuses == "system" and body.get("messages", [{}])[0].get("role") == "system":
        return _bad("messages", "System role not supported", "unsupported_value")
    for name, is_right in _checks(body, extra).items():
        if not is_right:
            return _bad(name, f"Invalid value for '{name}'", "invalid_value")
    return None


def _checks(body: dict[str, Any], extra: frozenset[str]) -> dict[str, bool]:
    messages = body.get("messages")
    temperature = body.get("temperature", 1)
    limits = [body[name] for name in ("max_tokens", "max_completion_tokens") if name in body]
    unknown = next(iter(body.keys() - _FIELDS - extra), "")
    return {
        unknown: not unknown,
        "model": bool(body.get("model")) and isinstance(body["model"], str),
        "messages": isinstance(messages, list) and _are_messages(messages),
        "temperature": isinstance(temperature, int | float) and 0 <= temperature <= 2,
        "max_tokens": all(isinstance(limit, int) and limit > 0 for limit in limits),
        "max_completion_tokens": len(limits) < 2,
        "stream_options": "stream_options" not in body or body.get("stream") is True,
    }


def _are_messages(messages: list[Any]) -> bool:
    roles = [message.get("role") for message in messages]
    texts = [message.get("content") for message in messages]
    return (
        bool(roles)
        and roles[-1] == "user"
        and "system" not in roles[1:]
        and set(roles) <= {"system", "user", "assistant"}
        and all(isinstance(text, str) and text for text in texts)
    )


def _bad(param: str, said: str, code: str) -> Refusal:
    kind = "invalid_request_error"
    return 400, {"message": said, "type": kind, "param": param, "code": code}
