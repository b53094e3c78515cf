"""Carrying out what was stored: decide, commit, and what follows. The error boundary."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot import faults, texts
from bot.commands.spec import Desk, Outcome
from bot.delivery import Courier
from bot.domain.chat import Member, MemberId, Place, Turn
from bot.domain.effects import Effect, SetQuestion
from bot.domain.errors import StorageUnavailable
from bot.domain.events import InboxId, Incoming, MessageRef, Outgoing, Press, Text
from bot.domain.ports import Applied, Frontend, Stores
from bot.groups import Groups
from bot.questions import Questions
from bot.sessions import SessionManager

_log = logging.getLogger(__name__)
Decide = Callable[[], Awaitable[Outcome]]


class Handling:
    """Handles one stored update at a time; `enqueue` takes the turns that messages became."""

    def __init__(
        self,
        *,
        stores: Stores,
        frontends: Mapping[str, Frontend],
        questions: Questions,
        sessions: SessionManager,
        courier: Courier,
        desk: Desk,
        enqueue: Callable[[Turn], Awaitable[None]],
        groups: Groups,
    ) -> None:
        self._stores = stores
        self._frontends = frontends
        self._questions = questions
        self._sessions = sessions
        self._courier = courier
        self._desk = desk
        self._enqueue = enqueue
        self._groups = groups

    async def handle(
        self, row: InboxId, incoming: Incoming, member: Member, *, name: str, decide: Decide
    ) -> None:
        """Handle a stored update: count the start, decide, commit. `name` is for the log."""
        intake, hold, place = self._stores.intake, self._courier.patience.hold, incoming.place
        try:
            await hold(lambda: intake.begin(row), place)
            outcome = await hold(decide, place)
            await hold(lambda: self._finish(row, incoming, member, outcome), place)
        except StorageUnavailable as error:
            _log.error("an update is left for the next start: %s", error.reason)
        except Exception as error:  # noqa: BLE001 - the error boundary
            reference = faults.report(f"command {name}", error)
            await hold(lambda: intake.park(row, reference))
            await self._courier.say(place, texts.turns.broken(reference))

    async def _finish(
        self, row: InboxId, incoming: Incoming, member: Member, outcome: Outcome
    ) -> None:
        place = incoming.place
        replies: tuple[Outgoing, ...] = ()
        edits = None
        if outcome.reply is not None:
            edits = self._menu_of(incoming) if not outcome.is_apart else None
            replies = (Outgoing(place=place, member=member.id, reply=outcome.reply, edits=edits),)
        is_message = isinstance(incoming.body, Text) and outcome.reply is None
        effects = outcome.effects
        if not is_message:
            effects = (*effects, *self._asked(member, place, outcome, replies))
        result = await self._stores.intake.finish(row, effects, (*replies, *outcome.also))
        if result.applied is Applied.STALE and outcome.if_stale is not None:
            await self._courier.say(place, outcome.if_stale, edits=edits)
        if result.applied is not Applied.DONE:
            return
        self._questions.follow(effects)
        self._desk.claims.follow(effects, member)
        self._desk.invitations.follow(effects)
        self._groups.follow(effects)
        if self._desk.roster.concerns(effects):
            await self._courier.patience.hold(self._desk.roster.load)
        self._courier.send(result.deliveries)
        for turn in result.turns:
            if is_message:
                await self._enqueue(turn)
            else:
                self._sessions.enqueue(turn)

    def _asked(
        self, member: Member, place: Place, outcome: Outcome, replies: Sequence[Outgoing]
    ) -> tuple[Effect, ...]:
        """Return what an outcome does to the open questions, here and where else it speaks."""
        asked = self._asked_in(member.id, place, outcome, replies)
        elsewhere = (out for out in outcome.also if out.place != place)
        for out in elsewhere:
            asked += self._asked_in(
                out.member, out.place, outcome, (out,), is_another=out.member != member.id
            )
        return asked

    def _asked_in(
        self,
        member: MemberId,
        place: Place,
        outcome: Outcome,
        replies: Sequence[Outgoing],
        *,
        is_another: bool = False,
    ) -> tuple[Effect, ...]:
        """Return what is asked in a place; of another, who did nothing, no answer is taken."""
        is_own = any(
            isinstance(effect, SetQuestion) and effect.place == place for effect in outcome.effects
        )
        if is_own or (outcome.is_aside and not replies):
            return ()
        is_ending = outcome.is_aside or is_another
        return self._questions.asked_by(member, place, replies, is_ending=is_ending)

    def _menu_of(self, incoming: Incoming) -> MessageRef | None:
        """Return the menu a press changes in place, where the messenger can."""
        can_edit = self._frontends[incoming.place.frontend].abilities.can_edit
        return incoming.message if can_edit and isinstance(incoming.body, Press) else None
