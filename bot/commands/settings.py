"""/system and /settings: instructions, and the panel over every setting."""

from typing import Final

from bot import texts
from bot.commands.here import (
    Here,
    await_answer,
    by_verb,
    current_label,
    leaves,
    look,
    taken,
)
from bot.commands.settingchange import choose, verbs_of
from bot.commands.spec import Call, Command, Outcome, Where, Who
from bot.domain.chat import Choices, estimate_tokens
from bot.domain.events import Reply
from bot.texts.format import quote
from bot.texts.stamps import mark
from bot.texts.tuning import Panel

MOST_INSTRUCTIONS: Final = 8_000


async def _system(call: Call) -> Outcome:
    typed = call.args.strip()
    here = await look(call)
    if not typed:
        return Outcome(reply=texts.tuning.instructions(here.choices.instructions))
    if typed.casefold() == "clear":
        return _clear_now(call, here)
    return _save(call, here, typed)


async def _menu(call: Call) -> Outcome:
    here = await look(call)
    is_panel = call.args == "p"
    return Outcome(reply=texts.tuning.instructions(here.choices.instructions, is_panel=is_panel))


async def _write(call: Call) -> Outcome:
    return Outcome(
        reply=texts.tuning.write_instructions(MOST_INSTRUCTIONS),
        effects=(await_answer(call, "system:text"),),
    )


async def _text(call: Call) -> Outcome:
    if leaves(call, call.text):
        return await _close(call)
    return _save(call, await look(call), call.text.strip())


def _save(call: Call, here: Here, text: str) -> Outcome:
    if len(text) > MOST_INSTRUCTIONS:
        return Outcome(reply=texts.tuning.instructions_too_long(len(text), MOST_INSTRUCTIONS))
    if not text:
        return Outcome(reply=texts.tuning.instructions(here.choices.instructions))
    tokens = estimate_tokens((text,))
    return Outcome(
        reply=texts.tuning.instructions_saved(
            tokens, mark(text), is_for_group=not call.place.is_private
        ),
        effects=(choose(call, here, "instructions", text),),
    )


async def _clear(call: Call) -> Outcome:
    return _clear_now(call, await look(call))


def _clear_now(call: Call, here: Here) -> Outcome:
    if not here.choices.instructions:
        return Outcome(reply=texts.tuning.instructions(""))
    return Outcome(
        reply=texts.tuning.instructions_removed(mark("")),
        effects=(choose(call, here, "instructions", ""),),
    )


async def _close(call: Call) -> Outcome:
    here = await look(call)
    return Outcome(reply=texts.tuning.instructions_closed(here.choices.instructions))


async def _panel(call: Call) -> Outcome:
    here = await look(call)
    if not call.place.is_private:
        return Outcome(reply=await _group_panel(call, here))
    return Outcome(reply=texts.tuning.panel(await _shown(call, here.choices)))


async def _group_panel(call: Call, here: Here) -> Reply:
    """Show what a group's admins chose; nothing of the member's own."""
    group = await call.desk.stores.groups.note(call.place, title="")
    chosen = here.session.overrides.over(Choices())
    return texts.allow.panel(
        current_label(call, chosen), chosen.instructions, group.when, group.history_tokens
    )


async def _defaults(call: Call) -> Outcome:
    here = await look(call)
    return Outcome(reply=texts.tuning.defaults(await _shown(call, here.mine.over(Choices()))))


async def _shown(call: Call, choices: Choices) -> Panel:
    traits = await taken(call, choices)
    return Panel(
        model=current_label(call, choices),
        temperature=choices.temperature,
        temperature_use=traits.temperature_now(choices.effort),
        effort=choices.effort,
        ignores_effort=choices.effort is not None and choices.effort not in traits.efforts,
        max_tokens=choices.max_tokens,
        instructions=choices.instructions,
        cost_line=choices.cost_line,
        stream=choices.stream if call.abilities.streams else None,
    )


async def _cost_line(call: Call) -> Outcome:
    here = await look(call)
    is_on = call.args == "on"
    if is_on is here.choices.cost_line:
        return await _panel(call)
    return Outcome(
        reply=texts.tuning.cost_line_set(is_on=is_on, marked=mark(is_on)),
        effects=(choose(call, here, "cost_line", is_on),),
    )


async def _done(call: Call) -> Outcome:  # noqa: ARG001 - every handler takes a call
    return Outcome(reply=texts.tuning.panel_closed())


def _quoted(text: str) -> str:
    return quote(text, 60) if text else "none"


def _switched(value: bool) -> str:
    return "on" if value else "off"


COMMANDS = (
    Command(
        name="system",
        help="instructions that go with every message",
        usage="[TEXT]",
        example="system Answer in Spanish.",
        run=_system,
        where=Where.ANYWHERE,
        who=Who.ADMINS,
        press=by_verb(
            {
                "menu": _menu,
                "write": _write,
                "text": _text,
                "clear": _clear,
                **verbs_of("instructions", "Instructions", _quoted, "system"),
                "close": _close,
                "cancel": _close,
            }
        ),
    ),
    Command(
        name="settings",
        help="temperature, length, instructions",
        run=_panel,
        where=Where.ANYWHERE,
        who=Who.ADMINS,
        press=by_verb(
            {
                "panel": _panel,
                "defaults": _defaults,
                "cost": _cost_line,
                **verbs_of("cost_line", "Cost line", _switched, "settings"),
                "close": _done,
            }
        ),
        menu=6,
    ),
)
