"""What the application asks of the outside: one Protocol per port."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from bot.domain.chat import (
    Adjustment,
    ChatRequest,
    Choices,
    Event,
    Identity,
    KeyInfo,
    Member,
    MemberId,
    Message,
    Model,
    Overrides,
    Place,
    ProviderSpec,
    Session,
    SessionId,
    Turn,
    TurnId,
    TurnState,
    Usage,
    WaitReason,
)
from bot.domain.effects import Effect
from bot.domain.events import (
    Delivery,
    DeliveryId,
    DeliveryState,
    InboxId,
    Incoming,
    MessageRef,
    Outgoing,
    Question,
    Reply,
)
from bot.domain.secret import Secret


class Clock(Protocol):
    """Time, so that tests own it."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a messenger can do. `sends_once`: repeating a send or an edit does no harm there.

    `is_local`: what is typed there reaches nobody but this process.
    """

    prefix: str = "/"
    has_buttons: bool = False
    can_edit: bool = False
    can_delete: bool = False
    can_react: bool = False
    sends_once: bool = False
    is_local: bool = False


class ReplySink(Protocol):
    """One answer growing on a screen. Pacing is the frontend's own affair."""

    async def open(self) -> MessageRef | None:
        """Show that work has begun; return the message that will grow, if it already exists."""
        ...

    def show(self, text: str) -> None:
        """Offer the whole text so far. Never waits; older offers may be dropped."""
        ...

    async def finish(self, reply: Reply) -> MessageRef | None:
        """Show the first part of the final text and let go; raises FrontendError."""
        ...

    async def close(self) -> None:
        """Let go without a final text: it comes as a message of its own, or never."""
        ...


class Receiver(Protocol):
    """Where a frontend hands its updates."""

    async def receive(self, incoming: Incoming) -> None:
        """Take one update; it is durable when this returns. Raises StorageUnavailable."""
        ...

    async def settled(self, place: Place) -> None:
        """Wait until everything received from a place has been handled and delivered."""
        ...

    def open_question(self, identity: Identity, place: Place) -> Question | None:
        """Return what the bot is waiting for there, so that a key can be typed unseen."""
        ...


class Frontend(Protocol):
    """A messenger."""

    @property
    def name(self) -> str:
        """Return `telegram`, `matrix`, `console`: stable, it is stored."""
        ...

    @property
    def abilities(self) -> Abilities:
        """Return what this messenger can do."""
        ...

    async def run(self, receiver: Receiver) -> None:
        """Hand over updates until cancelled or at the end of input; owns reconnecting."""
        ...

    def split(self, text: str) -> Sequence[str]:
        """Cut an answer's Markdown into parts this messenger shows whole; at least one."""
        ...

    def sink(self, place: Place, *, reply_to: MessageRef | None) -> ReplySink:
        """Return where an answer will grow. Does no I/O."""
        ...

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:
        """Send a message; `key` is the same when it is sent again. Raises FrontendError."""
        ...

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        """Put `reply` in a message's place. Raises FrontendError."""
        ...

    async def delete(self, place: Place, message: MessageRef) -> bool:
        """Delete a member's message; False when this messenger or chat does not allow it."""
        ...

    async def seen(self, place: Place, message: MessageRef) -> None:
        """Show without words that a message waits its turn; nothing where there is no way."""
        ...


class Provider(Protocol):
    """A vendor's API, called on its own host only."""

    @property
    def spec(self) -> ProviderSpec:
        """Return the vendor's row."""
        ...

    def stream(self, request: ChatRequest, key: Secret) -> AsyncIterator[Event]:
        """Make one request and yield its events. Never sends twice.

        Raises ProviderError; after the first event the error is never `is_unsent`. Closing the
        iterator ends the request.
        """
        ...

    async def check_key(self, key: Secret) -> None:
        """Ask the vendor's free call whether it takes the key; raises ProviderError if not."""
        ...

    async def list_models(self, key: Secret) -> Sequence[Model]:
        """Return the chat models of the key, the vendor's default first; raises ProviderError."""
        ...


