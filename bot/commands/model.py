"""/model: the model now, choosing another, and what can be done with the choice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot import texts
from bot.commands.here import (
    Here,
    await_answer,
    by_verb,
    company,
    current_label,
    leaves,
    look,
    own_turn,
    rates_of,
    read_number,
    taken,
    unanswered,
    use_model,
    window_of,
)
from bot.commands.modelmenu import (
    is_current,
    option,
    resolve,
    show_anew,
    show_companies,
    show_list,
    show_menu,
    show_other,
)
from bot.commands.modelsearch import (
    MOST_ID_CHARS,
    Found,
    likely_provider,
    looks_like_id,
    search,
)
from bot.commands.spec import Call, Command, Outcome, Where, Who
from bot.domain.chat import INHERIT, Scope, WaitReason
from bot.domain.effects import (
    Choose,
    Effect,
    MakeDefault,
    ReleaseWaiting,
    RetryTurn,
    UndoChoice,
)
from bot.domain.models import Model
from bot.modellists import MOST_ACTION_BYTES, Listed, Lists
from bot.texts.model import PAGE
from bot.texts.stamps import changed_since, mark

_FIELDS: Final = ("provider", "model", "window")
_RECENT: Final = timedelta(minutes=10)


async def _run(call: Call) -> Outcome:
    text = call.args.strip()
    return await _typed(call, text) if text else await show_menu(call)


async def _search(call: Call) -> Outcome:
    return Outcome(reply=texts.model.ask_search(), effects=(await_answer(call, "model:text"),))


async def _text(call: Call) -> Outcome:
    if leaves(call, call.text):
        return await _close(call)
    return await _typed(call, call.text.strip())


async def _typed(call: Call, text: str) -> Outcome:
    """Choose by what was typed: the only fit at once, several by a tap, near ones offered."""
    if len(text) > MOST_ID_CHARS:
        return Outcome(reply=texts.model.too_long(MOST_ID_CHARS))
    if not await call.desk.stores.keys.keys(call.member.id):
        return Outcome(reply=texts.keys.no_keys())
    here = await look(call)
    lists = await call.desk.models.all(call.member.id)
    found = search(lists.every(), text)
    if found.only:
        return await _choose(call, here, found.only)
    if found.fits:
        options = [option(call, each, here) for each in found.fits[:PAGE]]
        return Outcome(reply=texts.model.matches(text, options, len(found.fits)))
    if looks_like_id(text):
        return _unlisted(call, here, lists, found, text)
    near = [option(call, each, here) for each in found.near]
    return Outcome(reply=texts.model.no_match(text, near))


def _unlisted(call: Call, here: Here, lists: Lists, found: Found, text: str) -> Outcome:
    mine = (*lists.lists, *lists.missing)
    default = here.choices.provider if here.choices.provider in mine else mine[0]
    provider = likely_provider(lists.every(), text, default=default)
    name = company(call, provider)
    action = f"model:try:{provider}:{text}"
    if len(action.encode()) > MOST_ACTION_BYTES:
        effects = _effects(call, here, provider, Model(id=text))
        reply = texts.model.chosen_unlisted(text, name, mark(provider, text))
        return Outcome(reply=reply, effects=effects)
    near = [option(call, each, here) for each in found.near]
    return Outcome(reply=texts.model.not_listed(text, name, action, near))


async def _use(call: Call) -> Outcome:
    here = await look(call)
    lists = await call.desk.models.all(call.member.id)
    listed = resolve(call, lists, call.args)
    if listed is None:
        return Outcome(reply=texts.model.unknown())
    return await _choose(call, here, listed)


async def _try(call: Call) -> Outcome:
    """Take an id that no list has."""
    provider, _, model = call.args.partition(":")
    if provider not in call.desk.providers or not model:
        return Outcome(reply=texts.model.unknown())
    return await _choose(call, await look(call), Listed(provider, Model(id=model)))


async def _switch(call: Call) -> Outcome:
    """Take a model from under an answer: that one stays."""
    return replace(await _use(call), is_apart=True)


async def _stay(call: Call) -> Outcome:
    here = await look(call)
    return Outcome(
        reply=texts.model.stays(current_label(call, here.choices) or "The model"), is_apart=True
    )


async def _instead(call: Call) -> Outcome:
    """Take the model that is offered for one that is gone, and ask again what it could not."""
    turn, attempt, wanted = (call.args + "::").split(":", 2)
    question, tried = await own_turn(call, turn), read_number(attempt)
    lists = await call.desk.models.all(call.member.id)
    listed = resolve(call, lists, wanted.removesuffix("::"))
    if question is None or tried is None or listed is None:
        return Outcome(reply=texts.model.unknown(), is_apart=True)
    here = await look(call)
    again = RetryTurn(turn=question.id, member=call.member.id, attempt=tried)
    if question.session != here.session.id:  # the conversation here keeps its own model
        once = replace(again, provider=listed.provider, model=listed.model.id)
        return Outcome(effects=(once,), if_stale=texts.conversation.asked_already())
    chosen = await _choose(call, here, listed, offers_again=False)
    return replace(
        chosen,
        effects=(*chosen.effects, again),
        if_stale=texts.conversation.asked_already(),
        is_apart=True,
    )


async def _choose(call: Call, here: Here, listed: Listed, *, offers_again: bool = True) -> Outcome:
    label = listed.model.label
    again = await unanswered(call, here, "Ask again") if offers_again else None
    if is_current(here, listed) and again is None:
        return Outcome(reply=texts.model.already(label))
    return Outcome(
        reply=texts.model.chosen(
            label,
            rates=rates_of(call, listed.provider, listed.model.id),
            size=window_of(call, listed.provider, listed.model.id),
            marked=mark(listed.provider, listed.model.id),
            is_first=call.place.is_private and here.mine.model is INHERIT,
            is_for_group=not call.place.is_private,
            again=again,
        ),
        effects=_effects(call, here, listed.provider, listed.model),
    )


def _effects(call: Call, here: Here, provider: str, model: Model) -> tuple[Effect, ...]:
    """Choose for the session; the very first choice is the member's default as well.

    What waited because no key fitted the model before may run now.
    """
    scopes = [Scope.SESSION]
    if call.place.is_private and here.mine.model is INHERIT:
        scopes.append(Scope.MEMBER)
    made = tuple(
        Choose(
            scope=scope,
            member=call.member.id,
            session=here.session.id,
            overrides=use_model(provider, model),
        )
        for scope in scopes
    )
    since = call.desk.clock.now() - _RECENT
    release = ReleaseWaiting(member=call.member.id, reason=WaitReason.KEY, since=since)
    return (*made, release)


def _undo(call: Call, here: Here, scope: Scope) -> tuple[Effect, ...]:
    return tuple(
        UndoChoice(scope=scope, member=call.member.id, session=here.session.id, field=field)
        for field in _FIELDS
    )


def _is_about_now(call: Call, here: Here) -> bool:
    return call.args == mark(here.choices.provider, here.choices.model)


async def _undo_choice(call: Call) -> Outcome:
    return await _undone(call, (Scope.SESSION,))


async def _undo_first(call: Call) -> Outcome:
    return await _undone(call, (Scope.SESSION, Scope.MEMBER))


async def _undone(call: Call, scopes: Sequence[Scope]) -> Outcome:
    here = await look(call)
    if not _is_about_now(call, here):
        return Outcome(reply=changed_since())
    effects = tuple(effect for scope in scopes for effect in _undo(call, here, scope))
    return Outcome(reply=texts.model.undone(), effects=effects, if_stale=changed_since())


async def _make_default(call: Call) -> Outcome:
    here = await look(call)
    if not _is_about_now(call, here):
        return Outcome(reply=changed_since())
    made = MakeDefault(member=call.member.id, session=here.session.id, fields=_FIELDS)
    label = current_label(call, here.choices)
    return Outcome(
        reply=texts.model.made_default(label, call.args), effects=(made,), if_stale=changed_since()
    )


async def _undo_default(call: Call) -> Outcome:
    here = await look(call)
    if call.args != mark(here.mine.provider, here.mine.model):
        return Outcome(reply=changed_since())
    effects = _undo(call, here, Scope.MEMBER)
    return Outcome(reply=texts.model.default_undone(), effects=effects, if_stale=changed_since())


async def _warm(call: Call) -> Outcome:
    """List models that take a temperature with the member's choice of thinking."""
    here = await look(call)
    lists = await call.desk.models.all(call.member.id)
    warm = []
    for each in lists.every():
        traits = await taken(
            call, replace(here.choices, provider=each.provider, model=each.model.id)
        )
        if not traits.takes_temperature(here.choices.effort):
            continue
        warm.append(option(call, each, here))
        if len(warm) == PAGE:
            break
    return Outcome(reply=texts.model.taking_temperature(warm))


async def _close(call: Call) -> Outcome:
    here = await look(call)
    name = company(call, here.choices.provider)
    return Outcome(reply=texts.model.closed(current_label(call, here.choices), name))


COMMANDS = (
    Command(
        name="model",
        help="choose a model",
        usage="[NAME]",
        example="model mini",
        aliases=("models", "provider"),
        run=_run,
        where=Where.ANYWHERE,
        who=Who.ADMINS,
        press=by_verb(
            {
                "menu": show_menu,
                "other": show_other,
                "list": show_list,
                "anew": show_anew,
                "companies": show_companies,
                "search": _search,
                "text": _text,
                "use": _use,
                "switch": _switch,
                "stay": _stay,
                "instead": _instead,
                "try": _try,
                "undo": _undo_choice,
                "undofirst": _undo_first,
                "default": _make_default,
                "undodefault": _undo_default,
                "warm": _warm,
                "close": _close,
                "cancel": _close,
            }
        ),
        menu=2,
        group_menu=5,
    ),
)
