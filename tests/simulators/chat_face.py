"""Chat Completions, as OpenAI-compatible vendors speak it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.simulators.behaviour import Behaviour, answer_tokens
from tests.simulators.face import Face, Frame, Json, Refusal, texts_of
from tests.simulators.strict import refuse_body, refuse_key
from tests.simulators.witness import Seen

MODELS: Final = [
    {"id": "sim-1", "object": "model", "context_length": 32_000, "max_output_tokens": 4_096},
    {"id": "sim-2", "object": "model", "name": "Simulated 2", "max_model_len": 8_192},
    {"id": "sim-embed", "object": "model"},
]
_HEAD: Final = {"id": "chatcmpl-sim", "created": 1_795_000_000, "model": "sim"}
SERVER_ERROR: Final = {"message": "The server had an error", "type": "server_error"}


class ChatFace(Face):
    """An OpenAI-compatible vendor, as strict as the one it plays."""

    def __init__(
        self,
        *,
        extra: frozenset[str] = frozenset(),
        barred: frozenset[str] = frozenset(),
        header: str = "",
        is_open: bool = False,
    ) -> None:
        """Take fields it knows beyond the usual and those it refuses.

        `header` is where its key stands, if not Bearer's; `is_open`: it needs none. One that
        takes no `stream_options` counts unasked.
        """
        self._extra = extra
        self._barred = barred
        self._header = header
        self._is_open = is_open

    def key_of(self, headers: Mapping[str, str]) -> str:
        """See the base."""
        if self._header:
            return headers.get(self._header, "")
        return headers.get("authorization", "").removeprefix("Bearer ")

    def is_chat(self, method: str, path: str) -> bool:
        """See the base."""
        return method == "POST" and path.endswith("/chat/completions")

    def question(self, body: dict[str, Any]) -> str:
        """See the base."""
        messages = body.get("messages") or [{}]
        return "".join(texts_of(messages[-1].get("content", "")))

    def refuse(self, seen: Seen, act: Behaviour) -> Refusal | None:
        """See the base."""
        authorization = seen.headers.get("authorization", "")
        if self._header:
            # In any other place the key is not seen, so it must not have been sent there either.
            key = self.key_of(seen.headers)
            authorization = "" if authorization or not key else f"Bearer {key}"
        refusal = None if self._is_open and not authorization else refuse_key(authorization)
        if refusal is None and seen.is_chat:
            barred = next(iter(seen.body.keys() & self._barred), "")
            refusal = refuse_body(seen.body, barred or act.refuses, extra=self._extra)
        return None if refusal is None else (refusal[0], {"error": refusal[1]})

    def get(self, seen: Seen, models: Json) -> Json:  # noqa: ARG002
        """See the base."""
        return {"object": "list", "data": MODELS} if models is None else models

    def error(self, status: int) -> Json:  # noqa: ARG002
        """See the base."""
        return {"error": SERVER_ERROR}

    def opening(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:  # noqa: ARG002
        """See the base."""
        return iter(())

    def thought(self, text: str, act: Behaviour) -> Iterator[Frame]:
        """See the base."""
        yield chunk({"choices": [_choice({act.reasoning_field: text})]})

    def delta(self, text: str, act: Behaviour) -> Iterator[Frame]:  # noqa: ARG002
        """See the base."""
        yield chunk({"choices": [_choice({"content": text})]})

    def ending(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:
        """See the base."""
        if act.has_end:
            yield chunk({"choices": [_choice({}, act.finish or "stop")]})
        options = seen.body.get("stream_options") or {}
        counts = options.get("include_usage") or "stream_options" in self._barred
        if act.has_usage and counts:
            yield chunk({"choices": [], "usage": _usage(act, seen.answer)})
        if act.has_done:
            yield Frame("[DONE]")

    def broken(self, act: Behaviour) -> Iterator[Frame]:
        """See the base."""
        yield chunk({"error": act.error or SERVER_ERROR})

    def wants_whole(self, seen: Seen) -> bool:
        """See the base."""
        return not seen.body.get("stream")

    def whole(self, act: Behaviour, seen: Seen) -> Json:
        """See the base."""
        message = {"role": "assistant", "content": seen.answer}
        if act.reasoning:
            message[act.reasoning_field] = act.reasoning
        choice = {"index": 0, "message": message, "finish_reason": act.finish or "stop"}
        usage = _usage(act, seen.answer)
        return {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": usage}


def chunk(fields: dict[str, Any]) -> Frame:
    """Return an event of a streamed answer."""
    return Frame({**_HEAD, "object": "chat.completion.chunk", **fields})


def _choice(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _usage(act: Behaviour, answer: str) -> dict[str, Any]:
    tokens = len(answer_tokens(answer))
    counted = {"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": 7 + tokens}
    return act.usage or counted
