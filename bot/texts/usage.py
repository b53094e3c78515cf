"""What it costs."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from bot.domain.events import Button, Reply, Rows
from bot.domain.ports import Spent, SpentLine
from bot.texts.costs import Last
from bot.texts.format import amount, cost, day, escape, month, tokens
from bot.texts.layout import back, close
from bot.texts.prefixes import command

_MOST_LINES = 10
_MODELS = Button("By model", "usage:models")
_DAYS = Button("By day", "usage:days")


def total(spent: Spent, *, is_free: bool = False) -> str:
    """Say a sum: unknown is never nothing."""
    if not spent.answers:
        return "nothing"
    is_unknown = spent.unknown > 0 and not spent.cost_usd
    return cost(
        None if is_unknown else spent.cost_usd, is_estimated=spent.is_estimated, is_free=is_free
    )


def nothing() -> Reply:
    """Nothing was used."""
    return Reply(
        text="Nothing used yet. Costs appear here after your first answer.",
        buttons=((close("usage"),),),
    )


def overview(
    today: Spent, this_month: Spent, here: Spent, last: Last | None, now: datetime
) -> Reply:
    """Today, this month, this conversation, the last answer, and what could not be counted."""
    lines = [
        headline(today),
        f"{month(now)}: {total(this_month)}",
        f"This conversation: {total(here)}",
    ]
    if last is not None:
        lines.append(f"Last answer: {last.cost}, {escape(last.label)}")
    if this_month.unknown:
        lines.append(f"Not counted: {amount(this_month.unknown, 'answer')} of unknown cost.")
    return Reply(text="\n".join(lines), buttons=((_MODELS, _DAYS), (close("usage"),)))


def headline(today: Spent) -> str:
    """The first line, which stays when it is closed."""
    return f"**Today: {total(today)}**, {amount(today.answers, 'answer')}"


def period(name: str, spent: Spent, lines: Sequence[tuple[str, SpentLine, bool]]) -> Reply:
    """One period: sum, tokens, models. `lines`: label, sum, whether it is free."""
    text = [
        f"**{name}: {total(spent)}**, {amount(spent.answers, 'answer')}",
        f"{tokens(spent.input_tokens)} tokens in, {tokens(spent.output_tokens)} out",
        *_model_lines(lines),
    ]
    if spent.unknown:
        text.append(f"Not counted: {amount(spent.unknown, 'answer')} of unknown cost.")
    return Reply(text="\n".join(text), buttons=((_DAYS, back("usage:main")), (close("usage"),)))


def by_model(name: str, lines: Sequence[tuple[str, SpentLine, bool]]) -> Reply:
    """The month, model by model, dearest first."""
    return Reply(
        text="\n".join((f"**{name} by model**", *_model_lines(lines))),
        buttons=_switch(_DAYS),
    )


def by_day(name: str, lines: Sequence[SpentLine], now: datetime) -> Reply:
    """The month, day by day, newest first."""
    shown = [
        f"{_day(line.key, now)}: {total(line.spent)}, {amount(line.spent.answers, 'answer')}"
        for line in lines[:_MOST_LINES]
    ]
    return Reply(
        text="\n".join((f"**{name} by day**", *shown, *_rest(len(lines)))),
        buttons=_switch(_MODELS),
    )


def _switch(other: Button) -> Rows:
    return ((other, back("usage:main")),)


def _day(key: str, now: datetime) -> str:
    shown = day(date.fromisoformat(key), now)
    return shown[:1].upper() + shown[1:]


def _model_lines(lines: Sequence[tuple[str, SpentLine, bool]]) -> tuple[str, ...]:
    shown = tuple(
        f"{escape(label)}: {total(line.spent, is_free=is_free)},"
        f" {amount(line.spent.answers, 'answer')}"
        for label, line, is_free in lines[:_MOST_LINES]
    )
    return (*shown, *_rest(len(lines)))


def _rest(count: int) -> tuple[str, ...]:
    return (f"and {count - _MOST_LINES} more",) if count > _MOST_LINES else ()


def misfit() -> Reply:
    """Not a period."""
    return Reply(
        text=f"Choose day, month or all. Example: {command('usage')} month. Nothing changed."
    )


def closed(today: Spent) -> Reply:
    """What stays of the overview."""
    if not today.answers and today.cost_usd == Decimal(0):
        return Reply(text="**Today: nothing** used.")
    return Reply(text=f"{headline(today)}.")
