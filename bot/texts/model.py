"""Choosing a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.events import Button, Reply, Rows
from bot.domain.prices import Rates
from bot.texts.format import ago, cut, escape, listing, priced, quote, window
from bot.texts.layout import PAIRED, back, button, cancel, close, column, pager, pairs, span
from bot.texts.prefixes import command

PAGE = 6
COMPANIES_PAGE = 8
_ALL = Button("All models", "model:menu")
_CLOSE = close("model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A model to choose: what its company calls it, and the action that takes it."""

    label: str
    action: str
    company: str
    is_chosen: bool = False

    @property
    def button(self) -> Button:
        """Return it as a button alone in its row."""
        return button(self.label, self.action, is_chosen=self.is_chosen)


def menu(
    label: str,
    company: str,
    options: Sequence[Option],
    companies: Sequence[tuple[str, str]],
    *,
    rates: Rates | None,
    size: int | None,
    missing: Sequence[str],
    is_orphan: bool = False,
    way_back: Button = _CLOSE,
) -> Reply:
    """The model now, a few near at hand, and the ways to all. `companies`: names and ids.

    `is_orphan`: there is no key for the model now.
    """
    every = [button(f"All {name}", f"model:list:{of}:0", most=PAIRED) for name, of in companies]
    if len(every) > 4:
        every = [*every[:3], Button("More companies", "model:companies:0")]
    holds = "".join(f"\n{fact}" for fact in _facts(rates, size))
    if is_orphan:
        holds = f"\nYou have no {escape(company)} key any more, so it cannot answer."
    missed = f"\n{_no_list(missing)}" if missing else ""
    return Reply(
        text=f"{headline(label, company)}{holds}\nChoose one, or add a part of a name:"
        f" {command('model')} {_example(options)}{missed}",
        buttons=(
            *column(option.button for option in options),
            *pairs(every),
            (Button("Search", "model:search"), way_back),
        ),
    )


def _facts(rates: Rates | None, size: int | None) -> list[str]:
    """What it costs and how much it reads, as far as that is known."""
    costs = [priced(rates)] if rates else []
    return [*costs, f"It reads up to {window(size)} tokens."] if size else costs


def headline(label: str, company: str) -> str:
    """The first line of the menu, which stays when it is closed."""
    if not label:
        return "**Model:** none chosen yet"
    return f"**Model: {escape(label)}** ({escape(company)})"


def _example(options: Sequence[Option]) -> str:
    words = [word for option in options for word in option.label.split() if word.isalpha()]
    return escape(cut(words[-1].lower(), 20)) if words else "mini"


def _no_list(missing: Sequence[str]) -> str:
    return f"The list of {listing([escape(name) for name in missing])} is not to be had now."


def closed(label: str, company: str) -> Reply:
    """What stays of a menu."""
    return Reply(text=f"{headline(label, company)}.")


def companies(names: Sequence[tuple[str, str]], page: int, pages: int) -> Reply:
    """Whose models to look at."""
    choices = (button(f"All {name}", f"model:list:{of}:0", most=PAIRED) for name, of in names)
    return Reply(
        text="Whose models shall I list?",
        buttons=(
            *pairs(choices),
            *pager("model:companies", page, pages),
            (back("model:menu"),),
        ),
    )


