"""Models' Markdown as a small tree that knows no messenger: the one walker of the house.

`parse` never raises, at no prefix of a stream, and loses no text: raw HTML, links with a scheme
that is not let through and nesting beyond all sense stay as the characters they were. Back ends
(the terminal, Telegram's entities, Matrix's HTML) walk the nodes of `nodes.py`.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block, table
from markdown_it.rules_block.table import escapedSplit
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_cjk_friendly import cjk_friendly  # type: ignore[import-untyped]  # no py.typed

from adapters.shared.formulas import FORMULA, UNCLOSED, formulas
from adapters.shared.nodes import (
    Align,
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
)

_MAX_CONTAINERS = 24  # token levels: a quote is one, a list and its item are two
_MAX_NESTING = 32  # what bounds the parser's own recursion, and must exceed _MAX_CONTAINERS
_MAX_INLINES = 16
_MAX_COLUMNS = 64
_MAX_STYLED = 4_000  # characters read at once; the time for it grows with their square

_TEXTS = frozenset({"text", "text_special"})
_READ, _READING = "read before", "read now"  # in the parser's env

_LINE_END = re.compile(r"\r\n?|\n")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile(r"[^\n$&*<!\[\\\]_`~]+")  # what begins no rule in the lines of this parser
_TASK = re.compile(r"\[([ xX])\] ")


@dataclass(frozen=True, slots=True)
class Section:
    """A block, and the stretch of the text that it was read from; `end` is where the next begins.

    By themselves such stretches, one or several after each other, read as they do in the text.
    """

    start: int
    end: int
    block: Block


def parse(text: str) -> Blocks:
    """Return the blocks of a Markdown text, or of the beginning of one."""
    return tuple(_blocks(iter(_tokens(text))))


def sections(text: str) -> tuple[Section, ...]:
    """Return the blocks with where they stand; what is before the first is part of it."""
    return Rereader().sections(text)


class Rereader:
    """Reads a growing text again and again; the text of a block that is as before is read once."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._read: dict[str, list[Token]] = {}

    def sections(self, text: str) -> tuple[Section, ...]:
        """Return the blocks with where they stand."""
        reading: dict[str, list[Token]] = {}
        tokens = _tokens(text, {_READ: self._read, _READING: reading})
        self._read = reading
        lines = [0, *(found.end() for found in _LINE_END.finditer(text))]
        starts = [lines[token.map[0]] for token in tokens if token.level == 0 and token.map]
        places = itertools.pairwise([0, *starts[1:], len(text)])
        return tuple(
            Section(start, end, block)
            for (start, end), block in zip(places, _blocks(iter(tokens)), strict=False)
        )


def blocks_done(text: str) -> int:
    """Return how many characters of a growing text are blocks that nothing added can change.

    What follows them reads the same without them, so they can be shown once and let go.
    """
    ends = [found.end() for found in _LINE_END.finditer(text)]
    if not ends:
        return 0
    tokens: list[Token] = []
    whole = text[: ends[-1]]  # the last line may yet become anything
    env: dict[str, int] = {}
    _PARSER.block.parse(_LINE_END.sub("\n", whole), _PARSER, env, tokens)
    may_change = env.get(UNCLOSED, len(ends))
    starts = [t.map[0] for t in tokens if t.level == 0 and t.map and t.map[0] <= may_change]
    return ends[starts[-1] - 1] if len(starts) > 1 else 0


def _tokens(text: str, env: dict[str, dict[str, list[Token]]] | None = None) -> list[Token]:
    return _PARSER.parse(_SURROGATE.sub("\ufffd", text), env)


def _quote_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return state.level < _MAX_CONTAINERS and blockquote(state, start, end, silent)


def _list_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return state.level < _MAX_CONTAINERS and list_block(state, start, end, silent)


def _table_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a table as GFM does, but keep the cells GFM drops from rows that are too long.

    A table too wide to be one stays text: filling up its rows would take time and memory without
    measure.
    """
    if start + 1 < end and _line(state, start + 1).count("-|") > _MAX_COLUMNS:
        return False
    before = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    cells: list[Token] = []
    for token in state.tokens[before:]:
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token)
        elif token.type == "tr_close":
            dropped = _cells(_line(state, (cells[-1].map or [start])[0]))[len(cells) :]
            cells[-1].content = " | ".join([cells[-1].content, *dropped])
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _cells(line: str) -> list[str]:
    cells = escapedSplit(line.strip())
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return [cell.strip() for cell in cells]


def _inline_rule(state: StateCore) -> None:
    """Read the text of each block, unless it was read before."""
    read, reading = state.env.get(_READ, {}), state.env.get(_READING, {})
    for token in state.tokens:
        if token.type == "inline":
            text = token.content
            if text not in reading:
                reading[text] = read[text] if text in read else _read(state, text)
            token.children = reading[text]


def _read(state: StateCore, text: str) -> list[Token]:
    """Read a very long text in stretches, to bound the time it takes."""
    found: list[Token] = []
    for start in range(0, len(text), _MAX_STYLED):
        tokens: list[Token] = []
        state.md.inline.parse(text[start : start + _MAX_STYLED], state.md, {}, tokens)
        found += tokens
    return list(_joined(found))


def _joined(tokens: Sequence[Token]) -> Iterator[Token]:
    """Put together what is next to each other and only text, escaped or not."""
    for is_text, run in itertools.groupby(tokens, lambda each: each.type in _TEXTS):
        if is_text:
            yield Token("text", "", 0, content="".join(each.content for each in run))
        else:
            yield from run


def _text_rule(state: StateInline, silent: bool) -> bool:
    """Read on to what may mean something; the parser's own rule looks at each character."""
    found = _PLAIN.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


