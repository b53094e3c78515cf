"""Text broken into lines by measured widths, with the formats of Telegram's entities. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

Style = frozenset[str]
PLAIN: Final[Style] = frozenset()
CODE: Final[Style] = frozenset({"code"})
LINK: Final = "link"

# In thousandths of the size, as in Helvetica; the fonts a viewer has are within a few per cent.
_WIDTHS: Final = {
    letter: width
    for width, letters in {
        200: "'",
        222: "ijl\N{RIGHT SINGLE QUOTATION MARK}",
        260: "|",
        278: " !,./:;[\\]ftI",
        333: "()-`r{}\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        355: '"',
        389: "*",
        469: "^",
        500: "cksvxyzJ",
        556: "#$0123456789?_abdeghnopquL",
        584: "+<=>~",
        611: "FTZ",
        667: "&ABEKPSVXY",
        722: "CDHNRUw",
        778: "GOQ",
        833: "Mm",
        889: "%",
        944: "W",
        1_000: "\N{HORIZONTAL ELLIPSIS}\N{CHECK MARK}@",
    }.items()
    for letter in letters
}
_BOLD: Final = 1.07
_MONO: Final = 602
_CODE_SIZE: Final = 0.9
_STYLES: Final = {
    "bold": "bold",
    "italic": "italic",
    "code": "code",
    "pre": "pre",
    "text_link": LINK,
    "url": LINK,
    "mention": LINK,
    "bot_command": LINK,
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A character and its formats."""

    sign: str
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style within a line; `x` is from the line's beginning."""

    text: str
    style: Style
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Block:
    """Lines below each other. `language` is None but for a block of code."""

    lines: tuple[tuple[Run, ...], ...]
    language: str | None = None

    @property
    def width(self) -> float:
        """The width of the longest line."""
        return max((run.x + run.width for line in self.lines for run in line), default=0.0)


def text_width(text: str, size: float, style: Style = PLAIN) -> float:
    """Return how wide a text is; a sign that is not in the table counts as a wide one."""
    if "code" in style:
        return len(text) * _MONO * size * _CODE_SIZE / 1_000
    width = sum(_WIDTHS.get(sign, 1_000) for sign in text) * size / 1_000
    return width * _BOLD if "bold" in style else width


def typeset(
    text: str, entities: Sequence[Mapping[str, Any]], *, size: float, room: float, code_room: float
) -> list[Block]:
    """Return a message's blocks; KeyError if there is a format that cannot be drawn."""
    letters = _letters(text, entities)
    languages = iter([str(e.get("language", "")) for e in entities if e["type"] == "pre"])
    blocks: list[Block] = []
    for is_code, group in groupby(letters, key=lambda letter: "pre" in letter.style):
        part = [Letter(each.sign, CODE) if is_code else each for each in group]
        lines = _lines(part, size, code_room if is_code else room)
        if not is_code:
            # The break before and after a block of code is the block's own.
            lines = lines[1 if blocks else 0 :]
        blocks.append(Block(tuple(lines), next(languages) if is_code else None))
    return [block for block in map(_without_last_break, blocks) if block.lines]


def _without_last_break(block: Block) -> Block:
    is_open = block.lines and not block.lines[-1]
    return Block(block.lines[:-1], block.language) if is_open else block


def _letters(text: str, entities: Sequence[Mapping[str, Any]]) -> list[Letter]:
    """Return the characters with their formats; offsets are in units of UTF-16."""
    found, unit = [], 0
    for sign in text:
        over = (e for e in entities if e["offset"] <= unit < e["offset"] + e["length"])
        found.append(Letter(sign, frozenset(_STYLES[e["type"]] for e in over)))
        unit += len(sign.encode("utf-16-le")) // 2
    return found


def _lines(letters: Sequence[Letter], size: float, room: float) -> list[tuple[Run, ...]]:
    return [
        tuple(_runs(line, size))
        for paragraph in _split(letters)
        for line in _wrapped(paragraph, size, room)
    ]


def _split(letters: Sequence[Letter]) -> Iterator[list[Letter]]:
    """Split at line breaks."""
    line: list[Letter] = []
    for letter in letters:
        if letter.sign == "\n":
            yield line
            line = []
        else:
            line.append(letter)
    yield line


def _wrapped(paragraph: list[Letter], size: float, room: float) -> Iterator[list[Letter]]:
    """Break where a line is full: at its last space, or anywhere if it has none."""
    while True:
        fits = _fitting(paragraph, size, room)
        if fits == len(paragraph):
            yield paragraph
            return
        spaces = (at for at in range(fits, 0, -1) if paragraph[at].sign == " ")
        cut = next(spaces, 0) or fits
        yield paragraph[:cut]
        paragraph = paragraph[cut + (paragraph[cut].sign == " ") :]


def _fitting(paragraph: Sequence[Letter], size: float, room: float) -> int:
    """Return how many characters fit, one at least."""
    width = 0.0
    for at, letter in enumerate(paragraph):
        width += text_width(letter.sign, size, letter.style)
        if width > room and at:
            return at
    return len(paragraph)


def _runs(line: Sequence[Letter], size: float) -> Iterator[Run]:
    """Return a line's runs; spaces around them are places, not text."""
    x = 0.0
    for style, group in groupby(line, key=lambda letter: letter.style):
        text = "".join(letter.sign for letter in group)
        bare = text.strip(" ")
        if bare:
            before = text_width(text[: text.index(bare)], size, style)
            yield Run(bare, style, x + before, text_width(bare, size, style))
        x += text_width(text, size, style)
