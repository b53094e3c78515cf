"""Secrets a member pasted unasked: in memory only, ten minutes at most."""

from datetime import datetime

from bot.domain.chat import MemberId, Place
from bot.domain.ports import Clock
from bot.domain.secret import Secret
from bot.questions import LASTS

_MOST = 1_000


class HeldSecrets:
    """One secret per member and place, until it is taken, replaced or too old."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[tuple[MemberId, Place], tuple[datetime, Secret, str]] = {}

    def hold(self, member: MemberId, place: Place, secret: Secret, question: str) -> None:
        """Keep one secret and what was written around it; an older one is dropped."""
        now = self._clock.now()
        self._held.pop((member, place), None)
        for key, (since, _, _) in tuple(self._held.items()):
            if now - since > LASTS or len(self._held) >= _MOST:
                del self._held[key]
        self._held[member, place] = (now, secret, question)

    def take(self, member: MemberId, place: Place) -> tuple[Secret, str] | None:
        """Return and drop it; None after ten minutes or a restart."""
        since, secret, question = self._held.pop((member, place), (None, None, ""))
        if since is None or secret is None or self._clock.now() - since > LASTS:
            return None
        return secret, question
