"""What a group may read of a member's affairs: little; the rest goes to their private chat."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot import texts
from bot.domain.chat import Identity, MemberId, Place, Turn, TurnState
from bot.domain.errors import (
    FrontendError,
    InvalidKey,
    NoCredit,
    NoPermission,
    RateLimited,
)
from bot.domain.events import Outgoing, Reply
from bot.domain.ports import Ending, Frontend, Stores

_log = logging.getLogger(__name__)
_OWN_AFFAIRS: Final = frozenset(
    {each.category for each in (NoCredit, InvalidKey, NoPermission, RateLimited)}
    | {"key_unreadable"}
)


class Discretion:
    """Finds private chats, and makes of an ending what may be said in a group."""

    def __init__(self, stores: Stores, frontends: Mapping[str, Frontend]) -> None:
        self._stores = stores
        self._frontends = frontends

    async def private_place(self, member: MemberId, frontend: str) -> Place | None:
        """Return a member's private chat on a messenger; None: it is not to be had."""
        person = await self._stores.people.person(member)
        mine = [each for each in person.identities if each.frontend == frontend] if person else []
        for identity in mine:
            if place := await self.chat_with(identity):
                return place
        return None

    async def chat_with(self, identity: Identity) -> Place | None:
        """Return the private chat with an account; None: it is not to be had now."""
        frontend = self._frontends.get(identity.frontend)
        if frontend is None:
            return None
        try:
            return await frontend.open_private(identity)
        except FrontendError as error:
            _log.warning("a private chat was not opened: %s", type(error).__name__)
            return None

    async def account(self, member: MemberId, frontend: str) -> str:
        """Return the id of a member's account on a messenger; empty: they have none there."""
        person = await self._stores.people.person(member)
        mine = person.identities if person else ()
        return next((each.id for each in mine if each.frontend == frontend), "")

    async def ending(self, turn: Turn, ending: Ending) -> Ending:
        """Return an ending whose words may be read by a group, if that is where they go."""
        if turn.place.is_private or not ending.replies:
            return ending
        if ending.state is TurnState.FAILED and ending.detail in _OWN_AFFAIRS:
            return await self._in_private(turn, ending)
        return replace(ending, replies=tuple(map(_fitted, ending.replies)))

    async def _in_private(self, turn: Turn, ending: Ending) -> Ending:
        """Say in the group that it did not work, and why in the private chat."""
        (out,) = ending.replies
        frontend = self._frontends[turn.place.frontend]
        name = await self._stores.settings.name(turn.member)
        there = await self.private_place(turn.member, turn.place.frontend)
        if there is None:
            said = texts.groups.wrote_nothing(name, frontend.private_link())
            return replace(ending, replies=(replace(out, reply=said),))
        group = await self._stores.groups.find(turn.place)
        said = texts.groups.wrote_why(name, frontend.private_link())
        if ending.answer:
            said = texts.turns.broken_off(ending.answer, said)
        account = await self.account(turn.member, turn.place.frontend)
        here = replace(out, reply=replace(said, only_for="" if ending.answer else account))
        why = Outgoing(
            place=there,
            member=turn.member,
            reply=texts.paying.led(group.title if group else "", out.reply),
        )
        return replace(ending, replies=(here, why))


def _fitted(out: Outgoing) -> Outgoing:
    reply: Reply = out.reply
    return replace(out, reply=replace(reply, buttons=texts.groups.fit(reply.buttons)))
