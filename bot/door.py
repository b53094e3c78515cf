"""The door, met before anything is stored: who goes on in, and what everybody else is told."""

from typing import Final

from bot import texts
from bot.access import Access
from bot.claims import Claims, typed_code
from bot.delivery import Courier
from bot.domain.events import Command, Incoming, Press, Reacted, Redacted
from bot.domain.ports import Clock

_CLAIM: Final = Command("claim")  # without the code: it is remembered who gave the right one


class Door:
    """Lets in whom access admits and, while nobody owns the bot, whoever brings its code."""

    def __init__(self, access: Access, claims: Claims, courier: Courier, clock: Clock) -> None:
        self._access = access
        self._claims = claims
        self._courier = courier
        self._clock = clock

    async def meet(self, incoming: Incoming) -> Incoming | str:
        """Return the update as it goes on, or what its sender is told if they pressed a button.

        Nothing that goes on holds a code that still works.
        """
        code = typed_code(incoming.body) if self._claims.is_open else None
        if code and incoming.place.is_private:
            return await self._try(incoming, code)
        if code and (spoilt := self._claims.spoil(code)):
            reply = texts.claim.spoilt(is_printed=spoilt.is_printed)
            await self._courier.say(incoming.place, reply)
            return ""
        return incoming if self._access.admits(incoming.sender) else await self._away(incoming)

    def admits(self, stored: Incoming) -> bool:
        """Return whether an update that was stored before the start may still be handled."""
        is_claim = self._claims.is_open and stored.body == _CLAIM
        return is_claim or self._access.admits(stored.sender)

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

    async def _away(self, incoming: Incoming) -> str:
        """Turn a stranger away: in private with a line an hour, in a group in silence.

        Whoever takes a message back, or reacts to one, says nothing that is to be answered.
        """
        if isinstance(incoming.body, Press):
            return texts.turns.PRIVATE
        if isinstance(incoming.body, Reacted | Redacted):
            return ""
        sender, is_private = incoming.sender, incoming.place.is_private
        if is_private and self._access.may_tell(sender, self._clock.now()):
            is_new = self._claims.is_open
            reply = texts.claim.new_here() if is_new else texts.turns.stranger(str(sender))
            await self._courier.say(incoming.place, reply)
        return ""
