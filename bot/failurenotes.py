"""What companies said of failed questions, for members who ask for details.

In memory only: a company's words may repeat a member's, and are of use for a while.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.chat import TurnId
from bot.domain.errors import ProviderError

_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Noted:
    """A failure, and when it was met."""

    error: ProviderError
    at: datetime


class FailureNotes:
    """The latest failure of each question; the oldest go first."""

    def __init__(self) -> None:
        self._noted: dict[TurnId, Noted] = {}

    def note(self, turn: TurnId, error: ProviderError, at: datetime) -> None:
        """Keep a failure in the place of an earlier one of the same question."""
        self._noted.pop(turn, None)
        while len(self._noted) >= _MOST:
            del self._noted[next(iter(self._noted))]
        self._noted[turn] = Noted(error, at)

    def find(self, turn: TurnId) -> Noted | None:
        """Return the latest failure; None after a restart."""
        return self._noted.get(turn)
