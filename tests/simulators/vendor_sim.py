"""A vendor on a real socket, written in bytes so that it can misbehave.

In a process of its own, `python -m tests.simulators.vendor_sim [--face openai_chat] [--row ID]
[--port 0] [--witness FILE]` prints `{"port": …, "url": …}` and runs until its standard input ends.
GET /witness returns what was seen and billed, POST /script queues behaviours, one for a request.
"""

import argparse
import asyncio
import contextlib
import json
import ssl
import sys
from collections import deque
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import unquote

from adapters.providers.catalogue import rows
from bot.domain.secret import Secret
from tests.simulators.answering import Gone, Stream, abort, send, send_json
from tests.simulators.behaviour import (
    Behaviour,
    answer_text,
    behaviour_of,
    find_magic,
)
from tests.simulators.chat_face import ChatFace
from tests.simulators.face import Face
from tests.simulators.faces import FACES, face_of
from tests.simulators.witness import Seen, Witness

_BILLED_FAULTS: Final = {500, 502, 504}


class VendorSim:
    """The vendor. `queue` holds behaviours for the next requests; then comes the default."""

    def __init__(self, face: Face | None = None, *, witness: Path | None = None) -> None:
        """Take whom to play, and where to write down what was seen."""
        self._face = face or ChatFace()
        self.witness = Witness(witness)
        self.queue: deque[Behaviour] = deque()
        self.default = Behaviour()
        self.models: Any = None
        self.connections = 0
        self.tls: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}{self._face.base_path}"

    async def start(self, port: int = 0) -> None:
        """Listen."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", port, backlog=1_024, ssl=self.tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop, and end every open connection."""
        if self._server is not None:
            self._server.close()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            if self.queue and self.queue[0].reset == "connect":
                self.queue.popleft()
                abort(writer)
                return
            while await self._request(reader, writer):
                pass
        except (Gone, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.strip().split("\r\n")
        method, path, _ = line.split(" ", 2)
        headers = {name.lower(): value for name, _, value in (f.partition(": ") for f in fields)}
        key = Secret(self._face.key_of(headers))
        is_chat = self._face.is_chat(method, path)
        seen = Seen(method=method, path=path, headers=headers, key=key, is_chat=is_chat)
        if path not in {"/witness", "/script"}:
            self.witness.seen.append(seen)
        if self.queue and self.queue[0].reset == "headers":
            self.queue.popleft()
            abort(writer)
            return False
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        seen.is_whole = True
        body = json.loads(raw) if raw else {}
        if path == "/witness":
            return await send_json(writer, 200, self.witness.as_json())
        if path == "/script":
            self.queue.extend(map(behaviour_of, body))
            return await send_json(writer, 200, {})
        seen.body = body if isinstance(body, dict) else {}
        seen.question = self._face.question(seen.body) if is_chat else ""
        return await self._respond(seen, reader, writer)

    async def _respond(
        self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        found = find_magic(seen.question, str(seen.body.get("model", "")), unquote(seen.path))
        act = self.queue.popleft() if self.queue else found or self.default
        seen.status = act.status
        if act.status == 200 and (refusal := self._face.refuse(seen, act)) is not None:
            seen.status, error = refusal
            self.witness.note(seen)
            return await send_json(writer, seen.status, error)
        if seen.is_chat:
            would_bill = act.status == 200 or act.status in _BILLED_FAULTS
            seen.is_billed = would_bill if act.billed is None else act.billed
            seen.answer = answer_text(act, seen.question) if act.status == 200 else ""
        self.witness.note(seen)
        if act.reset == "body":
            abort(writer)
            return False
        if act.status != 200:
            said = {"error": act.error} if act.error else self._face.error(act.status)
            body = act.body if act.body is not None else json.dumps(said)
            return await send(writer, act.status, body.encode(), act)
        if not seen.is_chat:
            body = act.body if act.body is not None else self._get(seen)
            return await send(writer, 200, body.encode(), act)
        is_whole = act.is_whole or self._face.wants_whole(seen)
        if is_whole or act.body is not None:
            body = json.dumps(self._face.whole(act, seen)) if act.body is None else act.body
            return await send(writer, 200, body.encode(), act)
        return await Stream(self._face, act, seen, reader, writer).run()

    def _get(self, seen: Seen) -> str:
        return json.dumps(self._face.get(seen, self.models))


def _face(face: str, row: str | None) -> Face:
    if row is None:
        return FACES[face]()
    return face_of(next(each for each in rows() if each.id == row))


async def _main(face: Face, port: int, witness: Path | None) -> None:
    sim = VendorSim(face, witness=witness)
    await sim.start(port)
    sys.stdout.write(json.dumps({"port": sim.port, "url": sim.url}) + "\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await sim.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--face", choices=FACES, default="openai_chat")
    parser.add_argument("--row", help="a vendor of the catalogue, with its own quirks")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--witness", type=Path)
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(_face(arguments.face, arguments.row), arguments.port, arguments.witness))
