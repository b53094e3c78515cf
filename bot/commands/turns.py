"""/stop, /retry and /undo: what can be done with the last question."""

from dataclasses import replace

from bot import texts
from bot.commands import absence
from bot.commands.edits import leave, revised
from bot.commands.here import Here, by_verb, company, look, model_label, own_turn, read_number
from bot.commands.modelmenu import option, resolve
from bot.commands.modelsearch import search
from bot.commands.spec import Call, Command, Outcome, Where
from bot.domain.chat import Overrides, Scope, Turn, TurnId, TurnState, WaitReason
from bot.domain.effects import (
    Ask,
    Choose,
    DropWaiting,
    ReleaseWaiting,
    RetryTurn,
    TakeBack,
    UndoChoice,
)
from bot.modellists import Listed
from bot.texts.model import PAGE
from bot.texts.stamps import changed_since, is_fresh, mark, stamp

_CONTINUE = "Continue."


async def _stop(call: Call) -> Outcome:
    """End the answer; its own message says what was written and paid."""
    if call.desk.runner.stop(call.place, call.member.id):
        return Outcome()
    return Outcome(reply=texts.conversation.nothing_running())


async def _stop_now(call: Call) -> Outcome:
    """The button under a growing answer: pressed too late, it must not take the answer's place."""
    outcome = await _stop(call)
    return replace(outcome, is_apart=True)


async def _stop_reacted(call: Call) -> Outcome:
    """The sign on a growing answer: too late, it is nothing to talk about."""
    call.desk.runner.stop(call.place, call.member.id)
    return Outcome(is_aside=True)


async def _last(call: Call, here: Here) -> Turn | None:
    return await call.desk.stores.turns.last(here.session.id, call.member.id)


async def _retry(call: Call) -> Outcome:
    here = await look(call)
    last = await _last(call, here)
    if last is None or last.place != call.place:  # its answer would come where it was asked
        return Outcome(reply=texts.conversation.nothing_to_retry())
    if last.state is TurnState.WAITING:
        late = await absence.remind(call) if last.detail == WaitReason.ABSENCE else None
        return late or Outcome(reply=texts.conversation.still_waiting())
    if last.state.is_open:
        return Outcome(reply=texts.conversation.still_running())
    wanted = call.args.strip()
    return await _retry_with(call, here, last, wanted) if wanted else _run_again(call, last)


def _run_again(call: Call, turn: Turn, listed: Listed | None = None) -> Outcome:
    again = RetryTurn(
        turn=turn.id,
        member=call.member.id,
        attempt=turn.attempt,
        provider=listed.provider if listed else "",
        model=listed.model.id if listed else "",
    )
    return Outcome(effects=(again,), if_stale=texts.conversation.asked_already())


async def _retry_with(call: Call, here: Here, last: Turn, wanted: str) -> Outcome:
    lists = await call.desk.models.all(call.member.id)
    found = search(lists.every(), wanted)
    if found.only:
        return _run_again(call, last, found.only)
    fits = found.fits or found.near
    if not fits:
        return Outcome(reply=texts.conversation.retry_no_model(wanted))
    before = f"retry:with:{last.id}:{last.attempt}"
    options = [option(call, each, here, before=before) for each in fits[:PAGE]]
    return Outcome(reply=texts.conversation.which_to_retry(wanted, options))


async def _with(call: Call) -> Outcome:
    turn, attempt, model = (call.args + "::").split(":", 2)
    found = await own_turn(call, turn)
    lists = await call.desk.models.all(call.member.id)
    listed = resolve(call, lists, model.removesuffix("::"))
    if found is None or listed is None or str(found.attempt) != attempt:
        return Outcome(reply=texts.conversation.asked_already())
    return _run_again(call, found, listed)


async def _again(call: Call) -> Outcome:
    """Ask again what a button was about, once: the attempt must still be the one it knew."""
    turn, attempt = (read_number(each) for each in (call.args + ":").split(":", 2)[:2])
    if turn is None or attempt is None:
        return Outcome(reply=texts.turns.old_button(), is_apart=True)
    again = RetryTurn(turn=TurnId(turn), member=call.member.id, attempt=attempt)
    return Outcome(effects=(again,), if_stale=texts.conversation.asked_already())


async def _again_reacted(call: Call) -> Outcome:
    """The sign on the newest answer; twice, it asks once, without a word."""
    return replace(await _again(call), if_stale=None, is_aside=True)


async def _plain(call: Call) -> Outcome:
    """Ask again without the settings that some models refuse, in the question's conversation."""
    wanted, _, tried = call.args.partition(":")
    turn, attempt = await own_turn(call, wanted), read_number(tried)
    if turn is None or attempt is None:
        return Outcome(reply=texts.turns.old_button(), is_apart=True)
    here = await look(call)
    plain = Choose(
        scope=Scope.SESSION,
        member=call.member.id,
        session=turn.session,
        overrides=Overrides(temperature=None, effort=None),
    )
    again = RetryTurn(turn=turn.id, member=call.member.id, attempt=attempt)
    undo = f"retry:undoplain:{mark(turn.session, None, None)}"
    return Outcome(
        reply=texts.failures.plain_now(undo if turn.session == here.session.id else None),
        effects=(plain, again),
        if_stale=texts.conversation.asked_already(),
        is_apart=True,
    )


