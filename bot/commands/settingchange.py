"""Changing one setting: the choice, its Undo, and making it the default."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.commands.here import Here, look
from bot.commands.spec import Call, Handler, Outcome
from bot.domain.chat import Overrides, Scope
from bot.domain.effects import Choose, MakeDefault, UndoChoice
from bot.texts.stamps import changed_since, mark
from bot.texts.tuning import default_undone, made_default, undone

Words = Callable[[Any], str]


def choose(call: Call, here: Here, field: str, value: Any) -> Choose:  # noqa: ANN401 - any setting's value
    """Return the effect that sets one field for the session."""
    return Choose(
        scope=Scope.SESSION,
        member=call.member.id,
        session=here.session.id,
        overrides=Overrides(**{field: value}),
    )


def verbs_of(field: str, what: str, words: Words, command: str) -> Mapping[str, Handler]:
    """Return what the buttons under a change do: undo, make it the default, undo that."""
    return {
        "undo": _undo_of(field, what),
        "default": _default_of(field, what, words, command),
        "undodefault": _undo_default_of(field, what),
    }


def _undo_of(field: str, what: str) -> Handler:
    """Return the handler of a setting's Undo; it fits only the value its button was about."""

    async def press(call: Call) -> Outcome:
        here = await look(call)
        if call.args != mark(getattr(here.choices, field)):
            return Outcome(reply=changed_since())
        return Outcome(
            reply=undone(what),
            effects=(_undo(call, here, field, Scope.SESSION),),
            if_stale=changed_since(),
        )

    return press


def _default_of(field: str, what: str, words: Words, command: str) -> Handler:
    """Return the handler of a setting's Make default."""

    async def press(call: Call) -> Outcome:
        here = await look(call)
        value = getattr(here.choices, field)
        if call.args != mark(value):
            return Outcome(reply=changed_since())
        made = MakeDefault(member=call.member.id, session=here.session.id, fields=(field,))
        reply = made_default(what, words(value), f"{command}:undodefault:{mark(value)}")
        return Outcome(reply=reply, effects=(made,), if_stale=changed_since())

    return press


def _undo_default_of(field: str, what: str) -> Handler:
    """Return the handler that takes a default back."""

    async def press(call: Call) -> Outcome:
        here = await look(call)
        if call.args != mark(getattr(here.mine, field)):
            return Outcome(reply=changed_since())
        return Outcome(
            reply=default_undone(what),
            effects=(_undo(call, here, field, Scope.MEMBER),),
            if_stale=changed_since(),
        )

    return press


def _undo(call: Call, here: Here, field: str, scope: Scope) -> UndoChoice:
    return UndoChoice(scope=scope, member=call.member.id, session=here.session.id, field=field)
