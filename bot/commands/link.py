"""/link: one person's accounts, each of which has confirmed the other."""

from collections.abc import Sequence
from typing import Final

from bot import texts
from bot.commands import reach
from bot.commands.here import by_verb
from bot.commands.spec import Call, Command, Outcome
from bot.domain.chat import Identity, MemberId
from bot.domain.effects import LinkAccount, UnlinkAccount
from bot.domain.events import Command as Typed
from bot.domain.events import Outgoing
from bot.links import GIVEN, Link
from bot.texts.linking import Account
from bot.texts.stamps import is_fresh, mark, old_question, stamp

_LISTING: Final = "unlink"


async def _run(call: Call) -> Outcome:
    """Take the word that somebody brought a code, or give one; the door takes the codes."""
    body = call.incoming.body
    if body == GIVEN:
        return await _brought(call)
    if isinstance(body, Typed) and body.name == _LISTING:
        return await _list(call)
    return await _new(call)


async def _new(call: Call) -> Outcome:
    if not call.desk.access.admits(call.member.identity):
        return Outcome(reply=texts.linking.not_valid())
    code = call.desk.links.begin(call.member.id, call.member.identity, call.place)
    others = sorted(name for name in call.desk.messengers if name != call.place.frontend)
    return Outcome(reply=texts.linking.begun(code, await _linked(call), others))


async def _linked(call: Call) -> Sequence[Account]:
    person = await call.desk.stores.people.person(call.member.id)
    return [Account(each, mark(str(each))) for each in person.linked] if person else []


async def _list(call: Call) -> Outcome:
    linked = await _linked(call)
    reply = texts.linking.accounts(linked) if linked else texts.linking.none_linked()
    return Outcome(reply=reply)


async def _brought(call: Call) -> Outcome:
    """Ask whoever brought a code whether they want that."""
    link = call.desk.links.of_other(call.member.identity)
    if link is None:
        return Outcome(reply=texts.linking.not_valid())
    if (refusal := await _misfit(call, link)) is not None:
        return refusal
    owner = await call.desk.stores.people.person(link.member)
    name = owner.name if owner else ""
    return Outcome(reply=texts.linking.ask_other(name, link.by, link.id))


async def _misfit(call: Call, link: Link) -> Outcome | None:
    if link.member == call.member.id:
        call.desk.links.drop(link.member)
        return Outcome(reply=texts.linking.linked_already())
    person = await call.desk.stores.people.person(call.member.id)
    if person is not None and len(person.identities) > 1:
        call.desk.links.drop(link.member)
        return Outcome(reply=texts.linking.has_others())
    return None


async def _join(call: Call) -> Outcome:
    """Take the word of the account that brought the code, and ask the one that made it."""
    link = call.desk.links.of_other(call.member.identity)
    if link is None or link.id != call.args:
        return Outcome(reply=texts.linking.not_valid())
    if (refusal := await _misfit(call, link)) is not None:
        return refusal
    reply = texts.linking.asked(link.by)
    if link.is_agreed:
        return Outcome(reply=reply)
    call.desk.links.agree(link)
    ask = texts.linking.ask_owner(call.member.identity, link.id)
    return Outcome(reply=reply, also=(Outgoing(place=link.place, member=link.member, reply=ask),))


async def _accept(call: Call) -> Outcome:
    """Link the two: both have agreed. What the joining account is being answered is ended."""
    link = call.desk.links.of_member(call.member.id, call.args)
    if link is None or link.other is None or link.there is None:
        return Outcome(reply=texts.linking.not_valid())
    joining = await call.desk.stores.people.of(link.other)
    if joining is None or joining.id == call.member.id:
        return Outcome(reply=texts.linking.linked_already())
    has_twice = await _has_twice(call, joining.id)
    await call.desk.runner.cancel(joining.id)
    call.desk.links.drop(call.member.id)
    marked = mark(str(link.other))
    there = texts.linking.linked_there(link.by, marked)
    return Outcome(
        reply=texts.linking.linked(link.other, marked, has_twice=has_twice),
        effects=(LinkAccount(member=call.member.id, identity=link.other),),
        if_stale=texts.linking.not_valid(),
        also=(Outgoing(place=link.there, member=call.member.id, reply=there),),
    )


