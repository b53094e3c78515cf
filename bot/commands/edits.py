"""An edited message: the newest question's new text, taken over or asked about."""

from datetime import timedelta
from typing import Final

from bot import texts
from bot.commands.here import own_turn
from bot.commands.spec import Call, Outcome
from bot.domain.chat import Turn, TurnState
from bot.domain.effects import AnswerRevised, Revise

RECENT: Final = timedelta(minutes=2)
_NOTHING: Final = Outcome(is_aside=True)


async def edited(call: Call) -> Outcome:
    """Decide what becomes of an edit; of all but the newest question, nothing, silently.

    Of a message in pieces too: an edit tells one piece's text, and not which.
    """
    settings, turns = call.desk.stores.settings, call.desk.stores.turns
    session = await settings.session(call.place, call.member.id)
    last = await turns.last(session.id, call.member.id)
    if last is None or last.message is None or last.message != call.incoming.message:
        return _NOTHING
    if last.pieces > 1 or not call.text.strip():
        return _NOTHING
    if not _has_begun(last) and call.desk.runner.hold_back(last):
        now = await turns.find(last.id)  # as it is, now that it cannot begin
        if now is not None and not _has_begun(now):
            return _taken_over(call, now)
        last = now or last
    return _asked_about(call, last)


def _taken_over(call: Call, turn: Turn) -> Outcome:
    if call.text == turn.question:
        return _NOTHING
    revise = Revise(turn=turn.id, member=call.member.id, question=call.text)
    return Outcome(effects=(revise,), is_aside=True)


def _asked_about(call: Call, turn: Turn) -> Outcome:
    """Keep the new text and offer to ask it: what was asked before may have been paid."""
    kept = turn.question if turn.revised is None else turn.revised
    is_late = call.desk.clock.now() - turn.received_at > RECENT
    if call.text == kept or is_late:
        return _NOTHING
    is_as_before = call.text == turn.question
    revise = Revise(
        turn=turn.id,
        member=call.member.id,
        question=None if is_as_before else call.text,
        is_begun=True,
    )
    reply = None if is_as_before else texts.edits.changed(turn)
    return Outcome(reply=reply, effects=(revise,), is_aside=True)


def _has_begun(turn: Turn) -> bool:
    return turn.attempt > 0 or turn.state not in {TurnState.RECEIVED, TurnState.WAITING}


async def revised(call: Call) -> Outcome:
    """Ask a question's new version, once; an answer to the old one that still runs ends first.

    The action names how often the question was changed: an old button asks no later version.
    """
    wanted, _, edits = call.args.partition(":")
    turn = await own_turn(call, wanted)
    if turn is None or str(turn.edits) != edits:
        return Outcome(reply=texts.conversation.asked_already(), is_apart=True)
    if turn.revised is not None and turn.state is TurnState.REQUESTED:
        await call.desk.runner.cancel(call.member.id, session=turn.session)
        turn = await own_turn(call, wanted)
    if turn is None or turn.revised is None:
        return Outcome(reply=texts.conversation.asked_already(), is_apart=True)
    answer = AnswerRevised(turn=turn.id, member=call.member.id, attempt=turn.attempt)
    return Outcome(
        reply=texts.edits.answering(turn.revised),
        effects=(answer,),
        if_stale=texts.conversation.asked_already(),
    )


async def leave(call: Call) -> Outcome:
    """Leave a question as it is; of a new version nothing is kept."""
    turn = await own_turn(call, call.args)
    reply = texts.conversation.left()
    if turn is None or turn.revised is None:
        return Outcome(reply=reply, is_apart=True)
    forget = Revise(turn=turn.id, member=call.member.id, question=None, is_begun=True)
    return Outcome(reply=reply, effects=(forget,))
