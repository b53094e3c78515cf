"""What becomes of messages that were sent while the bot was away: their member says."""

from collections.abc import Sequence

from bot import texts
from bot.commands.here import read_number
from bot.commands.spec import Call, Outcome
from bot.domain.chat import Turn, TurnId, WaitReason
from bot.domain.effects import DropWaiting, ReleaseWaiting


async def remind(call: Call) -> Outcome | None:
    """Show again what waits here; None if nothing does."""
    reply = texts.absence.waiting(await _waiting(call), call.desk.clock.now())
    return Outcome(reply=reply) if reply else None


async def answer(call: Call) -> Outcome:
    """Answer all that the member was told of."""
    known = await _known(call)
    if not known:
        return _too_late()
    return Outcome(
        reply=texts.absence.answering(len(known)), effects=(_release(call, known[-1].id),)
    )


async def answer_last(call: Call) -> Outcome:
    """Answer the newest that the member was told of, and drop the others."""
    known = await _known(call)
    if not known:
        return _too_late()
    last = known[-1]
    return Outcome(
        reply=texts.absence.answering_last(last.question, len(known) - 1),
        effects=(_drop(call, last.id, keep=last.id), _release(call, last.id)),
    )


async def skip(call: Call) -> Outcome:
    """Drop all that the member was told of."""
    known = await _known(call)
    if not known:
        return _too_late()
    return Outcome(
        reply=texts.absence.skipped(len(known)), effects=(_drop(call, known[-1].id, keep=None),)
    )


async def _waiting(call: Call) -> Sequence[Turn]:
    turns = call.desk.stores.turns
    return await turns.waiting(call.member.id, call.place, WaitReason.ABSENCE)


async def _known(call: Call) -> Sequence[Turn]:
    """Return what still waits of that which the button was about: nothing that came later."""
    newest = read_number(call.args)
    if newest is None:
        return ()
    return [turn for turn in await _waiting(call) if turn.id <= newest]


def _release(call: Call, until: TurnId) -> ReleaseWaiting:
    return ReleaseWaiting(
        member=call.member.id, reason=WaitReason.ABSENCE, place=call.place, until=until
    )


def _drop(call: Call, until: TurnId, *, keep: TurnId | None) -> DropWaiting:
    return DropWaiting(
        member=call.member.id,
        place=call.place,
        keep=keep,
        reason=WaitReason.ABSENCE,
        until=until,
    )


def _too_late() -> Outcome:
    return Outcome(reply=texts.conversation.asked_already(), is_apart=True)
