"""Tables as lines of text whose columns stand below each other."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.shared.nodes import Align, Inlines, Link, Marked, Maths, Table, Text, text_of
from adapters.shared.text.maths import as_text
from adapters.shared.text.units import width

_WIDEST: Final = 44
_BETWEEN = "  "
_EMPTY: Final = (Text("–"),)  # noqa: RUF001 - a dash for a cell with nothing in it


def grid(table: Table) -> str:
    """Return a table as lines of one width; empty if a phone could not show them, or not all.

    Words that are links have no address within code.
    """
    rows = [table.head, *table.rows]
    if any(_has_link(cell) for row in rows for cell in row):
        return ""
    texts = [[_plain(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    if sum(widths) + len(_BETWEEN) * (len(widths) - 1) > _WIDEST:
        return ""
    head, *body = (_line(row, widths, table.aligns) for row in texts)
    return "\n".join([head, _BETWEEN.join("─" * each for each in widths), *body])


def _plain(cell: Inlines) -> str:
    return " ".join("".join(_words(cell)).split())


def _words(children: Inlines) -> Iterator[str]:
    for node in children:
        match node:
            case Maths(tex):
                yield as_text(tex)
            case Marked() | Link():
                yield from _words(node.children)
            case _:
                yield text_of((node,))


def _has_link(cell: Inlines) -> bool:
    return any(_leads_away(node) for node in cell)


def _leads_away(node: object) -> bool:
    match node:
        case Link(url, children):
            return text_of(children) != url
        case Marked(_, children):
            return _has_link(children)
        case _:
            return False


def _line(cells: Sequence[str], widths: Sequence[int], aligns: Sequence[Align]) -> str:
    padded = map(_padded, cells, widths, aligns)
    return _BETWEEN.join(padded).rstrip()


def _padded(text: str, columns: int, align: Align) -> str:
    room = columns - width(text)
    match align:
        case Align.LEFT:
            return text + " " * room
        case Align.RIGHT:
            return " " * room + text
        case Align.CENTER:
            return " " * (room // 2) + text + " " * (room - room // 2)


def records(table: Table) -> Iterator[list[tuple[Inlines, Inlines]]]:
    """Yield each row as pairs of head and cell; a table without rows has its heads alone."""
    if not table.rows:
        yield [(head, ()) for head in table.head]
    for row in table.rows:
        yield [(head, cell or _EMPTY) for head, cell in zip(table.head, row, strict=True)]
