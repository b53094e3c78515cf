"""A chat on a phone, drawn as SVG: bubbles, buttons, header. Text stays text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from scripts.typesetting import CODE, PLAIN, Block, Run, Style, text_width, typeset

WIDTH: Final = 390
_HEADER: Final = 64
_FOOTER: Final = 62
_EDGE: Final = 10
_SIZE: Final = 15.0
_LINE: Final = 20.0
_PAD_X: Final = 12.0
_PAD_Y: Final = 8.0
_WIDEST: Final = 318.0
_BOX: Final = 9.0
_LABEL: Final = 18.0
_BUTTON: Final = 36.0
_GAP: Final = 4.0
_BETWEEN: Final = 10.0
_ROUND: Final = 16.0
_BUTTON_SIZE: Final = 14.0
_BUTTON_PAD: Final = 12.0
_LABEL_STYLE: Final[Style] = frozenset({"bold"})

_CSS: Final = """
text {
  font: 15px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  fill: #14202b
}
.code {
  font: 13.5px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace
}
.bold { font-weight: 700 } .italic { font-style: italic } .small, .language { font-size: 13px }
.button { font-size: 14px; font-weight: 500; fill: #fff } .letter { font-size: 18px; fill: #fff }
.link, .language { fill: #0a66b5 } .faint { fill: #5b6b78 } .inline { fill: #a23b2a }
.frame { fill: #c9d8e2 } .edge { fill: none; stroke: #8fa1ae; stroke-width: 2 }
.bar { fill: #f7f9fa } .rule { stroke: #c3ced6 } .field { fill: #e9eef1 }
.bot { fill: #fff } .member { fill: #dcf8c6 } .box { fill: #eaf2f8 } .stripe { fill: #0a66b5 }
.key { fill: #56707f } .avatar { fill: #b5502a }
@media (prefers-color-scheme: dark) {
  text { fill: #eef3f7 } .link, .language { fill: #79c2ff }
  .faint { fill: #93a5b3 } .inline { fill: #ffb59e }
  .frame { fill: #0e1621 } .edge { stroke: #3a4a58 }
  .bar { fill: #17212b } .rule { stroke: #0b121a } .field { fill: #222f3c }
  .bot { fill: #1b2a38 } .member { fill: #2b5278 } .box { fill: #101c27 }
  .stripe { fill: #79c2ff } .key { fill: #2c4153 }
}"""


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message as it stands; `rows` are the labels of its buttons."""

    text: str
    entities: Sequence[dict[str, Any]]
    rows: Sequence[Sequence[str]]
    is_bot: bool


def draw(name: str, bubbles: Sequence[Bubble], about: str) -> str:
    """Return the picture of a chat with somebody called `name`."""
    y = _HEADER + _BETWEEN
    drawn: list[str] = []
    for bubble in bubbles:
        parts, y = _bubble(bubble, y)
        drawn += [*parts, ""]
        y += _BETWEEN
    height = y + _FOOTER
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH} {height:g}" role="img">',
        f"<title>{escape(about)}</title>",
        f"<style>{_CSS}\n</style>",
        f'<clipPath id="screen">{_frame(height)}/></clipPath>',
        f'{_frame(height)} class="frame"/>',
        '<g clip-path="url(#screen)">',
        *_header(name),
        *_footer(height),
        "</g>",
    ]
    return "\n".join([*head, *drawn, f'{_frame(height)} class="edge"/>', "</svg>\n"])


def _frame(height: float) -> str:
    return f'<rect x="1" y="1" width="{WIDTH - 2}" height="{height - 2:g}" rx="30"'


def _header(name: str) -> Iterator[str]:
    yield _rect(0, 0, WIDTH, _HEADER, name="bar")
    yield f'<path class="rule" d="M0 {_HEADER}H{WIDTH}"/>'
    yield '<circle class="avatar" cx="42" cy="32" r="20"/>'
    place = 'x="42" y="38.5" text-anchor="middle"'
    yield f'<text class="letter bold" {place}>{escape(name[0])}</text>'
    yield _text(name, 74, 29, _LABEL_STYLE, "bold")
    yield _text("bot", 74, 48, PLAIN, "small faint", size=13)


def _footer(height: float) -> Iterator[str]:
    top = height - _FOOTER
    yield _rect(0, top, WIDTH, _FOOTER, name="bar")
    yield f'<path class="rule" d="M0 {top:g}H{WIDTH}"/>'
    yield _rect(16, top + 11, WIDTH - 32, 38, radius=19, name="field")
    yield _text("Message", 34, top + 35, PLAIN, "faint")


def _bubble(bubble: Bubble, top: float) -> tuple[list[str], float]:
    """Return a message drawn, and where it ends."""
    room = _WIDEST - 2 * _PAD_X
    blocks = typeset(
        bubble.text, bubble.entities, size=_SIZE, room=room, code_room=room - 2 * _BOX
    )
    needs = [_needs(block) for block in blocks] + [_row_needs(row) for row in bubble.rows]
    width = max(needs) + 2 * _PAD_X
    height = sum(map(_height, blocks)) + 2 * _PAD_Y
    x = _EDGE if bubble.is_bot else WIDTH - _EDGE - width
    found = [_outline(x, top, width, height, is_bot=bubble.is_bot)]
    y = top + _PAD_Y
    for block in blocks:
        found += _block(block, x + _PAD_X, y, width - 2 * _PAD_X)
        y += _height(block)
    bottom = top + height
    for row in bubble.rows:
        found += _row(row, x, bottom + _GAP, width)
        bottom += _GAP + _BUTTON
    return found, bottom


def _needs(block: Block) -> float:
    return block.width if block.language is None else block.width + 2 * _BOX


def _height(block: Block) -> float:
    lines = len(block.lines) * _LINE
    return lines if block.language is None else lines + 2 * _BOX + _label(block)


def _label(block: Block) -> float:
    return _LABEL if block.language else 0.0


def _block(block: Block, x: float, y: float, width: float) -> Iterator[str]:
    if block.language is not None:
        yield _rect(x, y, width, _height(block), radius=6, name="box")
        yield _rect(x, y, 3, _height(block), radius=1.5, name="stripe")
        x, y = x + _BOX, y + _BOX
        if block.language:
            yield _text(block.language, x, y + 12, _LABEL_STYLE, "bold language", size=13)
        y += _label(block)
    for number, line in enumerate(block.lines):
        for run in line:
            yield _run(run, x, y + number * _LINE + 15, is_inline=block.language is None)


def _run(run: Run, x: float, y: float, *, is_inline: bool) -> str:
    is_coloured = is_inline and run.style >= CODE
    names = " ".join([*sorted(run.style), *(["inline"] if is_coloured else [])])
    return _text(run.text, x + run.x, y, run.style, names)


def _row_needs(row: Sequence[str]) -> float:
    """Return how wide a row has to be within a bubble; all buttons of a row are equally wide."""
    widest = max(text_width(label, _BUTTON_SIZE, _LABEL_STYLE) for label in row)
    return len(row) * (widest + 2 * _BUTTON_PAD) + (len(row) - 1) * _GAP - 2 * _PAD_X


def _row(row: Sequence[str], x: float, y: float, width: float) -> Iterator[str]:
    each = (width - (len(row) - 1) * _GAP) / len(row)
    for label in row:
        long = text_width(label, _BUTTON_SIZE)
        yield _rect(x, y, each, _BUTTON, radius=8, name="key")
        yield _text(label, x + (each - long) / 2, y + 23, PLAIN, "button", size=_BUTTON_SIZE)
        x += each + _GAP


def _outline(x: float, y: float, width: float, height: float, *, is_bot: bool) -> str:
    """Return a bubble; the corner that points to who said it is sharp."""
    right, left = (_ROUND, 4.0) if is_bot else (4.0, _ROUND)
    path = (
        f"M{x + _ROUND:.1f} {y:.1f}h{width - 2 * _ROUND:.1f}q{_ROUND:g} 0 {_ROUND:g} {_ROUND:g}"
        f"v{height - _ROUND - right:.1f}q0 {right:g} {-right:g} {right:g}"
        f"h{right + left - width:.1f}q{-left:g} 0 {-left:g} {-left:g}"
        f"v{left + _ROUND - height:.1f}q0 {-_ROUND:g} {_ROUND:g} {-_ROUND:g}z"
    )
    return f'<path class="{"bot" if is_bot else "member"}" d="{path}"/>'


def _rect(x: float, y: float, width: float, height: float, *, radius: float = 0, name: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{name}" {place} rx="{radius:g}"/>'


def _text(text: str, x: float, y: float, style: Style, names: str, *, size: float = _SIZE) -> str:
    """Return a text that is as wide as it was measured, whatever font draws it."""
    long = text_width(text, size, style)
    name = f' class="{names}"' if names else ""
    fit = f'textLength="{long:.1f}" lengthAdjust="spacingAndGlyphs"'
    return f'<text{name} x="{x:.1f}" y="{y:.1f}" {fit}>{escape(text, quote=False)}</text>'
