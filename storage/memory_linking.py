"""Accounts that join a member and leave them again, in the in-memory twin."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bot.domain import effects as fx
from bot.domain.chat import Identity, MemberId, SessionId, Turn, TurnState
from bot.domain.groups import GroupId
from storage.memory_state import KeyRow, State
from storage.rules import KEPT_OUT

Turns = tuple[Turn, ...]
_DONE: Final[Turns] = ()


def _link(state: State, effect: fx.LinkAccount) -> Turns | None:
    member, account = effect.member, effect.identity
    joining = state.members.get(account)
    if not joining or not _may_join(state, member, joining):
        return None
    state.members[account] = member
    state.linked[account] = joining
    for row in [each for each in state.keys.values() if each.member == joining]:
        if state.active_key(member, row.info.provider):
            state.note_key(row, is_active=False)
    _take_payers(state, account, joining, member)
    _hand_over(state, account, member)
    state.notices |= {(member, notice) for of, notice in state.notices if of == joining}
    _forget_questions(state, joining)
    for id_, made in list(state.invitations.items()):
        if made.invitation.by == joining:
            invitation = replace(made.invitation, by=member)
            state.invitations[id_] = replace(made, invitation=invitation)
    return _DONE


def _may_join(state: State, member: MemberId, joining: MemberId) -> bool:
    if joining == member or not state.is_known(member):
        return False
    kept_out = any(state.people[each].standing in KEPT_OUT for each in (member, joining))
    return not kept_out and list(state.members.values()).count(joining) == 1


def _unlink(state: State, effect: fx.UnlinkAccount) -> Turns | None:
    member, account = effect.member, effect.identity
    if account not in state.linked or state.members.get(account) != member:
        return None
    left = state.linked.pop(account)
    state.members[account] = left
    _hand_over(state, account, left)
    for key in [each for each, by in state.payers_by.items() if by == account]:
        _hand_payer(state, key, left)
    _forget_questions(state, member)
    _cut_roots(state)
    for each in (member, left):
        _expire_elsewhere(state, each)
        _choose_keys(state, each)
    return _DONE


def _hand_over(state: State, account: Identity, to: MemberId) -> None:
    """Let what was made by an account be a member's."""
    made = {id_ for id_, by in state.made_by.items() if by == account}
    for session, talk in list(state.sessions.items()):
        if session in made:
            state.sessions[session] = replace(talk, owner=to)
    for turn, row in list(state.turns.items()):
        if turn in made:
            state.turns[turn] = replace(row, turn=replace(row.turn, member=to))
    for key, stored in list(state.keys.items()):
        if key in made:
            state.keys[key] = replace(stored, member=to)
    for delivery, waiting in list(state.outbox.items()):
        if delivery in made:
            outgoing = replace(waiting.outgoing, member=to)
            state.outbox[delivery] = replace(waiting, outgoing=outgoing)
    state.usage = [replace(u, member=to) if u.account == account else u for u in state.usage]


def _take_payers(state: State, account: Identity, joining: MemberId, member: MemberId) -> None:
    """Let what an account agreed to in groups be a member's, unless they are there themselves."""
    for key in [each for each in state.payers if each[1] == joining]:
        if (key[0], member) in state.payers:
            del state.payers[key]
        else:
            state.payers_by[key] = account
            _hand_payer(state, key, member)


def _hand_payer(state: State, key: tuple[GroupId, MemberId], to: MemberId) -> None:
    row = state.payers.pop(key)
    state.payers[row.group, to] = replace(row, member=to)
    state.payers_by[row.group, to] = state.payers_by.pop(key)


def _forget_questions(state: State, member: MemberId) -> None:
    kept = {key: each for key, each in state.questions.items() if key[0] != member}
    state.questions = kept


def _cut_roots(state: State) -> None:
    """Let no private session hang on somebody else's turn."""
    for session, talk in list(state.sessions.items()):
        root = state.turns.get(talk.root) if talk.root is not None else None
        if root and talk.owner not in {None, root.turn.member}:
            state.sessions[SessionId(session)] = replace(talk, root=None)


def _expire_elsewhere(state: State, member: MemberId) -> None:
    """Ask nothing any more that waits in private on a messenger that now is the other's alone."""
    mine = {identity.frontend for identity, of in state.members.items() if of == member}
    for id_, row in list(state.turns.items()):
        turn = row.turn
        waits = turn.member == member and turn.state in {TurnState.RECEIVED, TurnState.WAITING}
        if waits and turn.place.is_private and turn.place.frontend not in mine:
            expired = replace(turn, state=TurnState.EXPIRED, detail="", is_untold=False)
            state.turns[id_] = replace(row, turn=expired)


def _choose_keys(state: State, member: MemberId) -> None:
    """Let the newest key of each provider be active that has no active one."""
    newest: dict[str, KeyRow] = {}
    for row in state.keys.values():
        if row.member == member:
            newest[row.info.provider] = row
    for provider, row in newest.items():
        if not state.active_key(member, provider):
            state.note_key(row, is_active=True)


LINKING: Final[Mapping[type[fx.Effect], Callable[[State, Any], Turns | None]]] = {
    fx.LinkAccount: _link,
    fx.UnlinkAccount: _unlink,
}
