"""Which of a company's models is nearest to one that is gone. Pure."""

import re
from collections.abc import Sequence

from bot.domain.models import Model, begin_with


def nearest(models: Sequence[Model], gone: str) -> Model | None:
    """Return the newest model of the same family, else the one to begin with; None: there is none.

    The family is in the words of an id: of `claude-sonnet-4-5` these are `claude` and `sonnet`.
    A model that is about to retire itself is the last resort. `models` come newest first.
    """
    others = [each for each in models if each.id != gone]
    steady = [each for each in others if each.retires_at is None] or others
    family = _words(gone)
    alike = max((_likeness(each.id, family) for each in steady), default=0)
    if not alike:
        return begin_with(steady)
    return next(each for each in steady if _likeness(each.id, family) == alike)


def _words(model: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"[^a-z]+", model.casefold()) if len(word) > 1)


def _likeness(model: str, family: frozenset[str]) -> int:
    """Return how many words are shared, less those that tell another family: `mini`, `pro`."""
    words = _words(model)
    shared = len(words & family)
    return max(0, 2 * shared - len(words - family)) if shared else 0