def _parser() -> MarkdownIt:
    """Return the parser: CommonMark and GFM, less what does not fit a chat that streams.

    Link definitions would vanish from the text and change blocks long shown. Underlined headings
    would turn each paragraph before a list or a rule into a headline for a moment, and models do
    not write them.
    """
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING})
    parser.use(cjk_friendly).enable(["table", "strikethrough"])
    # Texts are joined where they are read, once: the rule for it changes what it has joined.
    parser.disable(["reference", "lheading", "html_block", "html_inline", "text_join"])
    ends_all = ["paragraph", "reference", "blockquote"]
    parser.block.ruler.at("blockquote", _quote_rule, {"alt": [*ends_all, "list"]})
    parser.block.ruler.at("list", _list_rule, {"alt": ends_all})
    parser.block.ruler.at("table", _table_rule, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.at("text", _text_rule)
    parser.use(formulas)
    parser.core.ruler.at("inline", _inline_rule)
    return parser


_PARSER = _parser()
_MARKS = {"strong_open": Mark.STRONG, "em_open": Mark.EMPHASIS, "s_open": Mark.STRIKE}


def _blocks(tokens: Iterator[Token], until: str = "") -> Iterator[Block]:
    for token in tokens:
        match token.type:
            case "paragraph_open":
                yield Paragraph(_inlines(next(tokens).children))
            case "heading_open":
                yield Heading(int(token.tag[1:]), _inlines(next(tokens).children))
            case "blockquote_open":
                yield Quote(tuple(_blocks(tokens, "blockquote_close")))
            case "bullet_list_open" | "ordered_list_open":
                yield _list(token, tokens)
            case "table_open":
                yield _table(tokens)
            case end if end == until:
                return
            case _:
                yield from _single(token)


def _single(token: Token) -> Iterator[Block]:
    """Yield the block that one token is, if it is one."""
    match token.type:
        case "fence" | "code_block":
            yield CodeBlock(token.content.removesuffix("\n"), token.info.strip())
        case "hr":
            yield Rule()
        case kind if kind == FORMULA:
            yield Maths(token.content, token.markup, is_block=True)
        case _:
            return


def _list(opening: Token, tokens: Iterator[Token]) -> Items:
    start = int(opening.attrs.get("start", 1)) if opening.type == "ordered_list_open" else None
    items: list[Item] = []
    is_tight = True
    for token in tokens:
        if token.type != "list_item_open":
            break
        inner = list(_until(tokens, "list_item_close", token.level))
        # markdown-it hides the paragraphs of a list that has no gaps
        is_tight &= all(t.hidden for t in inner if _is_own_paragraph(t, token))
        items.append(_item(tuple(_blocks(iter(inner)))))
    return Items(tuple(items), start, is_tight)


def _until(tokens: Iterator[Token], end: str, level: int) -> Iterator[Token]:
    for token in tokens:
        if token.type == end and token.level == level:
            return
        yield token


def _is_own_paragraph(token: Token, item: Token) -> bool:
    return token.type == "paragraph_open" and token.level == item.level + 1


def _item(blocks: Blocks) -> Item:
    match blocks:
        case (Paragraph((Text(text), *children)), *more) if box := _TASK.match(text):
            first = Paragraph((Text(text[box.end() :]), *children))
            return Item((first, *more), is_done=box[1] != " ")
        case _:
            return Item(blocks)


def _table(tokens: Iterator[Token]) -> Table:
    rows: list[tuple[Inlines, ...]] = []
    aligns: list[Align] = []
    cells: list[Inlines] = []
    for token in tokens:
        match token.type:
            case "table_close":
                break
            case "tr_open":
                cells = []
            case "th_open":
                style = str(token.attrs.get("style", "text-align:left"))
                aligns.append(Align(style.removeprefix("text-align:")))
            case "inline":
                cells.append(_inlines(token.children))
            case "tr_close":
                rows.append(tuple(cells))
            case _:
                continue
    return Table(rows[0], tuple(rows[1:]), tuple(aligns))


def _inlines(tokens: Sequence[Token] | None) -> Inlines:
    """Build the tree with a stack of our own: stresses can nest as deep as the text is long."""
    stack: list[list[Inline]] = [[]]
    openings: list[Token] = []
    for token in tokens or ():
        if token.nesting > 0:
            openings.append(token)
            if len(openings) <= _MAX_INLINES:
                stack.append([])
        elif token.nesting < 0:
            opening = openings.pop()
            if len(openings) < _MAX_INLINES:
                children = tuple(stack.pop())
                stack[-1].append(_closed(opening, children))
        elif token.type == "image":
            stack[-1].append(_link(token, "src", _inlines(token.children)))
        elif node := _leaf(token):
            stack[-1].append(node)
    return tuple(stack[0])


def _leaf(token: Token) -> Inline | None:
    match token.type:
        case "code_inline":
            return Code(token.content)
        case "softbreak" | "hardbreak":
            return Break()
        case kind if kind == FORMULA:
            return Maths(token.content, token.markup)
        case _:
            return Text(token.content) if token.content else None


def _closed(opening: Token, children: Inlines) -> Inline:
    if opening.type in _MARKS:
        return Marked(_MARKS[opening.type], children)
    return _link(opening, "href", children)


def _link(token: Token, address: str, children: Inlines) -> Link:
    title = str(token.attrs.get("title", ""))
    return Link(str(token.attrs.get(address, "")), children, title, token.type == "image")
