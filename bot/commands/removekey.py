"""/removekey: confirmed, and then another key answers."""

from collections.abc import Sequence

from bot import texts
from bot.commands.companies import find_company
from bot.commands.here import Here, by_verb, company, look, use_model
from bot.commands.keys import close, gone
from bot.commands.mykeys import find_key, my_keys, split_ref
from bot.commands.spec import Call, Command, Outcome
from bot.domain.chat import Scope
from bot.domain.effects import Choose, DropKey, Effect
from bot.domain.errors import ProviderError
from bot.domain.events import Reply
from bot.domain.keys import KeyHealth
from bot.domain.models import begin_with
from bot.modellists import Listed
from bot.texts.heldkeys import Held
from bot.texts.stamps import is_fresh, old_question, stamp


async def _remove(call: Call) -> Outcome:
    mine = await my_keys(call)
    if not mine:
        return Outcome(reply=texts.keys.no_keys())
    typed = call.args.strip()
    if not typed:
        return Outcome(reply=texts.removekey.which_to_remove(mine))
    spec = find_company(call.desk.providers, typed)
    there = _at(mine, spec.id if spec else typed.casefold())
    if not there:
        name = spec.name if spec else typed
        return Outcome(reply=texts.keys.not_yours(name, mine, verb="removekey:ask"))
    if len(there) > 1:
        return Outcome(reply=texts.removekey.which_to_remove(there))
    return Outcome(reply=_confirmation(call, there[0]))


def _at(mine: Sequence[Held], provider: str) -> Sequence[Held]:
    return [each for each in mine if each.info.provider == provider]


def _confirmation(call: Call, held: Held) -> Reply:
    return texts.removekey.confirm_removal(held, stamp(call.desk.clock.now()))


def _gone_already(call: Call, mine: Sequence[Held], ref: str) -> Outcome:
    provider, _ = split_ref(ref)
    has_others = bool(_at(mine, provider))
    return Outcome(reply=texts.keys.gone_already(company(call, provider), has_others=has_others))


async def _ask(call: Call) -> Outcome:
    mine = await my_keys(call)
    there = _at(mine, call.args)
    if len(there) > 1:  # a button that names the company alone
        return Outcome(reply=texts.removekey.which_to_remove(there))
    held = find_key(mine, call.args)
    if held is None:
        return _gone_already(call, mine, call.args)
    return Outcome(reply=_confirmation(call, held))


async def _do(call: Call) -> Outcome:
    """Cancel what runs with the key, then erase it, and let another key answer."""
    ref, _, stamped = call.args.rpartition(":")
    mine = await my_keys(call)
    is_unclear = len(_at(mine, ref)) > 1  # it was asked when the company had one key
    if is_unclear or not is_fresh(stamped, call.desk.clock.now()):
        return Outcome(reply=old_question(f"removekey:ask:{ref}"))
    held = find_key(mine, ref)
    if held is None:
        return _gone_already(call, mine, ref)
    of = held.info
    await call.desk.runner.cancel(call.member.id, provider=of.provider, key=of.id)
    drop = DropKey(member=call.member.id, key=of.id)
    mine = [each for each in await my_keys(call) if each.info.id != of.id]
    if others := _at(mine, of.provider):
        return _leave_to(call, held, others, drop)
    call.desk.models.forget(call.member.id, of.provider)
    return await _leave(call, held, mine, drop)


def _leave_to(call: Call, held: Held, others: Sequence[Held], drop: DropKey) -> Outcome:
    """Remove one of a company's keys; after the active one, the newest other is used."""
    active = next((each for each in others if each.info.is_active), others[-1])
    if held.info.is_active:
        call.desk.models.forget(call.member.id, held.info.provider)
    known = call.desk.providers.get(held.info.provider)
    spec = known.spec if known else None
    return Outcome(
        reply=texts.removekey.removed_one(spec, held, active.info),
        effects=(drop,),
        if_stale=gone(held),
    )


async def _leave(call: Call, held: Held, rest: Sequence[Held], drop: DropKey) -> Outcome:
    """Remove a company's last key; another company's model answers where its own did."""
    of, name = held.info.provider, held.company
    here = await look(call)
    known = call.desk.providers.get(of)
    spec = known.spec if known else None
    answers_here = here.choices.provider == of
    stale = texts.keys.gone_already(name)
    if not rest or not (answers_here or here.mine.provider == of):
        reply = texts.removekey.removed(spec, name, model="", has_more=bool(rest))
        return Outcome(reply=reply, effects=(drop,), if_stale=stale)
    other = await _first_of(call, rest)
    if other is None:
        reply = texts.removekey.removed_choose(spec, name)
        return Outcome(reply=reply, effects=(drop,), if_stale=stale)
    label = other.model.label if answers_here else ""
    reply = texts.removekey.removed(spec, name, model=label, has_more=True)
    effects = (drop, *_switch(call, here, of, other))
    return Outcome(reply=reply, effects=effects, if_stale=stale)


async def _first_of(call: Call, rest: Sequence[Held]) -> Listed | None:
    """Return the first model that one of the remaining keys may use, working keys first."""
    usable = [each.info for each in rest if each.info.is_active]
    for info in sorted(usable, key=lambda each: each.health is not KeyHealth.WORKS):
        try:
            found = await call.desk.models.get(call.member.id, info.provider)
        except ProviderError:
            continue
        if first := begin_with(found.models):
            return Listed(info.provider, first)
    return None


def _switch(call: Call, here: Here, gone_from: str, other: Listed) -> tuple[Effect, ...]:
    """Choose the other model wherever the removed key's was chosen."""
    scopes = []
    if here.mine.provider == gone_from:
        scopes.append(Scope.MEMBER)
    if here.session.overrides.provider == gone_from:
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
    mine = await my_keys(call)
    held = find_key(mine, call.args)
    if held is None:
        return _gone_already(call, mine, call.args)
    return Outcome(reply=texts.removekey.kept(held))


COMMANDS = (
    Command(
        name="removekey",
        help="remove an API key",
        usage="[COMPANY]",
        example="removekey openai",
        run=_remove,
        press=by_verb({"ask": _ask, "do": _do, "keep": _keep, "cancel": close}),
    ),
)
