"""From the bytes of a Chat Completions answer to events. Pure, and fast: one pass per chunk.

Vendors differ in everything optional, so only what must be there has a type; the rest is looked
at before it is believed.
"""

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

import msgspec

from adapters.providers.refusals import Asked, begun, error_of
from adapters.providers.reports import UNREADABLE, Report, read_report, report_of
from adapters.providers.thinking import ThinkSplitter
from adapters.shared.sse import SseDecoder, SseEvent, SseOverflow
from bot.domain.chat import (
    Event,
    Finish,
    FinishReason,
    ReasoningDelta,
    TextDelta,
    Usage,
)
from bot.domain.errors import Cut, Overloaded, ProviderError, ServerFault

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


class AnswerReader:
    """Reads one answer, streamed or whole."""

    def __init__(self, asked: Asked) -> None:
        """Begin before the first byte; `asked` is for naming errors."""
        self._asked = asked
        self._sse = SseDecoder()
        self._splitter = ThinkSplitter()
        self._usage: Any = None
        self._reason: FinishReason | None = None
        self._is_done = False
        self.failure: ProviderError | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is more to read."""
        return not self._is_done and self.failure is None

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events in a piece of the stream, texts that follow each other as one.

        Where the stream reports an error, `failure` is set to it after what came before.
        """
        events: list[Event] = []
        try:
            for event in self._sse.feed(chunk):
                if self._is_done:
                    break
                self._take(event, events)
        except SseOverflow:
            self.failure = self._fault()
        except ProviderError as error:
            self.failure = error
        return events

    def end(self) -> list[Event]:
        """Return the last events: text held back, the count, and `Finish` where there was an end.

        Without one, `failure` is set to Cut.
        """
        events: list[Event] = []
        # Some hosts leave out the last empty line. Half an event is no JSON: a cut.
        last = self._sse.close() if self.is_open else None
        if last is not None and (last.data == _DONE or _read(last.data) is not None):
            try:
                self._take(last, events)
            except ProviderError as error:
                self.failure = error
        events += self._splitter.close()
        usage = read_usage(self._usage)
        if usage is not None:
            events.append(usage)
        if self.failure is None and (self._is_done or self._reason is not None):
            events.append(Finish(self._reason or FinishReason.STOP))
        elif self.failure is None:
            self.failure = Cut(self._asked.provider, model=self._asked.model)
        return events

    def whole(self, body: bytes) -> list[Event]:
        """Return the events of an answer that came in one piece, as JSON; as `feed`."""
        events: list[Event] = []
        try:
            if body.lstrip()[:1] == b"[":
                self._fail(read_report(body))
            self._take(SseEvent(b"", body), events)
            self._is_done = True
        except ProviderError as error:
            self.failure = error
        return events

    def broke(self, error: ProviderError) -> None:
        """Note that the connection broke; of no matter after the model's own end."""
        if self._reason is None:
            self.failure = error

    def _take(self, event: SseEvent, events: list[Event]) -> None:
        if event.data == _DONE:
            self._is_done = True
            return
        chunk = _read(event.data)
        if chunk is None:
            raise self._fault()
        if chunk.error or event.name == b"error" or chunk.message or chunk.detail:
            self._fail(report_of(msgspec.json.decode(event.data)))
        if chunk.usage != _NULL:
            self._usage = chunk.usage
        elif chunk.x_groq:
            self._usage = chunk.x_groq.get("usage") if isinstance(chunk.x_groq, dict) else None
        for choice in chunk.choices or ():
            if choice.index == 0 or choice.index is None:
                self._choose(choice, events)

    def _choose(self, choice: _Choice, events: list[Event]) -> None:
        delta = choice.delta or choice.message
        if delta is not None:
            thought = delta.reasoning_content or delta.reasoning
            if thought and isinstance(thought, str):
                _append(events, ReasoningDelta(thought))
            content = delta.content
            if isinstance(content, list):
                content = self._split_parts(content, events)
            for text in (content, delta.refusal):
                if text and isinstance(text, str):
                    for piece in self._splitter.feed(text):
                        _append(events, piece)
        if isinstance(choice.finish_reason, str) and choice.finish_reason:
            self._finish(choice.finish_reason)

    def _split_parts(self, parts: list[Any], events: list[Event]) -> str:
        """Return the text of a content that is a list of parts, thinking parts taken out."""
        texts: list[str] = []
        for part in parts:
            if not isinstance(part, dict):
                continue
            thinking = part.get("thinking")
            if isinstance(thinking, list):
                thinking = self._split_parts(thinking, events)
            if isinstance(thinking, str) and thinking:
                _append(events, ReasoningDelta(thinking))
            if isinstance(part.get("text"), str):
                texts.append(part["text"])
        return "".join(texts)

    def _finish(self, reason: str) -> None:
        if reason == "error":
            raise self._fault()
        if reason == "insufficient_system_resource":
            raise Overloaded(self._asked.provider, model=self._asked.model, is_unsent=False)
        self._reason = _REASONS.get(reason.lower(), FinishReason.STOP)

    def _fault(self) -> ServerFault:
        return ServerFault(self._asked.provider, model=self._asked.model)

    def _fail(self, report: Report) -> NoReturn:
        asked = Asked(provider=self._asked.provider, model=self._asked.model, key=self._asked.key)
        raise begun(error_of(report.status or 500, {}, report, asked))


def _read(data: bytes) -> _Chunk | None:
    """Return a chunk, or None: the decoder's error would carry the text along."""
    try:
        return _decode(data)
    except UNREADABLE:
        return None


def read_usage(raw: Any) -> Usage | None:  # noqa: ANN401  (the vendor's JSON, read or not)
    """Return the vendor's count in our terms; None where there is none to be had."""
    try:
        said = msgspec.json.decode(raw) if isinstance(raw, msgspec.Raw) else raw
    except UNREADABLE:
        return None
    if not isinstance(said, dict) or not ("prompt_tokens" in said or "completion_tokens" in said):
        return None
    asked, answered = (
        _part(said, "prompt_tokens_details"),
        _part(said, "completion_tokens_details"),
    )
    return Usage(
        input_tokens=_count(said, "prompt_tokens"),
        output_tokens=_count(said, "completion_tokens"),
        cache_read_tokens=_count(asked, "cached_tokens")
        or _count(said, "prompt_cache_hit_tokens"),
        cache_write_tokens=_count(asked, "cache_write_tokens"),
        reasoning_tokens=_count(answered, "reasoning_tokens"),
        cost_usd=_cost(said.get("cost")),
    )


def _part(said: dict[str, Any], name: str) -> dict[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _count(said: dict[str, Any], name: str) -> int:
    number = said.get(name)
    if not isinstance(number, int | float) or not math.isfinite(number):
        return 0
    return max(0, int(number))


def _cost(said: Any) -> Decimal | None:  # noqa: ANN401  (the vendor's JSON)
    try:
        cost = Decimal(str(said))
    except InvalidOperation:
        return None
    return cost if cost.is_finite() and cost >= 0 else None


def _append(events: list[Event], piece: TextDelta | ReasoningDelta) -> None:
    """Add a piece; to the last event where that is of its kind."""
    last = events[-1] if events else None
    if isinstance(last, TextDelta) and isinstance(piece, TextDelta):
        events[-1] = TextDelta(last.text + piece.text)
    elif isinstance(last, ReasoningDelta) and isinstance(piece, ReasoningDelta):
        events[-1] = ReasoningDelta(last.text + piece.text)
    else:
        events.append(piece)
