"""What a handled message changes. A command returns effects; one commit applies them all.

Handlers read and decide; nothing is written until `Intake.finish` applies the effects, the
replies and "handled" together, so every effect happens once.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.chat import (
    Adjustment,
    MemberId,
    Overrides,
    Place,
    Scope,
    SessionId,
    TurnId,
    WaitReason,
)
from bot.domain.events import MessageRef, Question
from bot.domain.keys import KeyHealth, KeyId
from bot.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """Lay `overrides` over a session's choices, or over the member's own for new sessions.

    What they replace is kept for one `UndoChoice` per field; the same again replaces nothing.
    """

    scope: Scope
    member: MemberId
    session: SessionId
    overrides: Overrides


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoChoice:
    """Bring back what the last `Choose` of the field replaced; stale when there is nothing."""

    scope: Scope
    member: MemberId
    session: SessionId
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDefault:
    """Copy the session's choice of these fields to the member's own (undoable like `Choose`)."""

    member: MemberId
    session: SessionId
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSession:
    """Begin a new session in the place; the one before stays in the list."""

    member: MemberId
    place: Place
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSession:
    """Go on with an earlier session of the same place."""

    member: MemberId
    place: Place
    session: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameSession:
    """Give a session another title."""

    member: MemberId
    session: SessionId
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSession:
    """Erase a session and its turns; usage stays. Its running turns were cancelled before."""

    member: MemberId
    session: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class PutKey:
    """Store a key, and erase the one it replaces.

    It takes the place of that one: active if that was. With nothing to replace, or no more, it
    stands beside the member's other keys of the provider and becomes the active one.
    """

    member: MemberId
    provider: str
    origin: str
    key: Secret
    health: KeyHealth
    replaces: KeyId | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropKey:
    """Erase a key from the database's bytes.

    After the active one, the newest other key of its provider is the active one.
    """

    member: MemberId
    key: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class UseKey:
    """Make a key the active one of its provider."""

    member: MemberId
    key: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameKey:
    """Give a key another name; an empty one takes it away."""

    member: MemberId
    key: KeyId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKeyHealth:
    """Record what a check or a use said of a stored key."""

    member: MemberId
    key: KeyId
    health: KeyHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Start a turn with this question, bound to the place's session as it is now.

    `message` is the first of the `pieces` it came in. `late_since`: it was sent then, while the
    bot was away, so it waits until its member says that it is to be answered.
    """

    member: MemberId
    place: Place
    question: str
    message: MessageRef | None = None
    pieces: int = 1
    late_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    """Take over the new text of an edited question; None forgets one that was kept.

    A turn that has not begun is asked with it, which is stale once it has. `is_begun`: it is kept
    beside the turn until `AnswerRevised`.
    """

    turn: TurnId
    member: MemberId
    question: str | None
    is_begun: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRevised:
    """Ask an ended turn's revised question, if it still stands at `attempt`: a compare-and-set.

    The revised question takes the place of the first, whose answer leaves the history. Stale too
    where none is kept.
    """

    turn: TurnId
    member: MemberId
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryTurn:
    """Run an ended turn again, if it still stands at `attempt`: a compare-and-set.

    `provider` and `model` answer this once; empty means as the session has them now.
    """

    turn: TurnId
    member: MemberId
    attempt: int
    provider: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWaiting:
    """Let the member's turns that wait for `reason` run, bound anew; in `place`, or everywhere.

    Those received before `since` stay waiting; the member is asked about them. So do those newer
    than `until`, of which the member did not know yet.
    """

    member: MemberId
    reason: WaitReason
    since: datetime | None = None
    place: Place | None = None
    until: TurnId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropWaiting:
    """Expire the member's turns in a place that have not begun, but for `keep`.

    `reason`: only those that wait for it. `until`: none that are newer.
    """

    member: MemberId
    place: Place
    keep: TurnId | None = None
    reason: WaitReason | None = None
    until: TurnId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Leave a turn out of its session's history, or put it back; stale if it already is so."""

    turn: TurnId
    member: MemberId
    is_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseTurn:
    """Erase a question that its sender took back, and its answer; usage stays.

    What ran of it was ended before. A conversation that was called by it is called by the first
    of its other questions.
    """

    turn: TurnId
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuestion:
    """Open a question to the member in a place, or close it (None)."""

    member: MemberId
    place: Place
    question: Question | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOnce:
    """Remember that the member got a notice that comes once; never stale."""

    member: MemberId
    notice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnAdjustment:
    """Remember for 30 days what a vendor refused of a model."""

    provider: str
    model: str
    adjustment: Adjustment


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOperator:
    """Make a member the first operator, called `name`; stale if there is an operator already."""

    member: MemberId
    name: str


Effect = (
    Choose
    | UndoChoice
    | MakeDefault
    | StartSession
    | SwitchSession
    | RenameSession
    | DeleteSession
    | PutKey
    | DropKey
    | UseKey
    | RenameKey
    | NoteKeyHealth
    | Ask
    | Revise
    | AnswerRevised
    | RetryTurn
    | ReleaseWaiting
    | DropWaiting
    | TakeBack
    | EraseTurn
    | SetQuestion
    | NoteOnce
    | LearnAdjustment
    | ClaimOperator
)
