"""/keys: look, check, replace, name, and choose which of a company's keys is used."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import texts
from bot.commands.addkey import ask_for_key
from bot.commands.here import await_answer, by_verb, company, leaves, read_number
from bot.commands.mykeys import find_key, my_keys, split_ref
from bot.commands.savekey import SLOW_S
from bot.commands.spec import Call, Command, Handler, Outcome
from bot.domain.effects import NoteKeyHealth, RenameKey, UseKey
from bot.domain.errors import InvalidKey, NoCredit, NoPermission, ProviderError, VaultCorrupt
from bot.domain.events import Reply
from bot.domain.keys import KeyHealth, KeyReport
from bot.texts.heldkeys import Held

_MOST_NAME = 20


async def _list(call: Call) -> Outcome:
    page = (read_number(call.args) or 0) if call.verb else 0
    mine = await my_keys(call)
    if not mine:
        return Outcome(reply=texts.keys.no_keys())
    return Outcome(reply=texts.keys.keys(mine, page, call.desk.clock.now()))


def of_key(handle: Callable[[Call, Held], Awaitable[Outcome]]) -> Handler:
    """Return a press handler for an action that names a key; without it, the list is shown."""

    async def press(call: Call) -> Outcome:
        held = find_key(await my_keys(call), call.args)
        return await handle(call, held) if held else await _list(call)

    return press


def gone(of: Held) -> Reply:
    """Say that a key was removed before this tap."""
    return texts.keys.gone_already(of.company, has_others=not of.is_single)


async def _show(call: Call, held: Held) -> Outcome:
    return Outcome(reply=texts.keys.key(held, call.desk.clock.now()))


async def _check(call: Call, held: Held) -> Outcome:
    provider, info = call.desk.providers.get(held.info.provider), held.info
    if provider is None:
        return await _list(call)
    report = KeyReport()
    try:
        key = await call.desk.stores.keys.open_key(
            call.member.id, info.provider, provider.spec.origin, key=info.id
        )
        if key is None:
            return Outcome(reply=gone(held))
        slow = texts.addkey.checking(held.company, info.mask)
        async with call.desk.notices.after(SLOW_S, call.place, slow):
            report = await provider.check_key(key)
    except VaultCorrupt:
        return Outcome(reply=texts.keys.unreadable(held))
    except NoPermission:
        pass
    except NoCredit:
        report = KeyReport(health=KeyHealth.NO_CREDIT)
    except InvalidKey:
        report = KeyReport(health=KeyHealth.REJECTED)
    except ProviderError:
        return Outcome(reply=texts.keys.check_missed(held))
    reply = texts.keys.checked(held, report.health, report.balances)
    if report.health is KeyHealth.UNCHECKED:
        return Outcome(reply=reply)  # what its use has taught of it still holds
    noted = NoteKeyHealth(member=call.member.id, key=info.id, health=report.health)
    return Outcome(reply=reply, effects=(noted,))


async def _use(call: Call, held: Held) -> Outcome:
    mine = await my_keys(call)
    active = find_key(mine, held.info.provider)
    before = active.info if active and not held.info.is_active else None
    call.desk.models.forget(call.member.id, held.info.provider)
    return Outcome(
        reply=texts.keys.in_use(held, before),
        effects=(UseKey(member=call.member.id, key=held.info.id),),
        if_stale=gone(held),
    )


async def _rename(call: Call, held: Held) -> Outcome:
    return Outcome(
        reply=texts.keys.ask_name(held, _MOST_NAME),
        effects=(await_answer(call, f"keys:name:{held.ref}"),),
    )


async def _name(call: Call, held: Held) -> Outcome:
    name = " ".join(call.text.split())
    if not name or leaves(call, name):
        return Outcome(reply=texts.keys.not_renamed())
    if len(name) > _MOST_NAME or len(call.text.strip().splitlines()) > 1:
        return Outcome(
            reply=texts.keys.bad_name(_MOST_NAME),
            effects=(await_answer(call, f"keys:name:{held.ref}"),),
        )
    return _named(call, held, name)


async def _unname(call: Call, held: Held) -> Outcome:
    return _named(call, held, "")


def _named(call: Call, held: Held, name: str) -> Outcome:
    return Outcome(
        reply=texts.keys.renamed(held, name),
        effects=(RenameKey(member=call.member.id, key=held.info.id, name=name),),
        if_stale=gone(held),
    )


async def _cancel(call: Call) -> Outcome:  # noqa: ARG001 - every handler takes a call
    return Outcome(reply=texts.keys.not_renamed())


async def _renew(call: Call) -> Outcome:
    """Ask for a key in the place of one; in the active one's where a company alone is named."""
    provider, number = split_ref(call.args)
    known = call.desk.providers.get(provider)
    if known is None:
        return Outcome(reply=texts.turns.old_button())
    if number is not None and find_key(await my_keys(call), call.args) is None:
        return Outcome(reply=texts.keys.gone_already(company(call, provider)))
    return ask_for_key(call, known.spec, where=call.args.removeprefix(provider))


async def _replace(call: Call) -> Outcome:
    """Ask for another key from under a question without an answer: that one stays."""
    return replace(await _renew(call), is_apart=True)


async def close(call: Call) -> Outcome:
    """End the list; its first line stays."""
    return Outcome(reply=texts.keys.closed(await my_keys(call)))


COMMANDS = (
    Command(
        name="keys",
        help="your API keys",
        run=_list,
        press=by_verb(
            {
                "list": _list,
                "show": of_key(_show),
                "check": of_key(_check),
                "use": of_key(_use),
                "rename": of_key(_rename),
                "name": of_key(_name),
                "unname": of_key(_unname),
                "renew": _renew,
                "replace": _replace,
                "cancel": _cancel,
                "close": close,
            }
        ),
        menu=7,
    ),
)
