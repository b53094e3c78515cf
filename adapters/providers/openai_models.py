"""Lists of models as OpenAI-compatible vendors give them. Pure.

All have ids; hardly two have the same fields beside them. A field is believed if it has the form
that some vendor documents for that name, and left unknown otherwise.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from adapters.providers.catalogue import Quirks
from adapters.providers.fields import amount, moment, size
from adapters.providers.lists import read_rows
from adapters.providers.refusals import Asked
from bot.domain.models import Effort, Model
from bot.domain.prices import Period, Price, Rates, Tier

_NOT_CHAT: Final = re.compile(
    r"embed|whisper|\btts\b|-tts|transcri|moderation|rerank|guard|dall-e|image-gen|stable-diffusion",
    re.IGNORECASE,
)
_CHAT_TYPES: Final = frozenset({"chat", "language", "model", "llm", "vlm"})
_NOT_CHAT_KINDS: Final = ("FLUMINA", "EMBEDDING")  # Fireworks'; the first paint
_CONTEXT_NAMES: Final = (
    "context_length",
    "max_model_len",
    "max_context_length",
    "context_window",
    "contextLength",
)
_OUTPUT_NAMES: Final = ("max_output_tokens", "max_completion_tokens")
_BIRTH_NAMES: Final = ("created", "created_at", "createTime")
_END_NAMES: Final = ("expiration_date", "deprecation")
# OpenRouter's names, Together's, xAI's.
_INPUT_PRICES: Final = ("prompt", "input", "prompt_text_token_price")
_OUTPUT_PRICES: Final = ("completion", "output", "completion_text_token_price")
_READ_PRICES: Final = ("input_cache_read", "cached_input", "cached_prompt_text_token_price")
_WRITE_PRICES: Final = ("input_cache_write",)
_MILLION: Final = Decimal(1_000_000)


def read_models(body: bytes, asked: Asked, quirks: Quirks, *, now: datetime) -> Sequence[Model]:
    """Return the chat models in a list without those that are gone by `now`.

    Raises ServerFault on no list.
    """
    chatting = [row for row in _rows(body, asked) if _is_chat(row, quirks)]
    latest = {row["id"] for row in chatting if row["id"].endswith("-latest")}
    models = [_model(row, quirks) for row in chatting if not _is_shadowed(row, latest)]
    return [each for each in models if not _is_gone(each, now)]


def _rows(body: bytes, asked: Asked) -> Sequence[dict[str, Any]]:
    """Return the rows of a list; Cohere's and Fireworks' own lists call the id a name."""
    rows = read_rows(body, asked, "data", "models")
    named = ({"id": row.get("name"), **row} for row in rows)
    return [row for row in named if isinstance(row["id"], str) and row["id"]]


def _is_chat(row: dict[str, Any], quirks: Quirks) -> bool:
    name = row["id"]
    if _NOT_CHAT.search(name):
        return False
    if quirks.not_chat and re.search(quirks.not_chat, name, re.IGNORECASE):
        return False
    if quirks.chat and not re.search(quirks.chat, name, re.IGNORECASE):
        return False
    return not any(_says_no(row, quirks))


def _says_no(row: dict[str, Any], quirks: Quirks) -> Iterator[bool]:
    """Yield whether each field that a vendor may have says that this model does not chat."""
    kind, abilities, endpoints = row.get("type"), row.get("capabilities"), row.get("endpoints")
    chats = abilities.get("completion_chat") if isinstance(abilities, dict) else None
    yield chats is False
    # Mistral's types say how a model was made, not what it does.
    yield isinstance(kind, str) and chats is None and kind not in (quirks.types or _CHAT_TYPES)
    yield isinstance(endpoints, list) and "chat" not in endpoints
    yield str(row.get("kind")).startswith(_NOT_CHAT_KINDS)
    yield row.get("active") is False
    yield row.get("is_deprecated") is True
    for holder in (row, row.get("architecture")):
        spoken = holder.get("output_modalities") if isinstance(holder, dict) else None
        yield isinstance(spoken, list) and "text" not in spoken


def _is_shadowed(row: dict[str, Any], latest: set[str]) -> bool:
    """Whether it is the same model as one that is listed under a name that stays."""
    aliases = row.get("aliases")
    if not isinstance(aliases, list) or row["id"] in latest:
        return False
    return any(isinstance(each, str) and each in latest for each in aliases)


def _is_gone(model: Model, now: datetime) -> bool:
    return model.retires_at is not None and model.retires_at <= now


def _model(row: dict[str, Any], quirks: Quirks) -> Model:
    top = row.get("top_provider")
    taken = row.get("supported_parameters")
    names = (row.get("display_name"), row.get("displayName"), row.get("name"))
    return Model(
        id=row["id"],
        name=next((each for each in names if isinstance(each, str) and each), ""),
        context_tokens=size(row, *_CONTEXT_NAMES) or _least_window(row) or quirks.context_tokens,
        max_output_tokens=size(row, *_OUTPUT_NAMES)
        or (size(top, *_OUTPUT_NAMES) if isinstance(top, dict) else None),
        takes_temperature="temperature" in taken if isinstance(taken, list) else None,
        efforts=_efforts(row, taken),
        released_at=_first_moment(row, _BIRTH_NAMES),
        retires_at=_first_moment(row, _END_NAMES) or _day(row.get("deprecationDate")),
        price=_price(row, quirks),
    )


def _first_moment(row: dict[str, Any], names: Sequence[str]) -> datetime | None:
    return next((at for name in names if (at := moment(row.get(name)))), None)


def _day(said: Any) -> datetime | None:  # noqa: ANN401  (the vendor's JSON)
    """Return a date that is written as an object, as Fireworks does."""
    if not isinstance(said, dict):
        return None
    parts = [said.get(name) for name in ("year", "month", "day")]
    try:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # TypeError says so
    except (TypeError, ValueError):
        return None


def _least_window(row: dict[str, Any]) -> int | None:
    """Return the smallest window among the hosts that a router may pass a question to."""
    hosts = row.get("providers")
    if not isinstance(hosts, list):
        return None
    windows = (size(each, "context_length") for each in hosts if isinstance(each, dict))
    return min((each for each in windows if each), default=None)


def _efforts(row: dict[str, Any], taken: Any) -> tuple[Effort, ...] | None:  # noqa: ANN401  (the vendor's JSON)
    """Return what may be chosen where the list says so: OpenRouter's `reasoning`.

    It is left out for models that do not think and for routers; without a list of words every
    word is taken, and `none` unless thinking is mandatory.
    """
    said = row.get("reasoning")
    if not isinstance(said, dict):
        return () if isinstance(taken, list) and "reasoning" not in taken else None
    words = said.get("supported_efforts")
    off = () if said.get("mandatory") is True else (Effort.OFF,)
    thinking = [each for each in Effort if each is not Effort.OFF]
    if isinstance(words, list):
        thinking = [each for each in thinking if each.value in words]
    return (*off, *thinking)


def _price(row: dict[str, Any], quirks: Quirks) -> Price | None:
    """Return the list's own price; None where one of its two halves is missing or no price."""
    if not quirks.price_tokens:
        return None
    said = row.get("pricing")
    said = said if isinstance(said, dict) else row
    found = [
        _per_million(said, names, quirks.price_tokens)
        for names in (_INPUT_PRICES, _OUTPUT_PRICES, _READ_PRICES, _WRITE_PRICES)
    ]
    asked, answered, read, written = found
    if asked is None or answered is None:
        return None
    # A zero beside a price is a field that was not filled in.
    rates = Rates(
        input=asked,
        output=answered,
        cache_read=read if read or not asked else None,
        cache_write=written if written or not asked else None,
    )
    if quirks.doubles_from is None:
        return Price.flat(rates)
    tier = Tier(above=quirks.doubles_from - 1, rates=_doubled(rates))
    return Price((Period(rates=rates, tiers=(tier,)),))


def _per_million(said: dict[str, Any], names: Sequence[str], tokens: int) -> Decimal | None:
    value = next((said[name] for name in names if said.get(name) is not None), None)
    dollars = amount(value)
    # OpenRouter writes -1 where the price is that of whatever model it picks.
    return None if dollars is None or dollars < 0 else dollars * _MILLION / tokens


def _doubled(rates: Rates) -> Rates:
    return Rates(
        input=2 * rates.input,
        output=2 * rates.output,
        cache_read=None if rates.cache_read is None else 2 * rates.cache_read,
        cache_write=None if rates.cache_write is None else 2 * rates.cache_write,
    )
