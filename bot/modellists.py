"""The models a member's keys may use: the companies' live lists, kept for an hour."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Final

from bot.domain.chat import MemberId
from bot.domain.errors import InvalidKey, ProviderError, VaultCorrupt
from bot.domain.models import Model
from bot.domain.ports import Clock, KeyVault, Providers

FRESH: Final = timedelta(hours=1)
_MOST_LISTS: Final = 500
MOST_ACTION_BYTES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    """A list as it was fetched. `missed`: why a newer one was not to be had just now."""

    provider: str
    models: tuple[Model, ...]
    fetched_at: datetime
    missed: ProviderError | None = None

    def find(self, model: str) -> Model | None:
        """Return the model with this id."""
        return next((each for each in self.models if each.id == model), None)


@dataclass(frozen=True, slots=True)
class Listed:
    """A model and the company it is asked at."""

    provider: str
    model: Model


@dataclass(frozen=True, slots=True)
class Lists:
    """Every list of a member, and for companies without one the reason."""

    lists: Mapping[str, ModelList] = field(default_factory=dict)
    missing: Mapping[str, ProviderError] = field(default_factory=dict)

    def every(self) -> tuple[Listed, ...]:
        """Return all models, company by company."""
        return tuple(
            Listed(of, model) for of, found in self.lists.items() for model in found.models
        )

    def find(self, provider: str, model: str) -> Listed | None:
        """Return a company's model by its id."""
        found = self.lists[provider].find(model) if provider in self.lists else None
        return Listed(provider, found) if found else None


def token(model: str) -> str:
    """Return a short name for a model's id in an action, where ids are too long."""
    return "#" + blake2s(model.encode(), digest_size=6).hexdigest()


def use_action(provider: str, model: str, *, before: str = "model:use") -> str:
    """Return the action that takes a model; the id itself where it fits."""
    action = f"{before}:{provider}:{model}"
    fits = len(action.encode()) <= MOST_ACTION_BYTES
    return action if fits else f"{before}:{provider}:{token(model)}"


class ModelLists:
    """A small memory of lists per member and company; the oldest go first."""

    def __init__(self, keys: KeyVault, providers: Providers, clock: Clock) -> None:
        self._keys = keys
        self._providers = providers
        self._clock = clock
        self._kept: dict[tuple[MemberId, str], ModelList] = {}

    def keep(self, member: MemberId, provider: str, models: Sequence[Model]) -> ModelList:
        """Remember a list that was just fetched."""
        found = ModelList(provider=provider, models=tuple(models), fetched_at=self._clock.now())
        self._kept.pop((member, provider), None)
        while len(self._kept) >= _MOST_LISTS:
            del self._kept[next(iter(self._kept))]
        self._kept[member, provider] = found
        return found

    def forget(self, member: MemberId, provider: str) -> None:
        """Drop a list whose key is gone."""
        self._kept.pop((member, provider), None)

    def peek(self, member: MemberId, provider: str, model: str) -> Model | None:
        """Return a model if its list is in memory, however old; asks nobody."""
        kept = self._kept.get((member, provider))
        return kept.find(model) if kept else None

    def listed(self, member: MemberId, provider: str) -> Sequence[Model]:
        """Return a company's list if it is in memory, however old; asks nobody."""
        kept = self._kept.get((member, provider))
        return kept.models if kept else ()

    async def get(self, member: MemberId, provider: str, *, anew: bool = False) -> ModelList:
        """Return a company's list, fetched if the one in memory is over an hour old.

        If it cannot be fetched, the old one comes with `missed` set; raises ProviderError if
        there is none. No key, or one that does not open, is an InvalidKey.
        """
        kept = self._kept.get((member, provider))
        if kept and not anew and self._clock.now() - kept.fetched_at < FRESH:
            return kept
        try:
            return self.keep(member, provider, await self._fetch(member, provider))
        except ProviderError as error:
            if kept is None:
                raise
            return replace(kept, missed=error)

    async def all(self, member: MemberId, *, anew: bool = False) -> Lists:
        """Return the lists of every key of the member, asked for side by side."""
        stored = [info.provider for info in await self._keys.keys(member)]
        mine = [provider for provider in stored if provider in self._providers]
        found = await asyncio.gather(*(self._try(member, each, anew=anew) for each in mine))
        return Lists(
            {each.provider: each for each in found if isinstance(each, ModelList)},
            {each.provider: each for each in found if isinstance(each, ProviderError)},
        )

    async def _try(
        self, member: MemberId, provider: str, *, anew: bool
    ) -> ModelList | ProviderError:
        try:
            return await self.get(member, provider, anew=anew)
        except ProviderError as error:
            return error

    async def _fetch(self, member: MemberId, provider: str) -> Sequence[Model]:
        if provider not in self._providers:
            raise InvalidKey(provider)
        asked = self._providers[provider]
        try:
            key = await self._keys.open_key(member, provider, asked.spec.origin)
        except VaultCorrupt:
            key = None
        if key is None:
            raise InvalidKey(provider)
        return await asked.list_models(key)
