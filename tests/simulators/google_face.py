"""The Gemini API, as Google speaks it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import parse_qs, unquote

from tests.simulators.behaviour import Behaviour, answer_tokens
from tests.simulators.face import Face, Frame, Json, Refusal, texts_of
from tests.simulators.google_strict import error, refuse_body, refuse_key
from tests.simulators.witness import Seen


def _model(name: str, label: str, *methods: str, **fields: Json) -> dict[str, Json]:
    limits = {"inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536}
    row = {"name": f"models/{name}", "version": "001", "displayName": label, **limits}
    return {**row, "supportedGenerationMethods": list(methods or _CHAT), **fields}


_CHAT: Final = ("generateContent", "countTokens", "createCachedContent")
_THINKS: Final = {
    "temperature": 1,
    "topP": 0.95,
    "topK": 64,
    "maxTemperature": 2,
    "thinking": True,
}
MODELS: Final = [
    _model("gemini-2.5-pro", "Gemini 2.5 Pro", **_THINKS),
    _model("gemini-2.5-flash", "Gemini 2.5 Flash", **_THINKS),
    _model("gemini-3.1-pro-preview", "Gemini 3.1 Pro Preview", **_THINKS),
    _model("gemini-3.8-flash", "Gemini 3.8 Flash", **_THINKS),
    _model("gemini-3.5-flash-lite", "Gemini 3.5 Flash-Lite", **_THINKS),
    _model("gemini-4-argon", "Gemini 4 Argon", **_THINKS),
    _model("gemini-flash-latest", "Gemini Flash Latest", **_THINKS),
    _model("gemma-3-27b-it", "Gemma 3 27B", inputTokenLimit=131_072, outputTokenLimit=8_192),
    _model("gemini-2.5-flash-image", "Nano Banana"),
    _model("gemini-embedding-2", "Gemini Embedding 2", "embedContent"),
]
_BROKEN: Final = error(503, "The model is overloaded. Please try again later.")
_ACTION: Final = re.compile(r"models/([^/:]*):(stream)?[gG]enerateContent$")


class GoogleFace(Face):
    """Google. `page` is the most a page of its list has, `shape` how a stream's error comes."""

    base_path = "/v1beta"
    newline = "crlf"

    def __init__(
        self, *, page: int = 1_000, shape: Literal["lines", "array", "event"] = "lines"
    ) -> None:
        """Take what the vendor may do in one way or another."""
        self._page = page
        self._shape = shape

    def key_of(self, headers: Mapping[str, str]) -> str:
        """See the base."""
        return headers.get("x-goog-api-key", "")

    def is_chat(self, method: str, path: str) -> bool:
        """See the base."""
        return method == "POST" and _ACTION.search(path.partition("?")[0]) is not None

    def question(self, body: dict[str, Any]) -> str:
        """See the base."""
        contents = body.get("contents") or [{}]
        return "".join(texts_of(contents[-1].get("parts")))

    def refuse(self, seen: Seen, act: Behaviour) -> Refusal | None:
        """See the base."""
        path, _, query = seen.path.partition("?")
        refusal = refuse_key(seen.headers, query, is_chat=seen.is_chat)
        if refusal is None and seen.is_chat:
            refusal = refuse_body(_model_of(path), seen.body, act.refuses)
        return refusal

    def get(self, seen: Seen, models: Json) -> Json:
        """See the base."""
        path, _, query = seen.path.partition("?")
        rows = MODELS if models is None else models
        if isinstance(rows, dict):
            rows = rows.get("models")
        if not isinstance(rows, list):
            return models
        if (name := unquote(path.rpartition("/models/")[2])) and "/models/" in path:
            return next((row for row in rows if row["name"] == f"models/{name}"), {})
        asked = parse_qs(query)
        size = min(int(asked.get("pageSize", ["50"])[0]), self._page)
        start = int(asked.get("pageToken", ["at-0"])[0].removeprefix("at-"))
        more = {"nextPageToken": f"at-{start + size}"} if start + size < len(rows) else {}
        return {"models": rows[start : start + size], **more}

    def error(self, status: int) -> Json:
        """See the base."""
        return error(status, "An internal error has occurred." if status >= 500 else "No.")

    def opening(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:  # noqa: ARG002
        """See the base."""
        return iter(())

    def thought(self, text: str, act: Behaviour) -> Iterator[Frame]:
        """See the base."""
        yield _chunk([{"text": text, "thought": True}], _prompt_usage(act))

    def delta(self, text: str, act: Behaviour) -> Iterator[Frame]:
        """See the base."""
        yield _chunk([{"text": text}], _prompt_usage(act))

    def ending(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:
        """See the base."""
        usage = _usage(act, seen.answer) if act.has_usage else {}
        if act.has_end or usage:
            finish = (act.finish or "STOP") if act.has_end else ""
            yield _chunk([{"text": ""}], usage, finish)

    def broken(self, act: Behaviour) -> Iterator[Frame]:
        """See the base."""
        said = {"error": act.error} if act.error else _BROKEN
        is_array = self._shape == "array"
        yield Frame([said] if is_array else said, is_bare=self._shape != "event")

    def wants_whole(self, seen: Seen) -> bool:
        """Whether the answer is one JSON: see the base."""
        return "alt=sse" not in seen.path

    def whole(self, act: Behaviour, seen: Seen) -> Json:
        """See the base."""
        parts: list[Json] = [{"text": seen.answer}]
        if act.reasoning:
            parts.insert(0, {"text": act.reasoning, "thought": True})
        usage = _usage(act, seen.answer) if act.has_usage else {}
        said = _chunk(parts, usage, act.finish or "STOP").data
        return [said] if ":stream" in seen.path else said


def _model_of(path: str) -> str:
    found = _ACTION.search(path)
    return unquote(found[1]) if found else ""


def _chunk(parts: list[Json], usage: dict[str, Any], finish: str = "") -> Frame:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    said: dict[str, Any] = {"candidates": [candidate]}
    if usage:
        said["usageMetadata"] = usage
    return Frame({**said, "modelVersion": "gemini-sim", "responseId": "sim"})


def _prompt_usage(act: Behaviour) -> dict[str, Any]:
    """Return the count of an early chunk, which knows of the prompt alone."""
    return {"promptTokenCount": 7, "totalTokenCount": 7} if act.has_usage else {}


def _usage(act: Behaviour, answer: str) -> dict[str, Any]:
    if act.usage is not None:
        return act.usage
    said, thought = len(answer_tokens(answer)), len(answer_tokens(act.reasoning))
    thoughts = {"thoughtsTokenCount": thought} if thought else {}
    total = 7 + said + thought
    return {
        "promptTokenCount": 7,
        "candidatesTokenCount": said,
        **thoughts,
        "totalTokenCount": total,
    }
