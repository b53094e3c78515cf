"""List prices: the arithmetic, the hours, the table's exact ids, and which price counts."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from adapters.providers.prices import PriceTable
from bot.domain.chat import MemberId
from bot.domain.models import Model
from bot.domain.prices import Period, Price, Rates, Tier
from bot.domain.usage import Usage
from bot.modellists import ModelLists
from bot.pricebook import PriceBook
from storage.memory import MemoryStores
from tests.fakes.clock import FakeClock
from tests.fakes.prices import FakePrices, flat, rates

TUESDAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
USED = Usage(input_tokens=1_000, output_tokens=500, cache_read_tokens=600, cache_write_tokens=100)
BASE = rates("2", "10")
PEAK = rates("4", "20")
TABLE = PriceTable()


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """Return a time of a Tuesday, or of some days later."""
    return TUESDAY.replace(hour=hour, minute=minute) + timedelta(days=days)


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        (rates("2", "10"), "0.007"),
        (rates("2", "10", "0.2"), "0.00592"),
        (rates("2", "10", "0.2", "2.5"), "0.00597"),
        (rates("2", "10", "0", "2.5"), "0.00585"),
    ],
    ids=["no-cache", "read", "read-and-write", "read-for-nothing"],
)
def test_tokens_from_the_cache_have_their_own_price(price: Rates, cost: str) -> None:
    """Without one they are plain input."""
    assert price.cost(USED) == Decimal(cost)


def test_a_count_that_contradicts_itself_is_not_less_than_nothing() -> None:
    """More from the cache than was sent."""
    odd = Usage(input_tokens=10, cache_read_tokens=1_000_000)
    assert rates("2", "10", "0.2").cost(odd) == Decimal("0.2")


def test_a_long_question_reprices_the_whole_request() -> None:
    """Beyond the boundary, not at it; of several tiers the last one passed."""
    price = Price(
        (
            Period(
                rates=BASE,
                tiers=(Tier(above=200, rates=rates("8", "40")), Tier(above=100, rates=PEAK)),
            ),
        )
    )
    said = [price.rates(TUESDAY, tokens) for tokens in (100, 101, 200, 201)]
    assert said == [BASE, PEAK, PEAK, rates("8", "40")]
    assert price.cost(Usage(input_tokens=101, output_tokens=100), TUESDAY) == Decimal("0.002404")


@pytest.mark.parametrize(
    ("start", "until", "moment", "is_peak"),
    [
        (time(1), time(4), at(0, 59), False),
        (time(1), time(4), at(1), True),
        (time(1), time(4), at(3, 59), True),
        (time(1), time(4), at(4), False),
        (time(22), time(2), at(21, 59), False),
        (time(22), time(2), at(22), True),
        (time(22), time(2), at(1, 59), True),
        (time(22), time(2), at(2), False),
        (time(1), time(4), at(10).replace(tzinfo=timezone(timedelta(hours=8))), True),
    ],
)
def test_hours_are_utcs(start: time, until: time, moment: datetime, *, is_peak: bool) -> None:
    """From the first minute on, without the last, and over midnight."""
    price = Price((Period(rates=BASE), Period(rates=PEAK, start=start, until=until)))
    assert price.rates(moment) == (PEAK if is_peak else BASE)


def test_some_hours_are_those_of_weekdays() -> None:
    """Saturday and Sunday have the plain price."""
    peak = Period(rates=PEAK, start=time(1), until=time(4), is_weekdays_only=True)
    price = Price((Period(rates=BASE), peak))
    week = [price.rates(at(2, days=number)) for number in range(7)]
    assert week == [PEAK, PEAK, PEAK, PEAK, BASE, BASE, PEAK]


def test_a_price_changes_on_its_day() -> None:
    """At midnight UTC; before the first one there is none."""
    first = Period(rates=BASE, since=date(2026, 11, 24))
    price = Price((first, Period(rates=PEAK, since=date(2026, 11, 25))))
    assert price.rates(at(0) - timedelta(microseconds=1)) is None
    assert price.cost(USED, at(0) - timedelta(days=1)) is None
    assert price.rates(at(23, 59)) == BASE
    assert price.rates(at(0, days=1)) == PEAK


@pytest.mark.parametrize(
    ("provider", "model", "plain", "answer"),
    [
        ("openai", "gpt-4o", "2.5", "10"),
        ("openai", "gpt-4o-2024-11-20", "2.5", "10"),
        ("openai", "gpt-4o-2024-05-13", "5", "15"),
        ("openai", "gpt-4", "30", "60"),
        ("anthropic", "claude-3-5-sonnet-20241022", "3", "15"),
        ("anthropic", "claude-sonnet-5-5-20261101", "2", "10"),
        ("google", "models/gemini-2.5-flash", "0.3", "2.5"),
        ("google", "gemini-2.5-flash", "0.3", "2.5"),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "0.88", "0.88"),
    ],
)
def test_known_names(provider: str, model: str, plain: str, answer: str) -> None:
    """A path and a date are left aside, small and large letters are the same."""
    for id_ in (model, model.upper().replace("MODELS/", "models/")):
        price = TABLE.find(provider, id_)
        assert price, id_
        found = price.rates(TUESDAY)
        assert found
        assert (found.input, found.output) == (Decimal(plain), Decimal(answer))


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-"),
        ("openai", "gpt-4o-2"),
        ("openai", "gpt-4o-future"),
        ("openai", "ft:gpt-4o-2024-08-06:me"),
        ("openai", "claude-3-5-sonnet"),
        ("anthropic", "claude-sonnet-5-5-fast"),
        ("anthropic", "claude"),
        ("mistral", "mistral-large-latest"),
        ("openai", "text-embedding-3-small"),
        ("nobody", "gpt-4o"),
        ("openai", ""),
    ],
)
def test_what_is_not_known_exactly_is_unknown(provider: str, model: str) -> None:
    """A name that only begins like a known one is another model."""
    assert TABLE.find(provider, model) is None


def test_the_table_is_dated_and_whole() -> None:
    """Every row has prices that are more than nothing, and no two rows of a vendor share an id."""
    assert TABLE.dated >= date(2026, 11, 23)
    rows = TABLE.search("")
    assert len(rows) > 300
    assert {"openai", "anthropic", "google", "deepseek"} <= {row.provider for row in rows}
    assert len({(row.provider, row.model) for row in rows}) == len(rows)
    for row in rows:
        found = row.price.rates(TUESDAY)
        assert found, row
        assert found.input > 0, row
        assert found.output > 0, row
        assert TABLE.find(row.provider, row.model) == row.price


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("gemini flash", "Gemini 3.8 Flash"),
        ("claude 3.5", "Claude Haiku 3.5"),
        ("GPT-4o mini", "gpt-4o-mini"),
        ("deepseek v4 pro", "DeepSeek V4 Pro"),
    ],
)
def test_search_takes_words_in_any_place(text: str, first: str) -> None:
    """The newest version comes first."""
    assert TABLE.search(text)[0].name == first


def test_nothing_is_found_for_what_is_not_there() -> None:
    """All words must fit."""
    assert TABLE.search("gpt-4o claude") == ()


def test_deepseek_is_dearer_on_weekday_mornings() -> None:
    """Which the source of the table cannot say; the table does."""
    price = TABLE.find("deepseek", "deepseek-flash")
    assert price
    friday, saturday = price.rates(at(2, days=3)), price.rates(at(2, days=4))
    assert friday
    assert saturday
    assert (friday.input, saturday.input) == (Decimal("0.3"), Decimal("0.15"))


async def test_a_list_s_own_price_counts_before_the_table() -> None:
    """And only for the member whose list it is; without either the cost is unknown."""
    clock = FakeClock()
    models = ModelLists(MemoryStores(clock).keys, {}, clock)
    book = PriceBook(FakePrices(), models)
    alice, bob = MemberId("alice"), MemberId("bob")
    listed = flat("1", "1")
    gpt = Model(id="gpt-4o")
    models.keep(alice, "openai", (replace(gpt, price=listed), Model(id="new")))
    models.keep(bob, "openai", (gpt,))
    assert book.price(alice, "openai", "gpt-4o") == listed
    assert book.price(bob, "openai", "gpt-4o") == flat("2.5", "10", "1.25")
    assert book.price(alice, "openai", "new") is None
    assert book.price(alice, "elsewhere", "gpt-4o") is None


def test_a_window_where_the_source_says_one() -> None:
    """OpenAI's list says none, so its conversations would be cut short without this."""
    assert (TABLE.window("openai", "gpt-6.1-terra") or 0) > 500_000
    assert TABLE.window("openai", "nobody-1") is None
