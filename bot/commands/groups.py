"""/groups: where a member's key may be used, and the word that is asked for before it is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from bot import texts
from bot.commands.here import by_verb, read_number, simply
from bot.commands.spec import Call, Command, Outcome
from bot.domain.chat import INHERIT, Choices, WaitReason
from bot.domain.effects import ChangePayer, DropWaiting, Effect, ReleaseWaiting
from bot.domain.groups import Group, GroupId, Payer
from bot.paying import PATIENCE, Missing, start_of_day
from bot.texts.layout import page_of
from bot.texts.paying import PAGE, Where
from bot.texts.stamps import is_fresh, old_question, stamp
from bot.waiting import CONSENT

MOST_USD = 10_000


async def _list(call: Call) -> Outcome:
    wanted = (read_number(call.args) or 0) if call.verb else 0
    paid = await call.desk.stores.groups.paid_by(call.member.id)
    if not paid:
        return Outcome(reply=texts.paying.none())
    shown, page, pages = page_of(paid, wanted, PAGE)
    rows = [await _where(call, group, payer) for group, payer in shown]
    return Outcome(reply=texts.paying.places(rows, page, pages, len(paid)))


async def _where(call: Call, group: Group, payer: Payer) -> Where:
    since = start_of_day(call.desk.clock.now()).replace(day=1)
    return Where(
        id=group.id,
        title=group.title,
        month=await call.desk.stores.groups.spent(payer.member, group.id, since=since),
        since=payer.since,
        cap_usd=payer.cap_usd,
        history_tokens=payer.history_tokens,
        shows_name=payer.shows_name,
    )


async def _find(call: Call, wanted: str) -> tuple[Group, Payer | None] | None:
    """Return a group by its id in an action, which may be forged, and the member in it."""
    number = read_number(wanted)
    group = None if number is None else await call.desk.stores.groups.get(GroupId(number))
    if group is None:
        return None
    return group, await call.desk.stores.groups.payer(group.id, call.member.id)


async def _paying(call: Call) -> tuple[Group, Payer] | None:
    """Return the group of an action, if the member's key may be used there."""
    found = await _find(call, call.args.partition(":")[0])
    if found is None or found[1] is None or not found[1].pays:
        return None
    return found[0], found[1]


async def _open(call: Call) -> Outcome:
    found = await _paying(call)
    if found is None:
        return await _list(replace(call, args="0"))
    where = await _where(call, *found)
    now = call.desk.clock.now()
    return Outcome(reply=texts.paying.place(where, found[0].history_tokens, now))


async def _choices(call: Call, group: Group) -> Choices:
    """Return what a question of the member's in a group would be asked with now."""
    settings = call.desk.stores.settings
    session = await settings.session(group.place, call.member.id)
    return await settings.choices(session.id, call.member.id)


async def ask(call: Call) -> Outcome:
    """Ask for the word that a question in a group waits for; where none does, say so."""
    group, payer = await _find(call, call.args.removeprefix(CONSENT)) or (None, None)
    if group is None or payer is None:  # its name is for those alone who wrote there
        return Outcome(reply=texts.paying.nothing_asked())
    choices = await _choices(call, group)
    if not choices.model:
        return Outcome(reply=texts.turns.no_model())
    missing = Missing(reason=WaitReason.CONSENT, group=group, payer=payer, is_dearer=payer.pays)
    return Outcome(reply=await call.desk.paying.question(missing, call.member.id, choices))


async def _allow(call: Call) -> Outcome:
    """Take the member's word for what the question was about, and let what waits for it run."""
    wanted, marked, cap = (call.args + "::").split(":")[:3]
    group, payer = await _find(call, wanted) or (None, None)
    if group is None or payer is None:
        return Outcome(reply=texts.paying.nothing_asked())
    choices = await _choices(call, group)
    if call.desk.paying.offer(call.member.id, choices).marked != marked:
        return Outcome(reply=texts.paying.changed(group.id))
    cap_usd = _usd(cap) if cap else payer.cap_usd
    agreed = ChangePayer(
        member=call.member.id,
        group=group.id,
        agreed=call.desk.paying.agreed(call.member.id, choices),
        cap_usd=cap_usd,
    )
    return Outcome(
        reply=texts.paying.agreed(group.title, cap_usd),
        effects=(agreed, _release(call, group, WaitReason.CONSENT)),
    )


def _release(call: Call, group: Group, reason: WaitReason) -> ReleaseWaiting:
    since = call.desk.clock.now() - PATIENCE
    return ReleaseWaiting(member=call.member.id, reason=reason, since=since, group=group.id)


async def _keep(call: Call) -> Outcome:
    """Say no: what waited is not asked."""
    group, _ = await _find(call, call.args) or (None, None)
    if group is None:
        return Outcome(reply=texts.paying.nothing_asked())
    drop = DropWaiting(member=call.member.id, place=group.place, reason=WaitReason.CONSENT)
    return Outcome(reply=texts.paying.refused(group.title), effects=(drop,))


async def _stop(call: Call) -> Outcome:
    """Let the key not be used in a group any more; what runs there is ended first."""
    found = await _paying(call)
    if found is None:
        return await _list(replace(call, args="0"))
    await call.desk.runner.cancel_in(call.member.id, (found[0].place,))
    return Outcome(
        reply=texts.paying.stopped(found[0].title, found[0].id), effects=_stopped(call, [found])
    )


