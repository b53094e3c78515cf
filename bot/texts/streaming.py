"""How an answer appears while it is written."""

from typing import Final

from bot.domain.chat import Streaming
from bot.domain.events import Button, Reply, Rows
from bot.texts.layout import back, button, close, pairs
from bot.texts.prefixes import command
from bot.texts.tuning import PANEL, way_words

_LABELS: Final = {
    Streaming.AUTO: "Automatic",
    Streaming.DRAFT: "Drafts",
    Streaming.EDIT: "Edits",
    Streaming.OFF: "Off",
}
_MEANINGS: Final = (
    "Automatic: as it suits this chat.",
    "Drafts: it grows as a draft and is sent as a message at its end.",
    "Edits: it is sent at once, and the message grows.",
    "Off: it comes whole, at its end.",
)


def _rows(now: Streaming, *, is_panel: bool, is_marked: bool = True) -> Rows:
    suffix = ":p" if is_panel else ""
    taps = (
        button(label, f"stream:set:{each}{suffix}", is_chosen=is_marked and each is now)
        for each, label in _LABELS.items()
    )
    return (*pairs(taps), (back(PANEL) if is_panel else close("stream"),))


def _line(now: Streaming) -> str:
    return f"**Streaming: {way_words(now)}.**"


def streaming(now: Streaming, *, is_panel: bool = False) -> Reply:
    """The value, what each one means, and taps."""
    return Reply(
        text="\n".join((f"{_line(now)} How answers appear while they are written.", *_MEANINGS)),
        buttons=_rows(now, is_panel=is_panel),
    )


def streaming_set(
    now: Streaming, before: Streaming, marked: str, *, is_panel: bool = False
) -> Reply:
    """It changed."""
    made = (
        Button("Make default", f"stream:default:{marked}"),
        Button("Undo", f"stream:undo:{marked}"),
    )
    return Reply(
        text=f"Streaming: {way_words(now)} in this conversation; it was {way_words(before)}.",
        buttons=(made, (back(PANEL),)) if is_panel else (made,),
    )


def streaming_misfit(now: Streaming) -> Reply:
    """Not a way for answers to appear."""
    return Reply(
        text=f"Streaming can be auto, draft, edit or off. Example: {command('stream')}"
        f" edit. It stays {way_words(now)}.",
        buttons=_rows(now, is_panel=False, is_marked=False),
    )


def no_streaming() -> Reply:
    """A messenger on which there is only one way."""
    return Reply(text="There is nothing to choose here: answers appear in one way only.")


def streaming_closed(now: Streaming) -> Reply:
    """What stays of the menu."""
    return Reply(text=_line(now))
