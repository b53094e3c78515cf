"""/addkey: which company, which key; and keys that turn up unasked."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import texts
from bot.commands.companies import find_company, near_companies, offered
from bot.commands.here import await_answer, by_verb, leaves, read_number, simply
from bot.commands.mykeys import split_target, target
from bot.commands.savekey import (
    gone,
    is_just_stored,
    keep_unchecked,
    lost_or_saved,
    save,
)
from bot.commands.spec import Call, Command, Handler, Outcome
from bot.commands.unsealed import anyway, elsewhere, is_exposed, warned
from bot.domain.effects import Ask, SetQuestion
from bot.domain.events import QuestionKind
from bot.domain.keyforms import (
    MOST_KEY_CHARS,
    may_be_key,
    strip_key,
)
from bot.domain.models import KeyNeed, ProviderSpec
from bot.domain.secret import Secret


async def _run(call: Call) -> Outcome:
    return _with_deletion(call, await _typed(call))


def _with_deletion(call: Call, outcome: Outcome) -> Outcome:
    """Say in any reply that a message with a key still stands, or that a server could read it."""
    left = gone(call)
    if call.is_deleted:
        left = texts.keymessage.COULD_READ if call.secret and is_exposed(call) else ""
    if outcome.reply is None or not left or left in outcome.reply.text:
        return outcome
    return replace(outcome, reply=replace(outcome.reply, text=f"{outcome.reply.text}\n{left}"))


async def _typed(call: Call) -> Outcome:
    typed, secret = call.args.strip(), call.secret
    if secret is None and typed:
        typed, key = call.desk.key_forms.split_key(typed)
        secret = Secret(key) if key else None
    if not typed:
        return await _place_key(call, _bare(secret)) if secret else _start(call)
    spec = find_company(call.desk.providers, typed)
    if spec is None:
        return _unknown_company(call, typed, secret)
    return await _try(call, spec, secret) if secret else ask_for_key(call, spec)


def _start(call: Call) -> Outcome:
    if is_exposed(call):
        return warned(call, "")
    return Outcome(reply=texts.addkey.companies(offered(call.desk.providers)))


async def _press_start(call: Call) -> Outcome:
    return _start(call)


async def _wanted(call: Call) -> Outcome:
    """Ask for the key that an action names; for any where it names none."""
    return await _of_company(_pick)(call) if call.args else _start(call)


async def _anyway(call: Call) -> Outcome:
    return await anyway(call, _wanted)


async def _sealed(call: Call) -> Outcome:
    return await elsewhere(call, _wanted)


def ask_for_key(call: Call, spec: ProviderSpec, *, where: str = "") -> Outcome:
    """Say how to get a key of a company, and wait for it; `where` it goes is `split_target`'s.

    Where a server could read it, the member is asked before whether to type it there.
    """
    if is_exposed(call) and not spec.is_demo:
        return warned(call, f"{spec.id}{where}")
    deletes = call.abilities.can_delete and not call.abilities.is_local
    has_back = call.abilities.has_buttons
    if spec.key_need is KeyNeed.OPTIONAL:
        reply = texts.addkey.paste_or_none(spec, has_back=has_back)
    else:
        reply = texts.addkey.paste(spec, deletes=deletes, has_back=has_back)
    return Outcome(reply=reply, effects=(_awaited(call, spec, where),))


def _awaited(call: Call, spec: ProviderSpec, where: str) -> SetQuestion:
    return await_answer(call, f"addkey:key:{spec.id}{where}", QuestionKind.KEY)


def _bare(secret: Secret) -> Secret:
    return Secret(strip_key(secret.reveal()))


def _hold(call: Call, secret: Secret, question: str = "") -> None:
    call.desk.held.hold(call.member.id, call.place, secret, question)


def _take(call: Call) -> tuple[Secret, str] | None:
    return call.desk.held.take(call.member.id, call.place)


def _unknown_company(call: Call, typed: str, secret: Secret | None) -> Outcome:
    if secret is not None:
        _hold(call, _bare(secret))
    near = near_companies(call.desk.providers, typed)
    return Outcome(reply=texts.addkey.unknown_company(typed, near, is_held=secret is not None))


async def _place_key(call: Call, key: Secret) -> Outcome:
    """Find the company of a key that came without one: by its form, else by asking."""
    found = call.desk.key_forms.guess(key.reveal())
    specs = _likely(call, found.providers)
    if found.is_sure and specs:
        return await save(call, specs[0], key)
    _hold(call, key)
    return Outcome(reply=texts.addkey.several(key.mask(), specs or offered(call.desk.providers)))


def _likely(call: Call, providers: tuple[str, ...]) -> tuple[ProviderSpec, ...]:
    known = call.desk.providers
    return tuple(known[each].spec for each in providers if each in known)


async def _try(call: Call, spec: ProviderSpec, secret: Secret) -> Outcome:
    """Take what a member says is a key of this company, if it can be one and no other's."""
    pasted, where = secret.reveal(), target(call)
    if len(pasted) > MOST_KEY_CHARS * 2:
        return Outcome(
            reply=texts.addkey.too_long(MOST_KEY_CHARS), effects=(_awaited(call, spec, where),)
        )
    within = call.desk.key_forms.find_key(pasted)
    key = Secret(within[0]) if within else _bare(secret)
    if not within and not _fits(spec, key):
        _hold(call, secret)
        effects = (_awaited(call, spec, where),) if call.abilities.has_buttons else ()
        return Outcome(reply=texts.addkey.not_a_key(spec, where), effects=effects)
    found = call.desk.key_forms.guess(key.reveal())
    if (
        found.is_sure
        and found.providers != (spec.id,)
        and (other := _likely(call, found.providers))
    ):
        _hold(call, key)
        return Outcome(reply=texts.addkey.another_company(spec, key.mask(), other[0], where))
    return await save(call, spec, key)


