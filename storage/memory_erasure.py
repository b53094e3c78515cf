"""Erasing in the in-memory twin: a question, a session, all that is kept of a member."""

from dataclasses import replace

from bot.domain.chat import MemberId, SessionId, TurnId
from bot.domain.people import Standing
from storage.memory_rows import Known
from storage.memory_state import State, TurnRow
from storage.rules import title_of


def erase_turn(state: State, row: TurnRow) -> None:
    """Leave nothing of a turn; a session that was called by it is called by another question."""
    session = state.sessions[row.turn.session]
    del state.turns[row.turn.id]
    if session.title == title_of(row.turn.question):
        left = (each.turn for _, each in sorted(state.turns.items()))
        named = (each for each in left if each.session == session.id and not each.is_taken_back)
        first = next((each.question for each in named), "")
        state.sessions[session.id] = replace(session, title=title_of(first))
    _forget_messages(state, {row.turn.id})


def erase_session(state: State, session: SessionId) -> None:
    """Leave nothing of a session and its turns."""
    del state.sessions[session]
    state.chosen.pop(session, None)
    state.active = {place: id_ for place, id_ in state.active.items() if id_ != session}
    gone = {id_ for id_, row in state.turns.items() if row.turn.session == session}
    state.turns = {id_: row for id_, row in state.turns.items() if id_ not in gone}
    _forget_messages(state, gone)


def _forget_messages(state: State, gone: set[TurnId]) -> None:
    state.outbox = {id_: row for id_, row in state.outbox.items() if row.outgoing.turn not in gone}


def erase_due(state: State) -> None:
    """Erase those whose time has come."""
    now = state.clock.now()
    due = [id_ for id_, row in state.people.items() if row.erase_at and row.erase_at <= now]
    for member in due:
        erase_member(state, member)


def erase_member(state: State, member: MemberId) -> None:
    """Leave nothing of a member; of one who is blocked, that their accounts are."""
    for session in [each for each in state.sessions.values() if each.owner == member]:
        erase_session(state, session.id)
    for row in [each for each in state.turns.values() if each.turn.member == member]:
        erase_turn(state, row)
    state.outbox = {k: v for k, v in state.outbox.items() if v.outgoing.member != member}
    state.keys = {id_: row for id_, row in state.keys.items() if row.member != member}
    state.usage = [row for row in state.usage if row.member != member]
    state.payers = {key: row for key, row in state.payers.items() if row.member != member}
    rows = state.rows_of(member)
    state.notices = {each for each in state.notices if each[0] not in rows}
    state.questions = {k: v for k, v in state.questions.items() if k[0] not in rows}
    state.invitations = {
        id_: each
        for id_, each in state.invitations.items()
        if each.invitation.by not in rows and each.used_by not in rows
    }
    _erase_inbox(state, member)
    _erase_person(state, member, rows)


def _erase_inbox(state: State, member: MemberId) -> None:
    for id_, row in list(state.inbox.items()):
        if row.incoming and state.members.get(row.incoming.sender) == member:
            state.inbox[id_] = replace(row, incoming=None)


def _erase_person(state: State, member: MemberId, rows: tuple[MemberId, ...]) -> None:
    accounts = [identity for identity, of in state.members.items() if of == member]
    known = state.people[member]
    for row in rows:
        state.chosen.pop(row, None)
        state.names.pop(row, None)
        state.operators.pop(row, None)
        del state.people[row]
    for account in accounts:
        state.linked.pop(account, None)
        if known.standing is not Standing.BLOCKED:
            del state.members[account]
    if known.standing is Standing.BLOCKED:
        state.people[member] = Known(since=known.since, standing=Standing.BLOCKED)