def models(
    company: str,
    provider: str,
    options: Sequence[Option],
    *,
    page: int,
    total: int,
    fetched_at: datetime,
    now: datetime,
    is_missed: bool,
) -> Reply:
    """One page of a company's list."""
    pages = max(1, -(-total // PAGE))
    name = escape(company)
    age = ago(fetched_at, now)
    text = f"**{name} models**{span(page, PAGE, total)}.\nThe list is from {age}."
    if is_missed:
        text = (
            f"**{name} models**{span(page, PAGE, total)}.\nCannot reach {name} from this host;"
            f" this list is from {age}. A typed name still works."
        )
    search = (Button("Search", "model:search"),) if pages > 2 else ()
    again = (Button("Try again", f"model:anew:{provider}"),) if is_missed else ()
    return Reply(
        text=text,
        buttons=(
            *column(option.button for option in options),
            *pager(f"model:list:{provider}", page, pages),
            (*(again or search), back("model:menu")),
        ),
    )


def no_models(company: str) -> Reply:
    """An empty list."""
    return Reply(
        text=f"{escape(company)} lists no chat model for your key. A typed name still works:"
        f" {command('model')} followed by the model's id.",
        buttons=((Button("Your keys", "keys:list"), back("model:menu")),),
    )


def no_list(company: str, provider: str) -> Reply:
    """No list, not even an old one."""
    return Reply(
        text=f"Cannot reach {escape(company)} from this host, so I have no list of its models."
        f" A typed name still works: {command('model')} followed by the model's id.",
        buttons=((Button("Try again", f"model:anew:{provider}"), back("model:menu")),),
    )


def key_refused(company: str, provider: str) -> Reply:
    """The company does not take the key, so there is no list."""
    return Reply(
        text=f"**Invalid API key.** {escape(company)} does not accept your key, so I cannot list"
        " its models. Nothing was charged. Add a new key.",
        buttons=((Button("Replace key", f"keys:renew:{provider}"), back("model:menu")),),
    )


def ask_search() -> Reply:
    """Waits for a part of a name."""
    return Reply(text="Send a part of the name, such as mini.", buttons=((cancel("model"),),))


def matches(text: str, options: Sequence[Option], total: int) -> Reply:
    """Several models fit."""
    end = f". Here are {len(options)}; add more of the name:" if total > len(options) else ":"
    return Reply(
        text=f"{total} of your models match {quote(text, 40)}{end}",
        buttons=(*column(option.button for option in options), (_ALL, _CLOSE)),
    )


def no_match(text: str, near: Sequence[Option]) -> Reply:
    """None fits; near misses are offered."""
    hint = " Near it:" if near else " Send a part of a name, such as mini, or look at all."
    return Reply(
        text=f"No model of yours matches {quote(text, 40)}.{hint}",
        buttons=(*column(option.button for option in near), (_ALL, _CLOSE)),
    )


def not_listed(model: str, company: str, action: str, near: Sequence[Option]) -> Reply:
    """It looks like an id, and no list has it."""
    return Reply(
        text=f"{escape(company)} does not list this for your key: {escape(model)}. Lists can lag;"
        " if it is refused, you pay nothing.",
        buttons=(
            (button(f"Use {model}", action),),
            *column(option.button for option in near),
            (_ALL, _CLOSE),
        ),
    )


def too_long(most: int) -> Reply:
    """More than any model's id."""
    return Reply(
        text=f"A model's name has at most {most} characters. Example: {command('model')}"
        " mini. Nothing changed.",
        buttons=((_ALL, _CLOSE),),
    )


def taking_temperature(options: Sequence[Option]) -> Reply:
    """Models that take a temperature."""
    text = (
        "**These take a temperature:**"
        if options
        else "No model of yours is known to take a temperature."
    )
    return Reply(text=text, buttons=(*column(option.button for option in options), (_ALL, _CLOSE)))


_ASKED: Final = " Whoever would pay more by it than before is asked first."


def chosen(
    label: str,
    *,
    rates: Rates | None,
    size: int | None,
    marked: str,
    is_first: bool,
    again: Button | None,
    is_for_group: bool = False,
) -> Reply:
    """The model was chosen. The very first choice becomes the default by itself.

    `is_for_group`: by an admin, for all who ask there.
    """
    name = escape(label)
    what = "for every conversation" if is_first else "for this conversation"
    if is_for_group:
        what = "for this group"
    holds = "".join(f" {fact}" for fact in _facts(rates, size))
    make = () if is_first or is_for_group else (Button("Make default", f"model:default:{marked}"),)
    verb = "undofirst" if is_first else "undo"
    ask: Rows = ((again,),) if again else ()
    return Reply(
        text=f"**{name}** {what}.{holds}{_ASKED if is_for_group else ''}",
        buttons=(*ask, (*make, Button("Undo", f"model:{verb}:{marked}")), (back("model:menu"),)),
    )


def chosen_unlisted(label: str, company: str, marked: str) -> Reply:
    """An id too long for a button: taken at once, as it can be undone."""
    return Reply(
        text=f"**{escape(cut(label, 80))}** for this conversation. {escape(company)} does not list"
        " it for your key. Lists can lag; if it is refused, you pay nothing.",
        buttons=((Button("Undo", f"model:undo:{marked}"),), (back("model:menu"),)),
    )


def already(label: str) -> Reply:
    """It is the model already."""
    return Reply(
        text=f"**{escape(label)}** is the model of this conversation already.",
        buttons=((_ALL, _CLOSE),),
    )


def stays(label: str) -> Reply:
    """A model that ends soon is kept while it lasts."""
    return Reply(
        text=f"**{escape(label)}** stays. {command('model')} shows the others when it is gone."
    )


def undone() -> Reply:
    """The model before is back."""
    return Reply(text=f"Undone: the model is the one from before. {command('model')} shows it.")


def made_default(label: str, marked: str) -> Reply:
    """New conversations begin with it."""
    return Reply(
        text=f"**{escape(label)}** is your default for new conversations.",
        buttons=((Button("Undo", f"model:undodefault:{marked}"),),),
    )


def default_undone() -> Reply:
    """The default before is back."""
    return Reply(text="Your default model is as it was before.")


def unknown() -> Reply:
    """A button of a model that no list has any more."""
    return Reply(
        text="That model is in no list of yours any more. Nothing changed.",
        buttons=((_ALL, _CLOSE),),
    )
