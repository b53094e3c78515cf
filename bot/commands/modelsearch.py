"""Finding a model by what a member typed: exact, in part, or near."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Final

from bot.modellists import Listed

MOST_ID_CHARS: Final = 128
_NEAR: Final = 0.75
_MOST_NEAR: Final = 3
_ID: Final = re.compile(r"(?=\S*\d)(?=\S*[-/:.])[\w./:@+-]{4,128}")


@dataclass(frozen=True, slots=True)
class Found:
    """What fits: `exact` ones are meant for sure, `parts` hold the words, `near` are guesses."""

    exact: tuple[Listed, ...] = ()
    parts: tuple[Listed, ...] = ()
    near: tuple[Listed, ...] = ()

    @property
    def only(self) -> Listed | None:
        """The one model that fits, which is taken at once."""
        fits = self.exact or self.parts
        return fits[0] if len(fits) == 1 else None

    @property
    def fits(self) -> tuple[Listed, ...]:
        """Those to choose among."""
        return self.exact or self.parts


def search(listed: Iterable[Listed], text: str) -> Found:
    """Look for a model by its id or name, case ignored."""
    every = tuple(listed)
    wanted = " ".join(text.split()).casefold()
    exact = tuple(each for each in every if wanted in _names(each))
    if exact:
        return Found(exact=exact)
    words = wanted.split()
    parts = tuple(
        each for each in every if words and all(word in " ".join(_names(each)) for word in words)
    )
    if parts:
        return Found(parts=parts)
    return Found(near=_nearest(every, wanted))


def looks_like_id(text: str) -> bool:
    """Whether a text that no list has may still be a model's id."""
    return _ID.fullmatch(text.strip()) is not None


def likely_provider(listed: Iterable[Listed], model: str, *, default: str) -> str:
    """Return the company whose ids begin most like this one; `default` where none does."""
    best, most = default, 2
    for each in listed:
        shared = _shared(each.model.id.casefold(), model.casefold())
        if shared > most:
            best, most = each.provider, shared
    return best


def _names(listed: Listed) -> tuple[str, str]:
    return listed.model.id.casefold(), listed.model.name.casefold()


def _shared(one: str, other: str) -> int:
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    )


def _nearest(every: tuple[Listed, ...], wanted: str) -> tuple[Listed, ...]:
    scored = [(_score(each, wanted), each) for each in every]
    near = [(score, each) for score, each in scored if score >= _NEAR]
    near.sort(key=lambda pair: -pair[0])
    return tuple(each for _, each in near[:_MOST_NEAR])


def _score(listed: Listed, wanted: str) -> float:
    names = [name for name in _names(listed) if name]
    words = [word for name in names for word in re.split(r"[^a-z]+", name) if len(word) > 2]
    return max(SequenceMatcher(None, wanted, each).ratio() for each in (*names, *words))
