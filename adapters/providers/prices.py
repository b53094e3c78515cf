"""The vendors' list prices as `prices.json` has them; `make prices` writes it anew."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from importlib.resources import files
from typing import Final

import msgspec

from bot.domain.prices import Listing, Period, Price, Rates, Tier

_DATED: Final = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|20\d{6})$")
_VERSION: Final = re.compile(r"(?<!\d)\d{1,2}(?:[.-]\d{1,2})?(?![\dbk])", re.IGNORECASE)


class _Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars per million tokens."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None

    def made(self) -> Rates:
        return Rates(
            input=self.input,
            output=self.output,
            cache_read=self.cache_read,
            cache_write=self.cache_write,
        )


class _Tier(_Rates, frozen=True, kw_only=True):
    above: int


class _Period(_Rates, frozen=True, kw_only=True):
    tiers: tuple[_Tier, ...] = ()
    since: date | None = None
    start: time | None = None
    until: time | None = None
    weekdays: bool = False

    def period(self) -> Period:
        return Period(
            rates=self.made(),
            tiers=tuple(Tier(above=each.above, rates=each.made()) for each in self.tiers),
            since=self.since,
            start=self.start,
            until=self.until,
            is_weekdays_only=self.weekdays,
        )


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    prices: tuple[_Period, ...]
    also: tuple[str, ...] = ()
    name: str = ""
    context: int | None = None

    def listing(self, provider: str) -> Listing:
        return Listing(
            provider=provider,
            model=self.id,
            name=self.name or self.id,
            price=Price(tuple(each.period() for each in self.prices)),
            context_tokens=self.context,
        )


class _Table(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    licence: str
    dated: date
    vendors: dict[str, tuple[_Row, ...]]


class PriceTable:
    """The table, read when it is first asked."""

    @property
    def dated(self) -> date:
        """Return the day the prices were taken down."""
        return self._table.dated

    def find(self, provider: str, model: str) -> Price | None:
        """Return the price of exactly this model, a date at the end of its id left aside."""
        row = self._row(provider, model)
        return row.listing(provider).price if row else None

    def window(self, provider: str, model: str) -> int | None:
        """Return how many tokens exactly this model reads, where the source says so."""
        row = self._row(provider, model)
        return row.listing(provider).context_tokens if row else None

    def search(self, text: str) -> Sequence[Listing]:
        """Return the rows whose vendor, ids or name hold every word of a text."""
        words = text.casefold().split()
        found: list[Listing] = []
        for vendor, rows in self._table.vendors.items():
            fits = [row for row in rows if all(word in _hay(vendor, row) for word in words)]
            found.extend(row.listing(vendor) for row in sorted(fits, key=_version, reverse=True))
        return tuple(found)

    def _row(self, provider: str, model: str) -> _Row | None:
        rows = self._by_id.get(provider, {})
        id_ = model.removeprefix("models/").casefold()
        return rows.get(id_) or rows.get(_DATED.sub("", id_))

    @cached_property
    def _table(self) -> _Table:
        text = files("adapters.providers").joinpath("prices.json").read_bytes()
        return msgspec.json.decode(text, type=_Table)

    @cached_property
    def _by_id(self) -> Mapping[str, Mapping[str, _Row]]:
        return {
            vendor: {id_.casefold(): row for row in rows for id_ in _ids(row)}
            for vendor, rows in self._table.vendors.items()
        }


def _ids(row: _Row) -> Iterator[str]:
    yield row.id
    yield from row.also


def _hay(vendor: str, row: _Row) -> str:
    """Return where words are looked for; `3.5` finds an id with `3-5` too."""
    names = " ".join((vendor, row.name, *_ids(row))).casefold()
    return f"{names} {row.id.replace('-', '.').casefold()}"


def _version(row: _Row) -> Decimal:
    """Return the first number of a name or id, which vendors count up."""
    found = _VERSION.search(row.name or row.id)
    return Decimal(found[0].replace("-", ".")) if found else Decimal(0)
