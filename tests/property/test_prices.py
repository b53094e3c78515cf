"""Prices that hold for every usage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from adapters.providers.prices import PriceTable
from bot.domain.prices import Period, Price, Rates, Tier
from bot.domain.usage import Usage

_ROWS: Final = PriceTable().search("")
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)

moments = st.integers(0, 60 * 24 * 700).map(lambda minute: _START + timedelta(minutes=minute))
amounts = st.decimals(0, 600, places=4, allow_nan=False)
some_rates = st.builds(
    Rates,
    input=amounts,
    output=amounts,
    cache_read=st.none() | amounts,
    cache_write=st.none() | amounts,
)
listed = st.sampled_from(_ROWS).map(lambda row: row.price)


@st.composite
def usages(draw: st.DrawFn, most: int = 2_000_000) -> Usage:
    """Return counts that agree with themselves."""
    plain = draw(st.integers(0, most))
    read = draw(st.integers(0, plain))
    return Usage(
        input_tokens=plain,
        output_tokens=draw(st.integers(0, most)),
        cache_read_tokens=read,
        cache_write_tokens=draw(st.integers(0, plain - read)),
    )


@given(listed, usages(), moments)
def test_a_listed_price_is_something_and_never_negative(
    price: Price, usage: Usage, at: datetime
) -> None:
    """At every moment, for every length; nothing only for nothing."""
    cost = price.cost(usage, at)
    assert cost is not None
    assert cost >= 0
    assert cost > 0 or not usage.input_tokens + usage.output_tokens


@given(some_rates, usages(), st.integers(0, 100_000), st.integers(0, 100_000))
def test_more_tokens_are_never_cheaper(
    rates: Rates, usage: Usage, plain: int, answer: int
) -> None:
    """Within a tier."""
    more = replace(
        usage,
        input_tokens=usage.input_tokens + plain,
        output_tokens=usage.output_tokens + answer,
    )
    assert rates.cost(more) >= rates.cost(usage)


@given(listed, usages(), moments)
def test_the_cache_never_costs_a_member_more_than_plain_reading(
    price: Price, usage: Usage, at: datetime
) -> None:
    """What was read from it, in every row whose rates say so."""
    rates = price.rates(at, usage.input_tokens)
    assert rates is not None
    bare = replace(usage, cache_read_tokens=0)
    if rates.cache_read is None or rates.cache_read <= rates.input:
        assert rates.cost(usage) <= rates.cost(bare)


@given(some_rates, usages())
def test_a_sum_is_the_sum_of_its_parts(rates: Rates, usage: Usage) -> None:
    """Plain, read, written, answered, each priced alone."""
    read, write = usage.cache_read_tokens, usage.cache_write_tokens
    parts = (
        Usage(input_tokens=usage.input_tokens - read - write),
        Usage(input_tokens=read, cache_read_tokens=read),
        Usage(input_tokens=write, cache_write_tokens=write),
        Usage(output_tokens=usage.output_tokens),
    )
    assert rates.cost(usage) == sum(map(rates.cost, parts), Decimal(0))


@given(
    st.lists(st.tuples(st.integers(0, 10_000), some_rates), unique_by=lambda each: each[0]),
    some_rates,
    st.integers(0, 11_000),
    moments,
)
def test_the_tier_is_the_highest_one_passed(
    steps: list[tuple[int, Rates]], base: Rates, length: int, at: datetime
) -> None:
    """Exactly at its boundary a request still has the tier below, whatever order they come in."""
    tiers = tuple(Tier(above=above, rates=rates) for above, rates in steps)
    price = Price((Period(rates=base, tiers=tiers),))
    for each in (length, *(above for above, _ in steps), *(above + 1 for above, _ in steps)):
        passed = [step for step in steps if each > step[0]]
        wanted = max(passed, key=lambda step: step[0])[1] if passed else base
        assert price.rates(at, each) == wanted


@given(listed, usages(), moments, st.integers(-12, 14))
def test_the_zone_of_a_moment_changes_nothing(
    price: Price, usage: Usage, at: datetime, hours: int
) -> None:
    """A server in another country pays the same."""
    there = at.astimezone(timezone(timedelta(hours=hours)))
    assert price.cost(usage, there) == price.cost(usage, at)
