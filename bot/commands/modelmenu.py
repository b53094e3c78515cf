"""The menus of models: the near ones, a company's list, the companies."""

from collections.abc import Sequence
from typing import Final

from bot import texts
from bot.commands.here import Here, company, look, rates_of, read_number, window_of
from bot.commands.spec import Call, Outcome
from bot.domain.errors import InvalidKey, ProviderError
from bot.domain.models import begin_with
from bot.modellists import Listed, Lists, token, use_action
from bot.texts.layout import back, close, page_of
from bot.texts.model import COMPANIES_PAGE, PAGE, Option
from bot.texts.tuning import PANEL

_NEARBY: Final = 3


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
        is_chosen=is_current(here, listed),
    )


def is_current(here: Here, listed: Listed) -> bool:
    """Whether the session answers with this model now."""
    return (here.choices.provider, here.choices.model) == (listed.provider, listed.model.id)


async def show_menu(call: Call, *, anew: bool = False) -> Outcome:
    """Show the model now, a few near at hand, and the ways to all."""
    if not await call.desk.stores.keys.keys(call.member.id):
        return Outcome(reply=texts.keys.no_keys())
    here = await look(call)
    lists = await call.desk.models.all(call.member.id, anew=anew)
    now = lists.find(here.choices.provider, here.choices.model)
    mine = (*lists.lists, *lists.missing)
    companies = [(company(call, each), each) for each in mine]
    return Outcome(
        reply=texts.model.menu(
            now.model.label if now else here.choices.model,
            company(call, here.choices.provider) if here.choices.model else "",
            [option(call, each, here) for each in _nearby(lists, now)],
            companies,
            rates=rates_of(call, here.choices.provider, here.choices.model),
            size=window_of(call, here.choices.provider, here.choices.model) or here.choices.window,
            is_orphan=bool(here.choices.model) and here.choices.provider not in mine,
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
        Listed(of, first)
        for of, found in lists.lists.items()
        if (first := begin_with(found.models)) and not (now and of == now.provider)
    ]
    ordered = [*near, *same[:1], *others, *same[1:], *every]
    return tuple(dict.fromkeys(ordered))[:_NEARBY]


async def show_other(call: Call) -> Outcome:
    """Open the menu from under an answer: that one stays."""
    outcome = await show_menu(call)
    return Outcome(reply=outcome.reply, is_apart=True)


async def show_list(call: Call) -> Outcome:
    """Show a page of a company's models."""
    provider, _, number = call.args.partition(":")
    return await _page(call, provider, read_number(number) or 0)


async def show_anew(call: Call) -> Outcome:
    """Fetch a company's list again."""
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


async def show_companies(call: Call) -> Outcome:
    """Show every company there is a key for."""
    stored = await call.desk.stores.keys.keys(call.member.id)
    names = [(company(call, each.provider), each.provider) for each in stored]
    page = read_number(call.args) or 0
    shown, at, pages = page_of(names, page, COMPANIES_PAGE - 2)
    return Outcome(reply=texts.model.companies(shown, at, pages))
