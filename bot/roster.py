"""Everybody the bot knows, as the door and the way in see them; read anew when that changes."""

from collections.abc import Sequence
from typing import Final

from bot.access import Access
from bot.domain import effects as fx
from bot.domain.chat import Identity, Member
from bot.domain.effects import Effect
from bot.domain.ports import Stores

_KNOWN: Final = 10_000
_CHANGING: Final = (
    fx.AcceptInvitation,
    fx.SetStanding,
    fx.SetOperator,
    fx.ClaimOperator,
    fx.LinkAccount,
    fx.UnlinkAccount,
)


class Roster:
    """Tells `access` who was let in, kept out or linked, and remembers who is behind accounts."""

    def __init__(self, stores: Stores, access: Access) -> None:
        self._stores = stores
        self._access = access
        self._members: dict[Identity, Member] = {}
        self._read = 0

    async def load(self) -> None:
        """Read everybody; whoever was looked up before is looked up again."""
        people = await self._stores.people.roster()
        self._read += 1
        self._members.clear()
        self._access.learn(people)

    @staticmethod
    def concerns(effects: Sequence[Effect]) -> bool:
        """Return whether who may come in, or whose an account is, is changed by these."""
        return any(isinstance(effect, _CHANGING) for effect in effects)

    def known(self, identity: Identity) -> Member | None:
        """Return who is behind an account that wrote since the start."""
        return self._members.get(identity)

    async def member(self, identity: Identity, name: str) -> Member:
        """Return who is behind an account, made known if they are new, as their name is."""
        known, is_operator = self._members.get(identity), self._access.is_operator(identity)
        if known and (known.name, known.is_operator) == (name, is_operator):
            return known
        if len(self._members) >= _KNOWN:
            self._members.clear()
        read = self._read
        member = await self._stores.settings.member(identity, name, is_operator=is_operator)
        if read == self._read:  # else it may be another's by now
            self._members[identity] = member
        return member
