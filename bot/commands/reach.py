"""Where the bot writes to somebody in private who has not just written to it."""

from bot.commands.spec import Call
from bot.domain.chat import Identity, MemberId
from bot.domain.events import Outgoing, Reply
from bot.domain.people import Person


async def to_person(call: Call, person: Person, reply: Reply) -> tuple[Outgoing, ...]:
    """Return a reply on its way to a person, on the messenger of the call if they are there."""
    here = call.place.frontend
    for identity in sorted(person.identities, key=lambda each: each.frontend != here):
        if place := await call.desk.discretion.chat_with(identity):
            return (Outgoing(place=place, member=person.id, reply=reply),)
    return ()


async def to_account(
    call: Call, identity: Identity, member: MemberId, reply: Reply
) -> tuple[Outgoing, ...]:
    """Return a reply on its way to one account."""
    place = await call.desk.discretion.chat_with(identity)
    return (Outgoing(place=place, member=member, reply=reply),) if place else ()
