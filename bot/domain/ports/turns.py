"""Turns and their outbox: what must survive of a question and its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.domain.chat import (
    MemberId,
    Message,
    Place,
    SessionId,
    Turn,
    TurnId,
    TurnState,
    WaitReason,
)
from bot.domain.effects import Effect
from bot.domain.events import Delivery, DeliveryId, DeliveryState, MessageRef, Outgoing
from bot.domain.keys import KeyId
from bot.domain.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an attempt ended, for one commit.

    `answer` None keeps what the turn had; a text makes it part of the history. `usage` None:
    nothing was asked. `cost_usd` None: unknown. `effects` commit with it. `key` is the one that
    was asked with; None: not known any more, and the provider's active one counts as used.
    """

    state: TurnState
    detail: str = ""
    answer: str | None = None
    usage: Usage | None = None
    cost_usd: Decimal | None = None
    replies: tuple[Outgoing, ...] = ()
    effects: tuple[Effect, ...] = ()
    key: KeyId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message of the bot's: for whom it was, where, and to which turn it belongs.

    `is_last`: nothing was said to its member there since. `is_current`: it is of its turn's
    newest answer, or of one that grows.
    """

    member: MemberId
    place: Place
    turn: TurnId | None = None
    is_last: bool = False
    is_current: bool = False


class TurnStore(Protocol):
    """Turns, in whole transitions; each is one commit, shielded from cancellation."""

    async def wait(
        self,
        turn: TurnId,
        reason: WaitReason,
        replies: Sequence[Outgoing],
        effects: Sequence[Effect] = (),
    ) -> Sequence[Delivery]:
        """Let a received turn wait, and say so: in one commit, with what that has for effects.

        Nothing of all that if it is not received any more.
        """
        ...

    async def waiting(self, member: MemberId, place: Place, reason: WaitReason) -> Sequence[Turn]:
        """Return the member's turns that wait there, oldest first, but for those taken back."""
        ...

    async def expire(self, turn: TurnId, reason: WaitReason) -> bool:
        """Let a turn that waits for that wait no more, unanswered; False if it does not."""
        ...

    async def tell(
        self, turns: Sequence[TurnId], reply: Outgoing, effects: Sequence[Effect]
    ) -> Sequence[Delivery]:
        """Say that turns wait: words, effects and "told" in one commit.

        Nothing if none of them waits untold any more.
        """
        ...

    async def begin_attempt(self, turn: TurnId, attempt: int, *, edits: int = 0) -> bool:
        """Commit `requested(attempt)`; False if the turn is not just before that attempt.

        Or if its question was changed since: `edits` is how often it had been.
        """
        ...

    async def checkpoint(self, partials: Mapping[TurnId, str]) -> None:
        """Keep the text of running turns so far, sealed; turns that ended meanwhile are left."""
        ...

    async def shown(self, turn: TurnId, message: MessageRef) -> None:
        """Note the message in which the answer grows, to go on in it after a restart.

        An answer that has ended meanwhile ends in it, unless that was sent.
        """
        ...

    async def end(self, turn: TurnId, attempt: int, ending: Ending) -> Sequence[Delivery]:
        """Commit the end of an attempt: text, usage, cost, outbox; nothing if already ended.

        Replies of the turn's first part edit the message of `shown`, if there is one.
        """
        ...

    async def find(self, turn: TurnId) -> Turn | None:
        """Return a turn, opened. Raises VaultCorrupt."""
        ...

    async def asked_with(self, place: Place, message: MessageRef, member: MemberId) -> Turn | None:
        """Return the member's turn that a message asked; of several pieces, the first did.

        It is looked for in the whole chat, whose topics share their ids.
        """
        ...

    async def last(self, session: SessionId, member: MemberId) -> Turn | None:
        """Return the member's newest turn in the session that was not taken back."""
        ...

    async def history(
        self, session: SessionId, *, before: TurnId, budget_tokens: int
    ) -> tuple[Sequence[Message], bool]:
        """Return the transcript's newest messages within a budget, oldest first.

        Whole turns only; `before` itself is left out. The session's root, as it is now, is the
        oldest, unless it has no answer or was taken back. The bool: whether older ones did not
        fit. A turn that does not authenticate is left out and reported.
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

    async def told(self, place: Place, message: MessageRef) -> Told | None:
        """Return what a message of the bot's is, while it grows and for a week after that.

        Of an answer as long as its turn is kept. None: not known. It is looked for in the whole
        chat, whose topics share their ids.
        """
        ...

    async def abandon(self, place: Place) -> None:
        """Give up what waits for a place's chat, where nobody is any more.

        That is every message, and every turn that has not begun: those are stopped, and can be
        asked again.
        """
        ...

    async def moved(self, old: Place, new_chat: str) -> None:
        """Let a chat, all its topics, go on under another id, with all that is in it.

        Told again it changes nothing. What still names the old id is taken to mean the new one
        from then on; the ids of messages stay behind. What was in the new chat already is joined
        to it, and the session that was going on in the old one goes on.
        """
        ...
