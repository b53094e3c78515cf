"""The vendors Hearthkey knows, as data: rows of `catalogue.toml`."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

from bot.domain.chat import Adjustment
from bot.domain.keys import Useless
from bot.domain.models import KeyNeed

DEMO: Final = "demo"
# The header a key stands in; `bearer` is `authorization: Bearer …`.
Auth = Literal["bearer", "x-api-key", "x-goog-api-key", "api-key"]
DialectName = Literal["openai_chat", "openai_responses", "anthropic", "google", "deepseek"]


class Quirks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a vendor differs from the rest that speak its dialect: `[vendor.quirks]` of its row.

    `check` is the free call that proves a key, `models` the list: both are joined to the base
    URL as a browser joins a link, so `models`, `/v1/models` and a whole address all do. An empty
    `check`: there is no such call, as where anybody may read the list; an empty `models`: the
    list is of no use, and members type an id. `balance` is the path, in what `check` answers, of
    the dollars left.

    `price_tokens` is how many tokens the list's prices in dollars are for; 0: it has none, or
    none we can read. `doubles_from`: from a prompt of so many tokens on, every rate is doubled.
    `context_tokens` is the window of models whose list does not say. `prefers` are patterns of
    ids to begin with, the best first. `chat` and `not_chat` are patterns of ids that the list
    holds and that do or do not chat, `types` the ones among its types that do.

    `effort` is the body's field for the depth of thinking, `reasoning.effort` for one within
    another. `is_reasoning_apart`: the count of the answer leaves the thinking out. `adjustments`
    are known before the vendor refuses; `body` goes along with every question, `user` names the
    field for the member's opaque id.
    """

    auth: Auth = "bearer"
    check: str = "models"
    models: str = "models"
    balance: str = ""
    price_tokens: int = 0
    doubles_from: int | None = None
    context_tokens: int | None = None
    prefers: tuple[str, ...] = ()
    chat: str = ""
    not_chat: str = ""
    types: tuple[str, ...] = ()
    effort: str = ""
    user: str = ""
    is_reasoning_apart: bool = False
    adjustments: frozenset[Adjustment] = frozenset()
    body: dict[str, Any] = {}


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vendor's table in the file; the file's head says what each field means."""

    id: str
    name: str
    dialect: DialectName = "openai_chat"
    base_url: str = ""
    is_listed: bool = True
    origin: str = ""
    key_page: str = ""
    billing_page: str = ""
    key_need: KeyNeed = KeyNeed.REQUIRED
    key_pattern: str = ""
    key_shape: str = ""
    useless_keys: dict[Useless, str] = {}
    aliases: tuple[str, ...] = ()
    is_free: bool = False
    is_demo: bool = False
    quirks: Quirks = Quirks()


class _Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    vendor: tuple[Row, ...]
    foreign_keys: tuple[str, ...] = ()


def read_rows(text: str) -> Sequence[Row]:
    """Return the rows of a catalogue. Raises msgspec.ValidationError, ValueError on a repeat."""
    rows = msgspec.toml.decode(text, type=_Catalogue).vendor
    names = [name for row in rows for name in (row.id, *row.aliases)]
    if len(names) != len(set(names)):
        msg = "two vendors share an id or an alias"
        raise ValueError(msg)
    return rows


def configurable() -> Sequence[str]:
    """Return the ids of the vendors that an operator may move or reach through a proxy."""
    return [row.id for row in rows() if not row.is_demo]


@cache
def rows() -> Sequence[Row]:
    """Return the rows that come with Hearthkey."""
    return read_rows(_text())


@cache
def foreign_keys() -> Sequence[str]:
    """Return the forms of keys that are no listed vendor's."""
    return msgspec.toml.decode(_text(), type=_Catalogue).foreign_keys


def _text() -> str:
    return files("adapters.providers").joinpath("catalogue.toml").read_text("utf-8")
