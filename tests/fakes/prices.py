"""A short list of prices."""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import Final

from bot.domain.prices import Listing, Period, Price, Rates, Tier

DATED: Final = date(2026, 11, 20)


def rates(plain: str, answer: str, read: str | None = None, write: str | None = None) -> Rates:
    """Return rates of so many dollars per million tokens."""
    return Rates(
        input=Decimal(plain),
        output=Decimal(answer),
        cache_read=None if read is None else Decimal(read),
        cache_write=None if write is None else Decimal(write),
    )


def flat(plain: str, answer: str, read: str | None = None, write: str | None = None) -> Price:
    """Return a price that is the same at all times."""
    return Price.flat(rates(plain, answer, read, write))


_TERRA: Final = Price(
    (
        Period(
            rates=rates("1", "5", "0.05"),
            tiers=(Tier(above=272_000, rates=rates("2", "7.5", "0.1")),),
        ),
    )
)
_PEAK: Final = rates("0.3", "1.2", "0.006")
_FLASH: Final = Price(
    (
        Period(rates=rates("0.15", "0.6", "0.003")),
        Period(rates=_PEAK, start=time(1), until=time(4), is_weekdays_only=True),
        Period(rates=_PEAK, start=time(6), until=time(10), is_weekdays_only=True),
    )
)
_GEMINI: Final = Price(
    (
        Period(rates=rates("0.75", "3.75", "0.075")),
        Period(rates=rates("1.5", "7.5", "0.15"), since=date(2027, 1, 1)),
    )
)
LISTINGS: Final = tuple(
    Listing(provider=provider, model=model, name=name, price=price, context_tokens=context)
    for provider, model, name, price, context in (
        ("openai", "gpt-6.1-terra", "GPT-6.1 Terra", _TERRA, 400_000),
        ("openai", "gpt-4o", "gpt-4o", flat("2.5", "10", "1.25"), 128_000),
        ("openai", "gpt-4o-mini", "gpt-4o-mini", flat("0.15", "0.6", "0.075"), 128_000),
        ("openai", "gpt-4", "gpt-4", flat("30", "60"), 8_192),
        (
            "anthropic",
            "claude-sonnet-5-5",
            "Claude Sonnet 5.5",
            flat("2", "10", "0.1", "2.5"),
            200_000,
        ),
        (
            "anthropic",
            "claude-haiku-5-5",
            "Claude Haiku 5.5",
            flat("0.1", "0.5", "0.01", "0.125"),
            200_000,
        ),
        (
            "anthropic",
            "claude-3-5-sonnet",
            "Claude Sonnet 3.5",
            flat("3", "15", "0.3", "3.75"),
            200_000,
        ),
        ("google", "gemini-3.8-flash", "Gemini 3.8 Flash", _GEMINI, 1_000_000),
        ("google", "gemini-2.5-flash", "Gemini 2.5 Flash", flat("0.3", "2.5"), None),
        ("deepseek", "deepseek-flash", "DeepSeek Flash", _FLASH, 1_000_000),
    )
)


class FakePrices:
    """A PriceList of these rows."""

    def __init__(self, listings: Sequence[Listing] = LISTINGS) -> None:
        self.listings = tuple(listings)

    @property
    def dated(self) -> date:
        return DATED

    def find(self, provider: str, model: str) -> Price | None:
        fits = (row for row in self.listings if (row.provider, row.model) == (provider, model))
        return next((row.price for row in fits), None)

    def window(self, provider: str, model: str) -> int | None:
        fits = (row for row in self.listings if (row.provider, row.model) == (provider, model))
        return next((row.context_tokens for row in fits), None)

    def search(self, text: str) -> Sequence[Listing]:
        words = text.casefold().split()
        return tuple(
            row
            for row in self.listings
            if all(word in f"{row.provider} {row.model} {row.name}".casefold() for word in words)
        )
