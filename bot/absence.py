"""After an absence: what came late is told once, when the whole of it is in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot import texts
from bot.delivery import Courier
from bot.domain.chat import MemberId, Place, Turn, WaitReason
from bot.domain.events import Outgoing
from bot.domain.ports import Clock, Stores
from bot.questions import Questions
from bot.tasks import Tasks

LATE: Final = timedelta(minutes=10)
QUIET_S: Final = 1.0
_Key = tuple[MemberId, Place]


@dataclass(slots=True)
class _Burst:
    """Late messages that are coming in; it is over when nothing came until then."""

    until: float


class Absences:
    """Waits until a member's late messages in a place are in, then says that they wait.

    What was not said before the process ended is stored as untold, and said after the next start.
    """

    def __init__(
        self, stores: Stores, courier: Courier, questions: Questions, clock: Clock, tasks: Tasks
    ) -> None:
        self._stores = stores
        self._courier = courier
        self._questions = questions
        self._clock = clock
        self._tasks = tasks
        self._bursts: dict[_Key, _Burst] = {}

    def took(self, turn: Turn) -> None:
        """Expect more after a late message."""
        key, until = (turn.member, turn.place), self._clock.monotonic() + QUIET_S
        if burst := self._bursts.get(key):
            burst.until = until
            return
        self._bursts[key] = _Burst(until)
        _ = self._tasks.start(self._tell_when_quiet(key, self._bursts[key]))

    def hurry(self, member: MemberId, place: Place) -> None:
        """Expect no more: the member wrote just now."""
        if self._bursts.pop((member, place), None) is not None:
            _ = self._tasks.start(self._tell(member, place))

    async def _tell_when_quiet(self, key: _Key, burst: _Burst) -> None:
        while (left_s := burst.until - self._clock.monotonic()) > 0:
            await self._clock.sleep(left_s)
        if self._bursts.get(key) is burst:
            del self._bursts[key]
            await self._tell(*key)

    async def _tell(self, member: MemberId, place: Place) -> None:
        """Say what waits, together with what waits from before."""
        store, hold = self._stores.turns, self._courier.patience.hold
        turns = await hold(lambda: store.waiting(member, place, WaitReason.ABSENCE))
        reply = texts.absence.waiting(turns, self._clock.now())
        if reply is None:
            return
        out = Outgoing(place=place, member=member, reply=reply)
        asked = self._questions.asked_by(member, place, (out,), is_ending=True)
        ids = [turn.id for turn in turns]
        deliveries = await hold(lambda: store.tell(ids, out, asked))
        if deliveries:
            self._questions.follow(asked)
            self._courier.send(deliveries)
