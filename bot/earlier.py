"""What comes about an earlier message: it is edited, taken back, or reacted to."""

from dataclasses import replace

from bot.domain.chat import Member
from bot.domain.events import Incoming, Redacted
from bot.domain.ports import Stores
from bot.reactions import Reactions
from bot.reading import Meaning


class Earlier:
    """Finds out which message that is, and so in which thread: that is often not said."""

    def __init__(self, stores: Stores, reactions: Reactions) -> None:
        self._stores = stores
        self._reactions = reactions

    async def read(
        self, incoming: Incoming, member: Member, *, may_come: bool
    ) -> tuple[Incoming, Meaning] | None:
        """Return what a message taken back, or a reaction, means, and where; None: nothing.

        `may_come`: what was taken back may yet become a question, as it waits behind a command.
        """
        if isinstance(incoming.body, Redacted):
            placed = await self.placed(incoming, member)
            found = placed or (incoming if may_come else None)
            return (found, incoming.body) if found else None
        return await self._reactions.read(incoming, member)

    async def placed(self, incoming: Incoming, member: Member) -> Incoming | None:
        """Return what is about a question of the member's in the place where that was asked.

        None: it is about none.
        """
        if incoming.message is None:
            return None
        asked = await self._stores.turns.asked_with(incoming.place, incoming.message, member.id)
        return replace(incoming, place=asked.place) if asked else None
