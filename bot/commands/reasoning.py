"""/reasoning: how long the model thinks before it answers."""

from typing import Final

from bot import texts
from bot.commands.here import Here, by_verb, current_label, look, taken
from bot.commands.settingchange import choose, verbs_of
from bot.commands.spec import Call, Command, Outcome
from bot.domain.models import Effort
from bot.texts.reasoning import effort_words
from bot.texts.stamps import mark

_OWN: Final = frozenset({"default", "own", "model"})
_VALUES: Final = {each.value: each for each in Effort}


async def _reasoning(call: Call) -> Outcome:
    typed = call.args.strip().casefold()
    if not typed:
        return await _menu(call)
    here = await look(call)
    if typed in _OWN:
        return await _set(call, here, None)
    effort = _VALUES.get(typed)
    return await _misfit(call, here) if effort is None else await _set(call, here, effort)


async def _menu(call: Call) -> Outcome:
    here = await look(call)
    now, is_panel = here.choices.effort, call.args == "p"
    efforts = await _offered(call, here)
    if here.choices.model and not efforts:
        label = current_label(call, here.choices)
        return Outcome(reply=texts.reasoning.reasoning_unused(now, label, is_panel=is_panel))
    return Outcome(reply=texts.reasoning.reasoning(now, efforts, is_panel=is_panel))


async def _tap(call: Call) -> Outcome:
    tapped, _, panel = call.args.partition(":")
    if tapped != "own" and tapped not in _VALUES:
        return Outcome(reply=texts.turns.old_button())
    return await _set(call, await look(call), _VALUES.get(tapped), is_panel=panel == "p")


async def _set(
    call: Call, here: Here, effort: Effort | None, *, is_panel: bool = False
) -> Outcome:
    """Set it; a value that the model lacks only where it has none at all: then it is kept."""
    efforts = await _offered(call, here)
    if effort is not None and efforts and effort not in efforts:
        return await _misfit(call, here)
    unused_by = "" if effort is None or efforts else current_label(call, here.choices)
    return Outcome(
        reply=texts.reasoning.reasoning_set(
            effort, here.choices.effort, mark(effort), unused_by=unused_by, is_panel=is_panel
        ),
        effects=(choose(call, here, "effort", effort),),
    )


async def _misfit(call: Call, here: Here) -> Outcome:
    efforts = await _offered(call, here) if here.choices.model else ()
    label = current_label(call, here.choices)
    return Outcome(reply=texts.reasoning.reasoning_misfit(here.choices.effort, efforts, label))


async def _offered(call: Call, here: Here) -> tuple[Effort, ...]:
    """Return what the model has, least first; every value while no model is chosen."""
    if not here.choices.model:
        return tuple(Effort)
    traits = await taken(call, here.choices)
    return tuple(each for each in Effort if each in traits.efforts)


async def _close(call: Call) -> Outcome:
    here = await look(call)
    return Outcome(reply=texts.reasoning.reasoning_closed(here.choices.effort))


COMMANDS = (
    Command(
        name="reasoning",
        help="how long the model thinks first",
        usage="[off, low, medium or high]",
        example="reasoning low",
        run=_reasoning,
        is_own_setting=True,
        press=by_verb(
            {
                "menu": _menu,
                "set": _tap,
                **verbs_of("effort", "Reasoning", effort_words, "reasoning"),
                "close": _close,
            }
        ),
    ),
)
