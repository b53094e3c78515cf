"""Which messages the stores knew of, as one that answers grow in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from bot.domain.chat import TurnId
from bot.domain.events import MessageRef
from storage.turns import Turns
from tests.kills.witness import Journal

_NOTED: Final = "noted"


def noted(folder: Path) -> set[str]:
    """Return those that were noted in a story."""
    return {str(line["message"]) for line in Journal(folder / _NOTED).lines()}


@contextmanager
def noting(folder: Path) -> Iterator[None]:
    """Write down what message was noted, once it is."""
    note = Turns.shown
    journal = Journal(folder / _NOTED)

    async def shown(self: Turns, turn: TurnId, message: MessageRef) -> None:
        await note(self, turn, message)
        journal.add({"message": message})

    with patch.object(Turns, "shown", shown):
        yield
