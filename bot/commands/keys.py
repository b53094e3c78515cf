"""/keys and /removekey: look, check, replace, remove."""

from collections.abc import Sequence
from dataclasses import replace

from bot import texts
from bot.commands.addkey import ask_for_key
from bot.commands.companies import find_company
from bot.commands.here import Here, by_verb, company, look, read_number, use_model
from bot.commands.spec import Call, Command, Outcome
from bot.domain.chat import Scope
from bot.domain.effects import Choose, DropKey, Effect, NoteKeyHealth
from bot.domain.errors import InvalidKey, NoCredit, NoPermission, ProviderError, VaultCorrupt
from bot.domain.events import Reply
from bot.domain.keys import KeyHealth, KeyInfo
from bot.domain.models import begin_with
from bot.modellists import Listed
from bot.texts.stamps import is_fresh, old_question, stamp


async def _mine(call: Call) -> Sequence[KeyInfo]:
    return await call.desk.stores.keys.keys(call.member.id)


async def _info(call: Call, provider: str) -> KeyInfo | None:
    return next((info for info in await _mine(call) if info.provider == provider), None)


async def _list(call: Call) -> Outcome:
    page = (read_number(call.args) or 0) if call.verb else 0
    mine = await _mine(call)
    if not mine:
        return Outcome(reply=texts.keys.no_keys())
    lines = [(company(call, info.provider), info) for info in mine]
    return Outcome(reply=texts.keys.keys(lines, page, call.desk.clock.now()))


async def _show(call: Call) -> Outcome:
    info = await _info(call, call.args)
    if info is None:
        return await _list(call)
    name = company(call, info.provider)
    return Outcome(reply=texts.keys.key(name, info, call.desk.clock.now()))


async def _check(call: Call) -> Outcome:
    info = await _info(call, call.args)
    provider = call.desk.providers.get(call.args)
    if info is None or provider is None:
        return await _list(call)
    name = provider.spec.name
    health = KeyHealth.WORKS
    try:
        key = await call.desk.stores.keys.open_key(
            call.member.id, info.provider, provider.spec.origin
        )
        if key is None:
            return await _list(call)
        await provider.check_key(key)
    except VaultCorrupt:
        return Outcome(reply=texts.keys.unreadable(name, info.provider))
    except NoPermission:
        pass
    except NoCredit:
        health = KeyHealth.NO_CREDIT
    except InvalidKey:
        health = KeyHealth.REJECTED
    except ProviderError:
        return Outcome(reply=texts.keys.check_missed(name, info.provider, info.mask))
    noted = NoteKeyHealth(member=call.member.id, provider=info.provider, health=health)
    return Outcome(
        reply=texts.keys.checked(name, info.mask, info.provider, health), effects=(noted,)
    )


async def _renew(call: Call) -> Outcome:
    provider = call.desk.providers.get(call.args)
    if provider is None:
        return Outcome(reply=texts.turns.old_button())
    return ask_for_key(call, provider.spec)


async def _replace(call: Call) -> Outcome:
    """Ask for another key from under a question without an answer: that one stays."""
    return replace(await _renew(call), is_apart=True)


async def _close(call: Call) -> Outcome:
    names = [company(call, info.provider) for info in await _mine(call)]
    return Outcome(reply=texts.keys.closed(names))


async def _remove(call: Call) -> Outcome:
    mine = await _mine(call)
    if not mine:
        return Outcome(reply=texts.keys.no_keys())
    names = [(company(call, info.provider), info.provider) for info in mine]
    typed = call.args.strip()
    if not typed:
        return Outcome(reply=texts.keys.which_to_remove(names))
    spec = find_company(call.desk.providers, typed)
    wanted = spec.id if spec else typed.casefold()
    info = next((each for each in mine if each.provider == wanted), None)
    if info is None:
        name = spec.name if spec else typed
        return Outcome(reply=texts.keys.not_yours(name, names, verb="removekey:ask"))
    return Outcome(reply=_confirmation(call, info))


def _confirmation(call: Call, info: KeyInfo) -> Reply:
    stamped = stamp(call.desk.clock.now())
    return texts.keys.confirm_removal(company(call, info.provider), info, stamped)


async def _ask_removal(call: Call) -> Outcome:
    info = await _info(call, call.args)
    if info is None:
        return Outcome(reply=texts.keys.gone_already(company(call, call.args)))
    return Outcome(reply=_confirmation(call, info))


async def _do_remove(call: Call) -> Outcome:
    """Cancel what runs with the key, then erase it, and let another key's model answer."""
    of, _, stamped = call.args.rpartition(":")
    name = company(call, of)
    if not is_fresh(stamped, call.desk.clock.now()):
        return Outcome(reply=old_question(f"removekey:ask:{of}"))
    if await _info(call, of) is None:
        return Outcome(reply=texts.keys.gone_already(name))
    await call.desk.runner.cancel(call.member.id, provider=of)
    call.desk.models.forget(call.member.id, of)
    here = await look(call)
    rest = [info for info in await _mine(call) if info.provider != of]
    drop = DropKey(member=call.member.id, provider=of)
    known = call.desk.providers.get(of)
    spec = known.spec if known else None
    answers_here = here.choices.provider == of
    stale = texts.keys.gone_already(name)
    if not rest or not (answers_here or here.mine.provider == of):
        reply = texts.keys.removed(spec, name, model="", has_more=bool(rest))
        return Outcome(reply=reply, effects=(drop,), if_stale=stale)
    other = await _first_of(call, rest)
    if other is None:
        reply = texts.keys.removed_choose(spec, name)
        return Outcome(reply=reply, effects=(drop,), if_stale=stale)
    label = other.model.label if answers_here else ""
    reply = texts.keys.removed(spec, name, model=label, has_more=True)
    effects = (drop, *_switch(call, here, of, other))
    return Outcome(reply=reply, effects=effects, if_stale=stale)


async def _first_of(call: Call, rest: Sequence[KeyInfo]) -> Listed | None:
    """Return the first model that one of the remaining keys may use, working keys first."""
    for info in sorted(rest, key=lambda each: each.health is not KeyHealth.WORKS):
        try:
            found = await call.desk.models.get(call.member.id, info.provider)
        except ProviderError:
            continue
        if first := begin_with(found.models):
            return Listed(info.provider, first)
    return None


def _switch(call: Call, here: Here, gone: str, other: Listed) -> tuple[Effect, ...]:
    """Choose the other model wherever the removed key's was chosen."""
    scopes = []
    if here.mine.provider == gone:
        scopes.append(Scope.MEMBER)
    if here.session.overrides.provider == gone:
        scopes.append(Scope.SESSION)
    return tuple(
        Choose(
            scope=scope,
            member=call.member.id,
            session=here.session.id,
            overrides=use_model(other.provider, other.model),
        )
        for scope in scopes
    )


async def _keep(call: Call) -> Outcome:
    info = await _info(call, call.args)
    if info is None:
        return Outcome(reply=texts.keys.gone_already(company(call, call.args)))
    return Outcome(reply=texts.keys.kept(company(call, info.provider), info.mask))


COMMANDS = (
    Command(
        name="keys",
        help="your API keys",
        run=_list,
        press=by_verb(
            {
                "list": _list,
                "show": _show,
                "check": _check,
                "renew": _renew,
                "replace": _replace,
                "close": _close,
            }
        ),
        menu=7,
    ),
    Command(
        name="removekey",
        help="remove an API key",
        usage="[COMPANY]",
        example="removekey openai",
        run=_remove,
        press=by_verb({"ask": _ask_removal, "do": _do_remove, "keep": _keep, "cancel": _close}),
    ),
)
