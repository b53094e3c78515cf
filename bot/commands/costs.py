"""/costs: what models cost, and what the last answer would have cost elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from bot import texts
from bot.commands.here import (
    as_last,
    by_verb,
    company,
    is_free,
    look,
    model_label,
    read_number,
)
from bot.commands.spec import Call, Command, Outcome
from bot.domain.models import begin_with
from bot.domain.ports import UsedTurn
from bot.domain.prices import Listing, Price
from bot.modellists import Listed, Lists
from bot.texts.costs import Last, Offer
from bot.texts.format import TYPICAL

_MOST_BYTES: Final = 44  # of a search: it comes back in a button's action
_NEAR: Final = 0.6
_MOST_NEAR: Final = 3


@dataclass(frozen=True, slots=True)
class _Asker:
    """The member's last request, how a text tells of it, and the moment now."""

    call: Call
    last: UsedTurn | None
    said: Last | None
    now: datetime

    def offer(self, provider: str, model: str, label: str, price: Price | None) -> Offer:
        """Return a model's price of now and what the last answer, else a typical one, costs."""
        usage, at = (self.last.usage, self.last.at) if self.last else (TYPICAL, self.now)
        return Offer(
            label=label or model,
            company=company(self.call, provider),
            rates=price.rates(self.now) if price else None,
            usd=price.cost(usage, at) if price else None,
            is_free=is_free(self.call, provider),
        )


async def _asker(call: Call) -> _Asker:
    last = await call.desk.stores.settings.last_used(call.member.id)
    return _Asker(call, last, as_last(call, last) if last else None, call.desk.clock.now())


async def _run(call: Call) -> Outcome:
    typed = _shortened(call.args)
    return await (_find(call, typed) if typed else _overview(call, 0))


async def _overview(call: Call, page: int) -> Outcome:
    asker, here = await _asker(call), (await look(call)).choices
    lists = await call.desk.models.all(call.member.id)
    book, member = call.desk.prices, call.member.id
    now = None
    if here.model:
        price = book.price(member, here.provider, here.model)
        label = model_label(call, here.provider, here.model)
        now = asker.offer(here.provider, here.model, label, price)
    others = [
        asker.offer(each.provider, each.model.id, each.model.label, price)
        for each in _others(lists, here.provider, here.model)
        if (price := book.price(member, each.provider, each.model.id))
    ]
    return Outcome(
        reply=texts.costs.overview(
            now, others, asker.said, page=page, dated=book.dated, now=asker.now
        )
    )


def _others(lists: Lists, provider: str, model: str) -> Sequence[Listed]:
    """Return the other models of a member's keys, first those that companies begin with."""
    first = [
        Listed(of, chosen)
        for of, found in lists.lists.items()
        if (chosen := begin_with(found.models))
    ]
    every = dict.fromkeys((*first, *lists.every()))
    return [each for each in every if (each.provider, each.model.id) != (provider, model)]


async def _find(call: Call, typed: str, page: int | None = None) -> Outcome:
    """Say what fits: one model in full, else a page of them."""
    rows = tuple(_rows(call, typed))
    wanted = typed.casefold()
    exact = [row for row in rows if wanted in {row.model.casefold(), row.name.casefold()}]
    if page is None and len(exact or rows) == 1:
        return await _one(call, typed, (exact or rows)[0], more=len(rows) - 1)
    if not rows:
        return Outcome(reply=texts.costs.unknown(typed, _near(call, wanted)))
    asker = await _asker(call)
    offers = [asker.offer(row.provider, row.model, row.name, row.price) for row in rows]
    dated = call.desk.prices.dated
    return Outcome(
        reply=texts.costs.found(
            typed, offers, page=page or 0, dated=dated, now=asker.now, again=typed
        )
    )


async def _one(call: Call, typed: str, row: Listing, *, more: int) -> Outcome:
    asker, last = await _asker(call), None
    if asker.last is not None:
        last = row.price.cost(asker.last.usage, asker.last.at)
    offer = Offer(
        label=row.name,
        company=company(call, row.provider),
        usd=row.price.cost(TYPICAL, asker.now),
    )
    return Outcome(
        reply=texts.costs.one(
            offer,
            row.price,
            row.context_tokens,
            last=asker.said,
            here=last,
            dated=call.desk.prices.dated,
            now=asker.now,
            again=typed,
            more=more,
        )
    )


def _rows(call: Call, typed: str) -> Iterator[Listing]:
    """Return the table's rows that fit, at the price that a list in memory has for the member."""
    for row in call.desk.prices.search(typed):
        price = call.desk.prices.price(call.member.id, row.provider, row.model)
        yield replace(row, price=price or row.price)


def _near(call: Call, wanted: str) -> Sequence[str]:
    names = {
        name.casefold(): row.name
        for row in call.desk.prices.search("")
        for name in (row.model, row.name)
    }
    near = get_close_matches(wanted, names, n=_MOST_NEAR * 2, cutoff=_NEAR)
    return tuple(dict.fromkeys(names[each] for each in near))[:_MOST_NEAR]


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line.encode()[:_MOST_BYTES].decode(errors="ignore").strip()


async def _page(call: Call) -> Outcome:
    return await _overview(call, read_number(call.args) or 0)


async def _like(call: Call) -> Outcome:
    number, _, typed = call.args.partition(":")
    return await _find(call, _shortened(typed), read_number(number) or 0)


async def _close(call: Call) -> Outcome:
    outcome = await _run(call)
    return Outcome(reply=texts.costs.closed(outcome.reply) if outcome.reply else None)


COMMANDS = (
    Command(
        name="costs",
        help="what models cost",
        usage="[MODEL]",
        example="costs gpt-4o",
        run=_run,
        press=by_verb({"main": _page, "like": _like, "close": _close}),
    ),
)
