"""A reply as what Telegram is sent: text, entities and an inline keyboard. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.shared.markdown import parse, sections
from adapters.telegram.text.drawing import draw, draw_block
from adapters.telegram.text.entities import ITALIC, Rendered, clipped, joined
from adapters.telegram.text.links import host_of
from adapters.telegram.text.pen import LINE, Pen
from adapters.telegram.text.splitting import MOST_ENTITIES, MOST_UNITS, stretches
from bot.domain.events import Button, Reply, Rows

# What is said of a message that may be there already goes before a part that is full.
_ROOM: Final = 32
FULL: Final = MOST_UNITS - _ROOM
_GAP: Final = len("\n\n")
_MOST_COPIED: Final = 256
_SURROGATE = re.compile("[\ud800-\udfff]")


def draw_reply(reply: Reply) -> Rendered:
    """Return the message a reply is; its length is the caller's affair."""
    shown = draw(parse(_storable(reply.text)))
    if reply.stretch is not None:
        shown = clipped(shown, *reply.stretch)
    return joined((shown, _last_lines(reply)))


def split_reply(reply: Reply) -> list[Reply]:
    """Return a reply as parts that each fit one message, at least one.

    Blocks stay whole where they can. The last part alone has the footer and the buttons.
    """
    if reply.stretch is not None:
        return [reply]
    text = _storable(reply.text)
    pieces = list(_pieces(text))
    whole = joined(piece.shown for piece in pieces)
    places = _with_room(whole, stretches(whole, FULL), _last_lines(reply))
    if len(places) < 2:
        return [replace(reply, text=text)]
    parts = [_part(text, pieces, start, end, reply) for start, end in places]
    last = parts.pop()
    return [*parts, replace(reply, text=last.text, stretch=last.stretch)]


def keyboard(buttons: Rows) -> list[list[dict[str, Any]]] | None:
    """Return an inline keyboard as Telegram's JSON, or None where there is no button."""
    rows = [[_key(button) for button in row if _is_button(button)] for row in buttons]
    return [row for row in rows if row] or None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block as drawn, the stretch of the source it is from, and where it begins in the whole."""

    source: tuple[int, int]
    shown: Rendered
    start: int

    @property
    def end(self) -> int:
        return self.start + self.shown.units


def _storable(text: str) -> str:
    """Return a text that is the same, offsets included, when it was stored and is read again."""
    return _SURROGATE.sub("\ufffd", text).replace("\x00", "")


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    for section in sections(text):
        shown = draw_block(section.block)
        if shown.text:
            piece = _Piece((section.start, section.end), shown, at)
            at = piece.end + _GAP
            yield piece


def _part(text: str, pieces: Sequence[_Piece], start: int, end: int, reply: Reply) -> Reply:
    touched = [piece for piece in pieces if piece.end > start and piece.start < end]
    first, last = touched[0], touched[-1]
    is_whole = (start, end) == (first.start, last.end)
    return Reply(
        text=text[first.source[0] : last.source[1]],
        kind=reply.kind,
        stretch=None if is_whole else (start - first.start, end - first.start),
    )


def _with_room(
    whole: Rendered, places: list[tuple[int, int]], last: Rendered
) -> list[tuple[int, int]]:
    """Return the places of parts, the last of them with room for the lines that end a reply."""
    if not places or not last.text:
        return places
    start, end = places[-1]
    tail = clipped(whole, start, end)
    room = FULL - last.units - _GAP
    entities = MOST_ENTITIES - len(last.entities)
    if tail.units <= room and len(tail.entities) <= entities:
        return places
    return [
        *places[:-1],
        *((start + at, start + to) for at, to in stretches(tail, room, entities)),
    ]


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
