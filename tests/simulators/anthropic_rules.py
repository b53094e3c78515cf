"""What Anthropic refuses in a question, in its own words. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from tests.simulators.anthropic_models import Family

NEW_VERSION: Final = "2026-10-21"
VERSIONS: Final = frozenset({NEW_VERSION, "2023-06-01"})
_FIELDS: Final = frozenset(
    {
        "model", "max_tokens", "messages", "cache_control", "container", "diagnostics",
        "inference_geo", "metadata", "output_config", "service_tier", "speed", "stop_sequences",
        "stream", "system", "thinking", "tool_choice", "tools", "temperature", "top_p", "top_k",
    }
)  # fmt: skip
_SAMPLING: Final = ("temperature", "top_p", "top_k")
_BLOCKS: Final = frozenset({"text", "image", "document"})


def wrong(body: dict[str, Any], version: str) -> str:
    """Return the first fault of a question's form, its model apart; empty: there is none."""
    return next(_faults(body, version), "")


def wrong_for(family: Family, body: dict[str, Any]) -> str:
    """Return the first thing in a question that its model does not take; empty: there is none."""
    return next(_faults_for(family, body), "")


def _faults(body: dict[str, Any], version: str) -> Iterator[str]:
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            yield f"{name}: Field required"
    refused = _SAMPLING if version == NEW_VERSION else ()
    for name in sorted(body.keys() - _FIELDS | body.keys() & refused):
        yield f"{name}: Extra inputs are not permitted"
    yield from _faults_of_messages(body["messages"])
    yield from _faults_of_values(body)
    yield from _faults_of_system(body)


def _faults_of_values(body: dict[str, Any]) -> Iterator[str]:
    limit = body["max_tokens"]
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        yield "max_tokens: Input should be greater than or equal to 1"
    temperature = body.get("temperature", 1)
    if not isinstance(temperature, int | float) or not 0 <= temperature <= 1:
        yield "temperature: range: 0..1"
    if not isinstance(body.get("stream", False), bool):
        yield "stream: Input should be a valid boolean"
    if body.get("metadata", {}).keys() - {"user_id"}:
        yield "metadata: Extra inputs are not permitted"
    cache = body.get("cache_control") or {"type": "ephemeral"}
    if cache.get("type") != "ephemeral" or cache.get("ttl", "5m") not in {"5m", "1h"}:
        yield "cache_control: Input should be a valid cache control"


def _faults_of_messages(messages: Any) -> Iterator[str]:  # noqa: ANN401  (any JSON)
    if not isinstance(messages, list) or not messages:
        yield "messages: at least one message is required"
        return
    for number, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role not in {"user", "assistant"}:
            yield f'messages: Unexpected role "{role}". Allowed roles are "user" or "assistant".'
        if message.keys() - {"role", "content"}:
            yield f"messages.{number}: Extra inputs are not permitted"
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not isinstance(blocks, list) or not blocks:
            yield f"messages.{number}: all messages must have non-empty content"
            return
        yield from _faults_of_blocks(blocks, number)
    if messages[-1]["role"] != "user":
        yield (
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )


def _faults_of_blocks(blocks: list[Any], number: int) -> Iterator[str]:
    for block in blocks:
        kind = block.get("type")
        if kind not in _BLOCKS:
            yield f"messages.{number}.content: Input tag '{kind}' was not expected"
        if kind == "text" and not block.get("text"):
            yield "messages: text content blocks must be non-empty"
        if kind == "text" and not str(block["text"]).strip():
            yield "messages: text content blocks must contain non-whitespace text"


def _faults_of_system(body: dict[str, Any]) -> Iterator[str]:
    system = body.get("system", "text")
    blocks = [{"type": "text", "text": system}] if isinstance(system, str) else system
    if not isinstance(blocks, list) or not all(str(block.get("text", "")) for block in blocks):
        yield "system: text content blocks must be non-empty"


def _faults_for(family: Family, body: dict[str, Any]) -> Iterator[str]:
    if body["max_tokens"] > family.most_tokens:
        yield (
            f"max_tokens: {body['max_tokens']} > {family.most_tokens}, which is the maximum "
            f"allowed number of output tokens for {body['model']}"
        )
    for name in _SAMPLING:
        if name in body and not family.samples:
            yield f"`{name}` is deprecated for this model."
    thinking = body.get("thinking") or {}
    kind = thinking.get("type")
    if kind is not None and kind not in family.thinking:
        yield f'"thinking.type.{kind}" is not supported for this model.'
    if kind != "enabled" and "budget_tokens" in thinking:
        yield "thinking.budget_tokens: Extra inputs are not permitted"
    if kind == "enabled" and not 1_024 <= thinking.get("budget_tokens", 0) < body["max_tokens"]:
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    if kind in {"enabled", "adaptive"} and body.get("temperature", 1) != 1:
        yield "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode."
    effort = (body.get("output_config") or {}).get("effort")
    if effort is not None and effort not in family.efforts:
        yield "This model does not support the effort parameter."
    if kind in {"disabled", "between_tools"} and effort in {"xhigh", "max"}:
        yield f"effort: '{effort}' is not supported with thinking off."


def refusal_of(name: str, body: dict[str, Any]) -> str:
    """Return what is said where a model does not take a parameter that was sent."""
    if name == "max_tokens":
        return (
            f"max_tokens: {body[name]} > 4096, which is the maximum allowed number of output "
            f"tokens for {body.get('model')}"
        )
    if name == "output_config":
        return "This model does not support the effort parameter."
    if name == "thinking":
        return "adaptive thinking is not supported on this model"
    return f"`{name}` is deprecated for this model."
