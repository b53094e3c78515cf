"""The Markdown tree as Matrix's HTML (Client-Server API, "m.room.message msgtypes"). Pure.

Only what the specification allows, and nothing that some clients do not show: tables are lines of
code or rows of words, formulas are text.
"""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

import nh3

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
from adapters.shared.text.links import host_of, passes_for_another, readable
from adapters.shared.text.maths import as_text, is_formula
from adapters.shared.text.tables import grid, records

_MARKS: Final = {Mark.STRONG: "strong", Mark.EMPHASIS: "em", Mark.STRIKE: "del"}
_LEAST_HEADING: Final = 3  # larger ones fill a phone
_BOXES: Final = {True: "☑ ", False: "☐ ", None: ""}
_TAGS: Final = frozenset(
    {
        *("a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol"),
        *("p", "pre", "strong", "ul"),
    }
)
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}, "code": {"class"}}
_SCHEMES: Final = {"http", "https", "ftp", "mailto", "magnet"}
_LANGUAGE: Final = "language-"


def html_of(blocks: Blocks) -> str:
    """Return blocks as HTML."""
    return safe("".join(map(_block, blocks)))


def safe(html: str) -> str:
    """Return HTML without anything that is not let through: the second line behind escaping."""
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_filtered,
        url_schemes=set(_SCHEMES),
        link_rel=None,
    )


def _filtered(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("code", "class") and not value.startswith(_LANGUAGE):
        return None
    return value


def lines(texts: Iterable[str]) -> str:
    """Return plain lines as HTML."""
    return "<br>".join(map(escaped, texts))


def escaped(text: str) -> str:
    """Return characters as they are, without a meaning in HTML."""
    return escape(text.replace("\x00", "\ufffd"), quote=False)


def _block(block: Block) -> str:
    html: str
    match block:
        case Paragraph(children):
            html = f"<p>{_inlines(children)}</p>"
        case Heading(level, children):
            tag = f"h{max(level, _LEAST_HEADING)}"
            html = f"<{tag}>{_inlines(children)}</{tag}>"
        case CodeBlock():
            html = _code(block)
        case Quote(blocks):
            html = f"<blockquote>{''.join(map(_block, blocks))}</blockquote>"
        case Items():
            html = _items(block)
        case Table():
            html = _table(block)
        case Maths(tex):
            html = _pre(as_text(tex, is_block=True))
        case Rule():
            html = "<hr>"
    return html


def _code(block: CodeBlock) -> str:
    """Return code below what stood after its language, which is often a file's name."""
    if is_formula(block):
        return _pre(as_text(block.text, is_block=True))
    _, _, title = block.info.partition(block.language) if block.language else ("", "", "")
    above = f"<p>{escaped(title.strip())}</p>" if title.strip() else ""
    return above + _pre(block.text, block.language)


def _pre(text: str, language: str = "") -> str:
    mark = f' class="{_LANGUAGE}{escape(language)}"' if language else ""
    return f"<pre><code{mark}>{escaped(text)}\n</code></pre>"


def _items(block: Items) -> str:
    items = "".join(f"<li>{_item(item, is_tight=block.is_tight)}</li>" for item in block.items)
    if block.start is None:
        return f"<ul>{items}</ul>"
    start = f' start="{block.start}"' if block.start != 1 else ""
    return f"<ol{start}>{items}</ol>"


def _item(item: Item, *, is_tight: bool) -> str:
    box = _BOXES[item.is_done]
    first, *rest = item.blocks or (Paragraph(()),)
    if is_tight and isinstance(first, Paragraph):
        return f"{box}{_inlines(first.children)}{''.join(map(_block, rest))}"
    return f"{box}{''.join(map(_block, item.blocks))}"


def _table(table: Table) -> str:
    """Return a table as aligned lines where a phone has room for them, else row by row."""
    if drawn := grid(table):
        return _pre(drawn)
    rows = ("<br>".join(_field(head, cell) for head, cell in row) for row in records(table))
    return "".join(f"<p>{row}</p>" for row in rows)


def _field(head: Inlines, cell: Inlines) -> str:
    name = text_of(head).strip()
    colon = ":" if name and cell and not name.endswith(":") else ""
    return f"<strong>{_inlines(head)}{colon}</strong> {_inlines(cell)}".strip()


def _inlines(children: Inlines) -> str:
    return "".join(map(_inline, children))


def _inline(node: Inline) -> str:
    match node:
        case Text(text):
            return escaped(text)
        case Break():
            return "<br>"
        case Code(text):
            return f"<code>{escaped(text)}</code>"
        case Maths(tex):
            return f"<code>{escaped(as_text(tex))}</code>"
        case Marked(mark, children):
            return f"<{_MARKS[mark]}>{_inlines(children)}</{_MARKS[mark]}>"
        case Link():
            return "".join(_link(node))


def _link(link: Link) -> Iterator[str]:
    """Yield a link; where it seems to lead elsewhere, with where it leads."""
    said, url = text_of(link.children).strip(), readable(link.url)
    words = _inlines(link.children) if said else escaped(url)
    host = host_of(link.url)
    notes = [link.title] if link.title else []
    if host and passes_for_another(said, host):
        notes.insert(0, host)
    elif not host and said not in {"", url, link.url, url.removeprefix("mailto:")}:
        notes.insert(0, url)
    yield f'<a href="{escape(link.url)}">{words}</a>' if host else words
    if notes:
        yield escaped(f" ({', '.join(notes)})")
