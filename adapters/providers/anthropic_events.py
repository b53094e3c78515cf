"""From the bytes of a Messages answer to events. Pure, and fast: one pass per event.

Thinking, signatures and redacted thinking are never part of the answer.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NoReturn

import msgspec

from adapters.providers.fields import UNREADABLE, count, part
from adapters.providers.reader import Reader, append
from adapters.providers.refusals import Asked
from adapters.providers.reports import report_of
from adapters.shared.sse import SseEvent
from bot.domain.chat import Event, FinishReason, ReasoningDelta, TextDelta
from bot.domain.errors import TooLong
from bot.domain.usage import Usage

_REASONS: Final[Mapping[str, FinishReason]] = {
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "refusal": FinishReason.FILTERED,
}
# The status that each type of error has where it comes as a response.
_STATUSES: Final[Mapping[str, int]] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_KNOWN: Final = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "message_delta",
        "message_stop",
        "error",
    }
)


class _Piece(msgspec.Struct, gc=False):
    text: Any = None
    thinking: Any = None
    stop_reason: Any = None


class _Message(msgspec.Struct, gc=False):
    usage: Any = None


class _Event(msgspec.Struct, gc=False):
    type: Any = None
    delta: _Piece | None = None
    content_block: _Piece | None = None
    message: _Message | None = None
    usage: Any = None


class _Kind(msgspec.Struct, gc=False):
    type: Any = None


_decode: Final = msgspec.json.Decoder(_Event).decode
_decode_kind: Final = msgspec.json.Decoder(_Kind).decode


class MessageReader(Reader):
    """Reads one Messages answer, streamed or whole."""

    def __init__(self, asked: Asked) -> None:
        """Begin before the first byte."""
        super().__init__(asked)
        self._counts: dict[str, Any] = {}
        self._is_counted = False
        self._has_text = False
        self._bytes_said = 0

    def take(self, event: SseEvent, events: list[Event]) -> None:
        """Read one event: see the base. Kinds that are not known are passed over."""
        said = _read(event.data)
        if said is None:
            if _is_known(event):
                raise self.fault()
        elif said.type == "content_block_delta":
            self._say(said.delta, events)
        elif said.type == "content_block_start":
            self._say(said.content_block, events)
        elif said.type == "message_start":
            self._count(said.message.usage if said.message else None)
        elif said.type == "message_delta":
            self._end(said.usage, said.delta.stop_reason if said.delta else None)
        elif said.type == "message_stop":
            self.is_done = True
        elif said.type == "error" or said.type is None:
            self._fail(msgspec.json.decode(event.data))

    def take_whole(self, body: bytes, events: list[Event]) -> None:
        """Read an answer in one piece: see the base."""
        try:
            said = msgspec.json.decode(body)
        except UNREADABLE:
            raise self.fault() from None
        if not isinstance(said, dict) or not isinstance(said.get("content"), list):
            self._fail(said)
        for block in said["content"]:
            if isinstance(block, dict):
                self._say(_Piece(block.get("text"), block.get("thinking")), events)
        self._end(said.get("usage"), said.get("stop_reason"))

    def usage(self) -> Usage | None:
        """Return the vendor's count: see the base.

        An answer that was cut has the count of its question; its own is estimated from its text.
        """
        if not self._counts:
            return None
        usage = read_usage(self._counts)
        if self._is_counted:
            return usage
        output = max(usage.output_tokens, self._bytes_said // 4)
        return replace(usage, output_tokens=output, is_estimated=True)

    def _say(self, piece: _Piece | None, events: list[Event]) -> None:
        if piece is None:
            return
        text, thought = piece.text, piece.thinking
        if text and isinstance(text, str):
            self._has_text = True
            self._bytes_said += len(text.encode())
            append(events, TextDelta(text))
        elif thought and isinstance(thought, str):
            self._bytes_said += len(thought.encode())
            append(events, ReasoningDelta(thought))

    def _count(self, usage: Any) -> None:  # noqa: ANN401  (the vendor's JSON)
        """Lay a count over the one before: each is of the whole answer so far."""
        if isinstance(usage, dict):
            self._counts.update(
                (name, value) for name, value in usage.items() if value is not None
            )

    def _end(self, usage: Any, reason: Any) -> None:  # noqa: ANN401  (the vendor's JSON)
        self._count(usage)
        if isinstance(usage, dict) and usage.get("output_tokens") is not None:
            self._is_counted = True
        if not isinstance(reason, str):
            return
        if reason == "model_context_window_exceeded" and not self._has_text:
            raise TooLong(self._asked.provider, model=self._asked.model)
        self.reason = _REASONS.get(reason, FinishReason.STOP)

    def _fail(self, said: Any) -> NoReturn:  # noqa: ANN401  (the vendor's JSON)
        report = report_of(said)
        statuses = (_STATUSES[code] for code in report.codes if code in _STATUSES)
        self.fail(report, next(statuses, 500))


def _read(data: bytes) -> _Event | None:
    """Return an event, or None: the decoder's error would carry the text along."""
    try:
        return _decode(data)
    except UNREADABLE:
        return None


def _is_known(event: SseEvent) -> bool:
    """Return whether an event that cannot be read is one that had to be."""
    try:
        kind = _decode_kind(event.data).type
    except UNREADABLE:
        kind = event.name.decode("utf-8", "replace") or None
    return not isinstance(kind, str) or kind in _KNOWN


def read_usage(said: dict[str, Any]) -> Usage:
    """Return a count in our terms: theirs leaves what was cached out of the input."""
    cached, stored = (
        count(said, "cache_read_input_tokens"),
        count(said, "cache_creation_input_tokens"),
    )
    return Usage(
        input_tokens=count(said, "input_tokens") + cached + stored,
        output_tokens=count(said, "output_tokens"),
        cache_read_tokens=cached,
        cache_write_tokens=stored,
        reasoning_tokens=count(part(said, "output_tokens_details"), "thinking_tokens"),
    )
