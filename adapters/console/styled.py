"""The Markdown tree on a terminal: rich's text and tables, without links that hide their goal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table as RichTable
from rich.text import Text as RichText

from adapters.console.render import menu_lines, visible
from adapters.shared.nodes import (
    Block,
    Blocks,
    Break,
    Code,
    CodeBlock,
    Heading,
    Inline,
    Inlines,
    Items,
    Link,
    Mark,
    Marked,
    Maths,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
    text_of,
)
from bot.domain.events import Rows

_NARROWEST = 12  # columns; what is nested deeper is not indented any more
_COLUMN = 8
_STYLES = {Mark.STRONG: "bold", Mark.EMPHASIS: "italic", Mark.STRIKE: "strike"}


@dataclass(frozen=True, slots=True)
class _Prefixed:
    """Something with `first` before its first line and `rest` before the others."""

    inner: RenderableType
    first: RichText
    rest: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - len(self.rest)
        if room < _NARROWEST:
            yield from [self.inner] if self.first.plain == self.rest else [self.first, self.inner]
            return
        lines = console.render_lines(self.inner, options.update(width=room), pad=False)
        for number, line in enumerate(lines or [[]]):
            yield Segment(self.rest if number else self.first.plain)
            yield from line
            yield Segment.line()


def document(blocks: Blocks, *, is_tight: bool = False) -> RenderableType:
    """Return blocks below each other, with an empty line between them."""
    parts = [_block(block) for block in blocks]
    return Group(*(parts if is_tight else _spaced(parts)))


def notice(text: str) -> RenderableType:
    """Return a line beside the conversation, such as a footer."""
    return RichText(visible(text), style="dim italic", overflow="fold")


def menu(rows: Rows, width: int) -> RenderableType:
    """Return the choices under a message."""
    return RichText("\n".join(menu_lines(rows, width)), style="bold", overflow="fold")


def _spaced(parts: Iterable[RenderableType]) -> Iterator[RenderableType]:
    for number, part in enumerate(parts):
        if number:
            yield RichText("")
        yield part


def _block(block: Block) -> RenderableType:
    match block:
        case Paragraph() | Heading() | Maths():
            return _lines(block)
        case CodeBlock(text):
            return _code(text, block.info)
        case Quote(blocks):
            return _Prefixed(document(blocks), RichText("│ "), "│ ")
        case Items():
            return _items(block)
        case Table():
            return _Table(block)
        case Rule():
            return RichText("─" * 20, style="dim")


def _lines(block: Paragraph | Heading | Maths) -> RichText:
    match block:
        case Paragraph(children):
            return _text(children)
        case Heading(_, children):
            return _text(children, "bold")
        case Maths():
            return _text((block,))


def _code(text: str, info: str) -> RenderableType:
    code = RichText(visible(text), style="cyan", overflow="fold")
    if not info:
        return _Prefixed(code, RichText("    "), "    ")
    return _Prefixed(Group(RichText(visible(info), style="dim"), code), RichText("    "), "    ")


def _items(block: Items) -> RenderableType:
    parts: list[RenderableType] = []
    for number, item in enumerate(block.items, start=block.start or 0):
        bullet = "• " if block.start is None else f"{number}. "
        task = "" if item.is_done is None else ("[x] " if item.is_done else "[ ] ")
        inner = document(item.blocks, is_tight=block.is_tight)
        marker = bullet + task
        parts.append(_Prefixed(inner, RichText(marker), " " * len(marker)))
    return Group(*(parts if block.is_tight else _spaced(parts)))


@dataclass(frozen=True, slots=True)
class _Table:
    """A table where there is room for its columns, else its rows as `Head: cell` lines."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console
        if options.max_width < _COLUMN * len(self.table.head):
            yield Group(*_spaced(self._records()))
        else:
            yield self._grid()

    def _grid(self) -> RichTable:
        grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for head, align in zip(self.table.head, self.table.aligns, strict=True):
            grid.add_column(_text(head), justify=align.value, overflow="fold", min_width=2)
        for row in self.table.rows:
            grid.add_row(*map(_text, row))
        return grid

    def _records(self) -> Iterator[RenderableType]:
        if not self.table.rows:
            yield Group(*map(_text, self.table.head))
        for row in self.table.rows:
            cells = zip(self.table.head, row, strict=True)
            yield Group(*(_text((*head, Text(": "), *cell)) for head, cell in cells))


def _text(children: Inlines, style: str = "") -> RichText:
    text = RichText(style=style, overflow="fold")
    for node in children:
        text.append_text(_inline(node))
    return text


def _inline(node: Inline) -> RichText:
    match node:
        case Text(text) | Maths(source=text):
            return RichText(visible(text))
        case Code(text):
            return RichText(visible(text), style="cyan")
        case Break():
            return RichText("\n")
        case Marked(mark, children):
            return _text(children, _STYLES[mark])
        case Link():
            return _link(node)


def _link(link: Link) -> RichText:
    """Show where a link leads, in words: what it says of itself may be a trap."""
    said = _text(link.children, "underline")
    url = visible(link.url)
    if text_of(link.children) in {link.url, link.url.removeprefix("mailto:")}:
        return said
    title = f" {visible(link.title)}" if link.title else ""
    return said.append(f" ({url}{title})" if said.plain else url + title, style="not underline")
