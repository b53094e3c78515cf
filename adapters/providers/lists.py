"""Lists of models: what is in them, in which order, and which one to begin with. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from adapters.providers.fields import decode
from adapters.providers.refusals import Asked
from bot.domain.errors import ServerFault
from bot.domain.models import Model

_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
_TRIAL = re.compile(r"preview|beta|\bexp\b|experimental|alpha", re.IGNORECASE)


class Page(NamedTuple):
    """A page of a list. `following` is the query that asks for the next one; empty: the last."""

    models: Sequence[Model]
    following: str = ""


def newest_first(models: Sequence[Model]) -> Sequence[Model]:
    """Return the models by their age; undated ones last, as they came."""
    return sorted(models, key=_by_age)


def marked(newest: Sequence[Model], prefers: Sequence[str]) -> Sequence[Model]:
    """Return the models, which come newest first, with the one to begin with marked.

    That is the newest whose id matches the first of the `prefers` patterns that any matches,
    else the newest of all; one on trial, or about to retire, only where there is no other.
    """
    first = _first(newest, prefers)
    return tuple(replace(each, is_default=each is first) for each in newest)


def _by_age(model: Model) -> float:
    return -(model.released_at or _OLDEST).timestamp()


def _first(newest: Sequence[Model], prefers: Sequence[str]) -> Model | None:
    steady = [each for each in newest if not _TRIAL.search(each.id) and not each.retires_at]
    for models in (steady, newest):
        for pattern in prefers:
            for each in models:
                if re.search(pattern, each.id):
                    return each
    return next(iter((*steady, *newest)), None)


def read_rows(body: bytes, asked: Asked, *names: str) -> Sequence[dict[str, Any]]:
    """Return the objects in a list: a bare one, or under the first of these names it has.

    Raises ServerFault where there is no list.
    """
    said = decode(body)
    if isinstance(said, dict):
        said = next((said[name] for name in names if name in said), None)
    if not isinstance(said, list):
        raise ServerFault(asked.provider)
    return [row for row in said if isinstance(row, dict)]
