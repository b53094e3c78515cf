"""HTTP for the adapters: a few calls, a bounded body, and errors that hold no key."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import httpx

from adapters.shared.transport import (
    BodyStream,
    FaultKind,
    HttpFault,
    SessionTransport,
    Timeouts,
)
from bot.domain.secret import Secret

DEFAULT_MAX_BODY_BYTES = 16 * 1024 * 1024
_SETTLE_S = 0.05

HeaderValues = Mapping[str, str | Secret]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole response."""

    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)


class HttpStream:
    """A response whose body is still coming in."""

    def __init__(self, response: httpx.Response) -> None:
        """Take over a response that came from our own transport."""
        self.status = response.status_code
        self.headers = response.headers
        # Straight from the transport: httpx's own iterators cost as much as reading the socket.
        self._body = cast("BodyStream", response.stream)

    async def read(self) -> bytes:
        """Return what has arrived, waiting for the first of it; empty at the end.

        Raises HttpFault, which is never `is_unsent` here.
        """
        return await self._body.read()

    async def read_all(self, max_bytes: int = DEFAULT_MAX_BODY_BYTES) -> bytes:
        """Return the rest of the body; what is over the bound is a HttpFault."""
        parts: list[bytes] = []
        size = 0
        while chunk := await self._body.read():
            size += len(chunk)
            if size > max_bytes:
                raise HttpFault(FaultKind.BROKEN, "the answer is too large", is_unsent=False)
            parts.append(chunk)
        return b"".join(parts)

    async def settle(self) -> None:
        """After the vendor's own end mark: wait a moment for HTTP's, to keep the connection."""
        await self._body.settle(_SETTLE_S)

    async def close(self) -> None:
        """Let go; before the end of the body this closes the connection."""
        await self._body.aclose()


@dataclass(frozen=True, slots=True)
class _Call:
    """A request before its secrets are revealed."""

    method: str
    url: str
    headers: HeaderValues
    body: bytes = field(default=b"", repr=False)
    proxy: str | None = field(default=None, kw_only=True, repr=False)
    timeouts: Timeouts | None = field(default=None, kw_only=True)

    def request(self) -> httpx.Request:
        """Return it as it goes over the wire."""
        clear = {"accept-encoding": "identity", "user-agent": "hearthkey"}
        for name, value in self.headers.items():
            clear[name] = value.reveal() if isinstance(value, Secret) else value
        extensions: dict[str, object] = {"proxy": self.proxy}
        if self.timeouts is not None:
            extensions["timeouts"] = self.timeouts
        return httpx.Request(
            self.method, self.url, headers=clear, content=self.body, extensions=extensions
        )


class HttpClient:
    """One pool of connections for all providers; it shares nothing else between requests.

    Redirects come back as they are: a key goes to the host it was meant for and no further.
    """

    def __init__(self, *, timeouts: Timeouts | None = None, max_connections: int = 1_000) -> None:
        """Take the limits; does no I/O, and may be made outside of a running loop."""
        self._transport = SessionTransport(timeouts=timeouts, max_connections=max_connections)

    async def get(
        self,
        url: str,
        *,
        headers: HeaderValues,
        proxy: str | None = None,
        timeouts: Timeouts | None = None,
    ) -> HttpAnswer:
        """Return the whole response to a GET, of whatever status. Raises HttpFault."""
        call = _Call("GET", url, headers, proxy=proxy, timeouts=timeouts)
        async with self._open(call) as stream:
            return HttpAnswer(stream.status, stream.headers, await stream.read_all())

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: HeaderValues,
        body: bytes = b"",
        timeouts: Timeouts | None = None,
        max_bytes: int = DEFAULT_MAX_BODY_BYTES,
    ) -> HttpAnswer:
        """Return the whole response to a call by any method, sent once. Raises HttpFault."""
        async with self._open(_Call(method, url, headers, body, timeouts=timeouts)) as stream:
            return HttpAnswer(stream.status, stream.headers, await stream.read_all(max_bytes))

    @asynccontextmanager
    async def stream_post(
        self,
        url: str,
        *,
        headers: HeaderValues,
        body: bytes,
        proxy: str | None = None,
        timeouts: Timeouts | None = None,
    ) -> AsyncIterator[HttpStream]:
        """Send one POST, once, and hand out the response when its headers are in.

        Raises HttpFault. Leaving the block before the end of the body closes the connection.
        """
        call = _Call("POST", url, headers, body, proxy=proxy, timeouts=timeouts)
        async with self._open(call) as stream:
            yield stream

    async def close(self) -> None:
        """Close all connections; later calls raise HttpFault."""
        await self._transport.aclose()

    @asynccontextmanager
    async def _open(self, call: _Call) -> AsyncIterator[HttpStream]:
        stream = HttpStream(await self._transport.handle_async_request(call.request()))
        try:
            yield stream
        finally:
            await stream.close()
