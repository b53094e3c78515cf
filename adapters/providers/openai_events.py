"""From the bytes of an OpenAI response to events. Pure, and fast: one pass per event.

Events and fields are those of the official library (openai 3.57, `types/responses`): each event's
name is its `type` as well, and types nobody knows are passed over.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from adapters.providers.fields import UNREADABLE, count, part
from adapters.providers.reader import Reader, append
from adapters.providers.refusals import Asked
from adapters.providers.reports import report_of
from adapters.shared.sse import SseEvent
from bot.domain.chat import Event, FinishReason, ReasoningDelta, TextDelta
from bot.domain.usage import Usage

_NULL: Final = msgspec.Raw(b"null")
_TEXT: Final = "response.output_text.delta"
_REFUSAL: Final = "response.refusal.delta"
_THOUGHTS: Final = frozenset(
    {"response.reasoning_summary_text.delta", "response.reasoning_text.delta"}
)
_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_REASONS: Final[Mapping[str, FinishReason]] = {
    "content_filter": FinishReason.FILTERED,
    "max_output_tokens": FinishReason.LENGTH,
}


class _Event(msgspec.Struct, gc=False):
    type: Any = None
    delta: Any = None
    response: msgspec.Raw = _NULL


_decode: Final = msgspec.json.Decoder(_Event).decode


class ResponseReader(Reader):
    """Reads one response, streamed or whole."""

    def __init__(self, asked: Asked) -> None:
        """Begin before the first byte."""
        super().__init__(asked)
        self._usage: dict[str, Any] = {}
        self._is_refused = False

    def take(self, event: SseEvent, events: list[Event]) -> None:
        """Read one event: see the base."""
        try:
            said = _decode(event.data)
        except UNREADABLE:
            raise self.fault() from None
        kind = said.type if isinstance(said.type, str) else ""
        if kind == _TEXT:
            self._add(TextDelta, said.delta, events)
        elif kind in _THOUGHTS:
            self._add(ReasoningDelta, said.delta, events)
        elif kind == _REFUSAL:
            self._is_refused = True
            self._add(TextDelta, said.delta, events)
        elif kind in _ENDS:
            self._end(msgspec.json.decode(said.response))
        elif kind == "error" or event.name == b"error" or not kind:
            self.fail(report_of(msgspec.json.decode(event.data)))

    def take_whole(self, body: bytes, events: list[Event]) -> None:
        """Read a response in one piece: see the base."""
        try:
            said = msgspec.json.decode(body)
        except UNREADABLE:
            raise self.fault() from None
        if not isinstance(said, dict) or "output" not in said:
            self.fail(report_of(said))
        for item in said["output"] if isinstance(said["output"], list) else ():
            if isinstance(item, dict):
                self._take_item(item, events)
        self._end(said)

    def usage(self) -> Usage | None:
        """Return the vendor's count: see the base. Cached tokens are among those of the input."""
        said = self._usage
        if not said:
            return None
        asked, answered = part(said, "input_tokens_details"), part(said, "output_tokens_details")
        return Usage(
            input_tokens=count(said, "input_tokens"),
            output_tokens=count(said, "output_tokens"),
            cache_read_tokens=count(asked, "cached_tokens"),
            cache_write_tokens=count(asked, "cache_write_tokens"),
            reasoning_tokens=count(answered, "reasoning_tokens"),
        )

    def _take_item(self, item: dict[str, Any], events: list[Event]) -> None:
        """Read a message, or what was thought, out of a whole response."""
        is_message = item.get("type") == "message"
        pieces = item.get("content") if is_message else item.get("summary")
        for piece in pieces if isinstance(pieces, list) else ():
            if not isinstance(piece, dict):
                continue
            if piece.get("type") == "refusal":
                self._is_refused = True
            text = piece.get("refusal") or piece.get("text")
            self._add(TextDelta if is_message else ReasoningDelta, text, events)

    def _add(
        self, kind: type[TextDelta | ReasoningDelta], text: object, events: list[Event]
    ) -> None:
        if text and isinstance(text, str):
            append(events, kind(text))

    def _end(self, response: object) -> None:
        """Note how the response ended. Raises ProviderError where it failed."""
        if not isinstance(response, dict):
            raise self.fault()
        self._usage = part(response, "usage")
        self.is_done = True
        if response.get("status") == "failed" or response.get("error"):
            self.fail(report_of(response.get("error") or {}))
        why = part(response, "incomplete_details").get("reason")
        self.reason = _REASONS.get(why, FinishReason.STOP) if isinstance(why, str) else None
        if self._is_refused:
            self.reason = FinishReason.FILTERED
