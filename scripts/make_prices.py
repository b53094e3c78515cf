"""Writes `adapters/providers/prices.json` from genai-prices; run by `make prices`.

Only exact ids come into the table. A rule that matches by prefix also prices models that its
author never saw, so it gives nothing but its own words.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from genai_prices import types as source
from genai_prices.data_snapshot import get_snapshot

TABLE: Final = Path(__file__).parents[1] / "adapters" / "providers" / "prices.json"
# Our ids to the source's, in the order in which the rows are found. OpenRouter is left out: it
# reports each charge itself, and lists its prices.
VENDORS: Final = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "deepseek": "deepseek",
    "mistral": "mistral",
    "groq": "groq",
    "xai": "x-ai",
    "together": "together",
    "fireworks": "fireworks",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "moonshot": "moonshotai",
    "zai": "zai",
    "minimax": "minimax",
    "perplexity": "perplexity",
}
# Hours that the vendor's own page restricts to weekdays, which the source has no way to say.
WEEKDAYS: Final = {
    "deepseek": ("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-pro"),
}
# Names that move on to the next model; the source still has the model they once meant.
STALE: Final = frozenset({("mistral", "mistral-large-latest")})
# What a vendor's own API has: the source's Google also has the models of its cloud for others.
OWN: Final = {"google": re.compile(r"gem(ini|ma)")}
NOT_CHAT: Final = re.compile(
    r"^ft:|embed|moderation|whisper|transcri|tts|speech|audio|realtime|rerank|ocr|image|imagen|veo|sora"
    r"|guard|voxtral|search-preview|computer-use|-live"
)
# A price by these counts something that a text chat's usage does not tell.
UNCOUNTED: Final = ("requests_kcount", "output_reasoning_mtok", "output_citation_mtok")
PARTS: Final = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
}

Row = dict[str, Any]


def main() -> int:
    """Write the table; one that says the same keeps its date."""
    table: Row = {
        "source": f"genai-prices {version('genai-prices')}",
        "licence": "MIT, https://github.com/pydantic/genai-prices",
        "dated": f"{datetime.now(UTC):%Y-%m-%d}",
        "vendors": {ours: list(_rows(ours, theirs)) for ours, theirs in VENDORS.items()},
    }
    if TABLE.exists():
        old = json.loads(TABLE.read_text("utf-8"))
        if {**old, "dated": ""} == {**table, "dated": ""}:
            table["dated"] = old["dated"]
    TABLE.write_text(_written(table), "utf-8")
    count = sum(len(rows) for rows in table["vendors"].values())
    sys.stdout.write(f"{count} models of {table['dated']} in {TABLE.name}\n")
    return 0


def _rows(ours: str, theirs: str) -> Iterator[Row]:
    """Return a vendor's rows, each id in one of them only, in the order of the ids."""
    vendor = next(each for each in get_snapshot().providers if each.id == theirs)
    taken: dict[str, str] = {}
    for model in vendor.models:
        for id_ in _ids(model):
            is_ours = ours not in OWN or OWN[ours].match(id_)
            if is_ours and (ours, id_) not in STALE and not NOT_CHAT.search(id_.lower()):
                taken.setdefault(id_, model.id)
    for model in sorted(vendor.models, key=lambda each: each.id):
        ids = [id_ for id_ in _ids(model) if taken.get(id_) == model.id]
        periods = _periods(model, is_weekdays=model.id in WEEKDAYS.get(ours, ()))
        if ids and periods:
            yield _row(model, ids, periods)


def _row(model: source.ModelInfo, ids: Sequence[str], periods: Sequence[Row]) -> Row:
    first = model.id if model.id in ids else ids[0]
    row: Row = {"id": first}
    others = sorted(each for each in ids if each != first)
    if others:
        row["also"] = others
    # A name in small letters is the id once more, without its dashes.
    if model.name and model.name != model.name.lower():
        row["name"] = model.name
    if model.context_window:
        row["context"] = model.context_window
    row["prices"] = list(periods)
    return row


def _ids(model: source.ModelInfo) -> Sequence[str]:
    """Return what is surely this model: its id if its own rule takes it, and the rule's words."""
    words = [model.id, *_words(model.match)]
    whole = [each for each in words if each[-1:].isalnum() and model.is_match(each)]
    return tuple(dict.fromkeys(whole))


def _words(rule: source.MatchLogic) -> Iterator[str]:
    if isinstance(rule, source.ClauseEquals):
        yield rule.equals
    elif isinstance(rule, source.ClauseStartsWith):
        yield rule.starts_with
    elif isinstance(rule, source.ClauseOr):
        for each in rule.or_:
            yield from _words(each)


def _periods(model: source.ModelInfo, *, is_weekdays: bool) -> Sequence[Row]:
    """Return a model's prices, the last that holds counts; none if a chat cannot be priced."""
    if not isinstance(model.prices, list):
        return _whole([_rates(model.prices)])
    periods = [_rates(each.prices) for each in model.prices]
    # Where none holds the source takes the first: a first one with a condition has none for us.
    for period, each in list(zip(periods, model.prices, strict=True))[1:]:
        limit = each.constraint
        if isinstance(limit, source.StartDateConstraint):
            period["since"] = limit.start_date.isoformat()
        elif isinstance(limit, source.TimeOfDateConstraint):
            period["start"] = _utc(limit.start_time)
            period["until"] = _utc(limit.end_time)
            if is_weekdays:
                period["weekdays"] = True
    return _whole(periods)


def _utc(moment: time) -> str:
    if moment.utcoffset() not in {None, timedelta()}:
        msg = f"an hour of another zone: {moment}"
        raise ValueError(msg)
    return f"{moment:%H:%M:%S}"


def _whole(periods: Sequence[Row]) -> Sequence[Row]:
    return periods if all({"input", "output"} <= each.keys() for each in periods) else ()


def _rates(prices: source.ModelPrice) -> Row:
    given = {part: getattr(prices, key) for part, key in PARTS.items()}
    if any(getattr(prices, key) is not None for key in UNCOUNTED):
        return {}
    starts = sorted(
        {
            tier.start
            for value in given.values()
            if isinstance(value, source.TieredPrices)
            for tier in value.tiers
        }
    )
    rates = _at(given, 0)
    if starts:
        rates["tiers"] = [{"above": start, **_at(given, start + 1)} for start in starts]
    return rates


def _at(given: dict[str, Any], input_tokens: int) -> Row:
    """Return what counts for a request of this many input tokens."""
    found: Row = {}
    for part, value in given.items():
        if isinstance(value, source.TieredPrices):
            passed = [tier.price for tier in value.tiers if input_tokens > tier.start]
            found[part] = _plain([value.base, *passed][-1])
        elif value is not None:
            found[part] = _plain(value)
    return found


def _plain(price: Decimal) -> str:
    return f"{price.normalize():f}"


def _written(table: Row) -> str:
    """Return the table with a model a line, so that a change of prices reads as one."""
    lines = [f'"{name}": {json.dumps(table[name])},' for name in ("source", "licence", "dated")]
    vendors = []
    for vendor, rows in table["vendors"].items():
        models = ",\n".join(
            json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows
        )
        vendors.append(f'"{vendor}": [\n{models}\n]')
    return "{\n" + "\n".join(lines) + '\n"vendors": {\n' + ",\n".join(vendors) + "\n}\n}\n"


if __name__ == "__main__":
    sys.exit(main())
