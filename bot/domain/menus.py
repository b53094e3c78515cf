"""Numbers for choices, where a messenger has no buttons."""

from typing import Final

from bot.domain.events import Button, Rows

BACK: Final = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK} Back"
_MOST = 9
_WAYS_OUT = frozenset({"close", "cancel", "keep"})


def numbered(rows: Rows) -> tuple[tuple[str, Button], ...]:
    """Return the choices with the numbers that are shown, and understood, for them.

    `1` to `9` in order; a last button that closes, cancels, keeps or leads back is `0`, so that
    nobody who only wants to leave asks a model by it. What comes after the ninth has no number,
    so it is not here (menus are paged at eight). A button with an address is no choice: it is
    shown as that address. One that copies a text is not shown: the text is in the message.
    """
    buttons = [button for row in rows for button in row if button.action]
    way_out = buttons[-1:] if buttons and _leads_out(buttons[-1]) else []
    choices = buttons[: len(buttons) - len(way_out)][:_MOST]
    return (
        *((str(number), button) for number, button in enumerate(choices, start=1)),
        *(("0", button) for button in way_out),
    )


def addresses(rows: Rows) -> tuple[Button, ...]:
    """Return the buttons that only open an address."""
    return tuple(button for row in rows for button in row if button.url and not button.action)


def _leads_out(button: Button) -> bool:
    return button.label == BACK or not _WAYS_OUT.isdisjoint(button.action.split(":")[1:])
