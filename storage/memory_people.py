"""People and invitations in the in-memory twin: what is read, and the effects on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.domain import effects as fx
from bot.domain.chat import Identity, MemberId, Turn, TurnState
from bot.domain.people import Invitation, InvitationId, Person, Standing
from storage.memory_rows import Invited
from storage.memory_state import State
from storage.rules import KEPT_OUT

Turns = tuple[Turn, ...]
_DONE: Final[Turns] = ()


class MemoryPeople:
    """People in dicts."""

    def __init__(self, state: State) -> None:
        """Work on a shared state."""
        self._state = state

    async def roster(self) -> Sequence[Person]:
        """Return everybody who is known, the oldest first."""
        state = self._state
        own = [member for identity, member in state.members.items() if state.is_own(identity)]
        return tuple(_person(state, member) for member in own)

    async def person(self, member: MemberId) -> Person | None:
        """Return one of them."""
        return _person(self._state, member) if self._state.is_known(member) else None

    async def of(self, identity: Identity) -> Person | None:
        """Return whose an account is, if it is known."""
        member = self._state.members.get(identity)
        return _person(self._state, member) if member else None

    async def invitations(self) -> Sequence[Invitation]:
        """Return those that can still be used, the oldest first."""
        rows = self._state.invitations.values()
        now = self._state.clock.now()
        usable = [row.invitation for row in rows if not row.is_spent]
        return tuple(each for each in usable if each.expires_at > now)


def _person(state: State, member: MemberId) -> Person:
    rows, known = state.rows_of(member), state.people[member]
    accounts = tuple(identity for identity, of in state.members.items() if of == member)
    return Person(
        id=member,
        name=next((state.names[row] for row in rows if row in state.names), ""),
        identities=accounts,
        linked=tuple(identity for identity in accounts if not state.is_own(identity)),
        is_operator=any(row in state.operators for row in rows),
        standing=_standing(state, member),
        since=known.since,
        erase_at=known.erase_at,
    )


def _standing(state: State, member: MemberId) -> Standing:
    own = state.people[member].standing
    if own in KEPT_OUT:
        return own
    admitted = any(
        state.people[row].standing is Standing.ADMITTED for row in state.rows_of(member)
    )
    return Standing.ADMITTED if admitted else Standing.KNOWN


def _invite(state: State, effect: fx.Invite) -> Turns | None:
    found = state.invitations.get(effect.id)
    if not state.is_known(effect.member) or (found and found.is_spent):
        return None
    if found:
        again = replace(found.invitation, expires_at=effect.expires_at)
        state.invitations[effect.id] = replace(found, invitation=again)
        return _DONE
    invitation = Invitation(
        id=effect.id, code=effect.code, by=effect.member, expires_at=effect.expires_at
    )
    state.invitations[effect.id] = Invited(invitation)
    return _DONE


def _usable(state: State, id_: InvitationId) -> Invited | None:
    found = state.invitations.get(id_)
    if not found or found.is_spent or found.invitation.expires_at <= state.clock.now():
        return None
    return found


def _withdraw(state: State, effect: fx.WithdrawInvitation) -> Turns | None:
    found = _usable(state, effect.id)
    if not found:
        return None
    state.invitations[effect.id] = replace(found, is_spent=True)
    return _DONE


def let_in_again(state: State, member: MemberId) -> None:
    """Keep a member out no more: whoever has the host's code is the host."""
    if _standing(state, member) in KEPT_OUT:
        _decide(state, member, Standing.KNOWN)


def _accept(state: State, effect: fx.AcceptInvitation) -> Turns | None:
    found = _usable(state, effect.id)
    if not found or not state.is_known(effect.member):
        return None
    if _standing(state, effect.member) is Standing.BLOCKED:
        return None
    state.invitations[effect.id] = replace(found, is_spent=True, used_by=effect.member)
    _decide(state, effect.member, Standing.ADMITTED)
    return _DONE


def _set_standing(state: State, effect: fx.SetStanding) -> Turns | None:
    member, standing = effect.member, effect.standing
    if not state.is_known(member) or _standing(state, member) is standing:
        return None
    _decide(state, member, standing)
    if standing in KEPT_OUT:
        for row in state.rows_of(member):
            state.operators.pop(row, None)
        _expire_turns(state, member)
    return _DONE


def _decide(state: State, member: MemberId, standing: Standing) -> None:
    """Let it hold for the member, and for whom their linked accounts would be without them."""
    for row in state.rows_of(member):
        known = state.people[row]
        at = known.erase_at if standing in KEPT_OUT else None
        state.people[row] = replace(known, standing=standing, erase_at=at)


def _expire_turns(state: State, member: MemberId) -> None:
    for id_, row in list(state.turns.items()):
        waits = row.turn.state in {TurnState.RECEIVED, TurnState.WAITING}
        if row.turn.member == member and waits:
            turn = replace(row.turn, state=TurnState.EXPIRED, detail="", is_untold=False)
            state.turns[id_] = replace(row, turn=turn)


def _set_operator(state: State, effect: fx.SetOperator) -> Turns | None:
    member = effect.member
    if not state.is_known(member) or _standing(state, member) in KEPT_OUT:
        return None
    rows = [row for row in state.rows_of(member) if row in state.operators]
    if bool(rows) is effect.is_operator:
        return None
    for row in rows:
        del state.operators[row]
    if effect.is_operator:
        state.operators[member] = effect.name
    return _DONE


def _erase_later(state: State, effect: fx.EraseLater) -> Turns | None:
    member = effect.member
    if not state.is_known(member) or _standing(state, member) not in KEPT_OUT:
        return None
    state.people[member] = replace(state.people[member], erase_at=effect.at)
    return _DONE


PEOPLE: Final[Mapping[type[fx.Effect], Callable[[State, Any], Turns | None]]] = {
    fx.Invite: _invite,
    fx.WithdrawInvitation: _withdraw,
    fx.AcceptInvitation: _accept,
    fx.SetStanding: _set_standing,
    fx.SetOperator: _set_operator,
    fx.EraseLater: _erase_later,
}
