"""A model server that answers at an exact pace and notes when: `python -m tests.bench.server`.

It costs so little itself that two hundred streams leave a core for who is measured. Times are of
the machine's monotonic clock, which every process here shares.
"""

import asyncio
import json
import sys
from typing import Final

from tests.bench import lines

_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


_EVENTS: Final = tuple(_chunk(lines.delta(word)) for word in lines.WORDS)
_FIRST: Final = _chunk(lines.delta(lines.OPENING))
_LAST: Final = _chunk(lines.delta(lines.CLOSING))


class Stamps:
    """When each question's headers were seen, and when the last byte of its answer left."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}
        self.ended: dict[int, float] = {}

    def as_json(self) -> bytes:
        """Return both, by question number."""
        return json.dumps({"seen": self.seen, "ended": self.ended}).encode()


class _Answer:
    """One answer on its way: each token at its own due time, however late the one before was."""

    def __init__(self, transport: asyncio.Transport, stamps: Stamps, text: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._stamps = stamps
        self.number, tokens, self._rate = lines.read_question(text)
        self._words = lines.words(self.number, tokens)
        self._sent = 0
        self._started_at = self._loop.time()

    def start(self) -> None:
        """Send the first words, and the others in time."""
        self._transport.write(_HEAD + _FIRST)
        if self._rate:
            self._step()
            return
        self._transport.write(b"".join(_EVENTS[word] for word in self._words))
        self._end()

    def _step(self) -> None:
        if self._transport.is_closing():
            return
        if self._sent == len(self._words):
            self._end()
            return
        self._transport.write(_EVENTS[self._words[self._sent]])
        self._sent += 1
        self._loop.call_at(self._started_at + self._sent / self._rate, self._step)

    def _end(self) -> None:
        tail = _chunk(lines.ending(len(self._words))) + b"0\r\n\r\n"
        self._transport.write(_LAST + tail)
        self._stamps.ended[self.number] = self._loop.time()


class _Connection(asyncio.Protocol):
    """As much of HTTP/1.1 as well-behaved clients need: kept alive, one request at a time."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps
        self._buffer = b""
        self._seen_at = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, gap, rest = self._buffer.partition(b"\r\n\r\n")
        if not gap:
            return
        self._seen_at = self._seen_at or asyncio.get_running_loop().time()
        if len(rest) < (length := _length(head)):
            return
        seen_at, self._seen_at, self._buffer = self._seen_at, 0.0, rest[length:]
        self._answer(head, rest[:length], seen_at)

    def _answer(self, head: bytes, body: bytes, seen_at: float) -> None:
        path = head.split(b" ", 2)[1]
        if path.endswith(b"/chat/completions"):
            request = json.loads(body)
            answer = _Answer(self._transport, self._stamps, request["messages"][-1]["content"])
            self._stamps.seen[answer.number] = seen_at
            answer.start()
        elif path.endswith(b"/models"):
            self._send_json(json.dumps({"data": [{"id": lines.MODEL}]}).encode())
        else:
            self._send_json(self._stamps.as_json())

    def _send_json(self, body: bytes) -> None:
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        self._transport.write(f"{head}{len(body)}\r\n\r\n".encode() + body)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve() -> None:
    """Listen on a free port, say which, and answer until standard input ends."""
    stamps = Stamps()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(stamps), "127.0.0.1", 0, backlog=1_024)
    async with server:
        port = server.sockets[0].getsockname()[1]
        sys.stdout.write(json.dumps({"port": port}) + "\n")
        sys.stdout.flush()
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
