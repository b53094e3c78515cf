"""Bytes of the simulator's responses, right and broken ones."""

import asyncio
import json
import socket
import struct
from collections.abc import Iterator
from itertools import count
from typing import Final

from tests.simulators.behaviour import Behaviour, answer_tokens
from tests.simulators.face import Face, Frame
from tests.simulators.witness import Seen

_NEWLINES: Final = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


class Gone(Exception):
    """The connection is to be closed now."""


class Stream:
    """One answer as server-sent events in HTTP chunks."""

    def __init__(
        self,
        face: Face,
        act: Behaviour,
        seen: Seen,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._face = face
        self._act = act
        self._seen = seen
        self._reader = reader
        self._writer = writer
        self._numbers = count()
        self._newline = _NEWLINES[act.newline or face.newline]

    async def run(self) -> bool:
        """Send it; True if the connection can go on."""
        try:
            return await self._run()
        except (ConnectionError, asyncio.CancelledError):
            self._seen.ended = "disconnected"
            raise

    async def _run(self) -> bool:
        act = self._act
        kind = act.content_type or "text/event-stream; charset=utf-8"
        await self._write_raw(_head(200, kind, {**act.headers, "transfer-encoding": "chunked"}))
        await self._write(f": keep-alive{self._newline * 2}" * act.keep_alives)
        await self._send(self._face.opening(act, self._seen))
        for number, frames in enumerate(self._pieces()):
            await self._stop_at(number)
            if act.rate:
                await asyncio.sleep(1 / act.rate)
            await self._send(frames)
        await self._stop_at(None)
        ending = "".join(map(self._event, self._face.ending(act, self._seen)))
        await self._write(ending.rstrip("\r\n") if act.is_open_end else ending)
        if act.is_held:
            await self._stall()
        await asyncio.sleep(act.end_late_s)
        await self._write_raw(b"0\r\n\r\n")
        self._seen.ended = "done"
        return True

    def _pieces(self) -> Iterator[Iterator[Frame]]:
        act, text = self._act, self._seen.answer
        if act.reasoning and act.reasoning_field == "think":
            text = f"<think>\n{act.reasoning}\n</think>\n\n{text}"
        elif act.reasoning:
            for token in answer_tokens(act.reasoning):
                yield self._face.thought(token, act)
        for token in answer_tokens(text):
            yield self._face.delta(token, act)

    async def _stop_at(self, number: int | None) -> None:
        """Do what the behaviour says happens after `number` tokens; None: after the last."""
        act = self._act

        def is_due(after: int | None) -> bool:
            return after is not None and (number == after or number is None)

        if is_due(act.stall_after):
            await self._stall()
        if is_due(act.cut_after):
            self._seen.ended = "cut"
            raise Gone
        if is_due(act.error_after):
            await self._send(self._face.broken(act))
            self._seen.ended = "error"
            raise Gone

    async def _stall(self) -> None:
        """Say nothing until the other side leaves."""
        await self._reader.read()
        self._seen.ended = "disconnected"
        raise Gone

    async def _send(self, frames: Iterator[Frame]) -> None:
        for frame in frames:
            await self._write(self._event(frame))

    def _event(self, frame: Frame) -> str:
        newline = self._newline
        if frame.is_bare:
            return json.dumps(frame.data, indent=2).replace("\n", newline) + newline
        name = f"event: {frame.name}{newline}" if frame.name else ""
        said = frame.data
        if self._face.counts:
            said = {**said, "sequence_number": next(self._numbers)}
        data = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        return f"{name}data: {data}{newline * 2}"

    async def _write(self, text: str) -> None:
        data = text.encode()
        size = self._act.piece or len(data)
        for start in range(0, len(data), size or 1):
            piece = data[start : start + size]
            await self._write_raw(b"%x\r\n%b\r\n" % (len(piece), piece))

    async def _write_raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()
        if self._act.piece:
            await asyncio.sleep(0)


def _head(status: int, kind: str, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Sim", f"content-type: {kind}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def send(writer: asyncio.StreamWriter, status: int, body: bytes, act: Behaviour) -> bool:
    """Send a response in one piece; True, as the connection can go on."""
    headers = {**act.headers, "content-length": str(len(body))}
    writer.write(_head(status, act.content_type or "application/json", headers) + body)
    await writer.drain()
    return True


async def send_json(writer: asyncio.StreamWriter, status: int, said: object) -> bool:
    """Send JSON in one piece; True, as the connection can go on."""
    return await send(writer, status, json.dumps(said).encode(), Behaviour())


def abort(writer: asyncio.StreamWriter) -> None:
    """Close with a reset, as a crashed machine or a firewall would."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
