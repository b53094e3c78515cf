"""The stores in memory: the twin of SQLite's, for tests and for looking things up in them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from bot.domain.chat import (
    Adjustment,
    Choices,
    Identity,
    Member,
    MemberId,
    Overrides,
    Place,
    Session,
    SessionId,
    Turn,
    TurnState,
)
from bot.domain.effects import Effect
from bot.domain.errors import InboxFull, VaultCorrupt
from bot.domain.events import DeliveryState, InboxId, Incoming, Outgoing, Text
from bot.domain.keys import KeyId, KeyInfo, StoredKey
from bot.domain.pieces import without_known
from bot.domain.ports import (
    Applied,
    Clock,
    InboxRow,
    OpenQuestion,
    Operator,
    Result,
    Spent,
    SpentLine,
    UsedTurn,
)
from bot.domain.secret import Secret
from storage.memory_effects import apply
from storage.memory_erasure import erase_due
from storage.memory_groups import MemoryGroups
from storage.memory_people import MemoryPeople
from storage.memory_spending import summed
from storage.memory_state import State, StoredUpdate, Used
from storage.memory_turns import MemoryTurns
from storage.rules import (
    EPOCH_DETAIL,
    NAME_CHARS,
    asking,
    from_nano,
    may_change,
    may_go_on_in,
    now_in,
    storable,
    taken,
)


class MemoryIntake:
    """An Intake in dicts."""

    def __init__(self, state: State) -> None:
        """Work on a shared state."""
        self._state = state

    async def accept_turn(
        self, incoming: Incoming, *, limit: int, is_late: bool = False
    ) -> Turn | None:
        """Store a text and its turn."""
        if not isinstance(incoming.body, Text):
            raise TypeError(type(incoming.body).__name__)
        left = without_known(incoming, self._known(incoming))
        if left is None:
            return None
        state = self._state
        sender = incoming.sender
        member = state.member(sender)
        if limit <= state.count_open(member, is_late=is_late):
            raise InboxFull
        for piece in left.pieces:
            self._store(piece, None)
        return state.ask(asking(left, member, is_late=is_late), account=sender)

    async def accept(self, incoming: Incoming) -> InboxRow | None:
        """Store what is no turn, or the stub of a secret."""
        left = without_known(incoming, self._known(incoming))
        if left is None:
            return None
        kept = taken(incoming, left)
        for piece in left.before:
            self._store(piece, None)
        return InboxRow(id=self._store(kept, kept), incoming=kept, tries=0)

    def _known(self, incoming: Incoming) -> set[str]:
        frontend, seen = incoming.place.frontend, self._state.seen
        return {each.update for each in incoming.pieces if (frontend, each.update) in seen}

    def _store(self, incoming: Incoming, kept: Incoming | None) -> InboxId:
        row = InboxId(self._state.next_id())
        self._state.seen[incoming.place.frontend, incoming.update] = row
        self._state.inbox[row] = StoredUpdate(incoming=kept)
        return row

    async def begin(self, row: InboxId) -> int:
        """Count a handler's start."""
        stored = self._state.inbox[row]
        self._state.inbox[row] = replace(stored, tries=stored.tries + 1)
        return stored.tries + 1

    async def finish(
        self, row: InboxId, effects: Sequence[Effect], replies: Sequence[Outgoing]
    ) -> Result:
        """Apply effects, replies and "handled", or only the last."""
        stored = self._state.inbox.get(row)
        if not stored or stored.incoming is None or stored.parked:
            return Result(applied=Applied.DUPLICATE)
        saved = self._state.saved()
        frontend = stored.incoming.place.frontend
        self._state.inbox[row] = replace(stored, incoming=None)
        turns: list[Turn] = []
        for effect in effects:
            started = apply(self._state, effect, frontend=frontend)
            if started is None:
                self._state.restore(saved)
                self._state.inbox[row] = replace(stored, incoming=None)
                return Result(applied=Applied.STALE)
            turns.extend(started)
        deliveries = self._state.post(tuple(replies))
        return Result(applied=Applied.DONE, turns=tuple(turns), deliveries=deliveries)

    async def park(self, row: InboxId, reference: str) -> None:
        """Set aside an update that keeps failing."""
        stored = self._state.inbox.get(row)
        if stored and stored.incoming is not None:
            self._state.inbox[row] = replace(stored, parked=reference)

    async def pending(self) -> Sequence[InboxRow]:
        """Return what was stored and not handled."""
        return tuple(
            InboxRow(
                id=id_,
                incoming=now_in(self._state.where_now(row.incoming.place), row.incoming),
                tries=row.tries,
            )
            for id_, row in sorted(self._state.inbox.items())
            if row.incoming is not None and not row.parked
        )


