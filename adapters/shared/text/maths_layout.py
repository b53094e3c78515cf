"""Putting the pieces of a formula together: in one line, or with matrices of several."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from adapters.shared.text.units import width

_SPACES = re.compile(r"[ \t\n]+")
_LOOSE = re.compile(r"[\s+\-−±∓·×/=<>≤≥≈≠→,;:|]")  # noqa: RUF001 - a minus
_ENDS = frozenset(" \n+-−=<>)],.;:|/·×}⟩…")  # noqa: RUF001 - a minus


class Ratio(str):
    """A fraction, which is put in parentheses where it would run into its neighbours."""

    __slots__ = ()


class NewLine(str):
    """Where TeX begins a new line."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows below each other, and how they read in one line."""

    lines: tuple[str, ...]
    line: str


Piece = str | Grid


def flat(pieces: Sequence[Piece]) -> str:
    """Return pieces as one line."""
    texts = ["; " if _is_end(each) else _in_line(each) for each in pieces]
    while texts and texts[-1] in {"; ", " "}:
        texts.pop()
    return _SPACES.sub(" ", "".join(_apart(texts))).replace(" ; ", "; ").strip(" ")


def stacked(pieces: Sequence[Piece]) -> str:
    """Return pieces as lines: a new one where TeX has one, several for a matrix."""
    rows = [list(row) for is_end, row in groupby(pieces, _is_end) if not is_end]
    lines = [line.rstrip() for row in rows for line in _side_by_side(list(_boxes(row)))]
    return "\n".join(line for line in lines if line)


def bracketed(text: str) -> str:
    """Return a part of a fraction or a root so that it stays one."""
    is_loose = _LOOSE.search(text) and not _is_bracketed(text)
    return f"({text})" if is_loose else text


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows with their columns below each other."""
    most = max(map(len, rows), default=0)
    full = [[*row, *[""] * (most - len(row))] for row in rows]
    widths = [max(map(width, column)) for column in zip(*full, strict=True)]
    return ["  ".join(map(_padded, row, widths)) for row in full]


def fenced(lines: Sequence[str], left: str, right: str) -> tuple[str, ...]:
    """Put brackets around lines.

    A bracket is its top, its middle, its lower end, its form for one line, and its waist.
    """
    lefts, rights = _tall(left, len(lines)), _tall(right, len(lines))
    return tuple(
        f"{before}{line}{after}" for before, line, after in zip(lefts, lines, rights, strict=True)
    )


def _tall(bracket: str, rows: int) -> list[str]:
    if not bracket or rows < 2:
        return [bracket[3:4]] * rows
    middle = [bracket[1]] * (rows - 2)
    if middle and bracket[4:]:
        middle[(rows - 3) // 2] = bracket[4]
    return [bracket[0], *middle, bracket[2]]


def _in_line(piece: Piece) -> str:
    return piece.line if isinstance(piece, Grid) else piece


def _is_end(piece: Piece) -> bool:
    return isinstance(piece, NewLine)


def _apart(texts: Sequence[str]) -> Iterator[str]:
    before = ""
    shown = [text for text in texts if text]
    for text, after in zip(shown, [*shown, " "][1:], strict=True):
        is_near = before.isalnum() or before in {")", "]"} or after[0] not in _ENDS
        yield f"({text})" if isinstance(text, Ratio) and is_near else text
        before = text[-1]


def _is_bracketed(text: str) -> bool:
    """Say whether the parenthesis that a text begins with is closed by its end."""
    depth = 0
    for number, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return char == ")" and number == len(text) - 1
    return False


def _boxes(pieces: Sequence[Piece]) -> Iterator[tuple[str, ...]]:
    for is_grid, run in groupby(pieces, lambda piece: isinstance(piece, Grid)):
        if is_grid:
            yield from (each.lines for each in run if isinstance(each, Grid) and each.lines)
        elif text := flat(list(run)):
            yield (text,)


def _side_by_side(boxes: Sequence[tuple[str, ...]]) -> Iterator[str]:
    height = max(map(len, boxes), default=0)
    for row in range(height):
        yield " ".join(_row(box, row - (height - len(box)) // 2) for box in boxes)


def _row(box: tuple[str, ...], row: int) -> str:
    return _padded(box[row] if 0 <= row < len(box) else "", max(map(width, box)))


def _padded(text: str, room: int) -> str:
    return text + " " * (room - width(text))
