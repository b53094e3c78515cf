"""Effects in the in-memory twin: one function per effect; None means stale, nothing written."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bot.domain import effects as fx
from bot.domain.chat import MemberId, Place, Scope, Session, SessionId, Turn, TurnId, TurnState
from bot.domain.groups import GroupId
from bot.domain.keys import KeyHealth, KeyId, KeyInfo
from storage.memory_erasure import erase_session, erase_turn
from storage.memory_groups import GROUPS
from storage.memory_linking import LINKING
from storage.memory_people import PEOPLE, let_in_again
from storage.memory_state import KeyRow, State, TurnRow, is_waiting
from storage.rules import for_once, has_begun, may_change, may_go_on_in

Turns = tuple[Turn, ...]
_DONE: Final[Turns] = ()


def apply(state: State, effect: fx.Effect, *, frontend: str) -> Turns | None:
    """Apply one effect; return the turns now to be run, or None if it was stale."""
    state.frontend = frontend
    return _APPLY[type(effect)](state, effect)


def _own_session(state: State, session: SessionId, member: MemberId) -> Session | None:
    found = state.sessions.get(session)
    return found if found and may_change(found, member) else None


def _own_turn(state: State, turn: TurnId, member: MemberId) -> TurnRow | None:
    row = state.turns.get(turn)
    return row if row and row.turn.member == member else None


def _scope(
    state: State, effect: fx.Choose | fx.UndoChoice
) -> MemberId | SessionId | GroupId | None:
    if effect.scope is Scope.MEMBER:
        return effect.member if effect.member in state.members.values() else None
    session = _own_session(state, effect.session, effect.member)
    return state.scope_of(session) if session else None


def _choose(state: State, effect: fx.Choose) -> Turns | None:
    scope = _scope(state, effect)
    if scope is None:
        return None
    state.chosen[scope] = state.of(scope).choose(effect.overrides)
    return _DONE


def _undo_choice(state: State, effect: fx.UndoChoice) -> Turns | None:
    scope = _scope(state, effect)
    undone = None if scope is None else state.of(scope).undo(effect.field)
    if scope is None or undone is None:
        return None
    state.chosen[scope] = undone
    return _DONE


def _make_default(state: State, effect: fx.MakeDefault) -> Turns | None:
    session = _own_session(state, effect.session, effect.member)
    if not session or not session.place.is_private:
        return None
    newer = state.of(effect.session).only(effect.fields)
    state.chosen[effect.member] = state.of(effect.member).choose(newer)
    return _DONE


def _start_session(state: State, effect: fx.StartSession) -> Turns | None:
    if effect.member not in state.members.values():
        return None
    state.start(effect.place, effect.member, effect.title)
    return _DONE


def _switch_session(state: State, effect: fx.SwitchSession) -> Turns | None:
    session = _own_session(state, effect.session, effect.member)
    place = state.where_now(effect.place)
    if not session or not may_go_on_in(session.place, place):
        return None
    state.active[place] = session.id
    return _DONE


def _rename_session(state: State, effect: fx.RenameSession) -> Turns | None:
    session = _own_session(state, effect.session, effect.member)
    if not session:
        return None
    state.sessions[session.id] = replace(session, title=effect.title)
    return _DONE


def _delete_session(state: State, effect: fx.DeleteSession) -> Turns | None:
    session = state.sessions.get(effect.session)
    if not session or session.owner != effect.member:
        return None
    erase_session(state, session.id)
    return _DONE


def _own_key(state: State, member: MemberId, key: KeyId | None) -> KeyRow | None:
    row = state.keys.get(key) if key is not None else None
    return row if row and row.member == member else None


def _put_key(state: State, effect: fx.PutKey) -> Turns | None:
    if effect.member not in state.members.values():
        return None
    now = state.clock.now()
    old = _own_key(state, effect.member, effect.replaces)
    if old and old.info.provider != effect.provider:
        old = None
    info = KeyInfo(
        id=KeyId(state.next_id()),
        provider=effect.provider,
        origin=effect.origin,
        mask=effect.key.mask(),
        health=effect.health,
        added_at=now,
        since=now,
        name=effect.name,
        is_active=not old or old.info.is_active,
        checked_at=None if effect.health is KeyHealth.UNCHECKED else now,
    )
    made_by = state.account_of(effect.member, state.frontend)
    if old:
        del state.keys[old.info.id]
        made_by = state.made_by.get(old.info.id, made_by)
    if made_by:
        state.made_by[info.id] = made_by
    if info.is_active:
        _rest(state, effect.member, effect.provider)
    state.keys[info.id] = KeyRow(member=effect.member, info=info, key=effect.key)
    return _DONE


def _rest(state: State, member: MemberId, provider: str) -> None:
    active = state.active_key(member, provider)
    if active:
        state.note_key(active, is_active=False)


def _drop_key(state: State, effect: fx.DropKey) -> Turns | None:
    row = _own_key(state, effect.member, effect.key)
    if not row:
        return None
    del state.keys[row.info.id]
    left = state.keys_of(effect.member, row.info.provider)
    if row.info.is_active and left:
        state.note_key(left[-1], is_active=True)
    return _DONE


def _use_key(state: State, effect: fx.UseKey) -> Turns | None:
    row = _own_key(state, effect.member, effect.key)
    if not row:
        return None
    _rest(state, effect.member, row.info.provider)
    state.note_key(row, is_active=True)
    return _DONE


def _rename_key(state: State, effect: fx.RenameKey) -> Turns | None:
    row = _own_key(state, effect.member, effect.key)
    if not row:
        return None
    state.note_key(row, name=effect.name)
    return _DONE


def _note_key_health(state: State, effect: fx.NoteKeyHealth) -> Turns | None:
    row = _own_key(state, effect.member, effect.key)
    if not row:
        return None
    now = state.clock.now()
    since = row.info.since if row.info.health is effect.health else now
    state.note_key(row, health=effect.health, since=since, checked_at=now)
    return _DONE


def _ask(state: State, effect: fx.Ask) -> Turns | None:
    if effect.member not in state.members.values():
        return None
    return (state.ask(effect),)


def _revise(state: State, effect: fx.Revise) -> Turns | None:
    row = _own_turn(state, effect.turn, effect.member)
    if not row or row.turn.is_taken_back:
        return None
    if effect.question is None or effect.is_begun:
        turn = replace(row.turn, revised=effect.question)
        state.turns[turn.id] = replace(row, turn=turn)
        return _DONE
    if has_begun(row.turn.state, row.turn.attempt):
        return None
    state.put_question(row, effect.question)
    return _DONE


def _answer_revised(state: State, effect: fx.AnswerRevised) -> Turns | None:
    row = _ended_turn(state, effect.turn, effect.member, effect.attempt)
    if not row or row.turn.revised is None:
        return None
    row = state.put_question(row, row.turn.revised)
    choices = state.choices(state.sessions[row.turn.session], effect.member)
    turn = replace(
        row.turn,
        choices=choices,
        state=TurnState.RECEIVED,
        detail="",
        revised=None,
        answer=None,
        is_untold=False,
    )
    state.turns[turn.id] = TurnRow(turn=turn, asked_at=state.clock.now())
    return (turn,)


def _ended_turn(state: State, turn: TurnId, member: MemberId, attempt: int) -> TurnRow | None:
    row = _own_turn(state, turn, member)
    if not row or row.turn.state.is_open or row.turn.attempt != attempt:
        return None
    return None if row.turn.is_taken_back else row


def _retry_turn(state: State, effect: fx.RetryTurn) -> Turns | None:
    row = _ended_turn(state, effect.turn, effect.member, effect.attempt)
    if not row:
        return None
    session = state.sessions[row.turn.session]
    choices = for_once(effect, state.choices(session, effect.member))
    turn = replace(
        row.turn,
        choices=choices,
        state=TurnState.RECEIVED,
        detail="",
        revised=None,
        is_untold=False,
    )
    state.turns[turn.id] = replace(row, turn=turn, asked_at=state.clock.now(), shown=None)
    return (turn,)


def _release_waiting(state: State, effect: fx.ReleaseWaiting) -> Turns | None:
    waiting = [
        row
        for _, row in sorted(state.turns.items())
        if row.turn.member == effect.member
        and is_waiting(row.turn, effect.reason)
        and not row.turn.is_taken_back
        and (effect.since is None or row.asked_at >= effect.since)
        and effect.place in {None, row.turn.place}
        and (effect.group is None or _is_in(state, effect.group, row.turn.place))
        and (effect.until is None or row.turn.id <= effect.until)
    ]
    return tuple(state.rebind(row) for row in waiting)


def _is_in(state: State, group: GroupId, place: Place) -> bool:
    found = state.find_group(place)
    return found is not None and found.id == group and not place.is_private


def _drop_waiting(state: State, effect: fx.DropWaiting) -> Turns | None:
    for id_, row in list(state.turns.items()):
        if id_ != effect.keep and _may_drop(row.turn, effect, state.where_now(effect.place)):
            turn = replace(row.turn, state=TurnState.EXPIRED, detail="", is_untold=False)
            state.turns[id_] = replace(row, turn=turn)
    return _DONE


def _may_drop(turn: Turn, effect: fx.DropWaiting, place: Place) -> bool:
    is_here = turn.member == effect.member and turn.place == place
    is_known = effect.until is None or turn.id <= effect.until
    if effect.reason is not None:
        return is_here and is_known and is_waiting(turn, effect.reason)
    return is_here and is_known and turn.state in {TurnState.RECEIVED, TurnState.WAITING}


def _take_back(state: State, effect: fx.TakeBack) -> Turns | None:
    row = _own_turn(state, effect.turn, effect.member)
    if not row or row.turn.is_taken_back is not effect.is_back:
        return None
    turn = replace(row.turn, is_taken_back=not effect.is_back)
    state.turns[turn.id] = replace(row, turn=turn)
    return _DONE


def _erase_turn(state: State, effect: fx.EraseTurn) -> Turns | None:
    row = _own_turn(state, effect.turn, effect.member)
    if not row:
        return None
    erase_turn(state, row)
    return _DONE


def _set_question(state: State, effect: fx.SetQuestion) -> Turns | None:
    place = state.where_now(effect.place)
    state.questions.pop((effect.member, place), None)
    if effect.question:
        state.questions[effect.member, place] = effect.question
    return _DONE


def _note_once(state: State, effect: fx.NoteOnce) -> Turns | None:
    state.notices.add((effect.member, effect.notice))
    return _DONE


def _learn_adjustment(state: State, effect: fx.LearnAdjustment) -> Turns | None:
    state.learned[effect.provider, effect.model, effect.adjustment] = state.clock.now()
    return _DONE


def _claim_operator(state: State, effect: fx.ClaimOperator) -> Turns | None:
    if state.operators or effect.member not in state.members.values():
        return None
    state.operators[effect.member] = effect.name
    let_in_again(state, effect.member)
    return _DONE


_APPLY: Final[dict[type[fx.Effect], Callable[[State, Any], Turns | None]]] = {
    fx.Choose: _choose,
    fx.UndoChoice: _undo_choice,
    fx.MakeDefault: _make_default,
    fx.StartSession: _start_session,
    fx.SwitchSession: _switch_session,
    fx.RenameSession: _rename_session,
    fx.DeleteSession: _delete_session,
    fx.PutKey: _put_key,
    fx.DropKey: _drop_key,
    fx.UseKey: _use_key,
    fx.RenameKey: _rename_key,
    fx.NoteKeyHealth: _note_key_health,
    fx.Ask: _ask,
    fx.Revise: _revise,
    fx.AnswerRevised: _answer_revised,
    fx.RetryTurn: _retry_turn,
    fx.ReleaseWaiting: _release_waiting,
    fx.DropWaiting: _drop_waiting,
    fx.TakeBack: _take_back,
    fx.EraseTurn: _erase_turn,
    fx.SetQuestion: _set_question,
    fx.NoteOnce: _note_once,
    fx.LearnAdjustment: _learn_adjustment,
    fx.ClaimOperator: _claim_operator,
    **PEOPLE,
    **LINKING,
    **GROUPS,
}
