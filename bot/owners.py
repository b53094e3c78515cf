"""Whose buttons are whose: in a group, they belong to the member their message was for."""

from typing import Final

from bot import texts
from bot.domain.chat import MemberId, Place
from bot.domain.events import Incoming, MessageRef, Press
from bot.domain.ports import Stores

_REMEMBERED: Final = 1_000


class Owners:
    """Asks storage, and remembers who the notes were for that are not kept there."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._notes: dict[tuple[Place, MessageRef], MemberId] = {}

    def remember(self, place: Place, message: MessageRef | None, member: MemberId) -> None:
        """Note who a message was for that is in no outbox."""
        if message is None or place.is_private:
            return
        while len(self._notes) >= _REMEMBERED:
            del self._notes[next(iter(self._notes))]
        self._notes[place, message] = member

    async def refusal(self, incoming: Incoming, member: MemberId) -> str:
        """Return what to tell whoever pressed a button that is not theirs; empty: it is."""
        if not isinstance(incoming.body, Press) or incoming.place.is_private:
            return ""
        owner = await self._owner(incoming)
        if owner is None:
            return texts.groups.OLD_CHOICE
        if owner == member:
            return ""
        return texts.groups.not_yours(await self._stores.settings.name(owner))

    async def _owner(self, incoming: Incoming) -> MemberId | None:
        place, message = incoming.place, incoming.message
        if message is None:
            return None
        noted = self._notes.get((place, message))
        told = None if noted else await self._stores.turns.told(place, message)
        return told.member if told else noted
