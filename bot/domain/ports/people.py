"""Who the bot knows, and the invitations that are out."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.chat import Identity, MemberId
from bot.domain.people import Invitation, Person


class People(Protocol):
    """Members as people with accounts; all writing is by effects."""

    async def roster(self) -> Sequence[Person]:
        """Return everybody who is known, the oldest first.

        A standing or an operator's row that does not authenticate counts as none, but for a
        block.
        """
        ...

    async def person(self, member: MemberId) -> Person | None:
        """Return one of them."""
        ...

    async def of(self, identity: Identity) -> Person | None:
        """Return whose an account is, if it is known."""
        ...

    async def invitations(self) -> Sequence[Invitation]:
        """Return those that can still be used, the oldest first; none that does not open."""
        ...
