"""The way in: what a sync brings is made durable by whoever takes it, and only then confirmed."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from adapters.matrix.api import MatrixApi, sync_filter
from adapters.matrix.crypto.machine import Arrived, Machine
from adapters.matrix.crypto.opening import Opening, Unopened
from adapters.matrix.crypto.sealing import Sealing
from adapters.matrix.entering import Entered, Entering, begins_with
from adapters.matrix.rooms import Room, Rooms, events_of
from adapters.matrix.synced import (
    changed,
    directs,
    is_echo,
    is_sound,
    parts_of,
    stamp,
    to_stamp,
)
from adapters.matrix.verification.wire import is_verification
from adapters.matrix.wire import CallError, Json
from bot.domain.ports import Clock, Keepsakes
from bot.domain.secret import Secret

_log = logging.getLogger(__name__)
_SINCE: Final = "matrix/since"
_WAIT_S: Final = 30.0
_MOST_PAGES: Final = 20  # of a hundred events each
_BEFORE: Final = timedelta(minutes=2)
_MOST_ECHOES: Final = 50  # rounds in a row: what comes again after a start stays one answer


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of a room, decrypted."""

    room: Room
    event: Json


@dataclass(frozen=True, slots=True)
class Round:
    """What one sync brought. `invites`: the invited rooms' state; `left`: rooms the bot is out of.

    `entered`: rooms in which it is among several people since. `unopened`: what should be readable
    by now, and is not. `directs`: the rooms that the account holds for chats with one person, if
    that is told anew.
    """

    heard: Mapping[str, Sequence[Heard]] = field(default_factory=dict)
    invites: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    left: Sequence[Room] = ()
    entered: Sequence[Entered] = ()
    unopened: Sequence[Unopened] = ()
    arrived: Arrived = field(default_factory=Arrived)
    directs: Json | None = None


Take = Callable[[Round], Awaitable[None]]


