"""How figures, times and names are written."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.keys import Balance
from bot.texts import format as fmt

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("0", "free"),
        ("0.00001", "under $0.0001"),
        ("0.00009999", "under $0.0001"),
        ("0.0001", "about $0.0001"),
        ("0.00012", "about $0.00012"),
        ("0.0042", "about $0.0042"),
        ("0.00421", "about $0.0042"),
        ("0.007", "about $0.007"),
        ("0.0099", "about $0.0099"),
        ("0.00999", "about $0.01"),
        ("0.01", "about $0.01"),
        ("0.125", "about $0.13"),
        ("3.4", "about $3.40"),
        ("1234.5", "about $1,234.50"),
    ],
)
def test_cost(usd: str, text: str) -> None:
    """Two decimals from a cent on, below that digits that count, never a zero that is none."""
    assert fmt.cost(Decimal(usd)) == text


@pytest.mark.parametrize(
    ("left", "text"),
    [
        ((Balance(Decimal("1.234")),), "$1.23"),
        ((Balance(Decimal(0)),), "$0"),
        ((Balance(Decimal("-0.5")),), "-$0.50"),
        ((Balance(Decimal("0.0042")),), "$0.0042"),
        ((Balance(Decimal(1200), "CNY"),), "¥1,200.00"),
        ((Balance(Decimal(-12), "EUR"),), "-12.00 EUR"),
        ((Balance(Decimal(1)), Balance(Decimal(12), "CNY")), "$1.00 and ¥12.00"),
    ],
)
def test_balances(left: tuple[Balance, ...], text: str) -> None:
    """Each currency by its sign or its code; what is owed has a minus."""
    assert fmt.balances(left) == f"Balance: {text}"


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("10", "$10"),
        ("1000", "$1,000"),
        ("2.5", "$2.50"),
        ("0.075", "$0.075"),
        ("0.003625", "$0.003625"),
        ("0", "$0"),
    ],
)
def test_a_price_is_written_exactly(usd: str, text: str) -> None:
    """Rounded to cents, 0.075 would be another price."""
    assert fmt.rate(Decimal(usd)) == text


def test_cost_is_honest() -> None:
    """Unknown is unknown, reported is not "about", estimated says so, local is free."""
    usd = Decimal("0.004")
    assert fmt.cost(None) == "cost unknown"
    assert fmt.cost(None, is_free=True) == "free"
    assert fmt.cost(usd, is_reported=True) == "$0.004"
    assert fmt.cost(usd, is_estimated=True) == "about $0.004 (tokens estimated)"


@given(st.decimals(min_value="0.000000001", max_value=10**6, places=9))
def test_money_is_never_zero(usd: Decimal) -> None:
    """Something is never shown as nothing."""
    assert fmt.money(usd).strip("$0., ")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (950, "950"),
        (4_096, "4,096"),
        (9_999, "9,999"),
        (12_400, "12.4K"),
        (200_000, "200K"),
        (999_949, "999.9K"),
        (999_950, "1M"),
        (1_234_567, "1.2M"),
    ],
)
def test_tokens(number: int, text: str) -> None:
    """Tokens are exact while they are few."""
    assert fmt.tokens(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(512, "512"), (8_192, "8K"), (131_072, "131K"), (200_000, "200K"), (1_048_576, "1M")],
)
def test_window(number: int, text: str) -> None:
    """Windows are round."""
    assert fmt.window(number) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [(0, "today"), (1, "yesterday"), (2, "21 Nov"), (40, "14 Oct"), (400, "19 Oct 2025")],
)
def test_day(days: int, text: str) -> None:
    """Days by their names, then dates, with the year once it is another."""
    assert fmt.day(NOW - timedelta(days=days), NOW) == text
    assert fmt.day((NOW - timedelta(days=days)).date(), NOW) == text


def test_when_and_ago() -> None:
    """A moment ago is now."""
    assert fmt.when(NOW - timedelta(minutes=4), NOW) == "now"
    assert fmt.when(NOW - timedelta(minutes=6), NOW) == "today"
    assert fmt.when(NOW + timedelta(minutes=6), NOW) == "today"
    assert fmt.ago(NOW, NOW) == "just now"
    assert fmt.ago(NOW - timedelta(minutes=5), NOW) == "5 min ago"
    assert fmt.ago(NOW - timedelta(hours=3), NOW) == "3 h ago"
    assert fmt.ago(NOW - timedelta(days=1), NOW) == "yesterday"
    assert fmt.clock_time(NOW) == f"{NOW.astimezone():%H:%M} (server time)"
    assert fmt.month(NOW) == "November"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain words, v5.5-x (beta)!", "plain words, v5.5-x (beta)!"),
        ("*bold* _it_ `code` [a](b) ~x~ <b> a|b &amp;", None),
        ("1. first", "1\\. first"),
        ("# no heading", "\\# no heading"),
        ("- no list", "\\- no list"),
        ("two\nlines", "two lines"),
    ],
)
def test_escape(text: str, escaped: str | None) -> None:
    """A name is a name, whatever it looks like."""
    got = fmt.escape(text)
    if escaped is not None:
        assert got == escaped
    assert "\n" not in got
    for mark in "*_`[]~<>|&":
        assert got.count(mark) == got.count("\\" + mark)


@given(st.text(max_size=120), st.integers(min_value=2, max_value=60))
def test_cuts_keep_their_limit(text: str, limit: int) -> None:
    """No cut is longer than allowed, and short words are left whole."""
    line = " ".join(text.split())
    for cut in (fmt.cut(text, limit), fmt.cut_middle(text, limit)):
        assert len(cut) <= limit
        assert cut == line or len(line) > limit


def test_cuts() -> None:
    """A sentence ends between words; a name keeps both of its ends."""
    assert fmt.cut("What can I cook with eggs and rice?", 18) == "What can I cook…"
    assert fmt.cut_middle("Claude Sonnet 5.5 Preview", 17) == "Claude S… Preview"
    assert fmt.quote('say "hi" *now*', 40) == '"say "hi" \\*now\\*"'


def test_words() -> None:
    """Sums and lists as a sentence has them."""
    assert fmt.listing(["a", "b", "c"]) == "a, b and c"
    assert fmt.listing(["a"]) == "a"
    assert fmt.listing([]) == ""
    assert fmt.amount(1, "answer") == "1 answer"
    assert fmt.amount(1_400, "answer") == "1,400 answers"
    assert fmt.percent(Decimal("7.99"), 10) == "79 %"
