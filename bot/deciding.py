"""From the use of a command to its outcome: a secret goes first, then the command's handler."""

from collections.abc import Mapping

from bot import texts
from bot.commands import nearest
from bot.commands.spec import Call, Command, Desk, Outcome, Where
from bot.domain.chat import Member
from bot.domain.effects import Ask
from bot.domain.errors import FrontendError
from bot.domain.events import Incoming, SecretText, Text, Unreadable
from bot.domain.ports import Frontend
from bot.reading import Use


class Decider:
    """Decides, and writes nothing but what becomes of a member's own message."""

    def __init__(self, frontends: Mapping[str, Frontend], desk: Desk) -> None:
        self._frontends = frontends
        self._desk = desk

    async def decide(self, incoming: Incoming, member: Member, use: Use) -> Outcome:
        """Return what a use of a command changes and says."""
        if isinstance(incoming.body, Unreadable):
            return Outcome(reply=texts.turns.unreadable(incoming.body.what))
        is_deleted = use.secret is not None and await self._delete(incoming)
        if use.secret is not None and not incoming.place.is_private:
            return self._posted(incoming, member, is_deleted=is_deleted)
        if use.command is None:
            return _unknown(use)
        if use.command.where is Where.PRIVATE and not incoming.place.is_private:
            return self._in_private(incoming, use.command)
        handler = use.command.run if use.is_typed else use.command.press
        if handler is None:
            return Outcome(reply=texts.turns.old_button())
        call = Call(
            incoming=incoming,
            member=member,
            desk=self._desk,
            args=use.args,
            verb=use.verb,
            text=use.text,
            secret=use.secret,
            is_deleted=is_deleted,
        )
        return await handler(call)

    async def decide_again(self, incoming: Incoming, member: Member, use: Use | Text) -> Outcome:
        """Decide what a restart makes of an update: a secret is gone and is asked for again."""
        if isinstance(incoming.body, SecretText):
            is_deleted = await self._delete(incoming)
            if incoming.place.is_private:
                return Outcome(reply=texts.turns.key_lost())
            return self._posted(incoming, member, is_deleted=is_deleted)
        if isinstance(use, Text):
            return await asking(incoming, member, use)
        return await self.decide(incoming, member, use)

    def _posted(self, incoming: Incoming, member: Member, *, is_deleted: bool) -> Outcome:
        """Say of a key that others could read that it is lost; it is kept nowhere."""
        link = self._frontends[incoming.place.frontend].private_link()
        return Outcome(reply=texts.groups.key_posted(member.name, link, is_deleted=is_deleted))

    def _in_private(self, incoming: Incoming, command: Command) -> Outcome:
        link = self._frontends[incoming.place.frontend].private_link()
        return Outcome(reply=texts.groups.private_only(command.name, link))

    async def _delete(self, incoming: Incoming) -> bool:
        """Delete a message with all its pieces; False if one of them stays."""
        gone = [await self._delete_one(piece) for piece in incoming.pieces]
        return all(gone)

    async def _delete_one(self, incoming: Incoming) -> bool:
        frontend = self._frontends[incoming.place.frontend]
        if incoming.message is None or not frontend.abilities.can_delete:
            return False
        try:
            return await frontend.delete(incoming.place, incoming.message)
        except FrontendError:
            return False


def _unknown(use: Use) -> Outcome:
    if use.is_typed:
        return Outcome(reply=texts.turns.unknown_command(use.name, nearest(use.name)))
    return Outcome(reply=texts.turns.old_button())


async def asking(incoming: Incoming, member: Member, use: Text) -> Outcome:
    """Decide for a stored message: it is asked."""
    ask = Ask(member=member.id, place=incoming.place, question=use.text, message=incoming.message)
    return Outcome(effects=(ask,))
