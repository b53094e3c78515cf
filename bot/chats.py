"""Chats that end, come back and move: what storage and this process know of it."""

from collections.abc import Callable

from bot.domain.chat import Place
from bot.domain.ports import TurnStore

Follow = Callable[[Place, str], None]


class Chats:
    """Which chats are gone, since the start; who else keeps places in memory follows a move."""

    def __init__(self, turns: TurnStore) -> None:
        self._turns = turns
        self._gone: set[tuple[str, str]] = set()
        self._followers: list[Follow] = []

    def follow(self, follower: Follow) -> None:
        """Tell `follower` of every move, once it is stored."""
        self._followers.append(follower)

    async def move(self, old: Place, new_chat: str) -> None:
        """Let a chat go on under another id; twice does no harm. Raises StorageUnavailable."""
        await self._turns.moved(old, new_chat)
        self.come_back(old)
        for follower in self._followers:
            follower(old, new_chat)

    async def leave(self, place: Place) -> None:
        """Give up what waits for a chat, and all that comes for it until it is back."""
        await self._turns.abandon(place)
        self._gone.add((place.frontend, place.chat))

    def come_back(self, place: Place) -> None:
        """Send to a chat again: somebody wrote there."""
        self._gone.discard((place.frontend, place.chat))

    def is_gone(self, place: Place) -> bool:
        """Return whether nobody would read there what is sent."""
        return (place.frontend, place.chat) in self._gone
