"""What must survive: the inbox, keys, and what handlers read; see `turns` for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

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
)
from bot.domain.effects import Effect
from bot.domain.events import (
    Delivery,
    InboxId,
    Incoming,
    Outgoing,
    Question,
)
from bot.domain.keys import KeyId, KeyInfo, StoredKey
from bot.domain.ports.groups import Groups
from bot.domain.ports.people import People
from bot.domain.ports.spending import Spent, SpentLine, UsedTurn
from bot.domain.ports.turns import TurnStore
from bot.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """An update that was stored and is not handled yet.

    `incoming` has a `SecretText` with an empty secret where only the stub was kept.
    `tries` counts handler starts, this one not included.
    """

    id: InboxId
    incoming: Incoming
    tries: int


class Applied(StrEnum):
    """What became of a handled update."""

    DONE = "done"
    DUPLICATE = "duplicate"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What `Intake.finish` did. STALE: a compare-and-set failed; only "handled" was kept.

    `turns` are those now to be run: asked, retried or released; one that was asked late waits.
    """

    applied: Applied
    turns: tuple[Turn, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


class Intake(Protocol):
    """The inbox: what is taken from a messenger, durable before it is confirmed."""

    async def accept_turn(
        self, incoming: Incoming, *, limit: int, is_late: bool = False
    ) -> Turn | None:
        """Store a `Text` and its `received` turn in one commit, bound to session and choices.

        Of a message in pieces it takes those that were not taken before; None if all were.
        `is_late`: it waits, after an absence. Raises InboxFull when the member has `limit` open
        turns already, those of an absence counted apart.
        """
        ...

    async def accept(self, incoming: Incoming) -> InboxRow | None:
        """Store what is no turn, sealed, or the stub of a secret, with the ids of all its pieces.

        Of a `Text` it takes the pieces that were not taken before; None if all were.
        """
        ...

    async def begin(self, row: InboxId) -> int:
        """Count a handler's start, committed before it runs; return how many there were."""
        ...

    async def finish(
        self, row: InboxId, effects: Sequence[Effect], replies: Sequence[Outgoing]
    ) -> Result:
        """Apply effects, put replies into the outbox, mark handled: one commit, or none."""
        ...

    async def park(self, row: InboxId, reference: str) -> None:
        """Set aside an update that keeps failing, where the operator sees it."""
        ...

    async def pending(self) -> Sequence[InboxRow]:
        """Return what was stored and not handled, oldest first: read once, at the start.

        A row that does not authenticate is parked and reported, never returned.
        """
        ...


class KeyVault(Protocol):
    """Sealed API keys; they are written by effects."""

    async def open_key(
        self, member: MemberId, provider: str, origin: str, *, key: KeyId | None = None
    ) -> StoredKey | None:
        """Return the member's active key, or the one named, in clear, for one call.

        None if there is none. Raises VaultCorrupt if it does not authenticate, or was sealed for
        another origin.
        """
        ...

    async def keys(self, member: MemberId) -> Sequence[KeyInfo]:
        """Return the member's keys without the keys, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A question as it was stored."""

    member: MemberId
    place: Place
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """An account of somebody who claimed the bot, and what they were called then."""

    identity: Identity
    name: str


class Settings(Protocol):
    """Members, sessions, choices, usage: what handlers read. All writing is by effects."""

    async def member(self, identity: Identity, name: str, *, is_operator: bool) -> Member:
        """Return the person behind an account, made known if they are new, as their name is."""
        ...

    async def name(self, member: MemberId) -> str:
        """Return what a member was called last; empty if that is not known."""
        ...

    async def operators(self) -> Sequence[Operator]:
        """Return the accounts of those who claimed the bot: read once, at the start.

        A claim that does not authenticate counts as none.
        """
        ...

    async def session(self, place: Place, member: MemberId, *, hangs: bool = False) -> Session:
        """Return the session a message in this place belongs to now, made if there is none.

        `hangs`: the place is a thread named by the message it hangs on. Its first session has the
        turn that message asked, or answered, as its root, if it is one of the chat around it; in
        private only the member's own is.
        """
        ...

    async def choices(self, session: SessionId, member: MemberId) -> Choices:
        """Return what a turn of the member in the session runs with."""
        ...

    async def overrides(self, member: MemberId) -> Overrides:
        """Return the member's own choices for new sessions."""
        ...

    async def sessions(
        self, member: MemberId, place: Place, *, offset: int = 0, limit: int = 5
    ) -> tuple[Sequence[Session], int]:
        """Return sessions with messages, newest first, and how many there are.

        In private those of the place, and the member's private ones on other messengers.
        """
        ...

    async def has_noted(self, member: MemberId, notice: str) -> bool:
        """Return whether the member got a notice that comes once."""
        ...

    async def questions(self) -> Sequence[OpenQuestion]:
        """Return every open question: read once, at the start."""
        ...

    async def adjustments(self, provider: str, model: str) -> frozenset[Adjustment]:
        """Return what was learned about a model in the last 30 days."""
        ...

    async def spent(
        self,
        member: MemberId,
        *,
        since: datetime | None = None,
        session: SessionId | None = None,
    ) -> Spent:
        """Return the member's sum since a time, in one session or in all."""
        ...

    async def spent_by_model(self, member: MemberId, *, since: datetime) -> Sequence[SpentLine]:
        """Return the sums per provider and model, dearest first."""
        ...

    async def spent_by_day(self, member: MemberId, *, since: datetime) -> Sequence[SpentLine]:
        """Return the sums per UTC day, newest first."""
        ...

    async def last_used(self, member: MemberId) -> UsedTurn | None:
        """Return what the member's newest request took; None before the first."""
        ...


class Keepsakes(Protocol):
    """What a messenger must find again at the next start, such as a token or a device's keys.

    A name is the messenger's own, such as `matrix/seeds`. Bytes are put as base64.
    """

    async def get(self, name: str) -> Secret | None:
        """Return what is kept under a name; None if nothing is.

        Raises VaultCorrupt if it does not authenticate.
        """
        ...

    async def put(self, name: str, value: Secret, *, is_fleeting: bool = False) -> None:
        """Keep a value in place of what was there; it is on the disk when this returns.

        What was there leaves no trace in the files. `is_fleeting`: such traces do no harm, as
        with a position in a stream, and are left to fade, which costs less.
        """
        ...

    async def drop(self, name: str) -> None:
        """Forget what is kept under a name, if anything is; it leaves no trace in the files."""
        ...


class Stores(Protocol):
    """All storage ports over one database."""

    @property
    def intake(self) -> Intake:
        """Return the inbox."""
        ...

    @property
    def turns(self) -> TurnStore:
        """Return the turns and the outbox."""
        ...

    @property
    def keys(self) -> KeyVault:
        """Return the keys."""
        ...

    @property
    def settings(self) -> Settings:
        """Return members, sessions and usage."""
        ...

    @property
    def groups(self) -> Groups:
        """Return groups and who pays in them."""
        ...

    @property
    def people(self) -> People:
        """Return who is known and invited."""
        ...

    @property
    def keepsakes(self) -> Keepsakes:
        """Return what messengers keep for themselves."""
        ...