Providers = Mapping[str, Provider]


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

    `turns` are those now to be run: asked, retried or released.
    """

    applied: Applied
    turns: tuple[Turn, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


class Intake(Protocol):
    """The inbox: what is taken from a messenger, durable before it is confirmed."""

    async def accept_turn(self, incoming: Incoming, *, limit: int) -> Turn | None:
        """Store a `Text` and its `received` turn in one commit, bound to session and choices.

        None if the update was taken before. Raises InboxFull when the member has `limit` open
        turns already.
        """
        ...

    async def accept(self, incoming: Incoming) -> InboxRow | None:
        """Store a command or press, sealed, or the stub of a secret; None on a repeat."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an attempt ended, for one commit.

    `answer` None keeps what the turn had; a text makes it part of the history. `usage` None:
    nothing was asked. `cost_usd` None: unknown. `effects` commit with it.
    """

    state: TurnState
    detail: str = ""
    answer: str | None = None
    usage: Usage | None = None
    cost_usd: Decimal | None = None
    replies: tuple[Outgoing, ...] = ()
    effects: tuple[Effect, ...] = ()


class TurnStore(Protocol):
    """Turns, in whole transitions; each is one commit, shielded from cancellation."""

    async def wait(
        self, turn: TurnId, reason: WaitReason, replies: Sequence[Outgoing]
    ) -> Sequence[Delivery]:
        """Let a received turn wait."""
        ...

    async def rebind(self, turn: TurnId) -> Turn:
        """Bind a received turn to its place's session and choices as they are now."""
        ...

    async def begin_attempt(self, turn: TurnId, attempt: int) -> bool:
        """Commit `requested(attempt)`; False if the turn is not just before that attempt."""
        ...

    async def checkpoint(self, partials: Mapping[TurnId, str]) -> None:
        """Keep the text of running turns so far, sealed; turns that ended meanwhile are left."""
        ...

    async def shown(self, turn: TurnId, message: MessageRef) -> None:
        """Note the message in which the answer grows, to go on in it after a restart."""
        ...

    async def end(self, turn: TurnId, attempt: int, ending: Ending) -> Sequence[Delivery]:
        """Commit the end of an attempt: text, usage, cost, outbox; nothing if already ended.

        Replies of the turn's first part edit the message of `shown`, if there is one.
        """
        ...

    async def find(self, turn: TurnId) -> Turn | None:
        """Return a turn, opened. Raises VaultCorrupt."""
        ...

    async def last(self, session: SessionId, member: MemberId) -> Turn | None:
        """Return the member's newest turn in the session that was not taken back."""
        ...

    async def history(
        self, session: SessionId, *, before: TurnId, budget_tokens: int
    ) -> tuple[Sequence[Message], bool]:
        """Return the transcript's newest messages within a budget, oldest first.

        Whole turns only; `before` itself is left out. The bool: whether older ones did not fit.
        A turn that does not authenticate is left out and reported.
        """
        ...

    async def recover(self) -> Sequence[Turn]:
        """Return every open turn at the start, oldest first, `requested` ones included.

        In a new epoch (a restored backup) all of them have expired before, and their pending
        messages with them; they are returned as `expired`, once, to be told.
        """
        ...

    async def deliveries(self) -> Sequence[Delivery]:
        """Return the outbox at the start, oldest first; `sending` rows have `is_repeat`."""
        ...

    async def mark_delivery(
        self, delivery: DeliveryId, state: DeliveryState, message: MessageRef | None = None
    ) -> None:
        """Commit where a message stands; a sent one's text is erased."""
        ...


class KeyVault(Protocol):
    """Sealed API keys; they are written by effects."""

    async def open_key(self, member: MemberId, provider: str, origin: str) -> Secret | None:
        """Return the member's key, in clear, for one call; None if there is none.

        Raises VaultCorrupt if it does not authenticate, or was sealed for another origin.
        """
        ...

    async def keys(self, member: MemberId) -> Sequence[KeyInfo]:
        """Return the member's keys without the keys, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """A sum of usage. `cost_usd` leaves out the `unknown` answers; `is_estimated` if any was."""

    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unknown: int = 0
    is_estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentLine:
    """A row of the usage table: by model or by day. `key` is the model's id or `2026-11-23`."""

    key: str
    provider: str
    spent: Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A question as it was stored."""

    member: MemberId
    place: Place
    question: Question


class Settings(Protocol):
    """Members, sessions, choices, usage: what handlers read. All writing is by effects."""

    async def member(self, identity: Identity, name: str, *, is_operator: bool) -> Member:
        """Return the person behind an account, made known if they are new."""
        ...

    async def session(self, place: Place, member: MemberId) -> Session:
        """Return the session a message in this place belongs to now, made if there is none."""
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
        """Return sessions with messages, newest first, and how many there are."""
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
