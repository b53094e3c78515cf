"""What models take, by their ids: rows of `capabilities.toml`."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

import msgspec

from bot.domain.models import Effort, TemperatureUse, Traits


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A family of models; the file's head says what each field means."""

    provider: str
    match: str = ""
    temperature: TemperatureUse = TemperatureUse.ALWAYS
    efforts: dict[Effort, str] = {}
    thinks: bool = False
    least_tokens: int = 0
    most_tokens: int | None = None
    context_tokens: int | None = None


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    family: tuple[Row, ...] = ()


def read_rows(text: str) -> Sequence[Row]:
    """Return the rows of a table. Raises msgspec.ValidationError, re.error."""
    rows = msgspec.toml.decode(text, type=_Table).family
    for row in rows:
        re.compile(row.match)
    return rows


@cache
def rows() -> Sequence[Row]:
    """Return the rows that come with Hearthkey."""
    return read_rows(files("adapters.providers").joinpath("capabilities.toml").read_text("utf-8"))


@lru_cache(maxsize=4_096)
def traits_of(provider: str, model: str) -> Traits:
    """Return what a vendor's model takes: the first row whose pattern its id matches."""
    for row in rows():
        if row.provider == provider and re.search(row.match, model):
            return Traits(
                temperature=row.temperature,
                efforts=row.efforts,
                thinks=row.thinks,
                least_tokens=row.least_tokens,
                most_tokens=row.most_tokens,
                context_tokens=row.context_tokens,
            )
    return Traits()
