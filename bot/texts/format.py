"""How figures, times, names and quotations are written."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from bot.domain.keys import Balance
from bot.domain.prices import Rates
from bot.domain.usage import Usage

# What an answer is taken to use where none was given yet.
TYPICAL: Final = Usage(input_tokens=1_000, output_tokens=500)
_LEAST: Final = Decimal("0.0001")
_CENT: Final = Decimal("0.01")
_MARKS: Final = re.compile(r"([\\`*_\[\]<>~|&])")
_LINE_START: Final = re.compile(r"^(\d+)([.)])|^([#+=-])")
_NOW: Final = timedelta(minutes=5)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def money(usd: Decimal) -> str:
    """Write dollars: two decimals from a cent on, below that two digits that count."""
    if 0 < usd < _LEAST:
        return f"under ${_LEAST}"
    if 0 < usd < _CENT:
        place = Decimal(1).scaleb(usd.adjusted() - 1)
        rounded = usd.quantize(place, ROUND_HALF_UP)
        if rounded < _CENT:
            return f"${rounded.normalize():f}"
    cents = usd.quantize(_CENT, ROUND_HALF_UP)
    return f"${cents:,.2f}" if cents else "$0"


def balances(left: Sequence[Balance]) -> str:
    """Say what is left at a company, in each of its currencies."""
    return f"Balance: {listing([_amount(each) for each in left])}"


def _amount(left: Balance) -> str:
    sign = "-" if left.amount < 0 else ""
    if left.currency == "USD":
        return f"{sign}{money(abs(left.amount))}"
    number = f"{abs(left.amount).quantize(_CENT, ROUND_HALF_UP):,.2f}"
    return f"{sign}¥{number}" if left.currency == "CNY" else f"{sign}{number} {left.currency}"


def rate(usd: Decimal) -> str:
    """Write a price exactly, as its vendor does: $10, $2.50, $0.075."""
    plain = f"{usd.normalize():f}"
    whole, _, part = plain.partition(".")
    return f"${int(whole):,}.{part:0<2}" if part else f"${int(whole):,}"


def priced(rates: Rates) -> str:
    """Say what a model costs: per million tokens, and a typical answer."""
    if not (rates.input or rates.output):
        return "It costs nothing."
    return (
        f"{rate(rates.input)} in, {rate(rates.output)} out per 1M tokens;"
        f" {cost(rates.cost(TYPICAL))} a typical answer."
    )


def cost(
    usd: Decimal | None,
    *,
    is_estimated: bool = False,
    is_reported: bool = False,
    is_free: bool = False,
) -> str:
    """Say what something cost; "about" unless the company itself reported the charge."""
    if is_free or usd == 0:
        return "free"
    if usd is None:
        return "cost unknown"
    amount = money(usd)
    about = "" if is_reported or usd < _LEAST else "about "
    return f"{about}{amount}{' (tokens estimated)' if is_estimated else ''}"


def count(number: int) -> str:
    """Write a whole number exactly: 4,096."""
    return f"{number:,}"


def tokens(number: int) -> str:
    """Write how many tokens: 950, 4,096, 12.4K, 1.2M."""
    if number < 10_000:
        return count(number)
    if number < 999_950:
        return f"{_short(number, 1_000)}K"
    return f"{_short(number, 1_000_000)}M"


def window(number: int) -> str:
    """Write the size of a model's context: 200K, 1M."""
    if number < 1_000:
        return count(number)
    if number < 950_000:
        return f"{round(number / 1_000)}K"
    return f"{_short(number, 1_000_000)}M"


def _short(number: int, unit: int) -> str:
    return f"{number / unit:.1f}".removesuffix(".0")


def percent(part: Decimal | float, whole: Decimal | float) -> str:
    """Write a share without decimals, rounded down: 100 % only when all of it is gone."""
    return f"{int(Decimal(part) * 100 / Decimal(whole))} %"


def amount(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: 1 answer, 14 answers."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def clock_time(moment: datetime, now: datetime | None = None) -> str:
    """Write the time of day on the server's clock, and say that it is the server's.

    With `now` the day is written too, where it is another one.
    """
    shown = f"{moment.astimezone():%H:%M} (server time)"
    if now is None or moment.astimezone().date() == now.astimezone().date():
        return shown
    that = moment.astimezone().date()
    if that == now.astimezone().date() + timedelta(days=1):
        return f"tomorrow {shown}"
    return f"{day(moment, now)} {shown}"


def later(seconds: float) -> str:
    """Write how far off something is: in 4 min, in 3 h, in 2 days."""
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return f"in {minutes} min"
    hours = round(minutes / 60)
    return f"in {hours} h" if hours < 48 else f"in {round(hours / 24)} days"


def day(moment: datetime | date, now: datetime) -> str:
    """Write a day: today, yesterday, 30 Nov, or 3 Oct 2025 in another year."""
    today = now.astimezone().date()
    that = moment.astimezone().date() if isinstance(moment, datetime) else moment
    if that == today:
        return "today"
    if that == today - timedelta(days=1):
        return "yesterday"
    year = "" if that.year == today.year else f" {that.year}"
    return f"{that.day} {_MONTHS[that.month - 1][:3]}{year}"


def when(moment: datetime, now: datetime) -> str:
    """Write when something happened, for a list: now, else the day."""
    return "now" if timedelta(0) <= now - moment < _NOW else day(moment, now)


def ago(moment: datetime, now: datetime) -> str:
    """Write how old something is: just now, 5 min ago, 3 h ago, else the day."""
    minutes = int((now - moment) / timedelta(minutes=1))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 60 * 24 else day(moment, now)


def month(moment: datetime) -> str:
    """Write the month's name."""
    return _MONTHS[moment.month - 1]


def escape(text: str) -> str:
    """Make a name or title harmless in Markdown, on one line."""
    line = _MARKS.sub(r"\\\1", " ".join(text.split()))
    return _LINE_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", line)


def cut(text: str, limit: int) -> str:
    """Shorten to one line of at most `limit` characters, between words where it can."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head).rstrip(" ,.;:") + "…"


def quote(text: str, limit: int) -> str:
    """Quote another's words in Markdown, shortened to one line."""
    return f'"{escape(cut(text, limit))}"'


def cut_middle(label: str, limit: int) -> str:
    """Shorten a long name in its middle: both ends tell names apart."""
    line = " ".join(label.split())
    if len(line) <= limit:
        return line
    head = limit // 2
    return f"{line[:head]}…{line[len(line) - (limit - 1 - head) :]}"


def an(name: str) -> str:
    """Write a name after its article."""
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {escape(name)}"


def listing(names: list[str] | tuple[str, ...], *, last: str = "and") -> str:
    """Write names as a sentence does: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
