"""Choices by number: what is shown is what the core understands."""

import pytest

from bot.domain.events import Button, Rows
from bot.domain.menus import BACK, addresses, numbered


def row(*actions: str) -> tuple[Button, ...]:
    """Return a row of buttons labelled by their actions."""
    return tuple(Button(action, action) for action in actions)


PAGE = Button("Key page", url="https://keys.example")
COPY = Button("Copy id", copy="fake:mallory")

CASES: dict[str, tuple[Rows, str]] = {
    "no buttons": ((), ""),
    "one way on": ((row("new:undo"),), "1 new:undo"),
    "the way out is 0": (
        (row("model:set:a", "model:set:b"), row("model:all", "model:close")),
        "1 model:set:a, 2 model:set:b, 3 model:all, 0 model:close",
    ),
    "cancel": (
        (row("addkey:company:demo"), row("addkey:cancel")),
        "1 addkey:company:demo, 0 addkey:cancel",
    ),
    "keep, with what is kept": (
        (row("removekey:yes:demo", "removekey:keep:demo"),),
        "1 removekey:yes:demo, 0 removekey:keep:demo",
    ),
    "only the last is a way out": (
        (row("keys:cancel", "keys:list"),),
        "1 keys:cancel, 2 keys:list",
    ),
    "back, where that is the way out": (
        ((*row("keys:check"), Button(BACK, "keys:list")),),
        f"1 keys:check, 0 {BACK}",
    ),
    "a word that only begins so": ((row("sessions:keeping"),), "1 sessions:keeping"),
    "a command of that name": ((row("close:all"),), "1 close:all"),
    "only a way out": ((row("keys:close"),), "0 keys:close"),
    "more than nine": (
        (row(*"abcdefghijk"), row("x:close")),
        "1 a, 2 b, 3 c, 4 d, 5 e, 6 f, 7 g, 8 h, 9 i, 0 x:close",
    ),
    "an address takes no number": (((PAGE, *row("a:b")), (PAGE,)), "1 a:b"),
    "what copies a text takes no number": ((row("a:b"), (COPY,)), "1 a:b"),
    "an address after the way out": ((row("a:close"), (PAGE,)), "0 a:close"),
}


@pytest.mark.parametrize(("rows", "shown"), CASES.values(), ids=CASES)
def test_numbers(rows: Rows, shown: str) -> None:
    """Each menu has these numbers."""
    assert ", ".join(f"{number} {button.label}" for number, button in numbered(rows)) == shown


def test_addresses() -> None:
    """What opens an address is listed apart."""
    assert addresses(((PAGE, COPY, *row("a:b")), row("a:close"))) == (PAGE,)
