"""A model vendor's API."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from bot.domain.chat import ChatRequest, Event
from bot.domain.keys import KeyReport
from bot.domain.models import Model, ProviderSpec, Traits
from bot.domain.secret import Secret


class Provider(Protocol):
    """A vendor's API, called on its own host only."""

    @property
    def spec(self) -> ProviderSpec:
        """Return the vendor's row."""
        ...

    def traits(self, model: str) -> Traits:
        """Return what a model takes, as far as its id tells. Pure; knows every id somehow."""
        ...

    def stream(self, request: ChatRequest, key: Secret) -> AsyncIterator[Event]:
        """Make one request and yield its events. Never sends twice.

        Raises ProviderError; after the first event the error is never `is_unsent`. Closing the
        iterator ends the request.
        """
        ...

    async def check_key(self, key: Secret) -> KeyReport:
        """Ask the vendor's free call whether it takes the key; raises ProviderError if not.

        A key that is valid but restricted is a NoPermission. Where there is no such call nobody
        is asked, and the report says so.
        """
        ...

    async def list_models(self, key: Secret) -> Sequence[Model]:
        """Return the chat models of the key, the newest first; raises ProviderError.

        Models that are gone are left out, and one is marked as the default.
        """
        ...


Providers = Mapping[str, Provider]
