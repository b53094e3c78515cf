"""/members: who may come in, and deciding about each of them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

from bot import texts
from bot.commands import reach
from bot.commands.here import by_verb, read_number
from bot.commands.near import near_names
from bot.commands.spec import Call, Command, Handler, Outcome, Who
from bot.domain.chat import MemberId
from bot.domain.effects import Effect, EraseLater, SetOperator, SetStanding
from bot.domain.people import Person, Standing
from bot.texts.members import DELETE_AFTER_DAYS, Shown, called
from bot.texts.stamps import is_fresh, old_question, stamp

_OUT: Final = frozenset({Standing.REMOVED, Standing.BLOCKED})
OfPerson = Callable[[Call, Person], Awaitable[Outcome]]


async def _run(call: Call) -> Outcome:
    typed = " ".join(call.args.split()).casefold()
    if not typed:
        return await _list_page(call, 0)
    everybody = await _everybody(call)
    exact = [each for each in everybody if typed in _names(each)]
    fitting = exact or [each for each in everybody if any(typed in name for name in _names(each))]
    now = call.desk.clock.now()
    if not fitting:
        names = {each.name.casefold(): each.name for each in everybody if each.name}
        near = [names[each] for each in near_names(typed, names)]
        return Outcome(reply=texts.members.nobody(call.args, near))
    if len(fitting) > 1:
        return Outcome(reply=texts.members.found(fitting, call.args, now))
    return Outcome(reply=texts.members.person(fitting[0], now))


def _names(of: Shown) -> tuple[str, ...]:
    return (of.name.casefold(), *(each.casefold() for each in of.accounts))


async def _list(call: Call) -> Outcome:
    return await _list_page(call, read_number(call.args) or 0)


async def _list_page(call: Call, page: int) -> Outcome:
    everybody, now = await _everybody(call), call.desk.clock.now()
    out = len(await call.desk.stores.people.invitations())
    return Outcome(reply=texts.members.members(everybody, now, page=page, out=out))


async def _everybody(call: Call) -> Sequence[Shown]:
    """Return who is in, the oldest first, and after them who is not."""
    shown = [_shown(call, each) for each in await call.desk.stores.people.roster()]
    return sorted(shown, key=lambda each: not each.may_come)


def _shown(call: Call, person: Person) -> Shown:
    access, account = call.desk.access, person.identities[0]
    return Shown(
        id=person.id,
        name=person.name,
        accounts=tuple(map(str, person.identities)),
        since=person.since,
        standing=person.standing,
        may_come=access.admits(account),
        is_operator=access.is_operator(account),
        is_named=access.is_named(account),
        is_self=person.id == call.member.id,
        erase_at=person.erase_at,
    )


def _called(person: Person) -> str:
    return called(person.name, str(person.identities[0]))


def _about(handle: OfPerson) -> Handler:
    """Return a handler for one person, who is there and may be decided about."""

    async def press(call: Call) -> Outcome:
        person = await call.desk.stores.people.person(MemberId(call.args.partition(":")[0]))
        if person is None:
            return Outcome(reply=texts.members.gone())
        if call.desk.access.is_named(person.identities[0]):
            return Outcome(reply=texts.members.not_here(_called(person)))
        if person.id == call.member.id:
            return Outcome(reply=texts.members.not_yourself())
        return await handle(call, person)

    return press


def _confirmed(again: str, handle: OfPerson) -> Handler:
    """Return a handler of the button under a question that was asked not long ago."""

    async def of_person(call: Call, person: Person) -> Outcome:
        if not is_fresh(call.args.partition(":")[2], call.desk.clock.now()):
            return Outcome(reply=old_question(f"members:{again}:{person.id}"))
        return await handle(call, person)

    return _about(of_person)


async def _show(call: Call) -> Outcome:
    person = await call.desk.stores.people.person(MemberId(call.args))
    if person is None:
        return Outcome(reply=texts.members.gone())
    reply = texts.members.person(_shown(call, person), call.desk.clock.now())
    return Outcome(reply=reply)


async def _ask(call: Call, person: Person) -> Outcome:
    stamped = stamp(call.desk.clock.now())
    return Outcome(reply=texts.members.confirm_removal(_called(person), person.id, stamped))


async def _ask_block(call: Call, person: Person) -> Outcome:
    stamped = stamp(call.desk.clock.now())
    return Outcome(reply=texts.members.confirm_block(_called(person), person.id, stamped))


async def _ask_operator(call: Call, person: Person) -> Outcome:
    stamped = stamp(call.desk.clock.now())
    return Outcome(reply=texts.members.ask_operator(_called(person), person.id, stamped))


async def _ask_member(call: Call, person: Person) -> Outcome:
    stamped = stamp(call.desk.clock.now())
    return Outcome(reply=texts.members.ask_member(_called(person), person.id, stamped))


async def _remove(call: Call, person: Person) -> Outcome:
    return await _put_out(call, person, Standing.REMOVED)


async def _block(call: Call, person: Person) -> Outcome:
    return await _put_out(call, person, Standing.BLOCKED)


async def _put_out(call: Call, person: Person, standing: Standing) -> Outcome:
    """End what runs of theirs, then keep them out."""
    await call.desk.runner.cancel(person.id)
    say = texts.members.removed if standing is Standing.REMOVED else texts.members.blocked
    was_operator = "o" if person.is_operator else "m"
    undo = f"members:undo:{person.id}:{person.standing}:{was_operator}"
    decide = SetStanding(member=person.id, standing=standing)
    return Outcome(
        reply=say(_called(person), person.id, undo),
        effects=(decide,),
        if_stale=texts.members.gone(),
    )


async def _undo(call: Call, person: Person) -> Outcome:
    """Let it be as it was before somebody was put out."""
    before, _, was_operator = call.args.partition(":")[2].partition(":")
    if person.standing not in _OUT or before not in set(Standing):
        return Outcome(reply=texts.members.gone())
    effects: tuple[Effect, ...] = (SetStanding(member=person.id, standing=Standing(before)),)
    if was_operator == "o" and before not in _OUT:
        effects += (SetOperator(member=person.id, name=_called(person)),)
    return Outcome(
        reply=texts.members.back_again(_called(person)),
        effects=effects,
        if_stale=texts.members.gone(),
    )


async def _admit(_: Call, person: Person) -> Outcome:
    reply = texts.members.back_again(_called(person))
    if person.standing not in _OUT:
        return Outcome(reply=reply)
    admit = SetStanding(member=person.id, standing=Standing.ADMITTED)
    return Outcome(reply=reply, effects=(admit,), if_stale=texts.members.gone())


async def _erase(call: Call, person: Person) -> Outcome:
    if person.standing not in _OUT:
        return Outcome(reply=texts.members.gone())
    now = call.desk.clock.now()
    at = person.erase_at or now + timedelta(days=DELETE_AFTER_DAYS)
    reply = texts.members.erased_later(_called(person), person.id, at, now)
    erase = EraseLater(member=person.id, at=at)
    return Outcome(reply=reply, effects=(erase,), if_stale=texts.members.gone())


async def _keep_data(_: Call, person: Person) -> Outcome:
    if person.standing not in _OUT:
        return Outcome(reply=texts.members.gone())
    keep = EraseLater(member=person.id, at=None)
    reply = texts.members.not_erased(_called(person), person.id)
    return Outcome(reply=reply, effects=(keep,), if_stale=texts.members.gone())


async def _make_operator(call: Call, person: Person) -> Outcome:
    name = _called(person)
    reply = texts.members.made_operator(name, f"members:notoperator:{person.id}")
    if person.is_operator:
        return Outcome(reply=reply)
    told = texts.members.you_operate(call.member.name)
    return Outcome(
        reply=reply,
        effects=(SetOperator(member=person.id, name=name),),
        if_stale=texts.members.gone(),
        also=await reach.to_person(call, person, told),
    )


async def _make_member(_: Call, person: Person) -> Outcome:
    name = _called(person)
    reply = texts.members.made_member(name, f"members:asoperator:{person.id}")
    if not person.is_operator:
        return Outcome(reply=reply)
    decide = SetOperator(member=person.id, name=name, is_operator=False)
    return Outcome(reply=reply, effects=(decide,), if_stale=texts.members.gone())


async def _close(call: Call) -> Outcome:
    return Outcome(reply=texts.members.closed(len(await _everybody(call))))


COMMANDS = (
    Command(
        name="members",
        help="who may come in",
        usage="[NAME]",
        example="members bob",
        run=_run,
        press=by_verb(
            {
                "list": _list,
                "show": _show,
                "ask": _about(_ask),
                "askblock": _about(_ask_block),
                "askoperator": _about(_ask_operator),
                "askmember": _about(_ask_member),
                "remove": _confirmed("ask", _remove),
                "block": _confirmed("askblock", _block),
                "operator": _confirmed("askoperator", _make_operator),
                "member": _confirmed("askmember", _make_member),
                "asoperator": _about(_make_operator),
                "notoperator": _about(_make_member),
                "undo": _about(_undo),
                "admit": _about(_admit),
                "erase": _about(_erase),
                "keepdata": _about(_keep_data),
                "close": _close,
            }
        ),
        who=Who.OPERATORS,
    ),
)
