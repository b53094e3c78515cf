"""What the stores decide without a database: the same for SQLite and the twin."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final
from unicodedata import normalize

from bot.domain.chat import (
    INHERIT,
    Choices,
    MemberId,
    Overrides,
    Place,
    Session,
    TurnState,
)
from bot.domain.effects import Ask, RetryTurn
from bot.domain.events import Incoming, MessageRef, Outgoing, Text
from bot.domain.people import Standing
from bot.domain.pieces import stub, whole_text
from bot.domain.ports import Ending

TITLE_CHARS: Final = 40
NAME_CHARS: Final = 100
SPOKEN_CHARS: Final = 30
ADJUSTMENT_DAYS: Final = 30
EPOCH_DETAIL: Final = "epoch"  # the detail of a turn that expired because a backup was restored
NEWEST: Final = 2**62  # beyond every id
KEPT_OUT: Final = frozenset({Standing.REMOVED, Standing.BLOCKED})
_NANO: Final = Decimal(10) ** 9
_NUMBER: Final = re.compile(r"M\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choices made in one scope, and what the last one of each field replaced."""

    overrides: Overrides = field(default_factory=Overrides)
    replaced: Mapping[str, Any] = field(default_factory=dict)

    def choose(self, newer: Overrides) -> "Chosen":
        """Lay `newer` over these; what it replaces can be brought back.

        The same once more, as by a second tap, replaces nothing.
        """
        before = {name: getattr(self.overrides, name) for name in newer.set_fields()}
        same = {name for name, value in newer.set_fields().items() if value == before[name]}
        kept = {name: value for name, value in self.replaced.items() if name in same}
        return Chosen(self.overrides.merged(newer), {**self.replaced, **before, **kept})

    def undo(self, name: str) -> "Chosen | None":
        """Bring one field back; None if there is nothing to bring back."""
        if name not in self.replaced:
            return None
        rest = {key: value for key, value in self.replaced.items() if key != name}
        return Chosen(replace(self.overrides, **{name: self.replaced[name]}), rest)

    def only(self, names: tuple[str, ...]) -> Overrides:
        """Return the choices of these fields, as far as they were made here."""
        made = self.overrides.set_fields()
        return Overrides(**{name: made[name] for name in names if name in made})


_FOR_ALL: Final = ("provider", "model", "window", "instructions")
_MODEL: Final = ("provider", "model", "window")


def bind(place: Place, *, mine: Overrides, session: Overrides, has_key: bool) -> Choices:
    """Return what a turn runs with.

    In a group its model and its instructions are the group's, all else the member's own, whose
    instructions stay out. Without a key for the group's model (`has_key`) theirs answers.
    """
    if place.is_private:
        return session.over(mine.over(Choices()))
    own = replace(mine, instructions=INHERIT).over(Choices())
    is_own = session.provider is not INHERIT and not has_key
    names = tuple(name for name in _FOR_ALL if not (is_own and name in _MODEL))
    chosen = Chosen(session).only(names)
    return replace(chosen.over(own), is_own=is_own)


def for_once(effect: RetryTurn, choices: Choices) -> Choices:
    """Return what a question is asked with again: this once maybe with a model of its asker's."""
    if not (effect.provider or effect.model):
        return choices
    return replace(
        choices,
        provider=effect.provider or choices.provider,
        model=effect.model or choices.model,
        window=None,
        is_own=True,
    )


def spoken(number: int, name: str) -> str:
    """Return what a model may know a speaker by: a number, or the name they allow.

    It stands before a colon, so a name has none; nor is it a number, which may be another's.
    """
    same = normalize("NFKC", name)
    plain = "".join(sign if sign.isprintable() and sign != ":" else " " for sign in same)
    shown = " ".join(plain.split())[:SPOKEN_CHARS].rstrip()
    return f"M{number}" if not shown or _NUMBER.fullmatch(shown) else shown


def title_of(question: str) -> str:
    """Return a question's first words as a title of at most 40 characters."""
    words = " ".join(question.strip()[: TITLE_CHARS * 10].split())
    if len(words) <= TITLE_CHARS:
        return words
    head = words[: TITLE_CHARS - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > TITLE_CHARS // 2 else head).rstrip() + "…"


def asking(left: Incoming, member: MemberId, *, is_late: bool) -> Ask:
    """Return the question that the pieces of a message ask together."""
    first = left.pieces[0]
    return Ask(
        member=member,
        place=left.place,
        question=whole_text(left.pieces),
        message=first.message,
        pieces=len(left.pieces),
        late_since=first.sent_at if is_late else None,
    )


def taken(incoming: Incoming, left: Incoming) -> Incoming:
    """Return what is kept of an update that is no turn, where `left` of it is new.

    A text is what is new of it. All else is read as a whole and kept so, without a secret, under
    an id that is new.
    """
    if isinstance(incoming.body, Text):
        return left
    return replace(stub(incoming), update=left.update)


def owner_of(place: Place, member: MemberId) -> MemberId | None:
    """Return who owns a session there: the member in private, in a group nobody alone."""
    return member if place.is_private else None


def may_go_on_in(began: Place, place: Place) -> bool:
    """Whether its owner's session that began in a place may go on in another one."""
    return began == place or (began.is_private and place.is_private)


def may_change(session: Session, member: MemberId) -> bool:
    """Whether a member may change a session: their own, or a group's (its rules are above)."""
    return session.owner in {None, member}


def may_end(
    state: TurnState, at_attempt: int, attempt: int, ending: Ending, *, is_untold: bool
) -> bool:
    """Whether an ending still fits its turn.

    A turn that was not asked has neither usage nor text, so a late end of the attempt before a
    Retry does not end the new one. One that expired with its epoch ends once more, to be told.
    """
    if at_attempt != attempt or not (state.is_open or is_untold):
        return False
    was_asked = ending.usage is not None or ending.answer is not None
    return state is TurnState.REQUESTED or not was_asked


def has_begun(state: TurnState, attempt: int) -> bool:
    """Whether anybody was asked for a turn, or it ended unasked: then its question stands."""
    return attempt > 0 or state not in {TurnState.RECEIVED, TurnState.WAITING}


def now_in(place: Place, incoming: Incoming) -> Incoming:
    """Return a stored update for its place of now; its messages stayed behind if that moved."""
    if incoming.place == place:
        return incoming
    before = tuple(now_in(place, piece) for piece in incoming.before)
    return replace(incoming, place=place, message=None, before=before)


def in_place_of(reply: Outgoing, shown: MessageRef | None) -> Outgoing:
    """Let a turn's first part edit the message in which the answer grew."""
    if shown is None or reply.turn is None or reply.part or reply.edits:
        return reply
    return replace(reply, edits=shown)


def to_nano(cost_usd: Decimal | None) -> int | None:
    """Return dollars as whole billionths; None stays unknown."""
    if cost_usd is None:
        return None
    return int((cost_usd * _NANO).to_integral_value(ROUND_HALF_EVEN))


def from_nano(nano: int) -> Decimal:
    """Return billionths of a dollar as dollars."""
    return Decimal(nano) / _NANO


def rounded(cost_usd: Decimal | None) -> Decimal | None:
    """Return dollars as they come back when they were stored."""
    nano = to_nano(cost_usd)
    return None if nano is None else from_nano(nano)


def storable(text: str) -> str:
    """Return text that UTF-8 can hold: half of a surrogate pair becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
