"""The Markdown tree as a message: its text, and entities for what is stressed in it."""

from adapters.shared.nodes import (
    Block,
    Blocks,
    Break,
    Code,
    CodeBlock,
    Heading,
    Inline,
    Inlines,
    Item,
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
from adapters.shared.text.entities import BOLD, ITALIC, LINK, STRIKE, Rendered, joined
from adapters.shared.text.links import host_of, passes_for_another, readable
from adapters.shared.text.maths import as_text, is_formula
from adapters.shared.text.pen import BLANK, LINE, SPACE, Pen
from adapters.shared.text.tables import grid, records
from adapters.shared.text.units import is_visible, to_units

_STYLES = {Mark.STRONG: BOLD, Mark.EMPHASIS: ITALIC, Mark.STRIKE: STRIKE}
_BULLETS = "•◦▪"
_RULE = "———"
_PICTURE = "🖼 "


def draw(blocks: Blocks) -> Rendered:
    """Return blocks as one message, however long, with an empty line between them."""
    return joined(map(draw_block, blocks))


def draw_block(block: Block) -> Rendered:
    """Return one block by itself."""
    pen = Pen()
    _block(pen, block, 0)
    return pen.rendered()


def _blocks(pen: Pen, blocks: Blocks, depth: int, gap: str = BLANK) -> None:
    for number, block in enumerate(blocks):
        if number:
            pen.leave(gap)
        _block(pen, block, depth)


def _block(pen: Pen, block: Block, depth: int) -> None:
    match block:
        case Paragraph(children):
            _inlines(pen, children)
        case Heading(_, children):
            with pen.style(BOLD):
                _inlines(pen, children)
        case CodeBlock():
            _code(pen, block)
        case Quote(blocks):
            with pen.quote():
                _blocks(pen, blocks, depth)
        case Items():
            _items(pen, block, depth)
        case Table():
            _table(pen, block)
        case Maths(tex):
            pen.block(as_text(tex, is_block=True))
        case Rule():
            pen.write(_RULE)


def _code(pen: Pen, block: CodeBlock) -> None:
    """Write code below what stood after its language, which is often a file's name."""
    if is_formula(block):
        pen.block(as_text(block.text, is_block=True))
        return
    pen.write(block.title)
    pen.block(block.text, block.language)


def _items(pen: Pen, block: Items, depth: int) -> None:
    gap = LINE if block.is_tight else BLANK
    for number, item in enumerate(block.items):
        if number:
            pen.leave(gap)
        pen.write(_marker(item, None if block.start is None else block.start + number, depth))
        pen.leave(SPACE)
        with pen.indented():
            _blocks(pen, item.blocks, depth + 1, gap)
        pen.leave(LINE)


def _marker(item: Item, number: int | None, depth: int) -> str:
    box = "" if item.is_done is None else "☑" if item.is_done else "☐"
    if number is None:
        return box or _BULLETS[min(depth, len(_BULLETS) - 1)]
    return f"{number}. {box}" if box else f"{number}."


def _table(pen: Pen, table: Table) -> None:
    """Write a table as aligned lines where a phone has room for them, else row by row."""
    if lines := grid(table):
        pen.block(lines)
        return
    for row in records(table):
        pen.leave(BLANK)
        for head, cell in row:
            pen.leave(LINE)
            _field(pen, head, cell)


def _field(pen: Pen, head: Inlines, cell: Inlines) -> None:
    name = text_of(head).strip()
    with pen.style(BOLD):
        _inlines(pen, head)
        if name and cell and not name.endswith(":"):
            pen.write(":")
    pen.leave(SPACE)
    _inlines(pen, cell)


def _inlines(pen: Pen, children: Inlines) -> None:
    for node in children:
        _inline(pen, node)


def _inline(pen: Pen, node: Inline) -> None:
    match node:
        case Text(text):
            pen.write(text)
        case Break():
            pen.leave(LINE)
        case Code(text):
            pen.code(text)
        case Maths(tex):
            pen.code(as_text(tex))
        case Marked(mark, children):
            with pen.style(_STYLES[mark]):
                _inlines(pen, children)
        case Link():
            _link(pen, node)


def _link(pen: Pen, link: Link) -> None:
    """Write a link; where it may not hide its address, or seems to have another, with that."""
    said = text_of(link.children)
    url = readable(link.url)
    is_bare = not _can_be_seen(said) or said in {url, link.url, url.removeprefix("mailto:")}
    host = host_of(link.url)
    notes = [link.title] if link.title else []
    if pen.is_in_link:
        _words(pen, link, url)
    elif host:
        with pen.style(LINK, link.url):
            _words(pen, link, url)
        if not is_bare and passes_for_another(said, host):
            notes.insert(0, host)
    else:
        _words(pen, link, url)
        if not is_bare:
            notes.insert(0, url)
    if notes:
        # Bound to its words: where a message is cut, it must not be taken from them.
        pen.write(f"\u00a0({', '.join(notes)})")


def _words(pen: Pen, link: Link, url: str) -> None:
    if link.is_image:
        pen.write(_PICTURE)
    if _can_be_seen(text_of(link.children)):
        _inlines(pen, link.children)
    else:
        pen.write(url)


def _can_be_seen(text: str) -> bool:
    units = to_units(text)
    return is_visible(units, 0, len(units))
