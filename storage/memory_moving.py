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


def _is_in(chat: Place, place: Place) -> bool:
    return (place.frontend, place.chat) == (chat.frontend, chat.chat)