class MemoryKeys:
    """A KeyVault in dicts."""

    def __init__(self, state: State) -> None:
        """Work on a shared state."""
        self._state = state

    async def open_key(
        self, member: MemberId, provider: str, origin: str, *, key: KeyId | None = None
    ) -> StoredKey | None:
        """Return the member's active key, or the one named."""
        row = self._state.active_key(member, provider)
        if key is not None:
            mine = self._state.keys_of(member, provider)
            row = next((each for each in mine if each.info.id == key), None)
        if row is None:
            return None
        if row.info.origin != origin:
            raise VaultCorrupt("api_keys", "key", provider)
        return StoredKey(row.key.reveal(), key_id=row.info.id, health=row.info.health)

    async def keys(self, member: MemberId) -> Sequence[KeyInfo]:
        """Return the member's keys without the keys."""
        return tuple(row.info for row in self._state.keys.values() if row.member == member)


class MemorySettings:
    """Settings in dicts."""

    def __init__(self, state: State) -> None:
        """Work on a shared state."""
        self._state = state

    async def member(self, identity: Identity, name: str, *, is_operator: bool) -> Member:
        """Return the person behind an account."""
        id_ = self._state.member(identity)
        if name:
            own = self._state.linked.get(identity, id_)
            self._state.names[own] = storable(name[:NAME_CHARS])
        return Member(id=id_, identity=identity, name=name, is_operator=is_operator)

    async def name(self, member: MemberId) -> str:
        """Return what a member was called last; empty if that is not known."""
        return self._state.names.get(member, "")

    async def operators(self) -> Sequence[Operator]:
        """Return the accounts of those who claimed the bot."""
        return tuple(
            Operator(identity=identity, name=names[0])
            for identity, member in self._state.members.items()
            if (names := self._operator_names(member))
        )

    def _operator_names(self, member: MemberId) -> list[str]:
        rows, operators = self._state.rows_of(member), self._state.operators
        return [operators[row] for row in rows if row in operators]

    async def session(self, place: Place, member: MemberId, *, hangs: bool = False) -> Session:
        """Return the place's session, made if there is none."""
        return self._state.session(place, member, hangs=hangs)

    async def choices(self, session: SessionId, member: MemberId) -> Choices:
        """Return what a turn of the member in the session runs with."""
        return self._state.choices(self._state.sessions[session], member)

    async def overrides(self, member: MemberId) -> Overrides:
        """Return the member's own choices."""
        return self._state.of(member).overrides

    async def sessions(
        self, member: MemberId, place: Place, *, offset: int = 0, limit: int = 5
    ) -> tuple[Sequence[Session], int]:
        """Return sessions with messages, newest first, and how many there are."""
        found = [
            session
            for session in map(self._state.opened, self._state.sessions.values())
            if session.messages and self._is_listed(session, place, member)
        ]
        found.sort(key=lambda session: (session.last_at, session.id), reverse=True)
        return tuple(found[offset : offset + limit]), len(found)

    def _is_listed(self, session: Session, place: Place, member: MemberId) -> bool:
        if not may_change(session, member):
            return False
        is_elsewhere = session.place.frontend != place.frontend
        goes_on = self._state.active.get(place) == session.id
        may_come = is_elsewhere or goes_on
        return session.place == place or (may_come and may_go_on_in(session.place, place))

    async def has_noted(self, member: MemberId, notice: str) -> bool:
        """Return whether the member got a notice that comes once."""
        return (member, notice) in self._state.notices

    async def questions(self) -> Sequence[OpenQuestion]:
        """Return every open question."""
        return tuple(
            OpenQuestion(member=member, place=place, question=question)
            for (member, place), question in self._state.questions.items()
        )

    async def adjustments(self, provider: str, model: str) -> frozenset[Adjustment]:
        """Return what was learned about a model in the last 30 days."""
        return self._state.adjustments(provider, model)

    async def spent(
        self,
        member: MemberId,
        *,
        since: datetime | None = None,
        session: SessionId | None = None,
    ) -> Spent:
        """Return the member's sum since a time, in one session or in all."""
        rows = [row for row in self._used(member, since) if session in {None, row.session}]
        return summed(rows)

    async def spent_by_model(self, member: MemberId, *, since: datetime) -> Sequence[SpentLine]:
        """Return the sums per provider and model, dearest first."""

        def of(row: Used) -> tuple[str, str]:
            return row.provider, row.model

        lines = [
            SpentLine(key=model, provider=provider, spent=summed(list(rows)))
            for (provider, model), rows in groupby(sorted(self._used(member, since), key=of), of)
        ]
        return tuple(sorted(lines, key=lambda line: line.spent.cost_usd, reverse=True))

    async def spent_by_day(self, member: MemberId, *, since: datetime) -> Sequence[SpentLine]:
        """Return the sums per UTC day, newest first."""

        def day(row: Used) -> str:
            return row.at.date().isoformat()

        rows = sorted(self._used(member, since), key=day, reverse=True)
        return tuple(
            SpentLine(key=key, provider="", spent=summed(list(group)))
            for key, group in groupby(rows, day)
        )

    async def last_used(self, member: MemberId) -> UsedTurn | None:
        """Return what the member's newest request took; None before the first."""
        rows = self._used(member, None)
        if not rows:
            return None
        row = rows[-1]
        return UsedTurn(
            provider=row.provider,
            model=row.model,
            usage=row.usage,
            cost_usd=None if row.cost_nano is None else from_nano(row.cost_nano),
            at=row.at,
        )

    def _used(self, member: MemberId, since: datetime | None) -> list[Used]:
        rows = [row for row in self._state.usage if row.member == member]
        return [row for row in rows if since is None or row.at >= since]


