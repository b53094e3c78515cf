"""Reading a list of models as a test gives it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from adapters.providers.catalogue import Quirks
from adapters.providers.lists import marked, newest_first
from adapters.providers.openai_models import read_models
from adapters.providers.refusals import Asked
from bot.domain.models import Model
from bot.domain.prices import Price, Rates

ASKED = Asked(provider="acme")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def listed(said: object, quirks: Quirks | None = None) -> Sequence[Model]:
    """Read a list as it would come today."""
    quirks = quirks or Quirks()
    found = read_models(json.dumps(said).encode(), ASKED, quirks, now=NOW)
    return marked(newest_first(found), quirks.prefers)


def flat(asked: str, answered: str, read: str | None = None, write: str | None = None) -> Price:
    """Return a price in dollars per million."""
    return Price.flat(
        Rates(
            input=Decimal(asked),
            output=Decimal(answered),
            cache_read=None if read is None else Decimal(read),
            cache_write=None if write is None else Decimal(write),
        )
    )