async def _has_twice(call: Call, joining: MemberId) -> bool:
    mine = {each.provider for each in await call.desk.stores.keys.keys(call.member.id)}
    theirs = {each.provider for each in await call.desk.stores.keys.keys(joining)}
    return bool(mine & theirs)


async def _refuse(call: Call) -> Outcome:
    link = call.desk.links.of_member(call.member.id, call.args)
    if link is None or link.other is None or link.there is None:
        return Outcome(reply=texts.linking.not_valid())
    call.desk.links.drop(call.member.id)
    other = await call.desk.stores.people.of(link.other)
    told = texts.linking.refused_there()
    also = (Outgoing(place=link.there, member=other.id, reply=told),) if other else ()
    return Outcome(reply=texts.linking.refused(), also=also)


async def _cancel(call: Call) -> Outcome:
    """End the link from whichever side it is cancelled."""
    brought = call.desk.links.of_other(call.member.identity)
    call.desk.links.drop(brought.member if brought else call.member.id)
    return Outcome(reply=texts.linking.cancelled())


async def _ask(call: Call) -> Outcome:
    account = _find(await _linked(call), call.args)
    if account is None:
        return Outcome(reply=texts.linking.not_linked())
    stamped = stamp(call.desk.clock.now())
    reply = texts.linking.confirm_unlink(account.identity, account.mark, stamped)
    return Outcome(reply=reply)


def _find(linked: Sequence[Account], marked: str) -> Account | None:
    return next((each for each in linked if each.mark == marked), None)


async def _off(call: Call) -> Outcome:
    marked, _, stamped = call.args.partition(":")
    if not is_fresh(stamped, call.desk.clock.now()):
        return Outcome(reply=old_question(f"link:ask:{marked}"))
    return await _unlink(call, marked)


async def _not_me(call: Call) -> Outcome:
    """Take the account off at once: whoever has it says that the other is not theirs."""
    return await _unlink(call, call.args)


async def _unlink(call: Call, marked: str) -> Outcome:
    account = _find(await _linked(call), marked)
    if account is None:
        return Outcome(reply=texts.linking.not_linked())
    await call.desk.runner.cancel(call.member.id)
    off = UnlinkAccount(member=call.member.id, identity=account.identity)
    is_here = account.identity == call.member.identity
    unlinked = texts.linking.unlinked(account.identity)
    return Outcome(
        reply=texts.linking.unlinked_there() if is_here else unlinked,
        effects=(off,),
        if_stale=texts.linking.not_linked(),
        also=await _tell_others(call, account.identity),
    )


async def _tell_others(call: Call, off: Identity) -> tuple[Outgoing, ...]:
    """Return what the other side is told: the account that leaves, or those that stay."""
    member = call.member.id
    if off != call.member.identity:
        return await reach.to_account(call, off, member, texts.linking.unlinked_there())
    person = await call.desk.stores.people.person(member)
    stays = next(each for each in person.identities if each != off) if person else None
    if stays is None:
        return ()
    return await reach.to_account(call, stays, member, texts.linking.unlinked(off))


async def _close(call: Call) -> Outcome:
    return Outcome(reply=texts.linking.closed(len(await _linked(call))))


COMMANDS = (
    Command(
        name="link",
        help="one more account of yours",
        usage="[CODE]",
        example="link ABCD-1234",
        aliases=(_LISTING,),
        run=_run,
        press=by_verb(
            {
                "new": _new,
                "list": _list,
                "join": _join,
                "accept": _accept,
                "refuse": _refuse,
                "cancel": _cancel,
                "ask": _ask,
                "off": _off,
                "notme": _not_me,
                "close": _close,
            }
        ),
    ),
)
