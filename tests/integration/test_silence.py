"""How long a response may say nothing: between two pieces, however many there were before."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.shared.http import HttpClient
from adapters.shared.transport import FaultKind, HttpFault, Timeouts

_READ_S = 0.15
_PIECES = 8
_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def _slow_server(pause_s: float) -> AsyncIterator[str]:
    """Send pieces with a pause before each, and then nothing more."""
    left = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_HEAD)
            for _ in range(_PIECES):
                await asyncio.sleep(pause_s)
                writer.write(b"1\r\nx\r\n")
                await writer.drain()
            await reader.read()  # until the client goes
        writer.close()
        left.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await left.wait()


@asynccontextmanager
async def _client() -> AsyncIterator[HttpClient]:
    client = HttpClient(timeouts=Timeouts(read_s=_READ_S))
    try:
        yield client
    finally:
        await client.close()


async def test_a_long_stream_of_short_waits_is_not_silence() -> None:
    """Eight waits of a quarter of the limit make twice the limit, and all pieces arrive."""
    async with _slow_server(_READ_S / 4) as url, _client() as client:
        async with client.stream_post(url, headers={}, body=b"") as stream:
            read = b""
            while len(read) < _PIECES:
                read += await stream.read()
            assert read == b"x" * _PIECES
            with pytest.raises(HttpFault) as caught:
                await stream.read()
        assert caught.value.kind is FaultKind.SILENT
        assert not caught.value.is_unsent


async def test_a_reader_that_takes_its_time_is_not_the_vendors_silence() -> None:
    """Only waiting counts: what came meanwhile is there after any pause of ours."""
    async with (
        _slow_server(0.0) as url,
        _client() as client,
        client.stream_post(url, headers={}, body=b"") as stream,
    ):
        read = await stream.read()
        await asyncio.sleep(2 * _READ_S)
        while len(read) < _PIECES:
            read += await stream.read()
        assert read == b"x" * _PIECES
