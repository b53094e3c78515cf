"""Two people comparing emoji, seen from one of their phones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.phone.line import Line

OVER: Final = frozenset({"done", "cancelled"})


@dataclass(frozen=True, slots=True)
class Seen:
    """How it stands. `phase`: requested, ready, started, done or cancelled, with its `code`."""

    user: str
    device: str
    room: str
    phase: str
    emoji: Sequence[tuple[str, str]]
    code: str
    problem: str


class Verification:
    """One verification. The phone only ever confirms what it is told to."""

    def __init__(self, line: Line, number: int) -> None:
        self._line = line
        self._number = number

    async def seen(self) -> Seen:
        """Return how it stands."""
        (raw,) = [each for each in await told(self._line) if each["number"] == self._number]
        return Seen(
            user=raw["user"],
            device=raw["device"],
            room=raw["room"],
            phase=raw["phase"],
            emoji=[(sign, name) for sign, name in raw["emoji"]],
            code=raw["code"],
            problem=raw["problem"],
        )

    async def until(self, phase: str) -> Seen:
        """Wait for a phase; one that ends otherwise fails."""

        async def reached() -> Seen | None:
            seen = await self.seen()
            assert seen.phase == phase or seen.phase not in OVER, seen
            return seen if seen.phase == phase else None

        found = await self._line.until(reached)
        assert found is not None
        return found

    async def emoji(self) -> Sequence[tuple[str, str]]:
        """Wait for what is to be compared; return the seven signs, each with its name."""

        async def shown() -> Sequence[tuple[str, str]]:
            seen = await self.seen()
            assert seen.phase not in OVER, seen
            return seen.emoji

        return await self._line.until(shown)

    async def accept(self) -> None:
        """Agree to compare."""
        await self._line.do("accept", number=self._number)

    async def start(self) -> None:
        """Begin with emoji, once both have agreed."""
        await self.until("ready")
        await self._line.do("start", number=self._number)

    async def confirm(self) -> None:
        """Say that they are the same."""
        await self._line.do("confirm", number=self._number)

    async def mismatch(self) -> None:
        """Say that they are not."""
        await self._line.do("mismatch", number=self._number)

    async def cancel(self) -> None:
        """End it without a result."""
        await self._line.do("cancel", number=self._number)


async def told(line: Line) -> Sequence[dict[str, Any]]:
    """Return all the verifications the phone knows of, oldest first."""
    found: list[dict[str, Any]] = await line.do("verifications")
    return found
