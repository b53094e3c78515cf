"""Asking for a key where its server could read it: only after the member's word."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import texts
from bot.commands.spec import Call, Outcome
from bot.domain.errors import FrontendError
from bot.domain.events import Outgoing

Ask = Callable[[Call], Awaitable[Outcome]]


def is_exposed(call: Call) -> bool:
    """Return whether a server could read a key typed here, and the member did not say so be it."""
    is_unsealed = call.messenger.is_unsealed(call.place)
    return is_unsealed and not call.desk.assents.holds(call.member.id, call.place)


def warned(call: Call, wanted: str) -> Outcome:
    """Offer an encrypted chat before a key is asked for; `wanted` is what the action carries."""
    opens = call.abilities.opens_private
    return Outcome(reply=texts.unsealed.warning(wanted, opens=opens))


async def anyway(call: Call, ask: Ask) -> Outcome:
    """Ask here: the member knows who could read it."""
    call.desk.assents.give(call.member.id, call.place)
    return await ask(call)


async def elsewhere(call: Call, ask: Ask) -> Outcome:
    """Open an encrypted chat with the member, and ask there."""
    try:
        place = await call.messenger.open_private(call.member.identity)
    except FrontendError:
        return Outcome(reply=texts.unsealed.not_opened(call.args))
    if call.messenger.is_unsealed(place):
        return Outcome(reply=texts.unsealed.not_opened(call.args))
    asked = await ask(replace(call, incoming=replace(call.incoming, place=place)))
    if asked.reply is None:
        return asked
    there = Outgoing(place=place, member=call.member.id, reply=asked.reply)
    return Outcome(reply=texts.unsealed.opened(), effects=asked.effects, also=(there,))
