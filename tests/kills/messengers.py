"""What differs between the messengers of a kill test, a row each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.texts.stamps import stamp
from tests.kills import matrix, telegram
from tests.kills.botapi import botapi
from tests.kills.files import files
from tests.kills.homeserver import homeserver
from tests.kills.messenger import Life, Messenger, WitnessMessenger
from tests.kills.order import Order
from tests.kills.outside import Outside
from tests.kills.points import Points
from tests.kills.story import COMPANY, MATRIX, TELEGRAM, WITNESS
from tests.kills.witness import Update

_ACTION: Final = f"removekey:do:{COMPANY}"
_ASK: Final = Update(update="ask", kind="command", name="removekey", text=COMPANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A messenger.

    `outside` starts what outlives the application, `inside` is what one life runs on, `staged`
    puts points around its calls. `removal` is how the member removes the key. `life_s` is about as
    long as a whole story takes. `sends_once`: nothing may ever be doubled there, marked or not.
    """

    outside: Callable[[Path], AbstractContextManager[Outside]]
    inside: Callable[[Life], Messenger]
    staged: Callable[[Points, Order], AbstractContextManager[None]]
    removal: Callable[[], Sequence[Update]]
    life_s: float
    sends_once: bool = False


@contextmanager
def _bare(points: Points, order: Order) -> Iterator[None]:  # noqa: ARG001 - as on every messenger
    yield


def _stamped() -> Sequence[Update]:
    """Return the press of a button that nobody was shown."""
    return (Update(update="remove", kind="press", text=f"{_ACTION}:{stamp(datetime.now(UTC))}"),)


def _pressed() -> Sequence[Update]:
    """Return the press of the button that was sent."""
    return _ASK, Update(update="remove", kind="press", text=_ACTION)


def _typed() -> Sequence[Update]:
    """Return the number of the choice that was sent."""
    return _ASK, Update(update="remove", kind="text", text="1")


MESSENGERS: Final[Mapping[str, Row]] = {
    WITNESS: Row(
        outside=files, inside=WitnessMessenger, staged=_bare, removal=_stamped, life_s=0.4
    ),
    TELEGRAM: Row(
        outside=botapi,
        inside=telegram.telegram,
        staged=telegram.staged,
        removal=_pressed,
        life_s=0.8,
    ),
    MATRIX: Row(
        outside=homeserver,
        inside=matrix.matrix,
        staged=matrix.staged,
        removal=_typed,
        life_s=1.0,
        sends_once=True,
    ),
}
