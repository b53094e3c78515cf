"""Buttons: their labels' lengths, their rows, the ways back."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from bot.domain.events import Button, Rows
from bot.domain.menus import BACK
from bot.texts.format import cut_middle

T = TypeVar("T")

_PREV: Final = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK} Prev"
_NEXT: Final = "Next \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
ALONE: Final = 28
PAIRED: Final = 17
ADD_KEY: Final = Button("Add a key", "addkey:start")
WHAT_IS_A_KEY: Final = Button("What is a key?", "addkey:what")


def button(label: str, action: str, *, is_chosen: bool = False, most: int = ALONE) -> Button:
    """Make a choice whose label fits; a long name is cut in its middle."""
    mark = "✓ " if is_chosen else ""
    return Button(mark + cut_middle(label, most - len(mark)), action)


def pairs(buttons: Iterable[Button]) -> Rows:
    """Lay buttons out two a row."""
    every = tuple(buttons)
    return tuple(every[at : at + 2] for at in range(0, len(every), 2))


def column(buttons: Iterable[Button]) -> Rows:
    """Lay buttons out one a row."""
    return tuple((each,) for each in buttons)


def close(command: str) -> Button:
    """End a menu; its first line stays."""
    return Button("Close", f"{command}:close")


def cancel(command: str) -> Button:
    """End a question."""
    return Button("Cancel", f"{command}:cancel")


def back(action: str) -> Button:
    """Go one menu up."""
    return Button(BACK, action)


def pager(action: str, page: int, pages: int) -> Rows:
    """Lead to the pages before and after, if there are any; `action` takes the page's number."""
    row: list[Button] = []
    if page > 0:
        row.append(Button(_PREV, f"{action}:{page - 1}"))
    if page + 1 < pages:
        row.append(Button(_NEXT, f"{action}:{page + 1}"))
    return (tuple(row),) if row else ()


def page_of(items: Sequence[T], page: int, size: int) -> tuple[Sequence[T], int, int]:
    """Return a page's items, its number within bounds, and how many pages there are."""
    pages = max(1, -(-len(items) // size))
    at = min(max(page, 0), pages - 1)
    return items[at * size : (at + 1) * size], at, pages


def span(page: int, size: int, total: int) -> str:
    """Say which of how many a page shows, if not all: `, 1 to 6 of 23`."""
    if total <= size:
        return ""
    first = page * size + 1
    return f", {first} to {min(first + size - 1, total)} of {total}"
