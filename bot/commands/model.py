"""/model: the model now, choosing another, and what can be done with the choice."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2s
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
    unanswered,
    use_model,
)
from bot.commands.modellists import Listed, Lists
from bot.commands.modelsearch import (
    MOST_ID_CHARS,
    Found,
    likely_provider,
    looks_like_id,
    search,
)
from bot.commands.spec import Call, Command, Outcome
from bot.domain.chat import INHERIT, Adjustment, Model, Scope, WaitReason
from bot.domain.effects import Choose, Effect, MakeDefault, ReleaseWaiting, UndoChoice
from bot.domain.errors import InvalidKey, ProviderError
from bot.texts.layout import back, close, page_of
from bot.texts.model import COMPANIES_PAGE, PAGE, Option
from bot.texts.stamps import changed_since, mark
from bot.texts.tuning import PANEL

_MOST_ACTION_BYTES: Final = 64
_FIELDS: Final = ("provider", "model", "window")
_NEARBY: Final = 3
_RECENT: Final = timedelta(minutes=10)


def token(model: str) -> str:
    """Return a short name for a model's id in an action, where ids are too long."""
    return "#" + blake2s(model.encode(), digest_size=6).hexdigest()


def use_action(provider: str, model: str, *, before: str = "model:use") -> str:
    """Return the action that takes a model; the id itself where it fits."""
    action = f"{before}:{provider}:{model}"
    fits = len(action.encode()) <= _MOST_ACTION_BYTES
    return action if fits else f"{before}:{provider}:{token(model)}"


def resolve(call: Call, lists: Lists, argument: str) -> Listed | None:
    """Return the listed model an action's argument names: `provider:id` or an id alone."""
    provider, _, wanted = argument.partition(":")
    every = lists.every()
    if provider in call.desk.providers:
        every = tuple(each for each in every if each.provider == provider)
    else:
        wanted = argument
    return next((each for each in every if wanted in {each.model.id, token(each.model.id)}), None)


def option(call: Call, listed: Listed, here: Here, *, before: str = "model:use") -> Option:
    """Return a model as a choice."""
    return Option(
        label=listed.model.label,
        action=use_action(listed.provider, listed.model.id, before=before),
        company=company(call, listed.provider),
        is_chosen=_is_current(here, listed),
    )


def _is_current(here: Here, listed: Listed) -> bool:
    return (here.choices.provider, here.choices.model) == (listed.provider, listed.model.id)


async def _run(call: Call) -> Outcome:
    text = call.args.strip()
    return await _typed(call, text) if text else await _menu(call)


async def _menu(call: Call, *, anew: bool = False) -> Outcome:
    if not await call.desk.stores.keys.keys(call.member.id):
        return Outcome(reply=texts.keys.no_keys())
    here = await look(call)
    lists = await call.desk.models.all(call.member.id, anew=anew)
    now = lists.find(here.choices.provider, here.choices.model)
    companies = [(company(call, each), each) for each in (*lists.lists, *lists.missing)]
    return Outcome(
        reply=texts.model.menu(
            now.model.label if now else here.choices.model,
            company(call, here.choices.provider) if here.choices.model else "",
            [option(call, each, here) for each in _nearby(lists, now)],
            companies,
            size=now.model.context_tokens if now else here.choices.window,
            missing=[company(call, each) for each in lists.missing],
            way_back=back(PANEL) if call.args == "p" else close("model"),
        )
    )


def _nearby(lists: Lists, now: Listed | None) -> Sequence[Listed]:
    """Return the model now, its company's next, and the first of each other company."""
    every = lists.every()
    near = [now] if now else []
    same = [each for each in every if now and each.provider == now.provider and each != now]
    others = [
        Listed(of, found.models[0])
        for of, found in lists.lists.items()
        if found.models and not (now and of == now.provider)
    ]
    ordered = [*near, *same[:1], *others, *same[1:], *every]
    return tuple(dict.fromkeys(ordered))[:_NEARBY]


async def _other(call: Call) -> Outcome:
    """Open the menu from under an answer: that one stays."""
    outcome = await _menu(call)
    return Outcome(reply=outcome.reply, is_apart=True)


async def _list(call: Call) -> Outcome:
    provider, _, number = call.args.partition(":")
    return await _page(call, provider, int(number) if number.isdigit() else 0)


async def _anew(call: Call) -> Outcome:
    return await _page(call, call.args, 0, anew=True)


async def _page(call: Call, provider: str, page: int, *, anew: bool = False) -> Outcome:
    name = company(call, provider)
    try:
        found = await call.desk.models.get(call.member.id, provider, anew=anew)
    except InvalidKey:
        return Outcome(reply=texts.model.key_refused(name, provider))
    except ProviderError:
        return Outcome(reply=texts.model.no_list(name, provider))
    if not found.models:
        return Outcome(reply=texts.model.no_models(name))
    here = await look(call)
    shown, at, _ = page_of(found.models, page, PAGE)
    return Outcome(
        reply=texts.model.models(
            name,
            provider,
            [option(call, Listed(provider, each), here) for each in shown],
            page=at,
            total=len(found.models),
            fetched_at=found.fetched_at,
            now=call.desk.clock.now(),
            is_missed=found.missed is not None,
        )
    )


async def _companies(call: Call) -> Outcome:
    stored = await call.desk.stores.keys.keys(call.member.id)
    names = [(company(call, each.provider), each.provider) for each in stored]
    page = int(call.args) if call.args.isdigit() else 0
    shown, at, pages = page_of(names, page, COMPANIES_PAGE - 2)
    return Outcome(reply=texts.model.companies(shown, at, pages))


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
    if len(action.encode()) > _MOST_ACTION_BYTES:
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


async def _choose(call: Call, here: Here, listed: Listed) -> Outcome:
    label = listed.model.label
    again = await unanswered(call, here, "Ask again")
    if _is_current(here, listed) and again is None:
        return Outcome(reply=texts.model.already(label))
    return Outcome(
        reply=texts.model.chosen(
            label,
            size=listed.model.context_tokens,
            marked=mark(listed.provider, listed.model.id),
            is_first=here.mine.model is INHERIT,
            again=again,
        ),
        effects=_effects(call, here, listed.provider, listed.model),
    )


def _effects(call: Call, here: Here, provider: str, model: Model) -> tuple[Effect, ...]:
    """Choose for the session; the very first choice is the member's default as well.

    What waited because no key fitted the model before may run now.
    """
    scopes = [Scope.SESSION]
    if here.mine.model is INHERIT:
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
    """List models that take a temperature, as far as lists and refusals say."""
    here = await look(call)
    lists = await call.desk.models.all(call.member.id)
    warm = []
    for each in lists.every():
        refused = await call.desk.stores.settings.adjustments(each.provider, each.model.id)
        if each.model.takes_temperature is False or Adjustment.DROP_TEMPERATURE in refused:
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
        press=by_verb(
            {
                "menu": _menu,
                "other": _other,
                "list": _list,
                "anew": _anew,
                "companies": _companies,
                "search": _search,
                "text": _text,
                "use": _use,
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
    ),
)
