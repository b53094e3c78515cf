"""What a stored update leads to: the handler of its command, a question, or a few words."""

from collections.abc import Mapping

from bot import texts
from bot.absence import LATE
from bot.commands import nearest
from bot.commands.edits import edited
from bot.commands.manners import Manners
from bot.commands.redactions import redacted
from bot.commands.spec import Call, Desk, Outcome
from bot.domain.chat import Member
from bot.domain.effects import Ask
from bot.domain.errors import FrontendError
from bot.domain.events import (
    Body,
    Command,
    Edited,
    Incoming,
    Reacted,
    Redacted,
    SecretText,
    Text,
    Unreadable,
)
from bot.domain.ports import Frontend
from bot.reading import Meaning, Use


class Decider:
    """Reads and decides; nothing is changed but a message with a secret, which is deleted."""

    def __init__(self, frontends: Mapping[str, Frontend], desk: Desk) -> None:
        self._frontends = frontends
        self._desk = desk
        self._manners = Manners(desk)

    def is_late(self, incoming: Incoming) -> bool:
        """Return whether a message was sent so long ago that nobody waits for its answer."""
        return self._desk.clock.now() - incoming.sent_at > LATE

    def concerns_us(self, body: Body) -> bool:
        """Return whether what is said to others in a group is for us all the same."""
        match body:
            case Command(name, args):
                return name in self._desk.commands or self._has_key(args)
            case Text(text) | Edited(text) | Unreadable(words=text):
                return self._has_key(text)
            case SecretText() | Redacted() | Reacted():
                return True
            case _:
                return False

    def _has_key(self, text: str) -> bool:
        return self._desk.key_forms.find_key(text) is not None

    async def outcome(self, incoming: Incoming, member: Member, meaning: Meaning) -> Outcome:
        """Decide about an update."""
        match meaning:
            case Text(text):
                return self._asking(incoming, member, text)
            case Unreadable(what, words):
                reply = texts.unread.unreadable(what, has_words=bool(words.strip()))
                return Outcome(reply=reply, is_aside=True)
            case Edited(text):
                return await edited(
                    Call(incoming=incoming, member=member, desk=self._desk, text=text)
                )
            case Redacted():
                return await redacted(Call(incoming=incoming, member=member, desk=self._desk))
            case Use():
                return await self._use(incoming, member, meaning)

    async def again(self, incoming: Incoming, member: Member, meaning: Meaning) -> Outcome:
        """Decide what a restart makes of an update: a secret is gone and is asked for again."""
        if isinstance(incoming.body, SecretText):
            is_deleted = await self._delete(incoming)
            if incoming.place.is_private:
                return Outcome(reply=texts.turns.key_lost())
            return self._posted(incoming, member, is_deleted=is_deleted)
        return await self.outcome(incoming, member, meaning)

    def _asking(self, incoming: Incoming, member: Member, question: str) -> Outcome:
        """Decide for a stored message: it is asked, or waits if it comes too late for that."""
        first = incoming.pieces[0]
        ask = Ask(
            member=member.id,
            place=incoming.place,
            question=question,
            message=first.message,
            pieces=len(incoming.pieces),
            late_since=first.sent_at if self.is_late(incoming) else None,
        )
        return Outcome(effects=(ask,))

    async def _use(self, incoming: Incoming, member: Member, use: Use) -> Outcome:
        is_deleted = use.secret is not None and await self._delete(incoming)
        if use.secret is not None and not incoming.place.is_private:
            return self._posted(incoming, member, is_deleted=is_deleted)
        if use.command is None:
            return _unknown(use)
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
        if (refusal := await self._manners.refusal(call, use.command)) is not None:
            return refusal
        handler = use.command.run if use.is_typed else use.command.press
        if handler is None:
            return Outcome(reply=texts.turns.old_button())
        return self._manners.fitted(call, await handler(call))

    def _posted(self, incoming: Incoming, member: Member, *, is_deleted: bool) -> Outcome:
        """Say of a key that others could read that it is lost; it is kept nowhere."""
        frontend = self._frontends[incoming.place.frontend]
        link, tap = frontend.private_link(), frontend.abilities.delete_label
        reply = texts.groups.key_posted(member.name, link, tap=tap, is_deleted=is_deleted)
        return Outcome(reply=reply)

    async def _delete(self, incoming: Incoming) -> bool:
        """Delete a message, all its pieces; False if one of them is still there."""
        done = [await self._delete_piece(piece) for piece in incoming.pieces]
        return all(done)

    async def _delete_piece(self, piece: Incoming) -> bool:
        frontend = self._frontends[piece.place.frontend]
        if piece.message is None or not frontend.abilities.can_delete:
            return False
        try:
            return await frontend.delete(piece.place, piece.message)
        except FrontendError:
            return False


def _unknown(use: Use) -> Outcome:
    if use.is_typed:
        return Outcome(reply=texts.turns.unknown_command(use.name, nearest(use.name)))
    return Outcome(reply=texts.turns.old_button())
