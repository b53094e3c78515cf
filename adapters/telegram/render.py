"""A reply as what Telegram is sent: text, entities and an inline keyboard. Pure."""

from typing import Any, Final

from adapters.shared.markdown import parse
from adapters.shared.text.drawing import draw
from adapters.shared.text.entities import ITALIC, Rendered, clipped, joined
from adapters.shared.text.links import host_of
from adapters.shared.text.parts import split, storable
from adapters.shared.text.pen import LINE, Pen
from adapters.shared.text.splitting import MOST_UNITS
from bot.domain.events import Button, Reply, Rows

# What is said of a message that may be there already goes before a part that is full.
_ROOM: Final = 32
FULL: Final = MOST_UNITS - _ROOM
_MOST_COPIED: Final = 256


def draw_reply(reply: Reply) -> Rendered:
    """Return the message a reply is; its length is the caller's affair."""
    shown = draw(parse(storable(reply.text)))
    if reply.stretch is not None:
        shown = clipped(shown, *reply.stretch)
    return joined((shown, _last_lines(reply)))


def split_reply(reply: Reply) -> list[Reply]:
    """Return a reply as parts that each fit one message, at least one."""
    return split(reply, FULL, last=_last_lines(reply))


def keyboard(buttons: Rows) -> list[list[dict[str, Any]]] | None:
    """Return an inline keyboard as Telegram's JSON, or None where there is no button."""
    rows = [[_key(button) for button in row if _is_button(button)] for row in buttons]
    return [row for row in rows if row] or None


def _last_lines(reply: Reply) -> Rendered:
    """Return the addresses no button can have here, and the footer."""
    pen = Pen()
    for button in _addresses(reply.buttons):
        pen.leave(LINE)
        pen.write(f"{button.label}: {button.url}")
    addresses = pen.rendered()
    pen = Pen()
    with pen.style(ITALIC):
        pen.write(" ".join(reply.footer.split()))
    lines = joined((addresses, pen.rendered()))
    return clipped(lines, 0, FULL // 2) if lines.units > FULL // 2 else lines


def _addresses(rows: Rows) -> list[Button]:
    return [button for row in rows for button in row if button.url and not _is_button(button)]


def _is_button(button: Button) -> bool:
    """Say whether the server takes it: one bad button would cost the whole message."""
    if button.action:
        return True
    if button.url:
        return bool(host_of(button.url))
    return 0 < len(button.copy) <= _MOST_COPIED


def _key(button: Button) -> dict[str, Any]:
    key: dict[str, Any] = {"text": button.label}
    if button.action:
        key["callback_data"] = button.action
    elif button.url:
        key["url"] = button.url
    else:
        key["copy_text"] = {"text": button.copy}
    if button.is_danger:
        key["style"] = "danger"
    return key
