"""Groups, and who pays in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.chat import MemberId, Place
from bot.domain.groups import Group, GroupId, Payer
from bot.domain.ports.spending import Spent


class Groups(Protocol):
    """What is known of groups. But for `note` and `note_thread`, all writing is by effects."""

    async def note(self, place: Place, *, title: str, is_allowed: bool | None = None) -> Group:
        """Return the group of a place, made known if it is new, as its title is if that is given.

        `is_allowed` None leaves it; a new one is not. One commit.
        """
        ...

    async def find(self, place: Place) -> Group | None:
        """Return the group of a place's chat, if it is known."""
        ...

    async def get(self, group: GroupId) -> Group | None:
        """Return a group."""
        ...

    async def payer(self, group: GroupId, member: MemberId) -> Payer | None:
        """Return a member in a group; None before they wrote there, or agreed to anything."""
        ...

    async def paid_by(self, member: MemberId) -> Sequence[tuple[Group, Payer]]:
        """Return the groups in which a member's key may be used, the oldest yes first."""
        ...

    async def speaker(self, group: GroupId, member: MemberId) -> str:
        """Return what a model may know a member by: `M2`, or their name; made if it is new."""
        ...

    async def spent(self, member: MemberId, group: GroupId, *, since: datetime) -> Spent:
        """Return a member's sum in a group since a time."""
        ...

    async def note_thread(self, place: Place) -> None:
        """Remember of a topic or thread that it was begun with the bot. One commit."""
        ...

    async def is_begun_with_us(self, place: Place) -> bool:
        """Return whether a topic or thread was begun with the bot."""
        ...
