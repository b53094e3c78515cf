"""Encrypted events opened; those whose key is not there yet wait for it, over restarts too."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from adapters.matrix.api import MatrixApi
from adapters.matrix.crypto.machine import Machine, Undecryptable
from adapters.matrix.wire import CallError, Json
from bot.domain.ports import Clock, Keepsakes
from bot.domain.secret import Secret

_log = logging.getLogger(__name__)
_KEPT: Final = "matrix/unopened"
_MOST: Final = 500
_PATIENCE_S: Final = 10.0  # a key may come a moment after what it opens
_SEALED: Final = "m.room.encrypted"


class _Waiting(msgspec.Struct, array_like=True):
    room: str
    event: str
    session: str
    sender: str
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An event as it reads; `was_sealed`: it was encrypted."""

    event: Json
    was_sealed: bool = False


@dataclass(frozen=True, slots=True)
class Unopened:
    """An event whose key has not come."""

    room: str
    event: str
    sender: str


class Opening:
    """Opens events; which ones wait is kept, by their ids, and they are fetched again."""

    def __init__(
        self, api: MatrixApi, machine: Machine, keepsakes: Keepsakes, clock: Clock
    ) -> None:
        """Use them all; no I/O."""
        self._api = api
        self._clock = clock
        self._since: dict[str, float] = {}
        self._machine = machine
        self._keepsakes = keepsakes
        self._waiting: dict[str, _Waiting] = {}
        self._withheld: dict[str, str] = {}
        self._is_changed = False

    async def load(self) -> None:
        """Read what waits since an earlier run."""
        kept = await self._keepsakes.get(_KEPT)
        found = msgspec.json.decode(kept.reveal(), type=list[_Waiting]) if kept else []
        self._waiting = {each.event: each for each in found}

    async def keep(self) -> None:
        """Keep what waits, before the server is told that all was taken."""
        if self._is_changed:
            text = msgspec.json.encode(list(self._waiting.values())).decode()
            await self._keepsakes.put(_KEPT, Secret(text), is_fleeting=True)
            self._is_changed = False

    def withheld(self, codes: Mapping[str, str]) -> None:
        """Take note of keys that are kept from us, and why."""
        self._withheld.update(codes)

    def open(self, room: str, event: Json) -> Opened | None:
        """Return an event as it reads; None: it waits for its key, or is of no use."""
        if event.get("type") != _SEALED:
            return Opened(event)
        try:
            inner = self._machine.decrypt(room, event)
        except Undecryptable as error:
            self._wait(room, event, error.session)
            return None
        self._done(event["event_id"])
        return Opened({**event, **inner}, was_sealed=True)

    def peek(self, room: str, event: Json) -> Json:
        """Return an older event as it reads, as far as it can be read; it does not wait."""
        if event.get("type") != _SEALED:
            return event
        try:
            return {**event, **self._machine.decrypt(room, event)}
        except Undecryptable:
            return event

    async def again(self, rooms: Iterable[str]) -> Sequence[tuple[str, Json]]:
        """Fetch what waits in rooms that have new keys, and return what can be read now."""
        wanted = set(rooms)
        found = []
        for each in [each for each in self._waiting.values() if each.room in wanted]:
            try:
                event = await self._api.event(each.room, each.event)
            except CallError as error:
                if not error.is_lasting:
                    raise
                self._done(each.event)  # it is gone, or we are
                continue
            event["event_id"] = each.event
            if _is_sound(event) and (opened := self.open(each.room, event)):
                found.append((each.room, opened.event))
        return found

    @property
    def wait_s(self) -> float | None:
        """In how many seconds something is overdue; None: nothing."""
        now = self._clock.monotonic()
        return min((since + _PATIENCE_S - now for since in self._since.values()), default=None)

    def overdue(self) -> Sequence[Unopened]:
        """Return one event for each key that should have come by now, once."""
        now = self._clock.monotonic()
        late = {each for each, since in self._since.items() if now - since >= _PATIENCE_S}
        found: dict[str, Unopened] = {}
        for each in self._waiting.values():
            if each.session in late and not each.is_told:
                each.is_told = self._is_changed = True
                found[each.session] = Unopened(each.room, each.event, each.sender)
        for session in late:
            why = self._withheld.get(session, "it did not come")
            _log.warning("a message cannot be decrypted: its key is missing, %s", why)
            del self._since[session]
        return list(found.values())

    @property
    def rooms(self) -> set[str]:
        """The rooms in which something waits."""
        return {each.room for each in self._waiting.values()}

    def _wait(self, room: str, event: Json, session: str) -> None:
        """Let an event wait for its key."""
        if not session:
            _log.warning("an encrypted message is malformed and is left out")
            return
        name = event["event_id"]
        if name in self._waiting:
            return
        is_told = any(each.is_told for each in self._waiting.values() if each.session == session)
        if not is_told:
            self._since.setdefault(session, self._clock.monotonic())
        self._waiting[name] = _Waiting(room, name, session, event["sender"], is_told)
        self._is_changed = True
        while len(self._waiting) > _MOST:
            del self._waiting[next(iter(self._waiting))]

    def _done(self, event: str) -> None:
        found = self._waiting.pop(event, None)
        if found is not None:
            self._since.pop(found.session, None)
            self._is_changed = True


def _is_sound(event: Json) -> bool:
    return isinstance(event.get("sender"), str) and isinstance(event.get("content"), dict)
