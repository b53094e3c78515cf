"""Temperature, length, instructions and the panel."""

from dataclasses import dataclass
from typing import Final

from bot.domain.chat import Streaming
from bot.domain.events import Button, Reply, Rows
from bot.domain.models import Effort, TemperatureUse
from bot.texts.format import count, cut_middle, escape, quote
from bot.texts.layout import back, button, cancel, close
from bot.texts.prefixes import command

PANEL: Final = "settings:panel"
_UNUSED: Final = ", not used by this model"
_TEMPS: Final = ("0", "0.3", "0.7", "1")
_LENGTHS: Final = (1_024, 4_096, 16_384)
_WAYS: Final = {
    Streaming.AUTO: "automatic",
    Streaming.DRAFT: "drafts",
    Streaming.EDIT: "edits",
    Streaming.OFF: "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What the panel shows. `model` is its label; `ignores_…`: what it does not use.

    `temperature_use`: whether a temperature counts as things are. `stream` None: the messenger has
    no such choice.
    """

    model: str
    temperature: float | None
    temperature_use: TemperatureUse
    effort: Effort | None
    ignores_effort: bool
    max_tokens: int | None
    instructions: str
    cost_line: bool
    stream: Streaming | None


def way_words(way: Streaming) -> str:
    """Write how answers appear."""
    return _WAYS[way]


def degrees(value: float | None) -> str:
    """Write a temperature."""
    return "the model's own" if value is None else f"{value:g}"


def length(value: int | None) -> str:
    """Write a longest length."""
    return "no limit" if value is None else f"{count(value)} tokens"


def _figure(value: int | None) -> str:
    return "no limit" if value is None else count(value)


def _colon(value: float | None) -> str:
    return ":" if value is None else ""


def _way_out(command: str, *, is_panel: bool) -> Button:
    return back(PANEL) if is_panel else close(command)


def _change(command: str, marked: str, *, is_panel: bool = False) -> Rows:
    made = (
        Button("Make default", f"{command}:default:{marked}"),
        Button("Undo", f"{command}:undo:{marked}"),
    )
    return (made, (back(PANEL),)) if is_panel else (made,)


def _temp_rows(value: float | None, *, is_panel: bool, own: bool = True) -> Rows:
    shown = degrees(value)
    suffix = ":p" if is_panel else ""
    taps = tuple(
        button(each, f"temp:set:{each}{suffix}", is_chosen=own and each == shown)
        for each in _TEMPS
    )
    models_own = button("Model's own", f"temp:set:own{suffix}", is_chosen=own and value is None)
    last = _way_out("temp", is_panel=is_panel)
    return (taps, (models_own, last)) if own else (taps, (last,))


def temperature_line(value: float | None) -> str:
    """The first line of the menu."""
    return f"**Temperature: {degrees(value)}** in this conversation."


def temperature(value: float | None, *, is_panel: bool = False) -> Reply:
    """The value, and taps."""
    return Reply(
        text=f"{temperature_line(value)}\nLower is more exact, higher more surprising."
        " From 0 to 1.",
        buttons=_temp_rows(value, is_panel=is_panel),
    )


def temperature_unused(
    value: float | None, model: str, *, can_stop_thinking: bool = False, is_panel: bool = False
) -> Reply:
    """The model takes none: kept, not sent."""
    again = (
        f"It counts with {command('reasoning')} off."
        if can_stop_thinking
        else "It applies again with a model that takes it."
    )
    return Reply(
        text=f"**Temperature: {degrees(value)}**, not used by {escape(model)}"
        f"{' while it thinks' if can_stop_thinking else ''}.\n{again}",
        buttons=(
            (Button("Models that take it", "model:warm"),),
            (_way_out("temp", is_panel=is_panel),),
        ),
    )


def temperature_set(
    value: float | None,
    before: float | None,
    marked: str,
    *,
    unused_by: str = "",
    can_stop_thinking: bool = False,
    is_panel: bool = False,
) -> Reply:
    """It changed. `unused_by`: the model that takes none, or none while it thinks."""
    kept = f" {escape(unused_by)} takes none, so it is kept, not sent." if unused_by else ""
    if unused_by and can_stop_thinking:
        kept = (
            f" {escape(unused_by)} takes none while it thinks, so it is kept, not sent; it counts"
            f" with {command('reasoning')} off."
        )
    return Reply(
        text=f"Temperature{_colon(value)} {degrees(value)} in this conversation; it was"
        f" {degrees(before)}.{kept}",
        buttons=_change("temp", marked, is_panel=is_panel),
    )


def temperature_misfit(value: float | None) -> Reply:
    """Not a temperature."""
    return Reply(
        text=f"Temperature goes from 0 to 1. Example: {command('temp')} 0.4. It stays"
        f" {degrees(value)}.",
        buttons=_temp_rows(value, is_panel=False, own=False),
    )


def temperature_closed(value: float | None) -> Reply:
    """What stays of the menu."""
    return Reply(text=temperature_line(value))


def _length_rows(value: int | None, *, is_panel: bool, own: bool = True) -> Rows:
    suffix = ":p" if is_panel else ""
    taps = tuple(
        button(count(each), f"maxtokens:set:{each}{suffix}", is_chosen=own and each == value)
        for each in _LENGTHS
    )
    off = button("No limit", f"maxtokens:set:off{suffix}", is_chosen=own and value is None)
    last = _way_out("maxtokens", is_panel=is_panel)
    return (taps, (off, last)) if own else (taps, (last,))


def length_line(value: int | None) -> str:
    """The first line of the menu."""
    if value is None:
        return "**Longest answer: no limit** but the model's own."
    return f"**Longest answer: {count(value)} tokens**, about {count(_words(value))} words."


def _words(value: int) -> int:
    exact = value * 3 // 4
    return max(100, round(exact / 1_000) * 1_000 if exact >= 2_000 else round(exact, -2))


def max_tokens(value: int | None, *, is_panel: bool = False) -> Reply:
    """The value, and taps."""
    return Reply(
        text=f"{length_line(value)}\nShorter is cheaper; too short cuts answers off.",
        buttons=_length_rows(value, is_panel=is_panel),
    )


def length_closed(value: int | None) -> Reply:
    """What stays of the menu."""
    return Reply(text=length_line(value))


def max_tokens_set(
    value: int | None,
    before: int | None,
    marked: str,
    *,
    least: int = 0,
    thinker: str = "",
    is_panel: bool = False,
) -> Reply:
    """It changed. `thinker`: the model that gets at least `least`, since it thinks first."""
    more = f" {escape(thinker)} thinks first, so it gets at least {count(least)}."
    return Reply(
        text=f"Longest answer{_colon(value)} {length(value)}; it was {_figure(before)}."
        f"{more if thinker else ''}",
        buttons=_change("maxtokens", marked, is_panel=is_panel),
    )


def max_tokens_misfit(value: int | None, most: int, model: str) -> Reply:
    """Not a length. `model` is empty where the limit is not the model's."""
    whose = f" with {escape(cut_middle(model, 30))}" if model else ""
    return Reply(
        text=f"The longest answer can be 256 to {count(most)} tokens{whose}. Example:"
        f" {command('maxtokens')} 2000. It stays {_figure(value)}.",
        buttons=_length_rows(value, is_panel=False, own=False),
    )


def max_tokens_at_most(value: int | None) -> Reply:
    """Nothing to raise."""
    return Reply(
        text=f"The longest answer is {length(value)} already, as far as this model goes."
        " Send Continue to go on, or ask for a shorter answer."
    )


def instructions(text: str, *, is_panel: bool = False) -> Reply:
    """The instructions so far."""
    last = _way_out("system", is_panel=is_panel)
    if not text:
        return Reply(
            text="**Instructions:** none. They go to the model before every message.",
            buttons=((Button("Write them", "system:write"), last),),
        )
    return Reply(
        text=f"**Instructions:** {quote(text, 300)}\n{count(len(text))} characters. They go to the"
        " model before every message.",
        buttons=(
            (Button("Replace them", "system:write"), Button("Remove them", "system:clear")),
            (last,),
        ),
    )


def write_instructions(most: int) -> Reply:
    """Waits for the text."""
    return Reply(
        text=f"Send the instructions as one message, up to {count(most)} characters.",
        buttons=((cancel("system"),),),
    )


def instructions_saved(tokens: int, marked: str, *, is_for_group: bool = False) -> Reply:
    """They changed."""
    what = "group" if is_for_group else "conversation"
    return Reply(
        text=f"Instructions saved for this {what}, about {count(tokens)} tokens with every"
        " message.",
        buttons=_change("system", marked),
    )


def instructions_removed(marked: str) -> Reply:
    """They are gone."""
    return Reply(
        text="Instructions removed from this conversation.",
        buttons=((Button("Undo", f"system:undo:{marked}"),),),
    )


def instructions_too_long(length_now: int, most: int) -> Reply:
    """More than is kept."""
    return Reply(
        text=f"Instructions can have {count(most)} characters, these have {count(length_now)}."
        f" Nothing changed. Send a shorter text, for example:"
        f" {command('system')} Answer in Spanish.",
        buttons=((Button("Write them", "system:write"), close("system")),),
    )


def instructions_closed(text: str) -> Reply:
    """What stays of the menu."""
    return Reply(text=f"**Instructions:** {quote(text, 80) if text else 'none'}")


def cost_line_set(*, is_on: bool, marked: str) -> Reply:
    """The cost line was switched."""
    now, before = ("on", "off") if is_on else ("off", "on")
    return Reply(
        text=f"Cost line {now} in this conversation; it was {before}.",
        buttons=_change("settings", marked, is_panel=True),
    )


def panel(now: Panel) -> Reply:
    """Every setting of the conversation; it changes in place."""
    return Reply(
        text="\n".join(("**Settings of this conversation**", *_panel_lines(now))),
        buttons=(
            (Button("Model", "model:menu:p"), Button("Temperature", "temp:menu:p")),
            (Button("Length", "maxtokens:menu:p"), Button("Reasoning", "reasoning:menu:p")),
            (
                Button("Instructions", "system:menu:p"),
                Button("Cost line", f"settings:cost:{'off' if now.cost_line else 'on'}"),
            ),
            *(((Button("Streaming", "stream:menu:p"),),) if now.stream else ()),
            (Button("My defaults", "settings:defaults"), Button("Done", "settings:close")),
        ),
    )


def defaults(now: Panel) -> Reply:
    """What new conversations begin with."""
    return Reply(
        text="\n".join(
            (
                "**Your defaults for new conversations**",
                *_panel_lines(now),
                "To change one, set it in a conversation and tap Make default.",
            )
        ),
        buttons=((back(PANEL),),),
    )


def _panel_lines(now: Panel) -> tuple[str, ...]:
    effort = "the model's own" if now.effort is None else now.effort.value
    text = quote(now.instructions, 60) if now.instructions else "none"
    return (
        f"Model: {escape(now.model) or 'none chosen yet'}",
        f"Temperature: {degrees(now.temperature)}{_not_used(now)}",
        f"Longest answer: {length(now.max_tokens)}",
        f"Reasoning: {effort}{_UNUSED if now.ignores_effort else ''}",
        f"Instructions: {text}",
        f"Cost line: {'on' if now.cost_line else 'off'}",
        *((f"Streaming: {way_words(now.stream)}",) if now.stream else ()),
    )


def _not_used(now: Panel) -> str:
    """Say of a temperature that it does not count; of the model's own there is nothing to say."""
    if now.temperature is None or now.temperature_use is TemperatureUse.ALWAYS:
        return ""
    is_passing = now.temperature_use is TemperatureUse.UNLESS_THINKING
    return ", not used while it thinks" if is_passing else _UNUSED


def panel_closed() -> Reply:
    """What stays of the panel."""
    return Reply(text="**Settings of this conversation** are as you left them.")


def undone(what: str) -> Reply:
    """A change was taken back."""
    return Reply(text=f"Undone. {what}: as before. {command('settings')} shows it.")


def made_default(what: str, value: str, undo: str) -> Reply:
    """New conversations begin with it."""
    return Reply(
        text=f"Your default for new conversations: {what.lower()} {value}.",
        buttons=((Button("Undo", undo),),),
    )


def default_undone(what: str) -> Reply:
    """The default before is back."""
    return Reply(text=f"{what}: your default is as it was before.")