async def _undo_plain(call: Call) -> Outcome:
    """Bring back the settings that were left out, if they are still as that left them."""
    here = await look(call)
    now = here.choices
    if call.args != mark(here.session.id, now.temperature, now.effort):
        return Outcome(reply=changed_since())
    effects = tuple(
        UndoChoice(
            scope=Scope.SESSION, member=call.member.id, session=here.session.id, field=field
        )
        for field in ("temperature", "effort")
    )
    reply = texts.tuning.undone("Temperature and reasoning")
    return Outcome(reply=reply, effects=effects, if_stale=changed_since())


async def _details(call: Call) -> Outcome:
    """Show what a company said of a failure of the member's own."""
    turn = await own_turn(call, call.args.partition(":")[0])
    noted = call.desk.failures.find(turn.id) if turn else None
    if turn is None or noted is None:
        return Outcome(reply=texts.failures.no_details(), is_apart=True)
    provider, model = noted.error.provider, turn.choices.model
    reply = texts.failures.details(
        noted.error,
        company=company(call, provider),
        model=model_label(call, provider, model),
        at=noted.at,
        now=call.desk.clock.now(),
    )
    return Outcome(reply=reply, is_apart=True)


async def _continue(call: Call) -> Outcome:
    """Go on after an answer, once: its question must still be the last one here."""
    last = await _last(call, await look(call))
    if last is None or last.id != read_number(call.args):
        return Outcome(reply=texts.conversation.asked_already(), is_apart=True)
    ask = Ask(member=call.member.id, place=call.place, question=_CONTINUE)
    return Outcome(effects=(ask,))


async def _release(call: Call) -> Outcome:
    """Answer a message that waited for a key for longer than ten minutes."""
    turn = await own_turn(call, call.args)
    if turn is None or turn.state is not TurnState.WAITING:
        return Outcome(reply=texts.conversation.asked_already(), is_apart=True)
    release = ReleaseWaiting(
        member=call.member.id, reason=WaitReason(turn.detail), since=turn.received_at
    )
    return Outcome(effects=(release,))


async def _only_last(call: Call) -> Outcome:
    """Drop what waits, but for the newest."""
    last = await _last(call, await look(call))
    keep = last.id if last else None
    drop = DropWaiting(member=call.member.id, place=call.place, keep=keep)
    if last is None or not last.state.is_open:
        return Outcome(reply=texts.conversation.none_waits(), effects=(drop,))
    return Outcome(reply=texts.conversation.only_the_last(last.question), effects=(drop,))


async def _drop_all(call: Call) -> Outcome:
    call.desk.runner.stop(call.place, call.member.id)
    drop = DropWaiting(member=call.member.id, place=call.place)
    return Outcome(reply=texts.conversation.none_waits(), effects=(drop,))


async def _cancel(call: Call) -> Outcome:  # noqa: ARG001 - every handler takes a call
    return Outcome(reply=texts.conversation.not_retried())


async def _undo(call: Call) -> Outcome:
    last = await _last(call, await look(call))
    if last is None:
        return Outcome(reply=texts.conversation.nothing_to_take_back())
    if last.state in {TurnState.RECEIVED, TurnState.REQUESTED}:
        return Outcome(reply=texts.conversation.still_running())
    redo = f"undo:redo:{last.id}:{stamp(call.desk.clock.now())}"
    return Outcome(
        reply=texts.conversation.taken_back(last, redo),
        effects=(TakeBack(turn=last.id, member=call.member.id),),
        if_stale=texts.conversation.nothing_to_take_back(),
    )


async def _redo(call: Call) -> Outcome:
    wanted, _, stamped = call.args.rpartition(":")
    if not is_fresh(stamped, call.desk.clock.now()):
        return Outcome(reply=texts.conversation.too_old_to_redo())
    turn = await own_turn(call, wanted)
    if turn is None:
        return Outcome(reply=texts.conversation.gone())
    put_back = texts.conversation.put_back(turn.question)
    if not turn.is_taken_back:
        return Outcome(reply=put_back)
    return Outcome(
        reply=put_back,
        effects=(TakeBack(turn=turn.id, member=call.member.id, is_back=True),),
        if_stale=put_back,
    )


COMMANDS = (
    Command(
        name="stop",
        help="end an answer",
        run=_stop,
        press=by_verb({"now": _stop_now, "reacted": _stop_reacted}),
        where=Where.ANYWHERE,
        menu=3,
        group_menu=2,
        is_instant=True,
    ),
    Command(
        name="retry",
        help="answer again",
        usage="[MODEL]",
        example="retry mini",
        run=_retry,
        press=by_verb(
            {
                "again": _again,
                "reacted": _again_reacted,
                "plain": _plain,
                "undoplain": _undo_plain,
                "details": _details,
                "with": _with,
                "drop": leave,
                "revised": revised,
                "late": absence.answer,
                "latest": absence.answer_last,
                "skip": absence.skip,
                "continue": _continue,
                "waiting": _release,
                "last": _only_last,
                "dropall": _drop_all,
                "cancel": _cancel,
            }
        ),
        where=Where.ANYWHERE,
        menu=4,
        group_menu=3,
    ),
    Command(
        name="undo",
        help="take back the last question",
        run=_undo,
        press=by_verb({"redo": _redo}),
        where=Where.ANYWHERE,
        menu=5,
    ),
)