def _stopped(call: Call, found: Sequence[tuple[Group, Payer]]) -> tuple[Effect, ...]:
    return tuple(
        ChangePayer(member=call.member.id, group=group.id, is_stopped=True) for group, _ in found
    )


async def _again(call: Call) -> Outcome:
    """Undo a stop: the yes that was given before holds again, and what waited for it runs."""
    group, payer = await _find(call, call.args) or (None, None)
    if group is None or payer is None or payer.agreed is None:
        return Outcome(reply=texts.paying.nothing_asked())
    again = ChangePayer(member=call.member.id, group=group.id, is_stopped=False)
    return Outcome(
        reply=texts.paying.going_on(group.title),
        effects=(again, _release(call, group, WaitReason.CONSENT)),
    )


async def _everywhere(call: Call) -> Outcome:
    paid = await call.desk.stores.groups.paid_by(call.member.id)
    if not paid:
        return Outcome(reply=texts.paying.none())
    stamped = stamp(call.desk.clock.now())
    return Outcome(reply=texts.paying.stop_everywhere(len(paid), stamped))


async def _all(call: Call) -> Outcome:
    if not is_fresh(call.args, call.desk.clock.now()):
        return Outcome(reply=old_question("groups:everywhere"))
    paid = await call.desk.stores.groups.paid_by(call.member.id)
    await call.desk.runner.cancel_in(call.member.id, [group.place for group, _ in paid])
    return Outcome(reply=texts.paying.stopped_everywhere(), effects=_stopped(call, paid))


async def _limit(call: Call) -> Outcome:
    found = await _paying(call)
    if found is None:
        return await _list(replace(call, args="0"))
    return Outcome(reply=texts.paying.limits(await _where(call, *found)))


async def _cap(call: Call) -> Outcome:
    _, _, typed = call.args.partition(":")
    found, cap = await _paying(call), _usd(typed)
    if found is None or (cap is None and typed != "off"):
        return Outcome(reply=texts.turns.old_button())
    return await _capped(call, found, cap)


async def _double(call: Call) -> Outcome:
    """Let what waits for a higher limit run."""
    found = await _paying(call)
    if found is None or found[1].cap_usd is None:
        return Outcome(reply=texts.paying.nothing_asked())
    return await _capped(call, found, found[1].cap_usd * 2)


async def _capped(call: Call, found: tuple[Group, Payer], cap_usd: Decimal | None) -> Outcome:
    group, payer = found
    change = ChangePayer(member=call.member.id, group=group.id, cap_usd=cap_usd)
    return Outcome(
        reply=texts.paying.limit_set(group.id, group.title, cap_usd, payer.cap_usd),
        effects=(change, _release(call, group, WaitReason.BUDGET)),
    )


def _usd(typed: str) -> Decimal | None:
    """Read an amount out of an action, which may be forged."""
    try:
        usd = Decimal(typed)
    except InvalidOperation:
        return None
    return usd if usd.is_finite() and 0 < usd <= MOST_USD else None


async def _history(call: Call) -> Outcome:
    found = await _paying(call)
    if found is None:
        return await _list(replace(call, args="0"))
    return Outcome(
        reply=texts.paying.histories(await _where(call, *found), found[0].history_tokens)
    )


async def _most(call: Call) -> Outcome:
    _, _, typed = call.args.partition(":")
    found, most = await _paying(call), read_number(typed)
    if found is None or (most is None and typed != "off"):
        return Outcome(reply=texts.turns.old_button())
    return await _changed(
        call, found, ChangePayer(member=call.member.id, group=found[0].id, history_tokens=most)
    )


async def _name(call: Call) -> Outcome:
    """Let companies read the member's name there, or only a number again."""
    found = await _paying(call)
    if found is None:
        return await _list(replace(call, args="0"))
    return await _changed(
        call,
        found,
        ChangePayer(member=call.member.id, group=found[0].id, shows_name=not found[1].shows_name),
    )


async def _changed(call: Call, found: tuple[Group, Payer], change: ChangePayer) -> Outcome:
    """Show a group as it is after a change."""
    where = _after(await _where(call, *found), change)
    now: datetime = call.desk.clock.now()
    reply = texts.paying.place(where, found[0].history_tokens, now)
    return Outcome(reply=reply, effects=(change,))


def _after(where: Where, change: ChangePayer) -> Where:
    """Return a group as its payer reads of it after a change."""
    given = {
        name: value
        for name in ("history_tokens", "shows_name")
        if (value := getattr(change, name)) is not INHERIT
    }
    return replace(where, **given)


async def _close(call: Call) -> Outcome:
    paid = await call.desk.stores.groups.paid_by(call.member.id)
    return Outcome(reply=texts.paying.closed(len(paid)))


COMMANDS = (
    Command(
        name="groups",
        help="where your key may be used",
        run=_list,
        press=by_verb(
            {
                "list": _list,
                "open": _open,
                "ask": ask,
                "allow": _allow,
                "keep": _keep,
                "stop": _stop,
                "again": _again,
                "everywhere": _everywhere,
                "all": _all,
                "limit": _limit,
                "cap": _cap,
                "double": _double,
                "history": _history,
                "most": _most,
                "name": _name,
                "cancel": simply(texts.paying.cancelled()),
                "close": _close,
            }
        ),
    ),
)
