"""The Markdown tree as Matrix's HTML (Client-Server API, "m.room.message msgtypes"). Pure.

Only what the specification allows, and nothing that some clients do not show: tables are lines of
code or rows of words, formulas are text.
"""

import re
from collections.abc import Iterator
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
from adapters.shared.text.entities import unturned
from adapters.shared.text.links import host_of, passes_for_another, readable
from adapters.shared.text.maths import as_text, is_formula
from adapters.shared.text.tables import grid, records

_MARKS: Final = {Mark.STRONG: "strong", Mark.EMPHASIS: "em", Mark.STRIKE: "del"}
_LEAST_HEADING: Final = 3  # larger ones fill a phone
_BOXES: Final = {True: "☑ ", False: "☐ ", None: ""}
_PICTURE: Final = "🖼 "
_TAGS: Final = frozenset(
    {
        *("a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol"),
        *("p", "pre", "strong", "ul"),
    }
)
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}, "code": {"class"}}
_SCHEMES: Final = {"http", "https"}
_LANGUAGE: Final = "language-"
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NBSP: Final = "\u00a0"


def html_of(blocks: Blocks) -> str:
    """Return blocks as HTML."""
    return safe("".join(map(_block, blocks)))


def paragraphs(text: str) -> str:
    """Return plain text as HTML, which says no more than the text does."""
    return safe("".join(f"<p>{broken(each)}</p>" for each in text.split("\n\n")))


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


def escaped(text: str) -> str:
    """Return characters as they are, without a meaning in HTML or an effect beyond their line."""
    return escape(_CONTROLS.sub(" ", unturned(text)), quote=False)


def broken(text: str, *, is_begun: bool = False) -> str:
    """Return lines as HTML; the space they begin with stays. `is_begun`: the first one has."""
    first, *rest = map(escaped, text.split("\n"))
    return "<br>".join([first if is_begun else _indented(first), *map(_indented, rest)])


def _indented(line: str) -> str:
    words = line.lstrip(" ")
    return _NBSP * (len(line) - len(words)) + words


def attribute(text: str) -> str:
    """Return a text as it stands within an attribute's quotation marks."""
    return escape(text)


def address(url: str) -> str:
    """Return an address of our own as a link that shows it."""
    return f'<a href="{attribute(url)}">{escaped(url)}</a>'


def code_tag(language: str) -> str:
    """Return the opening tag for code in a language, which may be unknown."""
    return f'<code class="{_LANGUAGE}{attribute(language)}">' if language else "<code>"


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
    above = f"<p>{escaped(block.title)}</p>" if block.title else ""
    return above + _pre(block.text, block.language)


def _pre(text: str, language: str = "") -> str:
    return f"<pre>{code_tag(language)}{escaped(text)}\n</code></pre>"


def _items(block: Items) -> str:
    items = "".join(f"<li>{_item(item, is_tight=block.is_tight)}</li>" for item in block.items)
    if block.start is None:
        return f"<ul>{items}</ul>"
    start = f' start="{block.start}"' if block.start != 1 else ""
    return f"<ol{start}>{items}</ol>"


def _item(item: Item, *, is_tight: bool) -> str:
    box = _BOXES[item.is_done]
    match item.blocks:
        case (Paragraph(children), *rest):
            words = f"{box}{_inlines(children)}"
            first = words if is_tight else f"<p>{words}</p>"
            return first + "".join(map(_block, rest))
        case blocks:
            return box + "".join(map(_block, blocks))


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


def _inlines(children: Inlines, *, is_in_link: bool = False) -> str:
    return "".join(_inline(node, is_in_link=is_in_link) for node in children)


def _inline(node: Inline, *, is_in_link: bool) -> str:
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
            inner = _inlines(children, is_in_link=is_in_link)
            return f"<{_MARKS[mark]}>{inner}</{_MARKS[mark]}>"
        case Link():
            return "".join(_link(node, is_in_link=is_in_link))


def _link(link: Link, *, is_in_link: bool) -> Iterator[str]:
    """Yield a link; where it seems to lead elsewhere, with where it leads."""
    said, url = text_of(link.children).strip(), readable(link.url)
    is_bare = said in {"", url, link.url, url.removeprefix("mailto:")}
    words = _inlines(link.children, is_in_link=True) if said else escaped(url)
    words = f"{_PICTURE}{words}" if link.is_image else words
    notes = [link.title] if link.title else []
    host = "" if is_in_link else host_of(link.url)
    if host:
        yield f'<a href="{attribute(link.url)}">{words}</a>'
        if passes_for_another(said, host):
            notes.insert(0, host)
    else:
        yield words
        if not (is_bare or is_in_link):
            notes.insert(0, url)
    if notes:
        yield escaped(f"{_NBSP}({', '.join(notes)})")
