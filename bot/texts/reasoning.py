"""How long a model thinks before it answers."""

from collections.abc import Sequence

from bot.domain.events import Button, Reply, Rows
from bot.domain.models import Effort
from bot.texts.format import cut_middle, escape
from bot.texts.layout import back, button, close
from bot.texts.prefixes import command
from bot.texts.tuning import PANEL


def effort_words(effort: Effort | None) -> str:
    """Write how long a model thinks."""
    return "the model's own" if effort is None else effort.value


def _rows(now: Effort | None, efforts: Sequence[Effort], *, is_panel: bool, own: bool) -> Rows:
    suffix = ":p" if is_panel else ""
    taps = tuple(
        button(each.value, f"reasoning:set:{each}{suffix}", is_chosen=own and each is now)
        for each in efforts
    )
    models_own = button("Model's own", f"reasoning:set:own{suffix}", is_chosen=own and now is None)
    last = back(PANEL) if is_panel else close("reasoning")
    return (taps, (models_own, last)) if taps else ((models_own, last),)


def reasoning_line(effort: Effort | None) -> str:
    """The first line of the menu."""
    return f"**Reasoning: {effort_words(effort)}** in this conversation."


def reasoning(
    effort: Effort | None, efforts: Sequence[Effort], *, is_panel: bool = False
) -> Reply:
    """The value, and taps."""
    return Reply(
        text=f"{reasoning_line(effort)}\nMore thinks longer before it answers: better at hard"
        " questions, slower and dearer.",
        buttons=_rows(effort, efforts, is_panel=is_panel, own=True),
    )


def reasoning_unused(effort: Effort | None, model: str, *, is_panel: bool = False) -> Reply:
    """The model has no such setting."""
    kept = " It applies again with a model that has it." if effort is not None else ""
    return Reply(
        text=f"**Reasoning: {effort_words(effort)}**. {escape(model)} has no such setting.{kept}",
        buttons=_rows(effort, (), is_panel=is_panel, own=True),
    )


def reasoning_set(
    effort: Effort | None,
    before: Effort | None,
    marked: str,
    *,
    unused_by: str = "",
    is_panel: bool = False,
) -> Reply:
    """It changed. `unused_by`: the model that has no such setting."""
    kept = (
        f" {escape(unused_by)} has no such setting, so it is kept, not sent." if unused_by else ""
    )
    colon = ":" if effort is None else ""
    made = (
        Button("Make default", f"reasoning:default:{marked}"),
        Button("Undo", f"reasoning:undo:{marked}"),
    )
    return Reply(
        text=f"Reasoning{colon} {effort_words(effort)} in this conversation; it was"
        f" {effort_words(before)}.{kept}",
        buttons=(made, (back(PANEL),)) if is_panel else (made,),
    )


def reasoning_misfit(effort: Effort | None, efforts: Sequence[Effort], model: str) -> Reply:
    """Not a value, or none that the model has."""
    offered = tuple(efforts) or tuple(Effort)
    *first, last = (each.value for each in offered)
    values = f"{', '.join(first)} or {last}" if first else last
    whose = f" with {escape(cut_middle(model, 30))}" if efforts else ""
    return Reply(
        text=f"Reasoning can be {values}{whose}. Example: {command('reasoning')} {last}. It stays"
        f" {effort_words(effort)}.",
        buttons=_rows(effort, offered, is_panel=False, own=False),
    )


def reasoning_closed(effort: Effort | None) -> Reply:
    """What stays of the menu."""
    return Reply(text=reasoning_line(effort))
