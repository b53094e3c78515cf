"""A text as drawn, written out: as Matrix's plain text, and as HTML where no block is whole. Pure.

The plain text is what notifications, lists of rooms and clients without HTML show, so it says in
signs what else only the HTML would: where a link leads, what is code, quoted or struck out.
"""

import re
from collections.abc import Callable
from typing import Final

from adapters.matrix.html import attribute, broken, code_tag, escaped, paragraphs, safe
from adapters.shared.text.entities import (
    BOLD,
    CODE,
    FOLDED_QUOTE,
    ITALIC,
    LINK,
    PRE,
    QUOTE,
    STRIKE,
    Entity,
    Rendered,
)
from adapters.shared.text.links import readable
from adapters.shared.text.units import from_units, to_units

_QUOTES: Final = frozenset({QUOTE, FOLDED_QUOTE})
_TAGS: Final = {
    BOLD: "strong",
    ITALIC: "em",
    STRIKE: "del",
    CODE: "code",
    QUOTE: "blockquote",
    FOLDED_QUOTE: "blockquote",
}
_AROUND_BLOCKS: Final = re.compile("(?:<br>)*(</?(?:pre|blockquote)>)(?:<br>)*")
_TICKS: Final = re.compile("`{3,}")


def plain(shown: Rendered) -> str:
    """Return what is shown as text without HTML."""
    return _written(shown, lambda text, _: text, _in_signs)


def html_of_drawn(shown: Rendered) -> str:
    """Return what is shown as HTML."""
    if not shown.entities:
        return paragraphs(shown.text)
    html = _written(shown, _in_lines, _in_tags)
    return safe(_AROUND_BLOCKS.sub(r"\1", html))


def _in_lines(text: str, is_code: bool) -> str:
    return escaped(text) if is_code else broken(text, is_begun=True)


def _in_signs(entity: Entity, inner: str) -> str:
    if entity.type == LINK:
        return inner if inner in {entity.url, readable(entity.url)} else f"{inner} ({entity.url})"
    if entity.type == PRE:
        fence = max(["```", *(f"{ticks}`" for ticks in _TICKS.findall(inner))], key=len)
        return f"{fence}{entity.language}\n{inner}\n{fence}"
    if entity.type in _QUOTES:
        return "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
    return f"~~{inner}~~" if entity.type == STRIKE else inner


def _in_tags(entity: Entity, inner: str) -> str:
    if entity.type == LINK:
        return f'<a href="{attribute(entity.url)}">{inner}</a>'
    if entity.type == PRE:
        return f"<pre>{code_tag(entity.language)}{inner}</code></pre>"
    tag = _TAGS[entity.type]
    return f"<{tag}>{inner}</{tag}>"


def _written(
    shown: Rendered, text: Callable[[str, bool], str], wrap: Callable[[Entity, str], str]
) -> str:
    """Return a text with what holds for its stretches, which are sorted and nested."""
    units, coming = to_units(shown.text), list(reversed(shown.entities))

    def within(start: int, end: int, *, is_code: bool) -> str:
        pieces: list[str] = []
        while coming and coming[-1].offset < end:
            entity = coming.pop()
            pieces.append(text(from_units(units[start : entity.offset]), is_code))
            inner = within(entity.offset, entity.end, is_code=entity.type == PRE)
            pieces.append(wrap(entity, inner))
            start = entity.end
        pieces.append(text(from_units(units[start:end]), is_code))
        return "".join(pieces)

    return within(0, len(units), is_code=False)
