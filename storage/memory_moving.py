"""A chat gets another id, in the in-memory twin."""

from dataclasses import replace

from bot.domain.chat import Place
from storage.memory_state import State


def move(state: State, old: Place, new_chat: str) -> None:
    """Let every place of a chat go on under another id; nothing if it went on elsewhere before."""
    if new_chat == old.chat or state.where_now(old) != old:
        return
    frontend = old.frontend
    state.moved.pop((frontend, new_chat), None)
    for moved, to in list(state.moved.items()):
        if (moved[0], to) == (frontend, old.chat):
            state.moved[moved] = new_chat
    state.moved[frontend, old.chat] = new_chat
    _move_group(state, old, new_chat)
    state.ours = {state.where_now(place) for place in state.ours}
    state.usage = [replace(row, place=state.where_now(row.place)) for row in state.usage]
    went_on = {place: id_ for place, id_ in state.active.items() if _is_in(old, place)}
    state.active = {place: id_ for place, id_ in state.active.items() if place not in went_on}
    state.active |= {state.where_now(place): id_ for place, id_ in went_on.items()}
    asked = {key: each for key, each in state.questions.items() if _is_in(old, key[1])}
    state.questions = {key: each for key, each in state.questions.items() if key not in asked}
    asked_there = {(member, state.where_now(at)): each for (member, at), each in asked.items()}
    state.questions = asked_there | state.questions
    for session, talk in list(state.sessions.items()):
        state.sessions[session] = replace(talk, place=state.where_now(talk.place))
    for turn, row in list(state.turns.items()):
        if _is_in(old, row.turn.place):
            there = replace(row.turn, place=state.where_now(row.turn.place), message=None)
            state.turns[turn] = replace(row, turn=there, shown=None)
    for delivery, waiting in list(state.outbox.items()):
        if _is_in(old, waiting.outgoing.place):
            there_now = state.where_now(waiting.outgoing.place)
            out = replace(waiting.outgoing, place=there_now, edits=None)
            state.outbox[delivery] = replace(waiting, outgoing=out)
            state.messages.pop(delivery, None)


def _move_group(state: State, old: Place, new_chat: str) -> None:
    """Let what was decided about a group hold on; of a group that is there already, its payers."""
    by_chat = {(row.place.frontend, row.place.chat): row for row in state.groups.values()}
    kept, made = by_chat.get((old.frontend, old.chat)), by_chat.get((old.frontend, new_chat))
    if kept is None:
        return
    state.groups[kept.id] = replace(kept, place=replace(kept.place, chat=new_chat))
    if made is None:
        return
    del state.groups[made.id]
    payers = [each for each in state.payers.values() if each.group == made.id]
    for row in sorted(payers, key=lambda each: each.number):
        del state.payers[made.id, row.member]
        if (kept.id, row.member) not in state.payers:
            number = state.payer(kept.id, row.member).number
            state.payers[kept.id, row.member] = replace(row, group=kept.id, number=number)


def _is_in(chat: Place, place: Place) -> bool:
    return (place.frontend, place.chat) == (chat.frontend, chat.chat)