def _fits(spec: ProviderSpec, key: Secret) -> bool:
    if spec.is_demo:
        return bool(key) and not any(letter.isspace() for letter in key.reveal())
    return may_be_key(key.reveal())


def _of_company(handle: Callable[[Call, ProviderSpec], Awaitable[Outcome]]) -> Handler:
    """Return a press handler for an action whose argument is a company and a key's target."""

    async def press(call: Call) -> Outcome:
        known = call.desk.providers.get(split_target(call.args)[0])
        if known is None:
            return Outcome(reply=texts.turns.old_button())
        return await handle(call, known.spec)

    return press


async def _pick(call: Call, spec: ProviderSpec) -> Outcome:
    return ask_for_key(call, spec, where=target(call))


async def _key(call: Call, spec: ProviderSpec) -> Outcome:
    if call.secret is None:
        return ask_for_key(call, spec, where=target(call))
    if leaves(call, call.secret.reveal()):
        return Outcome(reply=texts.addkey.cancelled())
    if _picks_first(call) and spec.key_need is KeyNeed.OPTIONAL:
        return await _keyless(call, spec)
    return _with_deletion(call, await _try(call, spec, call.secret))


def _picks_first(call: Call) -> bool:
    """Whether the answer is the number of the first choice, where choices are numbers."""
    said = call.secret.reveal().strip() if call.secret else ""
    return said == "1" and not call.abilities.has_buttons


async def _for(call: Call, spec: ProviderSpec) -> Outcome:
    held = _take(call)
    return await save(call, spec, _bare(held[0])) if held else await lost_or_saved(call, spec)


async def _keep(call: Call, spec: ProviderSpec) -> Outcome:
    held = _take(call)
    if held is None:
        return await lost_or_saved(call, spec)
    return await keep_unchecked(call, spec, held[0])


async def _keyless(call: Call, spec: ProviderSpec) -> Outcome:
    if spec.key_need is not KeyNeed.OPTIONAL:
        return Outcome(reply=texts.turns.old_button())
    none = Secret("")
    if await is_just_stored(call, spec, none):
        return Outcome(reply=texts.addkey.ready_already(spec))
    return await save(call, spec, none)


async def _found(call: Call) -> Outcome:
    """A key in a plain message: it was deleted first; the member says what becomes of it."""
    if call.secret is None:
        return _start(call)
    key = _bare(call.secret)
    _hold(call, key, call.text)
    form = call.desk.key_forms.guess(key.reveal())
    specs = _likely(call, form.providers) if form.is_sure else ()
    return Outcome(
        reply=texts.addkey.found(
            key.mask(),
            specs[0].name if specs else "",
            gone=texts.keymessage.found_deletion(
                tap=call.abilities.delete_label,
                is_deleted=call.is_deleted,
                is_local=call.abilities.is_local,
                is_exposed=is_exposed(call),
            ),
            has_question=bool(call.text.strip()),
            save=f"addkey:for:{specs[0].id}" if specs else "addkey:which",
        )
    )


async def _which(call: Call) -> Outcome:
    held = _take(call)
    if held is None:
        return Outcome(reply=texts.addkey.lost_words())
    return await _place_key(call, held[0])


async def _ask(call: Call) -> Outcome:
    """Ask the model what came while a key was awaited: the member says it is none."""
    held = _take(call)
    return _asked(call, held[0].reveal()) if held else Outcome(reply=texts.addkey.lost_words())


async def _ask_rest(call: Call) -> Outcome:
    """Ask what stood around a key."""
    held = _take(call)
    return _asked(call, held[1]) if held else Outcome(reply=texts.addkey.lost_words())


def _asked(call: Call, question: str) -> Outcome:
    ask = Ask(member=call.member.id, place=call.place, question=question)
    return Outcome(reply=texts.addkey.asking(question), effects=(ask,))


async def _cancel(call: Call) -> Outcome:
    held = _take(call)
    return Outcome(reply=texts.addkey.discarded() if held else texts.addkey.cancelled())


def _more(verb: str) -> Handler:
    async def press(call: Call) -> Outcome:
        page = read_number(call.args) or 0
        specs = offered(call.desk.providers)
        return Outcome(reply=texts.addkey.more_companies(specs, verb, page))

    return press


_press = by_verb(
    {
        "start": _press_start,
        "what": simply(texts.addkey.what_is_a_key()),
        "pick": _of_company(_pick),
        "key": _of_company(_key),
        "for": _of_company(_for),
        "again": _of_company(_for),
        "keep": _of_company(_keep),
        "keyless": _of_company(_keyless),
        "more": _more("addkey:pick"),
        "morefor": _more("addkey:for"),
        "found": _found,
        "which": _which,
        "ask": _ask,
        "askrest": _ask_rest,
        "anyway": _anyway,
        "sealed": _sealed,
        "cancel": _cancel,
    }
)

COMMANDS = (
    Command(
        name="addkey",
        help="add an API key",
        usage="[COMPANY] [KEY]",
        example="addkey openai",
        run=_run,
        press=_press,
        menu=8,
        has_secret=True,
    ),
)
