"""What tokens cost: list prices, tiers, hours, and the arithmetic of one answer.

Prices are the vendors' public ones, so an amount computed here is always "about".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final, Protocol

from bot.domain.usage import Usage

_MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """US dollars per million tokens. None: counted as plain input."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None

    def cost(self, usage: Usage) -> Decimal:
        """Return what these tokens cost."""
        read, write = usage.cache_read_tokens, usage.cache_write_tokens
        plain = max(0, usage.input_tokens - read - write)
        cached = self.input if self.cache_read is None else self.cache_read
        written = self.input if self.cache_write is None else self.cache_write
        total = (
            plain * self.input
            + read * cached
            + write * written
            + usage.output_tokens * self.output
        )
        return total / _MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Rates of a whole request whose input is more than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What a model costs from a day on, or within hours of the day (UTC; `until` exclusive).

    `is_weekdays_only`: Saturdays and Sundays (UTC) are left out.
    """

    rates: Rates
    tiers: tuple[Tier, ...] = ()
    since: date | None = None
    start: time | None = None
    until: time | None = None
    is_weekdays_only: bool = False

    def holds(self, at: datetime) -> bool:
        """Whether this period's prices hold at a moment."""
        moment = at.astimezone(UTC)
        if self.since is not None and moment.date() < self.since:
            return False
        if self.is_weekdays_only and moment.weekday() >= 5:
            return False
        if self.start is None or self.until is None:
            return True
        now = moment.time()
        if self.start <= self.until:
            return self.start <= now < self.until
        return now >= self.start or now < self.until


@dataclass(frozen=True, slots=True)
class Price:
    """A model's price: the last of its periods that holds counts."""

    periods: tuple[Period, ...]

    @classmethod
    def flat(cls, rates: Rates) -> "Price":
        """Return a price that is the same at all times and for every length."""
        return cls((Period(rates=rates),))

    def rates(self, at: datetime, input_tokens: int = 0) -> Rates | None:
        """Return what counts for a request of this many input tokens; None before all periods."""
        holding = [period for period in self.periods if period.holds(at)]
        if not holding:
            return None
        period = holding[-1]
        passed = [tier for tier in period.tiers if input_tokens > tier.above]
        return max(passed, key=lambda tier: tier.above).rates if passed else period.rates

    def cost(self, usage: Usage, at: datetime) -> Decimal | None:
        """Return what an answer cost that ended at `at`, in US dollars."""
        rates = self.rates(at, usage.input_tokens)
        return rates.cost(usage) if rates else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One row of the price list; `name` is the id where the list has none."""

    provider: str
    model: str
    name: str
    price: Price
    context_tokens: int | None = None


class PriceList(Protocol):
    """The vendors' list prices as of a day."""

    @property
    def dated(self) -> date:
        """Return the day they were taken down."""
        ...

    def find(self, provider: str, model: str) -> Price | None:
        """Return the price of exactly this model; None: unknown, and it stays unknown."""
        ...

    def window(self, provider: str, model: str) -> int | None:
        """Return how many tokens exactly this model reads, where the list says so too."""
        ...

    def search(self, text: str) -> Sequence[Listing]:
        """Return the rows whose vendor, ids or name hold every word of a text, vendor by vendor.

        Without a word, all of them. Those of a vendor come with the newest version first.
        """
        ...
