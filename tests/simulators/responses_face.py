"""OpenAI's Responses API, as OpenAI speaks it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.simulators.behaviour import Behaviour, answer_tokens
from tests.simulators.face import Face, Frame, Json, Refusal, texts_of
from tests.simulators.responses_rules import refuse_body, refuse_key
from tests.simulators.witness import Seen


def _model(name: str, created: int, shutdown: str | None = None) -> dict[str, Json]:
    row = {"id": name, "object": "model", "created": created, "owned_by": "openai"}
    return {**row, "shutdown_date": shutdown}


MODELS: Final = [
    _model("gpt-4o", 1_715_367_049, "2027-01-14"),
    _model("gpt-4o-2024-08-06", 1_722_814_719, "2027-01-14"),
    _model("gpt-5.6-sol", 1_786_000_000),
    _model("gpt-6.1-terra", 1_792_000_000),
    _model("gpt-6.1-terra-2026-10-20", 1_792_000_000),
    _model("gpt-6.2-sol", 1_794_900_000),
    _model("gpt-6.2-sol-pro", 1_794_900_000),
    _model("gpt-realtime-2", 1_790_000_000),
    _model("text-embedding-3-small", 1_705_948_997),
    _model("gpt-image-2.6", 1_791_000_000),
]
SERVER_ERROR: Final = {
    "message": "The server had an error while processing your request.",
    "type": "server_error",
    "param": None,
    "code": "server_error",
}


class ResponsesFace(Face):
    """OpenAI. Thinking comes as one item before the answer's, as it does there."""

    counts = True

    def key_of(self, headers: Mapping[str, str]) -> str:
        """See the base."""
        return headers.get("authorization", "").removeprefix("Bearer ")

    def is_chat(self, method: str, path: str) -> bool:
        """See the base."""
        return method == "POST" and path.endswith("/responses")

    def question(self, body: dict[str, Any]) -> str:
        """See the base."""
        said = body.get("input") or ""
        return said if isinstance(said, str) else "".join(texts_of(said[-1].get("content")))

    def refuse(self, seen: Seen, act: Behaviour) -> Refusal | None:
        """See the base."""
        refusal = refuse_key(seen)
        if refusal is None and seen.is_chat:
            refusal = refuse_body(seen.body, act.refuses)
        return refusal

    def get(self, seen: Seen, models: Json) -> Json:  # noqa: ARG002
        """See the base."""
        return {"object": "list", "data": MODELS} if models is None else models

    def error(self, status: int) -> Json:  # noqa: ARG002
        """See the base."""
        return {"error": SERVER_ERROR}

    def wants_whole(self, seen: Seen) -> bool:
        """See the base."""
        return not seen.body.get("stream")

    def opening(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:
        """See the base."""
        begun = _response(act, seen, status="in_progress", output=[], usage=None)
        yield _event("response.created", response=begun)
        yield _event("response.in_progress", response=begun)
        if _thinks(act):
            yield from _thinking(act)
        at = {"output_index": _index(act)}
        item = _message("", status="in_progress") | {"content": []}
        yield _event("response.output_item.added", **at, item=item)
        part = _part("", act)
        yield _event(
            "response.content_part.added", **at, content_index=0, item_id="msg_sim", part=part
        )

    def thought(self, text: str, act: Behaviour) -> Iterator[Frame]:  # noqa: ARG002
        """See the base: it came with the opening, as its item ends before the next begins."""
        return iter(())

    def delta(self, text: str, act: Behaviour) -> Iterator[Frame]:
        """See the base."""
        at = {"output_index": _index(act), "content_index": 0, "item_id": "msg_sim"}
        if act.finish == "refusal":
            yield _event("response.refusal.delta", **at, delta=text)
        else:
            yield _event("response.output_text.delta", **at, delta=text, logprobs=[])

    def ending(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:
        """See the base: its last event is its mark."""
        if not act.has_end:
            return
        at: dict[str, Json] = {"output_index": _index(act)}
        inner = {**at, "content_index": 0, "item_id": "msg_sim"}
        if act.finish == "refusal":
            yield _event("response.refusal.done", **inner, refusal=seen.answer)
        else:
            yield _event("response.output_text.done", **inner, text=seen.answer, logprobs=[])
        yield _event("response.content_part.done", **inner, part=_part(seen.answer, act))
        whole = self.whole(act, seen)
        yield _event("response.output_item.done", **at, item=whole["output"][-1])
        yield _event(f"response.{whole['status']}", response=whole)

    def broken(self, act: Behaviour) -> Iterator[Frame]:
        """See the base."""
        said = act.error or {"code": "server_error", "message": SERVER_ERROR["message"]}
        yield _event("error", **{"param": None, **said})

    def whole(self, act: Behaviour, seen: Seen) -> Json:
        """See the base."""
        status, more = _end_of(act)
        item = _message(seen.answer, status="completed" if status != "incomplete" else status)
        item["content"] = [_part(seen.answer, act)]
        thought = [_thought_item(act)] if _thinks(act) else []
        usage = _usage(act, seen.answer) if act.has_usage else None
        return _response(act, seen, status=status, output=[*thought, item], usage=usage, **more)


def _end_of(act: Behaviour) -> tuple[str, dict[str, Json]]:
    if act.finish in {"max_output_tokens", "content_filter"}:
        return "incomplete", {"incomplete_details": {"reason": act.finish}}
    if act.finish.startswith("failed:"):
        error = {"code": act.finish.removeprefix("failed:"), "message": "It came to nothing."}
        return "failed", {"error": error}
    return "completed", {}


def _event(kind: str, **fields: Json) -> Frame:
    return Frame({"type": kind, **fields}, kind)


def _thinking(act: Behaviour) -> Iterator[Frame]:
    at: dict[str, Json] = {"output_index": 0}
    inner = {**at, "item_id": "rs_sim", "summary_index": 0}
    part = {"type": "summary_text", "text": ""}
    yield _event("response.output_item.added", **at, item=_thought_item(act) | {"summary": []})
    yield _event("response.reasoning_summary_part.added", **inner, part=part)
    for token in answer_tokens(act.reasoning):
        yield _event("response.reasoning_summary_text.delta", **inner, delta=token)
    yield _event("response.reasoning_summary_text.done", **inner, text=act.reasoning)
    whole = {**part, "text": act.reasoning}
    yield _event("response.reasoning_summary_part.done", **inner, part=whole)
    yield _event("response.output_item.done", **at, item=_thought_item(act))


def _thought_item(act: Behaviour) -> dict[str, Json]:
    summary = [{"type": "summary_text", "text": act.reasoning}]
    return {"id": "rs_sim", "type": "reasoning", "summary": summary}


def _thinks(act: Behaviour) -> bool:
    return bool(act.reasoning) and act.reasoning_field != "think"


def _index(act: Behaviour) -> int:
    """Return the place of the answer's item."""
    return 1 if _thinks(act) else 0


def _part(text: str, act: Behaviour) -> dict[str, Json]:
    if act.finish == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(_text: str, *, status: str) -> dict[str, Json]:
    return {"id": "msg_sim", "type": "message", "role": "assistant", "status": status}


def _response(act: Behaviour, seen: Seen, **fields: Json) -> dict[str, Json]:  # noqa: ARG001
    body = seen.body
    usual = {
        "id": "resp_sim",
        "object": "response",
        "created_at": 1_795_000_000,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": {},
        "model": body.get("model"),
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": body.get("reasoning"),
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
    }
    return {**usual, **fields}


def _usage(act: Behaviour, answer: str) -> dict[str, Any]:
    thought = len(answer_tokens(act.reasoning))
    output = len(answer_tokens(answer)) + thought
    return act.usage or {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": 7 + output,
    }
