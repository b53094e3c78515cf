"""The one order of all that happens, and the tokens that stand for places in it."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final, Self

from tests.simulators.matrix.refusals import bad_request

_TOKEN: Final = re.compile(r"[st](\d+)(?:_(\d+))?")


@dataclass(frozen=True, slots=True)
class Token:
    """A place: `pos` for all but messages to devices, which come in portions up to `inbox`."""

    pos: int
    inbox: int

    @classmethod
    def read(cls, text: str, error: str) -> Self:
        """Return the place of a token; raises what the server says of one that is none."""
        found = _TOKEN.fullmatch(text)
        if found is None:
            raise bad_request(error)
        return cls(int(found[1]), int(found[2] or found[1]))

    def __str__(self) -> str:
        return f"s{self.pos}_{self.inbox}"


class Stream:
    """Counts what happens, and wakes who waits for it."""

    def __init__(self) -> None:
        self.pos = 0
        self._news = asyncio.Event()

    def step(self) -> int:
        """Return the place of what happens now."""
        self.pos += 1
        self.wake()
        return self.pos

    def wake(self) -> None:
        """Let everybody who waits look again."""
        self._news.set()
        self._news = asyncio.Event()

    async def moved(self) -> None:
        """Wait for the next thing to happen."""
        await self._news.wait()
