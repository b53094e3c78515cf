"""From the bytes of a streamed answer to events: what all dialects share. Pure.

A dialect's reader takes one server-sent event at a time; cuts, errors within the stream, ends
without a mark and answers in one piece are the same for all of them.
"""

from abc import ABC, abstractmethod
from typing import NoReturn

import msgspec

from adapters.providers.fields import UNREADABLE
from adapters.providers.refusals import Asked, begun, error_of
from adapters.providers.reports import Report, read_report
from adapters.shared.sse import SseDecoder, SseEvent, SseOverflow
from bot.domain.chat import Event, Finish, FinishReason, ReasoningDelta, TextDelta
from bot.domain.errors import Cut, ProviderError, ServerFault
from bot.domain.usage import Usage


class Reader(ABC):
    """Reads one answer, streamed or whole.

    A subclass sets `reason` when the model came to its own end, and `is_done` when nothing more
    is to be read.
    """

    def __init__(self, asked: Asked) -> None:
        """Begin before the first byte; `asked` is for naming errors."""
        self._asked = asked
        self._sse = SseDecoder()
        self.reason: FinishReason | None = None
        self.is_done = False
        self.failure: ProviderError | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is more to read."""
        return not self.is_done and self.failure is None

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events in a piece of the stream, texts that follow each other as one.

        Where the stream reports an error, `failure` is set to it after what came before.
        """
        events: list[Event] = []
        try:
            for event in self._sse.feed(chunk):
                if self.is_done:
                    break
                self.take(event, events)
        except SseOverflow:
            self.failure = self.fault()
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
        if last is not None and self.is_readable(last.data):
            try:
                self.take(last, events)
            except ProviderError as error:
                self.failure = error
        self.flush(events)
        usage = self.usage()
        if usage is not None:
            events.append(usage)
        if self.failure is None and (self.is_done or self.reason is not None):
            events.append(Finish(self.reason or FinishReason.STOP))
        elif self.failure is None:
            self.failure = Cut(self._asked.provider, model=self._asked.model)
        return events

    def whole(self, body: bytes) -> list[Event]:
        """Return the events of an answer that came in one piece, as JSON; as `feed`."""
        events: list[Event] = []
        try:
            if body.lstrip()[:1] == b"[":
                self.fail(read_report(body))
            self.take_whole(body, events)
            self.is_done = True
        except ProviderError as error:
            self.failure = error
        return events

    def broke(self, error: ProviderError) -> None:
        """Note that the connection broke; of no matter after the model's own end."""
        if self.reason is None:
            self.failure = error

    @abstractmethod
    def take(self, event: SseEvent, events: list[Event]) -> None:
        """Read one event, and append what it says. Raises ProviderError."""

    @abstractmethod
    def usage(self) -> Usage | None:
        """Return the vendor's count in our terms; None where there is none to be had."""

    def take_whole(self, body: bytes, events: list[Event]) -> None:
        """Read an answer in one piece. Raises ProviderError."""
        self.take(SseEvent(b"", body), events)

    def flush(self, events: list[Event]) -> None:  # noqa: B027  (most dialects hold nothing back)
        """Append what was held back, at the end of the text."""

    def is_readable(self, data: bytes) -> bool:
        """Whether an event without its closing line came whole."""
        try:
            msgspec.json.decode(data)
        except UNREADABLE:
            return False
        return True

    def fault(self) -> ServerFault:
        """Return the error for what nobody can read."""
        return ServerFault(self._asked.provider, model=self._asked.model)

    def fail(self, report: Report, status: int = 500) -> NoReturn:
        """Raise the error that the vendor reports within a response of status 200."""
        asked = Asked(provider=self._asked.provider, model=self._asked.model, key=self._asked.key)
        raise begun(error_of(report.status or status, {}, report, asked))


def append(events: list[Event], piece: TextDelta | ReasoningDelta) -> None:
    """Add a piece; to the last event where that is of its kind."""
    last = events[-1] if events else None
    if isinstance(last, TextDelta) and isinstance(piece, TextDelta):
        events[-1] = TextDelta(last.text + piece.text)
    elif isinstance(last, ReasoningDelta) and isinstance(piece, ReasoningDelta):
        events[-1] = ReasoningDelta(last.text + piece.text)
    else:
        events.append(piece)
