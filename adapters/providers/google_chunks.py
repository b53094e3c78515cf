"""From the bytes of a Gemini answer to events. Pure, and fast: one pass per chunk."""

import contextlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from adapters.providers.fields import UNREADABLE, count, decode
from adapters.providers.reader import Reader, append
from adapters.providers.refusals import Asked
from adapters.providers.reports import presentable, report_of
from adapters.shared.sse import SseDecoder, SseEvent
from bot.domain.chat import Event, FinishReason, ReasoningDelta, TextDelta
from bot.domain.errors import Cut, NoPermission, ProviderError, ServerFault, TimedOut
from bot.domain.usage import Usage

_NULL: Final = msgspec.Raw(b"null")
# CONTINUATION: the model has more to say than one request may carry. Going on is another request,
# so it is the member's to ask for.
_REASONS: Final[Mapping[str, FinishReason]] = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "CONTINUATION": FinishReason.LENGTH,
    "SAFETY": FinishReason.FILTERED,
    "RECITATION": FinishReason.FILTERED,
    "LANGUAGE": FinishReason.FILTERED,
    "BLOCKLIST": FinishReason.FILTERED,
    "PROHIBITED_CONTENT": FinishReason.FILTERED,
    "SPII": FinishReason.FILTERED,
    "IMAGE_SAFETY": FinishReason.FILTERED,
    "IMAGE_PROHIBITED_CONTENT": FinishReason.FILTERED,
    "IMAGE_RECITATION": FinishReason.FILTERED,
    "ESCALATION": FinishReason.FILTERED,
    "MODEL_ARMOR": FinishReason.FILTERED,
}
_FAULTS: Final[Mapping[str, type[ProviderError]]] = {
    "OTHER": ServerFault,
    "MALFORMED_RESPONSE": ServerFault,
    "MALFORMED_FUNCTION_CALL": ServerFault,
    "UNEXPECTED_TOOL_CALL": ServerFault,
    "TOO_MANY_TOOL_CALLS": ServerFault,
    "MISSING_THOUGHT_SIGNATURE": ServerFault,
    "IMAGE_OTHER": ServerFault,
    "NO_IMAGE": ServerFault,
    # The vendor has shut the account out for breaking its rules of use.
    "PUP_LIMITED_DISABLED": NoPermission,
}
_NOT_YET: Final = "FINISH_REASON_UNSPECIFIED"


class _Part(msgspec.Struct, gc=False):
    text: Any = None
    thought: Any = None


class _Content(msgspec.Struct, gc=False):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, gc=False, rename="camel"):
    content: _Content | None = None
    finish_reason: Any = None
    finish_message: Any = None
    index: Any = 0


class _Chunk(msgspec.Struct, gc=False, rename="camel"):
    candidates: list[_Candidate] | None = None
    usage_metadata: msgspec.Raw = _NULL
    prompt_feedback: Any = None
    error: Any = None


_decode: Final = msgspec.json.Decoder(_Chunk).decode


class GoogleReader(Reader):
    """Reads one Gemini answer, streamed or whole.

    There is no mark at the end: the connection closes after the chunk with a finish reason. A
    failure may come as bare JSON lines between the events, one object or an array of one.
    """

    def __init__(self, asked: Asked) -> None:
        """Begin before the first byte: see the base."""
        super().__init__(asked)
        self._sse = SseDecoder(keeps_strays=True)
        self._usage = _NULL
        self._has_ended = False

    def take(self, event: SseEvent, events: list[Event]) -> None:
        """Read one event: see the base."""
        self._take(event.data, events)

    def whole(self, body: bytes) -> list[Event]:
        """Return the events of an answer in one piece: an object, or an array of chunks."""
        events: list[Event] = []
        try:
            for each in _split(body) or [body]:
                self._take(each, events)
            self.is_done = True
        except ProviderError as error:
            self.failure = error
        return events

    def flush(self, events: list[Event]) -> None:
        """Read what came outside of any event, where there was no end of the answer."""
        if self._has_ended or not isinstance(self.failure, Cut | TimedOut | None):
            return
        self._sse.close()  # the last line may have no end
        try:
            for each in _split(b"\n".join(self._sse.strays)):
                self._take(each, events)
        except ProviderError as error:
            self.failure = error

    def usage(self) -> Usage | None:
        """Return the vendor's count, which each chunk brings anew: see the base.

        The first chunks count the prompt alone. Of an answer that was cut there, the rest is
        better estimated.
        """
        usage = read_usage(self._usage)
        is_partial = not self._has_ended and usage is not None and not usage.output_tokens
        return None if is_partial else usage

    def is_readable(self, data: bytes) -> bool:
        """Whether an event without its closing line came whole: see the base."""
        return _read(data) is not None

    def _take(self, data: bytes, events: list[Event]) -> None:
        chunk = _read(data)
        if chunk is None:
            raise self.fault()
        if chunk.error:
            self.fail(report_of(msgspec.json.decode(data)))
        if chunk.usage_metadata != _NULL:
            self._usage = chunk.usage_metadata
        feedback = chunk.prompt_feedback
        if isinstance(feedback, dict) and feedback.get("blockReason"):
            self._has_ended = True
            self.reason = FinishReason.FILTERED
        for candidate in chunk.candidates or ():
            if candidate.index == 0 or candidate.index is None:
                self._choose(candidate, events)

    def _choose(self, candidate: _Candidate, events: list[Event]) -> None:
        content = candidate.content
        for each in (content.parts if content is not None else None) or ():
            if isinstance(each.text, str) and each.text:
                append(events, ReasoningDelta(each.text) if each.thought else TextDelta(each.text))
        reason = candidate.finish_reason
        if not isinstance(reason, str) or reason in {"", _NOT_YET}:
            return
        self._has_ended = True
        if (leaf := _FAULTS.get(reason)) is not None:
            said = candidate.finish_message
            said = presentable(said if isinstance(said, str) else reason, self._asked.key)
            raise leaf(self._asked.provider, model=self._asked.model, said=said)
        self.reason = _REASONS.get(reason, FinishReason.STOP)


def _read(data: bytes | msgspec.Raw) -> _Chunk | None:
    """Return a chunk, or None: the decoder's error would carry the text along."""
    try:
        return _decode(data)
    except UNREADABLE:
        return None


def _split(body: bytes) -> list[bytes]:
    """Return the JSON objects in a body that is one, or an array of them; none in any other."""
    body = body.strip()
    with contextlib.suppress(*UNREADABLE):
        if body[:1] == b"[":
            return [bytes(each) for each in msgspec.json.decode(body, type=list[msgspec.Raw])]
        if body[:1] == b"{":
            msgspec.json.decode(body)
            return [body]
    return []


def read_usage(raw: msgspec.Raw) -> Usage | None:
    """Return the vendor's count in our terms; None where there is none to be had.

    The count of the prompt holds what was cached; that of the answer leaves the thinking out,
    which is billed like the rest.
    """
    said = decode(raw)
    if not isinstance(said, dict) or "promptTokenCount" not in said:
        return None
    thought = count(said, "thoughtsTokenCount")
    return Usage(
        input_tokens=count(said, "promptTokenCount") + count(said, "toolUsePromptTokenCount"),
        output_tokens=count(said, "candidatesTokenCount") + thought,
        cache_read_tokens=count(said, "cachedContentTokenCount"),
        reasoning_tokens=thought,
    )
