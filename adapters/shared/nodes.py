"""The nodes of a Markdown text: blocks, and what stands in their lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_LONGEST_LANGUAGE: Final = 40


@dataclass(frozen=True, slots=True)
class Text:
    """Characters as they are, without line breaks."""

    text: str


@dataclass(frozen=True, slots=True)
class Break:
    """A line break; the soft ones count, since people and models in a chat mean them."""


@dataclass(frozen=True, slots=True)
class Code:
    """Code within a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Maths:
    """A formula in TeX, within a line or as a block; `source` has the signs around it."""

    tex: str
    source: str
    is_block: bool = False


class Mark(StrEnum):
    """How a stretch of text is stressed."""

    STRONG = "strong"
    EMPHASIS = "em"
    STRIKE = "s"


@dataclass(frozen=True, slots=True)
class Marked:
    """Stressed text."""

    mark: Mark
    children: "Inlines"


@dataclass(frozen=True, slots=True)
class Link:
    """A link or an image (its description is the text). `url` is ASCII; `children` may be empty.

    A host in another script is in its `xn--` form, so that it cannot pass for one it is not.
    """

    url: str
    children: "Inlines"
    title: str = ""
    is_image: bool = False


Inline = Text | Break | Code | Maths | Marked | Link
Inlines = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of text."""

    children: Inlines


@dataclass(frozen=True, slots=True)
class Heading:
    """A headline, level 1 to 6."""

    level: int
    children: Inlines


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Code, without the line break at its end. `info` is all that stood after the fence."""

    text: str
    info: str = ""

    @property
    def language(self) -> str:
        """The first word of `info`, unless it is too long for the name of a language."""
        first = self.info.split(maxsplit=1)[0] if self.info.strip() else ""
        return first if len(first) <= _LONGEST_LANGUAGE else ""

    @property
    def title(self) -> str:
        """What is left of `info`, often a file's name."""
        return self.info.strip().removeprefix(self.language).strip()


@dataclass(frozen=True, slots=True)
class Quote:
    """Quoted blocks."""

    blocks: "Blocks"


@dataclass(frozen=True, slots=True)
class Item:
    """A list's item. `is_done` is None unless it is a task with a box."""

    blocks: "Blocks"
    is_done: bool | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list. `start` is the first number, None for bullets; `is_tight`: no gaps between items."""

    items: tuple[Item, ...]
    start: int | None = None
    is_tight: bool = True


class Align(StrEnum):
    """Where a column's text stands."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has as many cells as `head`."""

    head: tuple[Inlines, ...]
    rows: tuple[tuple[Inlines, ...], ...]
    aligns: tuple[Align, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


Block = Paragraph | Heading | CodeBlock | Quote | Items | Table | Maths | Rule
Blocks = tuple[Block, ...]


def text_of(children: Inlines) -> str:
    """Return the characters of inline nodes, their styles and addresses gone."""
    return "".join(_characters(children))


def _characters(children: Inlines) -> Iterator[str]:
    for node in children:
        match node:
            case Text(text) | Code(text):
                yield text
            case Break():
                yield "\n"
            case Maths():
                yield node.source
            case Marked() | Link():
                yield from _characters(node.children)
