"""Groups at the door: where the bot is mute, and what is meant for it where it is not."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot import texts
from bot.access import Access
from bot.delivery import Courier
from bot.domain.chat import Identity, MemberId, Place
from bot.domain.effects import ChangeGroup, Choose, Effect, UndoChoice
from bot.domain.errors import FrontendError
from bot.domain.events import Command, Edited, Incoming, Reply, Text, Unreadable
from bot.domain.groups import Group, When
from bot.domain.ports import Around, Clock, Frontend, Stores
from bot.questions import Questions
from bot.quiet import Quiet

_log = logging.getLogger(__name__)
ALLOW: Final = "allow"
_CHANGING: Final = (ChangeGroup, Choose, UndoChoice)
Tell = Callable[[Place, MemberId, Reply], Awaitable[None]]


class Groups:
    """Knows every group that something came from since the start. `tell` reaches a member."""

    def __init__(
        self,
        *,
        stores: Stores,
        frontends: Mapping[str, Frontend],
        access: Access,
        courier: Courier,
        questions: Questions,
        clock: Clock,
        tell: Tell,
    ) -> None:
        self._stores = stores
        self._frontends = frontends
        self._access = access
        self._courier = courier
        self._questions = questions
        self._quiet = Quiet(clock)
        self._tell = tell
        self._known: dict[tuple[str, str], Group] = {}

    async def meet(self, incoming: Incoming) -> Incoming | None:
        """Return an update of a group as it is meant there; None where the bot is mute.

        Raises StorageUnavailable.
        """
        if incoming.place.is_private:
            return incoming
        group = await self._find(incoming)
        if not group.is_allowed:
            return await self._mute(incoming)
        is_to_us = incoming.is_addressed or isinstance(incoming.body, Command)
        if incoming.opens and is_to_us:
            await self._stores.groups.note_thread(incoming.place)
        return replace(incoming, is_addressed=await self._is_meant(incoming, group))

    async def joined(self, place: Place, by: Identity, name: str) -> None:
        """Say hello where an operator added the bot, ask the operator about others' groups.

        Where a stranger did, leave. Raises StorageUnavailable.
        """
        before = await self._stores.groups.find(place)
        if before is not None and before.is_allowed:
            return  # it is told again
        around = await self._around(place)
        if not self._access.admits(by):
            await self._decline(place, around.title)
            return
        group = await self._stores.groups.note(
            place, title=around.title, is_allowed=self._access.is_operator(by) or None
        )
        self._known[place.frontend, place.chat] = group
        if not group.is_allowed:
            await self._ask_operators(group, name, around.people)
        else:
            hello = texts.allow.hello(hears_all=around.hears_all, when=group.when)
            await self._courier.say(replace(place, thread=""), hello)

    def follow(self, effects: Sequence[Effect]) -> None:
        """Forget what was just changed, to look at it anew."""
        if any(isinstance(effect, _CHANGING) for effect in effects):
            self._known.clear()

    def moved(self, old: Place, new_chat: str) -> None:
        """Look at a chat that goes on under another id anew."""
        self._known.pop((old.frontend, old.chat), None)
        self._known.pop((old.frontend, new_chat), None)

    async def left(self, place: Place) -> None:
        """Let a group that the bot was removed from be allowed anew if it comes back."""
        if place.is_private:
            return
        self._known.pop((place.frontend, place.chat), None)
        if await self._stores.groups.find(place):
            await self._stores.groups.note(place, title="", is_allowed=False)

    async def _find(self, incoming: Incoming) -> Group:
        """Return the group of a place; of one that is new the operators are told."""
        place = incoming.place
        if known := self._known.get((place.frontend, place.chat)):
            return known
        group = await self._stores.groups.find(place)
        if group is None:
            around = await self._around(place)
            group = await self._stores.groups.note(place, title=around.title)
            if not self._access.is_operator(incoming.sender):
                await self._ask_operators(group, incoming.sender_name, around.people)
        self._known[place.frontend, place.chat] = group
        return group

    async def _mute(self, incoming: Incoming) -> Incoming | None:
        """Hear nobody but an operator, who is told once an hour how to change that."""
        if not self._access.is_operator(incoming.sender):
            return None
        if isinstance(incoming.body, Command) and incoming.body.name == ALLOW:
            return incoming
        if not isinstance(incoming.body, Text | Command):
            return None
        is_to_us = incoming.is_addressed or isinstance(incoming.body, Command)
        if is_to_us and self._quiet.is_due(("mute", incoming.place)):
            await self._courier.say(incoming.place, texts.allow.is_mute())
        return None

    async def _is_meant(self, incoming: Incoming, group: Group) -> bool:
        """Return whether a message is for the bot, by what the group's admins chose."""
        if not isinstance(incoming.body, Text | Edited | Unreadable):
            return incoming.is_addressed
        if group.when is When.ALWAYS:
            return isinstance(incoming.body, Text | Edited) or incoming.is_addressed
        if group.when is When.COMMANDS:
            return incoming.is_addressed and await self._is_awaited(incoming)
        if incoming.is_addressed or not incoming.place.thread:
            return incoming.is_addressed
        return await self._stores.groups.is_begun_with_us(incoming.place)

    async def _is_awaited(self, incoming: Incoming) -> bool:
        person = await self._stores.people.of(incoming.sender)
        return person is not None and bool(self._questions.find(person.id, incoming.place))

    async def _around(self, place: Place) -> Around:
        try:
            return await self._frontends[place.frontend].around(place)
        except FrontendError as error:
            _log.warning("a group could not be looked at: %s", type(error).__name__)
            return Around()

    async def _decline(self, place: Place, title: str) -> None:
        """Leave a group to which a stranger added the bot; the operator hears of one an hour."""
        await self._courier.say(place, texts.allow.members_only())
        try:
            await self._frontends[place.frontend].leave(place)
        except FrontendError as error:
            _log.warning("a group could not be left: %s", type(error).__name__)
        if self._quiet.is_due("declined"):
            await self._tell_operators(place.frontend, texts.allow.declined(title))

    async def _ask_operators(self, group: Group, name: str, people: int | None) -> None:
        if self._quiet.is_due(("added", group.id)):
            reply = texts.allow.added(name, group.title, people, group.id)
            await self._tell_operators(group.place.frontend, reply)

    async def _tell_operators(self, frontend: str, reply: Reply) -> None:
        """Write to the operators in private, on that messenger if one of them is there."""
        there = [each for each in self._access.deciding if each.frontend == frontend]
        for identity in sorted(there or self._access.deciding):
            if identity.frontend not in self._frontends:
                continue
            try:
                place = await self._frontends[identity.frontend].open_private(identity)
            except FrontendError as error:
                _log.warning("an operator was not reached: %s", type(error).__name__)
                continue
            member = await self._stores.settings.member(identity, "", is_operator=True)
            await self._tell(place, member.id, reply)
