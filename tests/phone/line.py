"""The line to a phone's process: requests and their answers, and when something changed."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.homeserver.synapse import HOME, require

WITHIN_S: Final = 30.0
_HERE: Final = Path(__file__).parent
_NODE: Final = HOME / "node/bin/node"
_STOP_S: Final = 5.0
_LONGEST_LINE: Final = 64 * 1024 * 1024
_KEPT_LINES: Final = 40

Found = TypeVar("Found")


class PhoneError(Exception):
    """The phone could not do it. `code`: the homeserver's, where it was the homeserver."""

    def __init__(self, what: str, code: str = "") -> None:
        super().__init__(what)
        self.code = code


class Line:
    """A running process. Who waits here waits until it says something, not for a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._stirred = asyncio.Event()
        self._complaints: deque[str] = deque(maxlen=_KEPT_LINES)
        self._has_ended = False
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(each) for each in (self._listen(), self._keep_complaints())
        ]

    async def do(self, verb: str, **given: Any) -> Any:  # noqa: ANN401 - JSON
        """Do something, without what is None; return what came of it. Raises PhoneError."""
        if self._has_ended:
            raise self._ended()
        number = next(self._numbers)
        self._waiting[number] = answer = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        told = {name: value for name, value in given.items() if value is not None}
        line = json.dumps({"id": number, "verb": verb, **told})
        self._process.stdin.write(f"{line}\n".encode())
        try:
            async with asyncio.timeout(WITHIN_S):
                return await answer
        except TimeoutError:
            raise TimeoutError(f"the phone did not {verb} in {WITHIN_S:g} s") from None

    async def until(
        self, look: Callable[[], Awaitable[Found]], *, within_s: float = WITHIN_S
    ) -> Found:
        """Look whenever something changed; return what is found as soon as it is true."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    stirred = self._stirred
                    if found := await look():
                        return found
                    await stirred.wait()
        except TimeoutError:
            name = getattr(look, "__qualname__", repr(look))
            raise TimeoutError(f"not so within {within_s:g} s: {name}") from None

    async def hang_up(self) -> None:
        """Let it end with its input; it is killed where it does not."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await asyncio.gather(*self._tasks)

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self._take(json.loads(line))
        self._has_ended = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._ended())
        self._stir()

    async def _keep_complaints(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._complaints.append(line.decode(errors="replace").rstrip())

    def _take(self, said: dict[str, Any]) -> None:
        if "event" in said:
            self._stir()
            return
        answer = self._waiting.pop(said["id"])
        if answer.done():
            return
        if "error" in said:
            answer.set_exception(PhoneError(said["error"], said["code"]))
        else:
            answer.set_result(said["ok"])

    def _stir(self) -> None:
        """Wake everybody who waits; whoever looks meanwhile has the event he began with."""
        stirred, self._stirred = self._stirred, asyncio.Event()
        stirred.set()

    def _ended(self) -> PhoneError:
        return PhoneError("\n".join(["the phone ended", *self._complaints]))


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    """Run a phone's process while it is used."""
    require(_HERE / "node_modules/.made", "a phone")
    process = await asyncio.create_subprocess_exec(
        _NODE,
        _HERE / "phone.mjs",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    made = Line(process)
    try:
        yield made
    finally:
        await made.hang_up()