class Syncer:
    """Asks what is new until cancelled; `take` returns when all it got is durable.

    What a crash, a full disk or a cut line keeps from being stored comes again: the server is told
    how far we are only by the next sync, and that is kept before.
    """

    def __init__(
        self,
        api: MatrixApi,
        *,
        machine: Machine,
        rooms: Rooms,
        opening: Opening,
        sealing: Sealing,
        keepsakes: Keepsakes,
        clock: Clock,
        take: Take,
        me: str,
    ) -> None:
        """Use them all; no I/O."""
        self._api = api
        self._machine = machine
        self._rooms = rooms
        self._opening = opening
        self._sealing = sealing
        self._keepsakes = keepsakes
        self._clock = clock
        self._take = take
        self._me = me
        self._started_at = clock.now()
        self._since = ""
        self._filter = sync_filter()
        self._is_first = True
        self._is_unread = False
        self._known: set[str] = set()
        self._echoes = 0
        self._entered: dict[str, Entered] = {}  # until it was told: a room changes only once

    async def load(self) -> None:
        """Read how far the last run came."""
        kept = await self._keepsakes.get(_SINCE)
        self._since = kept.reveal() if kept else ""
        await self._opening.load()

    async def round(self) -> None:
        """Sync once, and hand over. Raises CallError, StorageUnavailable."""
        raw = await self._api.sync(
            self._since,
            wait_s=self._wait_s(),
            is_full=self._is_first,
            filter_=self._filter,
        )
        since = raw.get("next_batch")
        if not isinstance(since, str):
            raise CallError(0)
        with self._machine.batch():
            arrived = self._machine.take(events_of(raw.get("to_device")))
            self._machine.publishing.count(
                raw.get("device_one_time_keys_count"), raw.get("device_unused_fallback_key_types")
            )
            self._machine.sharing.changed(changed(raw))
        self._opening.withheld(arrived.withheld)
        await self._take(await self._read(raw, arrived))
        self._entered.clear()
        self._machine.sharing.track(self._rooms.readers)
        await self._sealing.keep_up()
        await self._retry(arrived)
        if unopened := self._opening.overdue():
            await self._take(Round(unopened=unopened))
        await self._opening.keep()
        if not self._may_come_again(raw):
            await self._keepsakes.put(_SINCE, Secret(since), is_fleeting=True)
        self._since, self._is_first = since, False
        self._known = {room.id for room in self._rooms}

    def _may_come_again(self, raw: Json) -> bool:
        """Whether nothing came but what the bot wrote: that costs no commit for each edit."""
        may_be = not self._is_first and is_echo(raw, self._me)
        self._echoes = (self._echoes + 1) % _MOST_ECHOES if may_be else 0
        return bool(self._echoes)

    async def _retry(self, arrived: Arrived) -> None:
        """Open what waited for a key, or to learn whose it is: devices are known only now."""
        is_due = self._is_first or self._is_unread
        rooms = self._opening.rooms if is_due else arrived.rooms
        heard: dict[str, list[Heard]] = {}
        for room, event in await self._opening.again(rooms):
            if (known := self._rooms.find(room)) is not None:
                heard.setdefault(room, []).append(Heard(known, event))
        self._is_unread = False
        if heard:
            await self._take(Round(heard))

    def _wait_s(self) -> float:
        if self._is_first:
            return 0.0
        overdue_s = self._opening.wait_s
        return _WAIT_S if overdue_s is None else min(_WAIT_S, max(0.0, overdue_s))

    async def _read(self, raw: Json, arrived: Arrived) -> Round:
        parts = raw.get("rooms")
        parts = parts if isinstance(parts, dict) else {}
        heard = {
            room: await self._in_room(room, part) for room, part in parts_of(parts.get("join"))
        }
        return Round(
            heard=heard,
            entered=list(self._entered.values()),
            invites={
                room: events_of(part.get("invite_state"))
                for room, part in parts_of(parts.get("invite"))
            },
            left=self._left(parts.get("leave")),
            arrived=arrived,
            directs=directs(raw),
        )

    def _left(self, part: object) -> Sequence[Room]:
        """Return the rooms the bot is out of: those it was in, also before this process."""
        found = ((room, self._rooms.find(room)) for room, _ in parts_of(part))
        was_away = self._is_first and bool(self._since)
        # Of one that was left meanwhile nothing is known, and it may have been a group.
        return [
            known or Room(room, join_rule="public") for room, known in found if known or was_away
        ]

    async def _in_room(self, room: str, part: Json) -> Sequence[Heard]:
        """Take over a room's state, and return what was said since, oldest first."""
        is_new = room not in self._known
        known = self._rooms.joined(room)
        before = set(known.members)
        entering = Entering(known, self._me)
        for event in events_of(part.get("state")):
            known.apply(event)
            if not is_new:
                entering.saw(event)
        if is_new:  # its whole state is what was there before
            entering = Entering(known, self._me)
        timeline = part.get("timeline")
        events = events_of(timeline)
        if isinstance(timeline, dict) and timeline.get("limited") is True and self._since:
            events = [*await self._missed(room, timeline.get("prev_batch")), *events]
        begins_at = self._begins_at(events, is_new=is_new)
        heard: list[Heard] = []
        for event in events:
            was_encrypted = known.is_encrypted
            known.apply(event)
            entering.saw(event, is_old=not self._since and stamp(event) < begins_at)
            if is_sound(event) and self._is_due(event, begins_at):
                heard.extend(self._heard(known, event, was_encrypted=was_encrypted))
        if before - set(known.members):
            self._machine.sharing.rotate(room)
        if entering.entered is not None:
            self._entered[room] = entering.entered
        return heard

    def _heard(self, room: Room, event: Json, *, was_encrypted: bool) -> Sequence[Heard]:
        opened = self._opening.open(room.id, event)
        if opened is None:
            self._is_unread = True
            return ()
        if was_encrypted and not opened.was_sealed and self._is_words(event):
            _log.warning("a message in clear in an encrypted room is left out")
            return ()
        return (Heard(room, opened.event),)

    def _is_words(self, event: Json) -> bool:
        """Whether an event is somebody's message; apps ask to verify in clear, which is none."""
        kind, content = event["type"], event["content"]
        is_message = kind == "m.room.message" and bool(content)  # not a redacted one
        is_others = event["sender"] != self._me
        return is_message and is_others and not is_verification(kind, content)

    async def _missed(self, room: str, start: object) -> Sequence[Json]:
        """Return what a sync left out between the last one and what it holds, oldest first."""
        found: list[Json] = []
        for _ in range(_MOST_PAGES):
            if not isinstance(start, str) or not start:
                return found[::-1]
            page = await self._api.messages(room, start, self._since)
            chunk = events_of({"events": page.get("chunk")})
            found.extend(chunk)
            start = page.get("end") if chunk else None
        _log.error("more came in a room while the bot was away than it reads; the oldest is lost")
        return found[::-1]

    def _begins_at(self, events: Sequence[Json], *, is_new: bool) -> int:
        """Return from when on (a server's stamp) a room's events concern the bot."""
        if not self._since:
            return to_stamp(self._started_at - _BEFORE)
        if not is_new:
            return 0
        first = begins_with(events, self._me)
        return stamp(first) if first else 0

    def _is_due(self, event: Json, begins_at: int) -> bool:
        return stamp(event) >= begins_at or event["sender"] == self._me
