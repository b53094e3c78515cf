"""What trust asks of the outside."""

from collections.abc import Sequence
from typing import Any, Protocol


class TrustApi(Protocol):
    """The homeserver's calls about keys. All raise CallError."""

    async def query_keys(self, users: Sequence[str]) -> dict[str, Any]:
        """Return the raw answer of `keys/query`: whatever JSON object the server sent."""
        ...

    async def upload_signing_keys(
        self, body: dict[str, Any], auth: dict[str, Any] | None = None
    ) -> None:
        """Replace the account's identity. Status 401 with `flows`: the server wants `auth`."""
        ...

    async def upload_signatures(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add signatures; return the raw answer, whose `failures` were not taken."""
        ...


class VerificationTransport(Protocol):
    """How messages of a verification travel. Sending raises CallError."""

    async def send_to_device(
        self, user: str, device: str, kind: str, content: dict[str, Any]
    ) -> None:
        """Send one message, unencrypted, to one device of a user's."""
        ...

    async def send_in_room(self, room: str, kind: str, content: dict[str, Any]) -> str:
        """Send an event, encrypted where the room is, to every device there; return its id.

        Devices that nobody has verified get it too, or no verification could ever begin.
        """
        ...

    def direct_room(self, user: str) -> str | None:
        """Return the direct chat with a user, if there is one."""
        ...
