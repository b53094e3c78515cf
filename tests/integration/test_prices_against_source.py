"""Our arithmetic over our table against the source's own calculator over its own data."""

import json
import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
import pytest

from adapters.providers import prices
from adapters.providers.prices import PriceTable
from bot.domain.usage import Usage
from tests.docs.tables import ROOT

_PYTHON: Final = ROOT / ".vendors" / "bin" / "python"
_SCRIPT: Final = Path(__file__).parents[1] / "vendors" / "price.py"
_THEIRS: Final = {"xai": "x-ai", "moonshot": "moonshotai"}
_MONDAY: Final = datetime(2026, 11, 23, tzinfo=UTC)
_EDGES: Final = (0, 1, 999, 128_000, 128_001, 200_000, 200_001, 272_000, 272_001, 900_000)
_EACH: Final = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One request."""

    vendor: str
    model: str
    usage: Usage
    at: datetime

    def row(self) -> list[object]:
        """Return it as the script reads it."""
        used = self.usage
        return [
            _THEIRS.get(self.vendor, self.vendor),
            self.model,
            self.at.isoformat(),
            used.input_tokens,
            used.output_tokens,
            used.cache_read_tokens,
            used.cache_write_tokens,
        ]


def _theirs(cases: Sequence[Case]) -> list[Decimal | None]:
    if not _PYTHON.exists():
        pytest.fail("the vendors' own packages are not installed: make vendors")
    done = subprocess.run(
        [_PYTHON, _SCRIPT],
        input=json.dumps([case.row() for case in cases]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [None if line == "unknown" else Decimal(line) for line in done.stdout.split()]


def _ours(cases: Sequence[Case]) -> list[Decimal | None]:
    table = PriceTable()
    found = [(case, table.find(case.vendor, case.model)) for case in cases]
    return [price.cost(case.usage, case.at) if price else None for case, price in found]


def _ids() -> list[tuple[str, str]]:
    """Return every id of the table."""
    table = msgspec.json.decode(
        (Path(prices.__file__).parent / "prices.json").read_bytes(), type=dict[str, object]
    )
    vendors = msgspec.convert(table["vendors"], dict[str, list[dict[str, object]]])
    return [
        (vendor, str(id_))
        for vendor, rows in vendors.items()
        for row in rows
        for id_ in (row["id"], *msgspec.convert(row.get("also", []), list[str]))
    ]


def _cases() -> list[Case]:
    """Return requests to every id: lengths on both sides of tiers, caches, hours of weekdays."""
    pick = random.Random(20261123)
    cases = []
    for vendor, model in _ids():
        for _ in range(_EACH):
            plain = pick.choice((pick.choice(_EDGES), pick.randrange(1_000_000)))
            read = pick.choice((0, pick.randint(0, plain)))
            write = pick.choice((0, pick.randint(0, plain - read)))
            usage = Usage(
                input_tokens=plain,
                output_tokens=pick.randrange(64_000),
                cache_read_tokens=read,
                cache_write_tokens=write,
            )
            day = _MONDAY + timedelta(weeks=pick.randint(-70, 20), days=pick.randrange(5))
            at = day + timedelta(minutes=pick.choice((0, 30, 60, 59, 240, 360, 600, 990)))
            cases.append(Case(vendor, model, usage, at))
    return cases


def test_every_price_is_the_sources_own() -> None:
    """To the billionth of a dollar, for every id of the table."""
    cases = _cases()
    assert len(cases) > 1_000
    assert len({case.vendor for case in cases}) >= 12
    wrong = [
        (case, ours, theirs)
        for case, ours, theirs in zip(cases, _ours(cases), _theirs(cases), strict=True)
        if ours is None or theirs is None or abs(ours - theirs) > Decimal("1e-9")
    ]
    assert wrong == []


def test_a_dated_name_costs_what_the_source_says() -> None:
    """The date at its end is left aside, unless the source has a price for that very day."""
    used = Usage(input_tokens=1_000, output_tokens=500)
    names = (
        ("openai", "gpt-4o-2024-05-13"),
        ("openai", "gpt-4o-2024-11-20"),
        ("anthropic", "claude-3-5-sonnet-20241022"),
        ("anthropic", "claude-3-5-haiku-20241022"),
        ("anthropic", "claude-sonnet-5-5-20261101"),
    )
    cases = [Case(vendor, model, used, _MONDAY) for vendor, model in names]
    assert _ours(cases) == _theirs(cases)
    assert None not in _ours(cases)


def test_what_the_source_cannot_say_is_said_here() -> None:
    """DeepSeek's dearer hours are those of weekdays."""
    used = Usage(input_tokens=1_000_000, output_tokens=0)
    peak = _MONDAY + timedelta(hours=2)
    days = [peak + timedelta(days=number) for number in range(7)]
    cases = [Case("deepseek", "deepseek-flash", used, day) for day in days]
    assert _theirs(cases) == [Decimal("0.3")] * 7
    assert _ours(cases) == [Decimal("0.3")] * 5 + [Decimal("0.15")] * 2
