"""httpx's transport over one aiohttp session, which costs a third of httpx's own.

What the session must never do is here in one place: keep cookies, follow redirects, read proxies
from the environment, or leave it open whether a request left this host.
"""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from types import SimpleNamespace

import aiohttp
import httpx
from yarl import URL

_READ_BUFFER_BYTES = 64 * 1024
_LARGE_BYTES = 512 * 1024
# The body is decoded when it comes out of here, and a cookie is nobody's business.
_DROPPED_HEADERS = frozenset({"set-cookie", "content-encoding", "content-length"})


class FaultKind(Enum):
    """What went wrong below HTTP."""

    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    SILENT = "silent"


class HttpFault(Exception):
    """A request without a whole response. Holds no request, no URL, no header.

    `is_unsent`: not one byte of the request's headers left this host, so nobody processed it.
    """

    def __init__(self, kind: FaultKind, reason: str, *, is_unsent: bool) -> None:
        """Say what is known; `reason` is one of our own constant texts."""
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.is_unsent = is_unsent


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait, in seconds. `connect_s` includes waiting for a free connection.

    `read_s` is between two pieces of a response, `total_s` from the call to the last byte.
    """

    connect_s: float = 10.0
    write_s: float = 60.0
    read_s: float = 120.0
    total_s: float = 600.0


@dataclass(slots=True)
class _Progress:
    """How far one request came; aiohttp's trace tells."""

    limit: asyncio.Timeout
    answer_within_s: float
    has_left: bool = field(default=False)


async def _note_headers_sent(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    """Note that the headers leave now: aiohttp calls this just before it writes them."""
    progress = context.trace_request_ctx
    if isinstance(progress, _Progress):
        progress.has_left = True
        # aiohttp has no limit for writing: its own clock starts when all is written.
        now = asyncio.get_running_loop().time()
        progress.limit.reschedule(now + progress.answer_within_s)


def _fault_of(error: Exception, *, has_left: bool) -> HttpFault:
    """Return what a library's error means, in words that hold nothing of the request."""
    kind = FaultKind.BROKEN if has_left else FaultKind.UNREACHABLE
    match error:
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            reason = "the proxy refused"
        case aiohttp.ClientConnectorDNSError():
            reason = "the host's name is not known"
        case aiohttp.ClientSSLError():
            reason = "no secure connection"
        case aiohttp.ClientConnectorError():
            reason = "connection refused"
        case TimeoutError():
            kind = FaultKind.SILENT if has_left else FaultKind.UNREACHABLE
            reason = "no answer in time" if has_left else "no connection in time"
        case _:
            reason = "the connection broke" if has_left else "no connection"
    return HttpFault(kind, reason, is_unsent=not has_left)


class BodyStream(httpx.AsyncByteStream):
    """A response's bytes as they come in. `aclose` before the end closes the connection."""

    def __init__(self, response: aiohttp.ClientResponse, silence_s: float) -> None:
        """Read from `response`, whose headers are in; `silence_s` is the longest wait for more."""
        self._response = response
        self._silence_s = silence_s
        self._loop = asyncio.get_running_loop()
        self._waits_since: float | None = None
        self._alarm: asyncio.TimerHandle | None = None
        _drop_timer(response)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what `read` returns until the end."""
        while chunk := await self.read():
            yield chunk

    async def read(self) -> bytes:
        """Return what has arrived, waiting for the first of it; empty at the end."""
        self._waits_since = self._loop.time()
        if self._alarm is None:
            self._alarm = self._loop.call_later(self._silence_s, self._check_silence)
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            fault = _fault_of(error, has_left=True)
        finally:
            self._waits_since = None
        # Outside of the except block: the library's error would cling to ours as its context.
        raise fault

    def _check_silence(self) -> None:
        """End a wait that lasts too long; one alarm looks after many short ones."""
        self._alarm = None
        if self._waits_since is None:
            return
        left_s = self._waits_since + self._silence_s - self._loop.time()
        if left_s > 0:
            self._alarm = self._loop.call_later(left_s, self._check_silence)
        else:
            self._response.content.set_exception(aiohttp.SocketTimeoutError())

    async def settle(self, within_s: float) -> None:
        """Read to the end if it comes soon, so that the connection can serve again."""
        with contextlib.suppress(TimeoutError, HttpFault):
            async with asyncio.timeout(within_s):
                while await self.read():
                    pass

    async def aclose(self) -> None:
        """Let go of the connection, and close it unless the body came to its end."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._response.close()


def _drop_timer(response: aiohttp.ClientResponse) -> None:
    """End aiohttp's own watch over the body, where it has not all come yet.

    It makes a timer for every piece and cancels the one before: a quarter of the CPU of a whole
    turn, measured at 1,500 tokens.
    """
    connection = response.connection
    if connection is not None and connection.protocol is not None:
        connection.protocol.read_timeout = None


class SessionTransport(httpx.AsyncBaseTransport):
    """An httpx transport over a session made at the first request, on the running loop.

    Requests may name their own proxy and `Timeouts` in the extensions `proxy` and `timeouts`.
    Raises HttpFault, never an httpx error: httpx would tie the request, with the key in its
    headers, to those.
    """

    def __init__(self, *, timeouts: Timeouts | None = None, max_connections: int = 1_000) -> None:
        """Take the limits; does no I/O."""
        self._timeouts = timeouts or Timeouts()
        self._max_connections = max_connections
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return when the response's headers are in. Raises HttpFault."""
        timeouts = request.extensions.get("timeouts", self._timeouts)
        response = await self._send(request, timeouts)
        headers = [
            (name, value)
            for name, value in response.raw_headers
            if name.decode("latin-1").lower() not in _DROPPED_HEADERS
        ]
        stream = BodyStream(response, timeouts.read_s)
        return httpx.Response(response.status, headers=headers, stream=stream)

    async def _send(self, request: httpx.Request, timeouts: Timeouts) -> aiohttp.ClientResponse:
        body = await request.aread()
        progress = _Progress(asyncio.timeout(None), timeouts.write_s + timeouts.read_s)
        try:
            session = self._open_session()
            async with progress.limit:
                return await session.request(
                    request.method,
                    URL(str(request.url), encoded=True),
                    headers=_headers_of(request),
                    data=_payload(body),
                    allow_redirects=False,
                    proxy=request.extensions.get("proxy"),
                    timeout=aiohttp.ClientTimeout(
                        total=timeouts.total_s,
                        connect=timeouts.connect_s,
                        sock_read=timeouts.read_s,
                    ),
                    trace_request_ctx=progress,
                )
        except (aiohttp.ClientError, OSError) as error:
            fault = _fault_of(error, has_left=progress.has_left)
        raise fault

    def _open_session(self) -> aiohttp.ClientSession:
        if self._is_closed:
            msg = "closed"
            raise aiohttp.ClientConnectionError(msg)
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_note_headers_sent)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._max_connections, limit_per_host=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[trace],
                trust_env=False,
                read_bufsize=_READ_BUFFER_BYTES,
                skip_auto_headers={"User-Agent"},
            )
        return self._session

    async def aclose(self) -> None:
        """Close every connection."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None


def _payload(body: bytes) -> bytes | io.BytesIO | None:
    """Return a body as aiohttp wants it: a large one is then written in pieces."""
    return io.BytesIO(body) if len(body) > _LARGE_BYTES else body or None


def _headers_of(request: httpx.Request) -> list[tuple[str, str]]:
    """Return the request's headers but for those that aiohttp writes itself."""
    own = {"host", "content-length", "transfer-encoding", "connection", "cookie"}
    return [(name, value) for name, value in request.headers.multi_items() if name not in own]
