"""Anthropic's Messages API."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from tests.simulators.anthropic_models import family_of, limit_of, page_of
from tests.simulators.anthropic_rules import VERSIONS, refusal_of, wrong, wrong_for
from tests.simulators.behaviour import Behaviour, answer_tokens
from tests.simulators.face import Face, Frame, Json, Refusal, texts_of
from tests.simulators.witness import Seen

_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_SAID: Final = {
    404: "model: claude-nobody-1",
    413: "Request exceeds the maximum size",
    429: "This request would exceed your organization's rate limit.",
    500: "Internal server error",
    529: "Overloaded",
}
_NO_CREDIT: Final = (
    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to "
    "upgrade or purchase credits."
)
_NO_PERMISSION: Final = "Your API key does not have permission to use the specified resource."


class AnthropicFace(Face):
    """Anthropic. A key without credit passes its free calls, as it does there."""

    def key_of(self, headers: Mapping[str, str]) -> str:
        """See the base."""
        return headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")

    def is_chat(self, method: str, path: str) -> bool:
        """See the base."""
        return method == "POST" and urlsplit(path).path == "/v1/messages"

    def wants_whole(self, seen: Seen) -> bool:
        """See the base."""
        return seen.body.get("stream") is not True

    def question(self, body: dict[str, Any]) -> str:
        """See the base."""
        messages = body.get("messages") or [{}]
        return "".join(texts_of(messages[-1].get("content", "")))

    def refuse(self, seen: Seen, act: Behaviour) -> Refusal | None:
        """See the base."""
        refusal = _refuse_key(seen) or _refuse_headers(seen)
        if refusal is not None:
            return refusal
        if not seen.is_chat:
            return _refuse_get(seen)
        if act.refuses and act.refuses in seen.body:
            return _error(400, refusal_of(act.refuses, seen.body))
        said = wrong(seen.body, seen.headers["anthropic-version"])
        family = family_of(str(seen.body.get("model")))
        if not said and family is None:
            return _error(404, f"model: {seen.body['model']}")
        if not said and family is not None:
            said = wrong_for(family, seen.body)
        return _error(400, said) if said else None

    def get(self, seen: Seen, models: Json) -> Json:
        """See the base; a list of models is paged like the vendor's own."""
        if isinstance(models, list):
            return page_of(seen.path, models)
        return page_of(seen.path) if models is None else models

    def error(self, status: int) -> Json:
        """See the base."""
        return _error(status, _SAID.get(status, "Error"))[1]

    def opening(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:
        """See the base. The thinking is a block of its own, before that of the answer."""
        message = _message(act, seen, content=[], stop_reason=None)
        if "usage" in message:
            message["usage"] = message["usage"] | {
                "output_tokens": 1,
                "output_tokens_details": None,
            }
        yield _event("message_start", message=message)
        if _thinks(act):
            block = {"type": "thinking", "thinking": "", "signature": ""}
            yield _event("content_block_start", index=0, content_block=block)
            yield _event("ping")
            for token in answer_tokens(act.reasoning):
                yield _block_delta(0, "thinking_delta", thinking=token)
            yield _block_delta(0, "signature_delta", signature="c2ltdWxhdGVk")
            yield _event("content_block_stop", index=0)
        block = {"type": "text", "text": ""}
        yield _event("content_block_start", index=_index(act), content_block=block)
        yield _event("ping")

    def thought(self, text: str, act: Behaviour) -> Iterator[Frame]:  # noqa: ARG002
        """See the base: it came with the opening, as its block ends before the next begins."""
        return iter(())

    def delta(self, text: str, act: Behaviour) -> Iterator[Frame]:
        """See the base."""
        yield _block_delta(_index(act), "text_delta", text=text)

    def ending(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:
        """See the base."""
        yield _event("content_block_stop", index=_index(act))
        if act.has_end:
            delta = {**_stop(act), "container": None}
            usage = {"usage": _usage(act, seen.answer)} if act.has_usage else {}
            yield _event("message_delta", delta=delta, **usage)
        if act.has_done:
            yield _event("message_stop")

    def broken(self, act: Behaviour) -> Iterator[Frame]:
        """See the base."""
        usual = {"type": "api_error", "message": _SAID[500]}
        yield _event("error", error=act.error or usual, request_id="req_sim")

    def whole(self, act: Behaviour, seen: Seen) -> Json:
        """See the base."""
        content: list[dict[str, str]] = [{"type": "text", "text": seen.answer}]
        if _thinks(act):
            thinking = {"type": "thinking", "thinking": act.reasoning, "signature": "c2lt"}
            content.insert(0, thinking)
        return _message(act, seen, content=content, **_stop(act))


def _refuse_key(seen: Seen) -> Refusal | None:
    key = seen.key.reveal()
    if not key:
        return _error(401, "x-api-key header is required")
    if key == "bad" or key != key.strip():
        return _error(401, "invalid x-api-key")
    if key == "barred":
        return _error(403, _NO_PERMISSION)
    return _error(400, _NO_CREDIT) if key == "poor" and seen.is_chat else None


def _refuse_headers(seen: Seen) -> Refusal | None:
    version = seen.headers.get("anthropic-version")
    if version is None:
        return _error(400, "anthropic-version: header is required")
    if version not in VERSIONS:
        return _error(400, f'anthropic-version: "{version}" is not a valid version')
    kind = seen.headers.get("content-type", "").partition(";")[0]
    if seen.method == "POST" and kind != "application/json":
        return _error(400, "content-type: must be application/json")
    return None


def _refuse_get(seen: Seen) -> Refusal | None:
    if seen.method != "GET" or urlsplit(seen.path).path != "/v1/models":
        return _error(404, "Not Found")
    if not limit_of(seen.path):
        return _error(400, "limit: Input should be between 1 and 1000")
    return None


def _error(status: int, said: str) -> Refusal:
    error = {"type": _TYPES.get(status, "api_error"), "message": said}
    return status, {"type": "error", "error": error, "request_id": "req_sim"}


def _event(name: str, **fields: object) -> Frame:
    return Frame({"type": name, **fields}, name)


def _block_delta(index: int, kind: str, **fields: str) -> Frame:
    return _event("content_block_delta", index=index, delta={"type": kind, **fields})


def _thinks(act: Behaviour) -> bool:
    return bool(act.reasoning) and act.reasoning_field != "think"


def _index(act: Behaviour) -> int:
    """Return the place of the answer's block."""
    return 1 if _thinks(act) else 0


def _stop(act: Behaviour) -> dict[str, Any]:
    reason = act.finish or "end_turn"
    details = {"type": "refusal", "category": None, "explanation": None}
    return {
        "stop_reason": reason,
        "stop_sequence": None,
        "stop_details": details if reason == "refusal" else None,
    }


def _message(act: Behaviour, seen: Seen, **fields: object) -> dict[str, Any]:
    message = {
        "id": "msg_sim",
        "type": "message",
        "role": "assistant",
        "model": seen.body.get("model"),
        "stop_sequence": None,
        "stop_details": None,
        **fields,
    }
    return message | {"usage": _usage(act, seen.answer)} if act.has_usage else message


def _usage(act: Behaviour, answer: str) -> dict[str, Any]:
    thought = len(answer_tokens(act.reasoning))
    return act.usage or {
        "input_tokens": 7,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": len(answer_tokens(answer)) + thought,
        "output_tokens_details": {"thinking_tokens": thought},
    }
