"""A model vendor's API."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from bot.domain.chat import (
    ChatRequest,
    Event,
    Model,
    ProviderSpec,
)
from bot.domain.secret import Secret


class Provider(Protocol):
    """A vendor's API, called on its own host only."""

    @property
    def spec(self) -> ProviderSpec:
        """Return the vendor's row."""
        ...

    def stream(self, request: ChatRequest, key: Secret) -> AsyncIterator[Event]:
        """Make one request and yield its events. Never sends twice.

        Raises ProviderError; after the first event the error is never `is_unsent`. Closing the
        iterator ends the request.
        """
        ...

    async def check_key(self, key: Secret) -> None:
        """Ask the vendor's free call whether it takes the key; raises ProviderError if not."""
        ...

    async def list_models(self, key: Secret) -> Sequence[Model]:
        """Return the chat models of the key, the vendor's default first; raises ProviderError."""
        ...


Providers = Mapping[str, Provider]
