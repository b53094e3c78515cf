"""What a handled message changes. A command returns effects; one commit applies them all.

Handlers read and decide; nothing is written until `Intake.finish` applies the effects, the
replies and "handled" together, so every effect happens once.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.chat import (
    INHERIT,
    Adjustment,
    Identity,
    Inherit,
    MemberId,
    Overrides,
    Place,
    Scope,
    SessionId,
    TurnId,
    WaitReason,
)
from bot.domain.events import MessageRef, Question
from bot.domain.groups import Agreed, GroupId, When
from bot.domain.keys import KeyHealth, KeyId
from bot.domain.people import InvitationId, Standing
from bot.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """Lay `overrides` over a session's choices, or over the member's own for new sessions.

    In a group the session's are the group's: they hold in all its topics and sessions. What they
    replace is kept for one `UndoChoice` per field; the same again replaces nothing.
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
    """Go on in a place with an earlier session: one of that place, or a private one of theirs."""

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

    `group`: in all of a group's places, and nowhere else. Those received before `since` stay
    waiting; the member is asked about them. So do those newer than `until`, of which the member
    did not know yet.
    """

    member: MemberId
    reason: WaitReason
    since: datetime | None = None
    place: Place | None = None
    group: GroupId | None = None
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
    """Make a member the first operator, called `name`; stale if there is an operator already.

    If they were removed or blocked they are no more: whoever has the host's code is the host.
    """

    member: MemberId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """Change what is given of a group; INHERIT leaves it. Stale if there is no such group."""

    group: GroupId
    is_allowed: bool | Inherit = INHERIT
    when: When | Inherit = INHERIT
    history_tokens: int | Inherit = INHERIT


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePayer:
    """Change what is given of a member in a group; INHERIT leaves it. Stale if there is no group.

    `agreed` begins it, if it had not, and ends a stop.
    """

    member: MemberId
    group: GroupId
    agreed: Agreed | Inherit = INHERIT
    is_stopped: bool | Inherit = INHERIT
    cap_usd: Decimal | Inherit | None = INHERIT
    history_tokens: int | Inherit | None = INHERIT
    shows_name: bool | Inherit = INHERIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """Make an invitation, sealed; the same again only changes when it expires.

    Stale if it was used or withdrawn.
    """

    id: InvitationId
    member: MemberId
    code: Secret
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawInvitation:
    """Let an invitation work no more; stale if it does not anyway."""

    id: InvitationId


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptInvitation:
    """Admit a member by an invitation, which is spent by that.

    Stale if it is spent, withdrawn or expired, or if the member is blocked.
    """

    id: InvitationId
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStanding:
    """Decide about a member; stale if there is none, or it is decided so.

    Whoever is removed or blocked is no operator, and what was to be erased of them no more if
    they are admitted. Their turns that have not begun expire.
    """

    member: MemberId
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOperator:
    """Make a member, called `name`, an operator, or none any more; stale if it is so."""

    member: MemberId
    name: str
    is_operator: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseLater:
    """Delete at a time all that is kept of a member who was removed or blocked; None: do not."""

    member: MemberId
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAccount:
    """Let an account, with all that was made with it, be a member's; no sealed text is rewritten.

    Stale if it is theirs already, there is no such account or member, or the account's member has
    others too. Where both have a key of one provider, the member's stays the active one.
    """

    member: MemberId
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkAccount:
    """Let an account that was linked be a member of its own again, with what was made with it.

    Stale if it was not linked to this member.
    """

    member: MemberId
    identity: Identity


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
    | ChangeGroup
    | ChangePayer
    | Invite
    | WithdrawInvitation
    | AcceptInvitation
    | SetStanding
    | SetOperator
    | EraseLater
    | LinkAccount
    | UnlinkAccount
)