class MemoryKeepsakes:
    """Keepsakes in a dict."""

    def __init__(self, state: State) -> None:
        """Work on a shared state."""
        self._state = state

    async def get(self, name: str) -> Secret | None:
        """Return what is kept under a name."""
        return self._state.keepsakes.get(name)

    async def put(self, name: str, value: Secret, *, is_fleeting: bool = False) -> None:
        """Keep a value in place of what was there."""
        del is_fleeting  # memory has no traces
        self._state.keepsakes[name] = Secret(storable(value.reveal()))

    async def drop(self, name: str) -> None:
        """Forget what is kept under a name."""
        self._state.keepsakes.pop(name, None)


class MemoryStores:
    """All storage ports in memory. It outlives an app, so a restart is a second app on it."""

    def __init__(self, clock: Clock) -> None:
        """Begin with an empty house."""
        self._state = State.empty(clock)
        self.intake = MemoryIntake(self._state)
        self.turns = MemoryTurns(self._state)
        self.keys = MemoryKeys(self._state)
        self.settings = MemorySettings(self._state)
        self.people = MemoryPeople(self._state)
        self.groups = MemoryGroups(self._state)
        self.keepsakes = MemoryKeepsakes(self._state)

    def begin_epoch(self) -> None:
        """Do what starting on a restored backup does: nothing is sent or asked by itself."""
        state = self._state
        for id_, row in list(state.turns.items()):
            if row.turn.state.is_open:
                turn = replace(
                    row.turn, state=TurnState.EXPIRED, detail=EPOCH_DETAIL, is_untold=True
                )
                state.turns[id_] = replace(row, turn=turn, shown=None)
        for delivery, waiting in list(state.outbox.items()):
            if waiting.state in {DeliveryState.PENDING, DeliveryState.SENDING}:
                state.outbox[delivery] = replace(waiting, state=DeliveryState.UNDELIVERABLE)
        for inbox, stored in list(state.inbox.items()):
            state.inbox[inbox] = replace(stored, incoming=None)

    async def tidy(self) -> None:
        """Erase whoever is to be erased by now."""
        erase_due(self._state)

    async def close(self) -> None:
        """Nothing to let go."""
