"""A stretch of a text as drawn, as HTML: what is left of a block that no message holds. Pure."""

from collections.abc import Iterator
from html import escape
from typing import Final

from adapters.matrix.html import escaped, safe
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
from adapters.shared.text.units import from_units, to_units

_TAGS: Final = {
    BOLD: ("<strong>", "</strong>"),
    ITALIC: ("<em>", "</em>"),
    STRIKE: ("<del>", "</del>"),
    CODE: ("<code>", "</code>"),
    QUOTE: ("<blockquote>", "</blockquote>"),
    FOLDED_QUOTE: ("<blockquote>", "</blockquote>"),
}
_NBSP: Final = "\u00a0"


def html_of_stretch(shown: Rendered) -> str:
    """Return what is shown as HTML."""
    units = to_units(shown.text)
    return safe("".join(_within(units, list(shown.entities), 0, len(units), is_code=False)))


def _within(
    units: str, entities: list[Entity], start: int, end: int, *, is_code: bool
) -> Iterator[str]:
    """Yield a stretch with the entities in it, which are sorted and nested."""
    at = start
    while entities and entities[0].offset < end:
        entity = entities.pop(0)
        yield _text(units[at : entity.offset], is_code=is_code)
        opening, closing = _tags(entity)
        yield opening
        is_pre = entity.type == PRE
        yield from _within(units, entities, entity.offset, entity.end, is_code=is_code or is_pre)
        yield closing
        at = entity.end
    yield _text(units[at:end], is_code=is_code)


def _tags(entity: Entity) -> tuple[str, str]:
    if entity.type == LINK:
        return f'<a href="{escape(entity.url)}">', "</a>"
    if entity.type == PRE:
        mark = f' class="language-{escape(entity.language)}"' if entity.language else ""
        return f"<pre><code{mark}>", "</code></pre>"
    return _TAGS[entity.type]


def _text(units: str, *, is_code: bool) -> str:
    text = escaped(from_units(units))
    if is_code:
        return text
    lines = (_indented(line) for line in text.split("\n"))
    return "<br>".join(lines)


def _indented(line: str) -> str:
    """Keep the space a line begins with, which HTML leaves out."""
    words = line.lstrip(" ")
    return _NBSP * (len(line) - len(words)) + words
