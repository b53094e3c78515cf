"""The door, met before anything is stored: who goes on in, and what everybody else is told."""

from typing import Final

from bot import texts
from bot.access import Access
from bot.claims import Claims, typed_code
from bot.codes import Guesses
from bot.delivery import Courier
from bot.domain.events import Command, Incoming, Press, Reacted, Redacted, Text, Unread, Unreadable
from bot.domain.ports import Clock
from bot.invitations import GIVEN as INVITED
from bot.invitations import Invitations, typed_invitation
from bot.links import GIVEN as LINKING
from bot.links import Links, may_choose, typed_link
from bot.quiet import Quiet

_CLAIM: Final = Command("claim")  # without the code: it is remembered who gave the right one
_NOBODY: Final = Unreadable(Unread.ANONYMOUS)
_START: Final = Command("start")
GUESTS: Final = frozenset({"claim", "start", "link"})  # what somebody who is not in yet may use


class Door:
    """Lets in whom access admits, and whoever brings a code: of the bot, an invitation, a link."""

    def __init__(
        self,
        *,
        access: Access,
        claims: Claims,
        courier: Courier,
        clock: Clock,
        invitations: Invitations,
        links: Links,
    ) -> None:
        self._access = access
        self._claims = claims
        self._courier = courier
        self._invitations = invitations
        self._links = links
        self._guesses = Guesses(clock)
        self._quiet = Quiet(clock)

    async def meet(self, incoming: Incoming) -> Incoming | str:
        """Return the update as it goes on, or what its sender is told if they pressed a button.

        Nothing that goes on holds a code that still works.
        """
        if self._access.is_blocked(incoming.sender):
            return ""
        code = typed_code(incoming.body) if self._claims.is_open else None
        if code and incoming.place.is_private:
            return await self._try(incoming, code)
        if code and (spoilt := self._claims.spoil(code)):
            reply = texts.claim.spoilt(is_printed=spoilt.is_printed)
            await self._courier.say(incoming.place, reply)
            return ""
        if (code := typed_link(incoming.body)) is not None:
            return await self._link(incoming, code)
        if (code := typed_invitation(incoming.body)) is not None:
            return await self._invited(incoming, code)
        return incoming if self._goes_on(incoming) else await self._away(incoming)

    def admits(self, stored: Incoming) -> bool:
        """Return whether an update that was stored before the start may still be handled."""
        if self._access.is_blocked(stored.sender):
            return False
        is_claim = self._claims.is_open and stored.body == _CLAIM
        is_guest = is_claim or stored.body in (INVITED, LINKING)
        return is_guest or self._access.admits(stored.sender)

    def expects(self) -> bool:
        """Return whether somebody may come with a code that is out."""
        return self._claims.is_open or self._invitations.are_out or self._links.are_open

    def _goes_on(self, incoming: Incoming) -> bool:
        if self._access.admits(incoming.sender):
            return True
        if incoming.body == _NOBODY:  # whoever hides behind a group is told so, now and then
            return self._quiet.is_due((incoming.place, incoming.sender))
        is_choosing = incoming.place.is_private and may_choose(incoming.body)
        return is_choosing and self._links.of_other(incoming.sender) is not None

    async def _try(self, incoming: Incoming, code: str) -> Incoming | str:
        tried = self._claims.check(code, incoming.sender)
        if tried.is_right:
            return incoming.with_body(_CLAIM)
        if tried.left:
            await self._courier.say(incoming.place, texts.claim.not_the_code(tried.left))
        elif tried.is_heard:
            reply = texts.claim.no_code(is_printed=tried.is_printed)
            await self._courier.say(incoming.place, reply)
        return ""

    async def _invited(self, incoming: Incoming, code: str) -> Incoming | str:
        """Look at an invitation's code, which whoever is in has no use for."""
        is_text, is_in = isinstance(incoming.body, Text), self._access.admits(incoming.sender)
        if is_in and (is_text or incoming.place.is_private):
            return incoming if is_text else incoming.with_body(_START)
        if is_text and not self._invitations.are_out:
            return await self._away(incoming)
        if not self._guesses.may_try(incoming.sender):
            return ""
        found = self._invitations.fits(code)
        if not incoming.place.is_private:
            return await self._invited_in_group(incoming, is_right=found is not None)
        if found:
            self._invitations.give(found, incoming.sender)
            return incoming.with_body(INVITED)
        self._guesses.note(incoming.sender)
        await self._courier.say(incoming.place, texts.invitations.over())
        return ""

    async def _invited_in_group(self, incoming: Incoming, *, is_right: bool) -> Incoming | str:
        """Take no invitation where it is meant for nobody in particular; it stays good."""
        if is_right:
            await self._courier.say(incoming.place, texts.invitations.in_private())
            return ""
        self._guesses.note(incoming.sender)
        is_in = self._access.admits(incoming.sender)
        return incoming.with_body(_START) if is_in else ""

    async def _link(self, incoming: Incoming, code: str) -> Incoming | str:
        """Look at the code of a link."""
        if not self._access.admits(incoming.sender) and not self._links.are_open:
            return await self._away(incoming)
        if not incoming.place.is_private:
            await self._link_in_group(incoming, code)
            return ""
        if not self._guesses.may_try(incoming.sender):
            return ""
        if self._links.give(code, incoming.sender, incoming.place):
            return incoming.with_body(LINKING)
        self._guesses.note(incoming.sender)
        await self._courier.say(incoming.place, texts.linking.not_valid())
        return ""

    async def _link_in_group(self, incoming: Incoming, code: str) -> None:
        """Take no code that others have read: it works no more."""
        is_spoilt = self._guesses.may_try(incoming.sender) and self._links.spoil(code)
        if is_spoilt or self._access.admits(incoming.sender):
            reply = texts.linking.in_private(is_spoilt=is_spoilt)
            await self._courier.say(incoming.place, reply)
        else:
            self._guesses.note(incoming.sender)

    async def _away(self, incoming: Incoming) -> str:
        """Turn a stranger away: in private with a line an hour, in a group in silence.

        Whoever takes a message back, or reacts to one, says nothing that is to be answered.
        """
        if isinstance(incoming.body, Press):
            return texts.turns.PRIVATE
        if isinstance(incoming.body, Reacted | Redacted):
            return ""
        sender, is_private = incoming.sender, incoming.place.is_private
        is_new = self._claims.is_open
        if is_private and self._quiet.is_due((sender, is_new)):
            reply = texts.claim.new_here() if is_new else texts.turns.stranger(str(sender))
            await self._courier.say(incoming.place, reply)
        return ""
