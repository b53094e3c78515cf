"""Checking a key with its company, and what is stored with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot import texts
from bot.commands.here import Here, await_answer, look, model_label, use_model
from bot.commands.mykeys import my_keys, replaced_by, target
from bot.commands.spec import Call, Outcome
from bot.commands.unsealed import is_exposed
from bot.domain.chat import INHERIT, Overrides, Scope, TurnState, WaitReason
from bot.domain.effects import Choose, Effect, NoteOnce, PutKey, ReleaseWaiting
from bot.domain.errors import InvalidKey, NoCredit, NoPermission, ProviderError, RegionBlocked
from bot.domain.events import Button, QuestionKind, Reply
from bot.domain.keys import KeyHealth, KeyInfo, KeyReport
from bot.domain.models import Model, ProviderSpec, begin_with
from bot.domain.secret import Secret
from bot.texts.format import balances

SLOW_S = 2.0
_RECENT = timedelta(minutes=10)
_KEY_TROUBLE = frozenset({"invalid_key", "no_permission", "money"})


async def save(call: Call, spec: ProviderSpec, key: Secret) -> Outcome:
    """Ask the company whether it takes the key, and store it only then."""
    if useless := call.desk.key_forms.guess(key.reveal()).useless:
        return _still_waiting(call, spec, texts.addkey.useless(spec, useless))
    slow = texts.addkey.checking(spec.name, key.mask())
    try:
        async with call.desk.notices.after(SLOW_S, call.place, slow):
            report = await _check(call, spec, key)
    except InvalidKey:
        if not key:
            return _still_waiting(call, spec, texts.addkey.key_wanted(spec))
        return await _rejected(call, spec, key)
    except ProviderError as error:
        if not key:
            return Outcome(reply=texts.addkey.keyless_unreachable(spec))
        call.desk.held.hold(call.member.id, call.place, key, "")
        is_region = isinstance(error, RegionBlocked)
        reply = texts.addkey.unreachable(spec, key.mask(), target(call), is_region=is_region)
        return Outcome(reply=reply)
    return await _store(call, spec, key, report)


async def keep_unchecked(call: Call, spec: ProviderSpec, key: Secret) -> Outcome:
    """Store a key that could not be checked."""
    report = KeyReport(health=KeyHealth.UNCHECKED)
    return await _store(call, spec, key, report, is_reached=False)


async def lost_or_saved(call: Call, spec: ProviderSpec) -> Outcome:
    """Answer a press for a key that is held no more: a second tap, or too late."""
    old = await _newest(call, spec.id)
    if old and call.desk.clock.now() - old.added_at < _RECENT:
        return Outcome(reply=texts.addkey.saved_already(spec.name, old.mask))
    return _still_waiting(call, spec, texts.addkey.lost(spec))


async def is_just_stored(call: Call, spec: ProviderSpec, key: Secret) -> bool:
    """Return whether this is a second tap: such a key was stored just now, and works."""
    old = await _newest(call, spec.id)
    if old is None or (old.mask, old.health) != (key.mask(), KeyHealth.WORKS):
        return False
    return call.desk.clock.now() - old.added_at < _RECENT


def gone(call: Call) -> str:
    """Say what became of the message that held a key; empty where there is nothing to say."""
    if call.secret is None:
        return ""
    return texts.keymessage.deletion(
        call.place.frontend.capitalize(),
        tap=call.abilities.delete_label,
        is_deleted=call.is_deleted,
        is_local=call.abilities.is_local,
        is_exposed=is_exposed(call),
    )


async def _check(call: Call, spec: ProviderSpec, key: Secret) -> KeyReport:
    try:
        return await call.desk.providers[spec.id].check_key(key)
    except NoCredit:
        return KeyReport(health=KeyHealth.NO_CREDIT)
    except NoPermission:
        return KeyReport()  # it is the company's key; what it may do shows in use


def _still_waiting(call: Call, spec: ProviderSpec, reply: Reply) -> Outcome:
    awaited = await_answer(call, f"addkey:key:{spec.id}{target(call)}", QuestionKind.KEY)
    return Outcome(reply=reply, effects=(awaited,))


async def _rejected(call: Call, spec: ProviderSpec, key: Secret) -> Outcome:
    old = replaced_by(await my_keys(call), spec.id, "")
    old_mask = old.mask if old and old.health is KeyHealth.WORKS else ""
    reply = texts.addkey.rejected(spec, key.mask(), gone=gone(call), old_mask=old_mask)
    return _still_waiting(call, spec, reply)


async def _newest(call: Call, provider: str) -> KeyInfo | None:
    there = [each.info for each in await my_keys(call) if each.info.provider == provider]
    return there[-1] if there else None


async def _store(
    call: Call, spec: ProviderSpec, key: Secret, report: KeyReport, *, is_reached: bool = True
) -> Outcome:
    desk, member, health = call.desk, call.member.id, report.health
    here, mine = await look(call), await my_keys(call)
    old = replaced_by(mine, spec.id, target(call))
    active = replaced_by(mine, spec.id, "")
    beside = None if old else active
    listed = await _models(call, spec, key) if is_reached else ()
    if old and not old.is_active:
        desk.models.forget(member, spec.id)  # the list is the new key's, and another one is used
    first = begin_with(listed)
    choices = await _choose(call, here, spec, first)
    since = desk.clock.now() - _RECENT
    notes = await _notes(call, spec)
    effects: list[Effect] = [
        PutKey(
            member=member,
            provider=spec.id,
            origin=spec.origin,
            key=key,
            health=health,
            replaces=old.id if old else None,
            name=old.name if old else "",
        ),
        *choices.effects,
        *notes.effects,
    ]
    if choices.label:
        effects.append(ReleaseWaiting(member=member, reason=WaitReason.KEY, since=since))
    if not is_reached:
        reply = texts.addkey.kept_unchecked(
            spec.name, key.mask(), model=choices.label, beside=beside
        )
    else:
        lines = [balances(report.balances) if report.balances else "", notes.text]
        if health is KeyHealth.NO_CREDIT:
            lines.insert(0, texts.addkey.no_credit_note(spec.name))
        reply = texts.addkey.accepted(
            spec.name,
            key.mask(),
            gone=gone(call),
            model=choices.label,
            is_new_model=choices.is_new,
            old_mask=old.mask if old else "",
            beside=beside,
            once="\n".join(line for line in lines if line),
            is_checked=health is not KeyHealth.UNCHECKED,
            is_keyless=not key,
            answer=await _kept_message(call, here),
        )
    return Outcome(reply=reply, effects=tuple(effects))


async def _models(call: Call, spec: ProviderSpec, key: Secret) -> Sequence[Model]:
    """Return what the key may use; a list that is not to be had leaves the choice for later."""
    try:
        found = await call.desk.providers[spec.id].list_models(key)
    except ProviderError:
        call.desk.models.forget(call.member.id, spec.id)
        return ()
    return call.desk.models.keep(call.member.id, spec.id, found).models


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """Effects, and the words that go with them."""

    effects: tuple[Effect, ...] = ()
    text: str = ""
    label: str = ""
    is_new: bool = False


async def _choose(call: Call, here: Here, spec: ProviderSpec, first: Model | None) -> _Said:
    """Give a model to whoever has none that a key answers for, and leave all else as it is."""
    keys = await call.desk.stores.keys.keys(call.member.id)
    covered = {spec.id, *(info.provider for info in keys)}
    mine, session = here.mine, here.session.overrides
    mine_needs = not _is_covered(mine, covered)
    session_needs = session.provider is not INHERIT and not _is_covered(session, covered)
    shown = here.choices
    if first is None or not (mine_needs or session_needs):
        is_usable = shown.model and shown.provider in covered
        return _Said(label=model_label(call, shown.provider, shown.model) if is_usable else "")
    scopes = [Scope.MEMBER] * mine_needs + [Scope.SESSION] * session_needs
    made = tuple(
        Choose(
            scope=scope,
            member=call.member.id,
            session=here.session.id,
            overrides=use_model(spec.id, first),
        )
        for scope in scopes
    )
    is_now = session_needs or session.provider is INHERIT
    label = first.label if is_now else model_label(call, shown.provider, shown.model)
    return _Said(effects=made, label=label, is_new=is_now)


def _is_covered(overrides: Overrides, covered: set[str]) -> bool:
    return overrides.provider in covered and overrides.model is not INHERIT


async def _notes(call: Call, spec: ProviderSpec) -> _Said:
    notice = f"company:{spec.id}"
    text = texts.addkey.note(spec.id)
    if not text or await call.desk.stores.settings.has_noted(call.member.id, notice):
        return _Said()
    return _Said(effects=(NoteOnce(member=call.member.id, notice=notice),), text=text)


async def _kept_message(call: Call, here: Here) -> Button | None:
    """Return a button for a message that is too old to be answered unasked."""
    last = await call.desk.stores.turns.last(here.session.id, call.member.id)
    if last is None:
        return None
    waits = last.state is TurnState.WAITING and last.detail == WaitReason.KEY
    if waits and call.desk.clock.now() - last.received_at > _RECENT:
        return texts.addkey.answer_kept(last.question, f"retry:waiting:{last.id}")
    if last.state is TurnState.FAILED and last.detail in _KEY_TROUBLE:
        return texts.addkey.answer_kept(last.question, f"retry:again:{last.id}:{last.attempt}")
    return None
