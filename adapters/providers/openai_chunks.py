"""From the bytes of a Chat Completions answer to events. Pure, and fast: one pass per chunk.

Vendors differ in everything optional, so only what must be there has a type; the rest is looked
at before it is believed.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from adapters.providers.fields import UNREADABLE, amount, count, part
from adapters.providers.reader import Reader, append
from adapters.providers.refusals import Asked
from adapters.providers.reports import report_of
from adapters.providers.thinking import ThinkSplitter
from adapters.shared.sse import SseEvent
from bot.domain.chat import Event, FinishReason, ReasoningDelta
from bot.domain.errors import Overloaded
from bot.domain.usage import Usage

_DONE: Final = b"[DONE]"
_NULL: Final = msgspec.Raw(b"null")
_REASONS: Final[Mapping[str, FinishReason]] = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.FILTERED,
    "refusal": FinishReason.FILTERED,
}


class _Delta(msgspec.Struct, gc=False):
    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: Any = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: Any = None
    index: Any = 0


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = _NULL
    error: Any = None
    message: Any = None
    detail: Any = None
    x_groq: Any = None


_decode: Final = msgspec.json.Decoder(_Chunk).decode


class AnswerReader(Reader):
    """Reads one Chat Completions answer, streamed or whole."""

    def __init__(self, asked: Asked, *, is_reasoning_apart: bool = False) -> None:
        """Begin before the first byte; `is_reasoning_apart`: see the vendor's quirks."""
        super().__init__(asked)
        self._splitter = ThinkSplitter()
        self._usage: Any = None
        self._is_reasoning_apart = is_reasoning_apart

    def take(self, event: SseEvent, events: list[Event]) -> None:
        """Read one event: see the base."""
        if event.data == _DONE:
            self.is_done = True
            return
        chunk = _read(event.data)
        if chunk is None:
            raise self.fault()
        if chunk.error or event.name == b"error" or chunk.message or chunk.detail:
            self.fail(report_of(msgspec.json.decode(event.data)))
        if chunk.usage != _NULL:
            self._usage = chunk.usage
        elif chunk.x_groq:
            self._usage = chunk.x_groq.get("usage") if isinstance(chunk.x_groq, dict) else None
        for choice in chunk.choices or ():
            if choice.index == 0 or choice.index is None:
                self._choose(choice, events)

    def usage(self) -> Usage | None:
        """Return the vendor's count: see the base."""
        return read_usage(self._usage, is_reasoning_apart=self._is_reasoning_apart)

    def flush(self, events: list[Event]) -> None:
        """Append what may have been half a tag: see the base."""
        events += self._splitter.close()

    def is_readable(self, data: bytes) -> bool:
        """Whether an event without its closing line came whole: see the base."""
        return data == _DONE or _read(data) is not None

    def _choose(self, choice: _Choice, events: list[Event]) -> None:
        delta = choice.delta or choice.message
        if delta is not None:
            thought = delta.reasoning_content or delta.reasoning
            if thought and isinstance(thought, str):
                append(events, ReasoningDelta(thought))
            content = delta.content
            if isinstance(content, list):
                content = self._split_parts(content, events)
            for text in (content, delta.refusal):
                if text and isinstance(text, str):
                    for piece in self._splitter.feed(text):
                        append(events, piece)
        if isinstance(choice.finish_reason, str) and choice.finish_reason:
            self._finish(choice.finish_reason)

    def _split_parts(self, parts: list[Any], events: list[Event]) -> str:
        """Return the text of a content that is a list of parts, thinking parts taken out."""
        texts: list[str] = []
        for each in parts:
            if not isinstance(each, dict):
                continue
            thinking = each.get("thinking")
            if isinstance(thinking, list):
                thinking = self._split_parts(thinking, events)
            if isinstance(thinking, str) and thinking:
                append(events, ReasoningDelta(thinking))
            if isinstance(each.get("text"), str):
                texts.append(each["text"])
        return "".join(texts)

    def _finish(self, reason: str) -> None:
        if reason == "error":
            raise self.fault()
        if reason == "insufficient_system_resource":
            raise Overloaded(self._asked.provider, model=self._asked.model, is_unsent=False)
        self.reason = _REASONS.get(reason.lower(), FinishReason.STOP)


def _read(data: bytes) -> _Chunk | None:
    """Return a chunk, or None: the decoder's error would carry the text along."""
    try:
        return _decode(data)
    except UNREADABLE:
        return None


def read_usage(raw: Any, *, is_reasoning_apart: bool = False) -> Usage | None:  # noqa: ANN401  (the vendor's JSON, read or not)
    """Return the vendor's count in our terms; None where there is none to be had."""
    try:
        said = msgspec.json.decode(raw) if isinstance(raw, msgspec.Raw) else raw
    except UNREADABLE:
        return None
    if not isinstance(said, dict) or not ("prompt_tokens" in said or "completion_tokens" in said):
        return None
    asked, answered = (
        part(said, "prompt_tokens_details"),
        part(said, "completion_tokens_details"),
    )
    thought = count(answered, "reasoning_tokens")
    return Usage(
        input_tokens=count(said, "prompt_tokens"),
        output_tokens=count(said, "completion_tokens") + (thought if is_reasoning_apart else 0),
        cache_read_tokens=count(asked, "cached_tokens") or count(said, "prompt_cache_hit_tokens"),
        cache_write_tokens=count(asked, "cache_write_tokens"),
        reasoning_tokens=thought,
        cost_usd=_cost(said.get("cost")),
    )


def _cost(said: Any) -> Decimal | None:  # noqa: ANN401  (the vendor's JSON)
    cost = amount(said)
    return None if cost is None or cost < 0 else cost
