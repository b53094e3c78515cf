"""Who types a key where a server could read it, as they said: in memory only, ten minutes."""

from datetime import datetime

from bot.domain.chat import MemberId, Place
from bot.domain.ports import Clock
from bot.questions import LASTS

_MOST = 1_000


class Assents:
    """A member's word for one place; it is asked for again after ten minutes or a restart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: dict[tuple[MemberId, Place], datetime] = {}

    def give(self, member: MemberId, place: Place) -> None:
        """Note that a member wants to type a key there anyway."""
        self._given.pop((member, place), None)
        while len(self._given) >= _MOST:
            del self._given[next(iter(self._given))]
        self._given[member, place] = self._clock.now()

    def holds(self, member: MemberId, place: Place) -> bool:
        """Return whether the member said so, not over ten minutes ago."""
        given = self._given.get((member, place))
        return given is not None and self._clock.now() - given <= LASTS
