"""What was said, handed to the application: in order within a room, all rooms side by side."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.matrix.api import MatrixApi
from adapters.matrix.crypto.opening import Opening, Unopened
from adapters.matrix.rooms import NAME, Room, Rooms
from adapters.matrix.seen import Seen, Trace
from adapters.matrix.syncing import Heard, Round
from adapters.matrix.translate import Me, relation_of, sent_at, threaded, trace_of, translate
from adapters.matrix.verification.verifier import Verifier
from adapters.matrix.verification.wire import is_verification
from adapters.matrix.wire import CallError
from bot.domain.chat import Identity
from bot.domain.errors import StorageUnavailable
from bot.domain.events import Incoming, Unread, Unreadable
from bot.domain.ports import Clock, Receiver

_log = logging.getLogger(__name__)
_MOST_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class _Hand:
    """Those that take what was said, each its own."""

    opening: Opening
    verifier: Verifier
    receiver: Receiver


class Hearing:
    """Translates and hands over. An event that nobody can read must not hold up the others."""

    def __init__(self, api: MatrixApi, rooms: Rooms, seen: Seen, clock: Clock, me: Me) -> None:
        """Use them all; no I/O."""
        self._api = api
        self._rooms = rooms
        self._seen = seen
        self._clock = clock
        self._me = me
        self._tries: Counter[str] = Counter()
        self._aside: set[asyncio.Task[None]] = set()

    async def take(
        self, round_: Round, opening: Opening, verifier: Verifier, receiver: Receiver
    ) -> None:
        """Return when all of it is durable. Raises StorageUnavailable, CallError."""
        for sender, kind, content in round_.arrived.verification:
            verifier.take(sender, kind, content, None, "")
        hand = _Hand(opening, verifier, receiver)
        found = await asyncio.gather(
            *(self._in_order(heard, hand) for heard in round_.heard.values()),
            *(self._unopened(each, receiver) for each in round_.unopened),
            return_exceptions=True,
        )
        for error in found:
            if isinstance(error, BaseException):
                raise error

    async def close(self) -> None:
        """End what is still done on the side."""
        for task in tuple(self._aside):
            task.cancel()
        if self._aside:
            await asyncio.wait(self._aside)

    async def _in_order(self, heard: Sequence[Heard], hand: "_Hand") -> None:
        taken = None
        for each in heard:
            try:
                incoming = await self._meant(each, hand)
                if incoming is not None:
                    await hand.receiver.receive(incoming)
                    taken = incoming
            except (StorageUnavailable, CallError):
                raise
            except Exception as error:  # noqa: BLE001 - one event must not stop all others
                _log.error("an event failed and is left out: %s", type(error).__name__)
        if taken is not None:
            self._start(self._read(taken))

    async def _unopened(self, each: Unopened, receiver: Receiver) -> None:
        """Let the sender be asked to send it again; it comes under its own id if it opens yet."""
        room = self._rooms.find(each.room)
        if room is None or each.sender == self._me.id:
            return
        await receiver.receive(
            Incoming(
                update=f"{each.event}/unopened",
                sender=Identity(NAME, each.sender),
                sender_name=room.name_of(each.sender),
                place=room.place(),
                body=Unreadable(Unread.SEALED),
                sent_at=self._clock.now(),
                is_addressed=room.kind.value == "private",
            )
        )

    async def _meant(self, heard: Heard, hand: "_Hand") -> Incoming | None:
        event = heard.event
        await self._look_up(heard, hand.opening)
        me = self._me_in(heard.room)
        trace = trace_of(event, me, self._seen)
        self._seen.note(event["event_id"], trace)
        if event["sender"] == self._me.id:
            return None
        if is_verification(event["type"], event["content"]):
            hand.verifier.take(
                event["sender"],
                event["type"],
                event["content"],
                heard.room.id,
                event["event_id"],
                sent_at=sent_at(event, self._clock.now()),
            )
            return None
        incoming = translate(event, heard.room, me, self._seen, self._clock.now())
        return replace(incoming, opens=True) if incoming and trace.opens else incoming

    async def _look_up(self, heard: Heard, opening: Opening) -> None:
        """Fetch what an event refers to, where it was not seen by this process."""
        relation = relation_of(heard.event)
        for event in filter(None, (relation.event, relation.thread, relation.replies_to)):
            if self._seen.find(event) is None:
                self._seen.note(event, await self._fetched(heard.room, event, opening))

    def _me_in(self, room: Room) -> Me:
        """Return the account as it is called in a room."""
        return Me(self._me.id, room.names.get(self._me.id, ""))

    async def _fetched(self, room: Room, event: str, opening: Opening) -> Trace:
        try:
            found = await self._api.event(room.id, event)
        except CallError as error:
            if not (error.is_lasting or self._is_beyond_it(event, error)):
                raise
            return Trace("")  # there is no such event, or not for us
        found["event_id"] = event
        if not (isinstance(found.get("sender"), str) and isinstance(found.get("content"), dict)):
            return Trace("")
        trace = trace_of(opening.peek(room.id, found), self._me_in(room), self._seen)
        return replace(trace, opens=False, has_thread=threaded(found) > 1)

    def _is_beyond_it(self, event: str, error: CallError) -> bool:
        """Whether the server fails at an event each time: anybody may name one where it does."""
        if error.status < 500:
            return False
        self._tries[event] += 1
        if self._tries[event] < _MOST_TRIES:
            return False
        del self._tries[event]
        _log.warning("what a message refers to cannot be fetched: %s", error)
        return True

    async def _read(self, incoming: Incoming) -> None:
        """Show that everything up to a message was read."""
        place = incoming.place
        with contextlib.suppress(CallError):  # it only shows
            await self._api.read(place.chat, incoming.update, place.thread)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)
