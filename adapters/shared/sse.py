"""Server-sent events out of bytes that may be cut anywhere."""

from typing import NamedTuple

DEFAULT_MAX_EVENT_BYTES = 8 * 1024 * 1024
_MAX_STRAY_BYTES = 64 * 1024
_BOM = b"\xef\xbb\xbf"


class SseEvent(NamedTuple):
    """One event: its name, empty for the default one, and its data lines joined by newlines."""

    name: bytes
    data: bytes


class SseOverflow(ValueError):
    """An event, or a line that never ends, grew past the bound."""


class SseDecoder:
    """Collects bytes into events.

    Lines end at CR LF, LF or CR and at nothing else: text decoders also break at U+2028 and its
    like, which stand raw inside JSON strings. Nothing is decoded here, so a cut within a
    character does no harm. Comments, which vendors send to keep a connection alive, vanish.

    With `keeps_strays`, `strays` has the lines that are part of no event, up to 64 KiB of them:
    some vendors report a failure within the stream as bare JSON.
    """

    def __init__(
        self, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES, keeps_strays: bool = False
    ) -> None:
        """Bound one event's bytes, and with them the memory a hostile server can take."""
        self._max = max_event_bytes
        self.strays: list[bytes] = []
        self._stray_room = _MAX_STRAY_BYTES if keeps_strays else 0
        self._open_line: list[bytes] = []
        self._open_size = 0
        self._name = b""
        self._data: list[bytes] = []
        self._data_size = 0
        self._is_after_cr = False
        self._is_first_line = True

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """Return the events that `chunk` completes; raises SseOverflow."""
        if not chunk:
            return []
        if self._is_after_cr and chunk[0] == 10:  # the LF of a CR LF cut in two
            chunk = chunk[1:]
        self._is_after_cr = False
        if b"\r" in chunk:
            self._is_after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = chunk.split(b"\n")
        rest = lines.pop()
        events: list[SseEvent] = []
        if lines:
            if self._open_line:
                lines[0] = b"".join((*self._open_line, lines[0]))
                self._open_line.clear()
                self._open_size = 0
            for line in lines:
                self._take(line, events)
        if rest:
            self._open_line.append(rest)
            self._open_size += len(rest)
            self._check_size()
        return events

    def close(self) -> SseEvent | None:
        """Return the last event if the bytes ended before the empty line that completes it."""
        events: list[SseEvent] = []
        if self._open_line:
            self._take(b"".join(self._open_line), events)
            self._open_line.clear()
            self._open_size = 0
        self._take(b"", events)
        return events[0] if events else None

    def _take(self, line: bytes, events: list[SseEvent]) -> None:
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BOM)
        if not line:
            if self._data:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                events.append(SseEvent(self._name, data))
                self._data.clear()
                self._data_size = 0
            self._name = b""
            return
        field, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if field == b"data":
            self._data.append(value)
            self._data_size += len(value) + 1
            self._check_size()
        elif field == b"event":
            self._name = value
        elif field and len(line) < self._stray_room and field not in {b"id", b"retry"}:
            self.strays.append(line)
            self._stray_room -= len(line)

    def _check_size(self) -> None:
        if self._open_size + self._data_size > self._max:
            msg = f"an event of more than {self._max} bytes"
            raise SseOverflow(msg)
