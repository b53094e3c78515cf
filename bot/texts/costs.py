"""What models cost by their vendors' list prices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bot.domain.events import Reply, Rows
from bot.domain.prices import Period, Price, Rates
from bot.texts.format import cost, cut_middle, day, escape, listing, quote, rate, tokens, window
from bot.texts.layout import ADD_KEY, page_of, pager, span
from bot.texts.layout import button as choice
from bot.texts.prefixes import command

PAGE = 5
_MOST_LABEL = 28
_MOST_HOURS = 3
_SHOW_OTHERS = f"Send {command('costs')} and a name to see another model."


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A model at its price of now; `usd` is what one answer costs there. None: unknown."""

    label: str
    company: str
    rates: Rates | None = None
    usd: Decimal | None = None
    is_free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The member's last answer: who gave it, what it cost (None: unknown)."""

    label: str
    usd: Decimal | None
    is_estimated: bool = False
    is_free: bool = False

    @property
    def cost(self) -> str:
        """Return the amount in words."""
        return cost(self.usd, is_estimated=self.is_estimated, is_free=self.is_free)


def overview(
    here: Offer | None,
    others: Sequence[Offer],
    last: Last | None,
    *,
    page: int,
    dated: date,
    now: datetime,
) -> Reply:
    """The model in use, the last answer, and what it would have cost with the others."""
    shown, at, pages = page_of(others, page, PAGE)
    lines = [_headline(here)]
    if last is not None:
        lines.append(f"{_last(last)}{' With others it would be:' if shown else ''}")
    elif shown:
        lines.append("A typical answer, 1,000 tokens in and half as many out, would be:")
    lines.extend(
        f"{_name(each)}: {_pair(each.rates)}, {cost(each.usd)}" for each in shown if each.rates
    )
    if shown:
        where = span(at, PAGE, len(others)).removeprefix(", ")
        place = f"{where[:1].upper()}{where[1:]}. " if where else ""
        lines.append(f"{place}Per million tokens, list prices of {day(dated, now)}.")
    lines.append(_SHOW_OTHERS)
    end = _close("")
    first = () if here else ((ADD_KEY,),)
    return Reply(text="\n".join(lines), buttons=(*first, *pager("costs:main", at, pages), *end))


def found(
    typed: str, offers: Sequence[Offer], *, page: int, dated: date, now: datetime, again: str
) -> Reply:
    """The rows of the price list that fit; `again` leads back to this search."""
    shown, at, pages = page_of(offers, page, PAGE)
    lines = [
        f"**Prices for {quote(typed, 30)}**{span(at, PAGE, len(offers))}:",
        *(f"{_name(each)}, {escape(each.company)}: {_pair(each.rates)}" for each in shown),
        f"Per million tokens, list prices of {day(dated, now)}. A name in full shows more.",
    ]
    return Reply(
        text="\n".join(lines),
        buttons=(*_pages(again, at, pages), *_close(again)),
    )


def one(
    offer: Offer,
    price: Price,
    context: int | None,
    *,
    last: Last | None,
    here: Decimal | None,
    dated: date,
    now: datetime,
    again: str,
    more: int,
) -> Reply:
    """Everything about one model's price. `here`: what the last answer would cost with it."""
    lines = [
        f"**{_name(offer)}** of {escape(offer.company)}: {_amount(offer)} for a typical answer.",
        *_terms(price, now),
    ]
    if context:
        lines.append(f"It reads up to {window(context)} tokens.")
    if last is not None:
        lines.append(f"{_last(last)} With this one: {cost(here)}.")
    lines.append(f"List price of {day(dated, now)}. Typical is 1,000 tokens in, half as many out.")
    rest: Rows = ()
    if more:
        rest = ((choice(f"{more} more like it", f"costs:like:0:{again}"),),)
    return Reply(text="\n".join(lines), buttons=(*rest, *_close(again)))


def unknown(typed: str, near: Sequence[str]) -> Reply:
    """Nothing in the list fits."""
    names = [escape(cut_middle(each, _MOST_LABEL)) for each in near]
    hint = f" Near it: {listing(names, last='or')}." if names else ""
    return Reply(
        text=f"**My price list has no {quote(typed, 40)}.** Its cost stays unknown until the"
        f" company reports it.{hint}",
        buttons=_close(""),
    )


def closed(reply: Reply) -> Reply:
    """What stays of a list."""
    return Reply(text=reply.text.splitlines()[0])


def _close(again: str) -> Rows:
    return ((choice("Close", f"costs:close:{again}"),),)


def _pages(again: str, at: int, pages: int) -> Rows:
    """Return the ways to the pages before and after; the page stands before the words."""
    rows = pager("costs:like", at, pages)
    return tuple(
        tuple(choice(each.label, f"{each.action}:{again}") for each in row) for row in rows
    )


def _headline(here: Offer | None) -> str:
    if here is None:
        return "**No model is chosen here yet.**"
    name = _name(here)
    if here.is_free:
        return f"**{name}: free.**"
    if here.rates is None:
        return f"**{name}: price unknown.** It is not in my list of prices."
    return f"**{name}: {_pair(here.rates)}** per million tokens."


def _last(last: Last) -> str:
    label = _name(last)
    if last.is_free or last.usd == 0:
        return f"Your last answer was free, with {label}."
    if last.usd is None:
        return f"Your last answer, with {label}: cost unknown."
    return f"Your last answer cost {last.cost} with {label}."


def _amount(offer: Offer) -> str:
    return cost(offer.usd, is_free=offer.is_free)


def _name(of: Offer | Last) -> str:
    return escape(cut_middle(of.label, _MOST_LABEL))


def _pair(rates: Rates | None) -> str:
    if rates is None:
        return "price unknown"
    if not rates.input and not rates.output:
        return "free"
    return f"{rate(rates.input)} in, {rate(rates.output)} out"


def _terms(price: Price, now: datetime) -> Iterator[str]:
    """Say what holds now, what holds for long questions, at some hours, and from some day on."""
    started = [each for each in price.periods if each.since is None or each.since <= now.date()]
    whole = [each for each in started if each.start is None]
    if whole:
        base = whole[-1]
        rates = base.rates
        cached = f", {rate(rates.cache_read)} cached" if rates.cache_read else ""
        kept = f", {rate(rates.cache_write)} to cache" if rates.cache_write else ""
        yield f"{_pair(rates)}{cached}{kept} per million tokens."
        for tier in base.tiers:
            yield f"Over {tokens(tier.above)} tokens in: {_pair(tier.rates)}."
    yield from _hours([each for each in started if each.start is not None])
    for each in price.periods:
        if each not in started and each.since is not None:
            yield f"From {day(each.since, now)} on: {_pair(each.rates)}."


def _hours(periods: Sequence[Period]) -> Iterator[str]:
    """Say dearer or cheaper hours, those at one price together."""
    by_words: dict[str, list[str]] = {}
    for each in periods[-_MOST_HOURS:]:
        weekdays = " on weekdays" if each.is_weekdays_only else ""
        words = f" UTC{weekdays}: {_pair(each.rates)}."
        by_words.setdefault(words, []).append(f"{each.start:%H:%M} to {each.until:%H:%M}")
    for words, spans in by_words.items():
        yield f"{listing(spans)}{words}"
