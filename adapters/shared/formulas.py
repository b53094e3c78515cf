r"""Formulas in Markdown, found before its stars and underscores are: rules for the parser.

A formula stands between `$…$`, `$$…$$`, `\(…\)` or `\[…\]`, or is an environment of equations. One
that is not closed yet is text, and so is one with an empty line in it, as in TeX.
"""

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

FORMULA: Final = "formula"
UNCLOSED: Final = "unclosed formula"  # in the parser's env: the line of one that may yet close
_MOST = 2_000

_ENVIRONMENTS = (
    r"(?:equation|align|aligned|alignat|alignedat|flalign|gather|gathered|multline|split|eqnarray"
    r"|cases|dcases|rcases|[pbBvV]?matrix|smallmatrix|array|displaymath|math)\*?"
)
_OPENS_BLOCK = re.compile(rf"\$\$(?!\$)|\\\[|\\begin\{{(?P<name>{_ENVIRONMENTS})\}}")
_ENDS_LINE = r"[ \t]*[.,;:]?[ \t]*$"
_INLINES = re.compile(
    r"\$\$(?P<display>(?:[^$\\]++|\\.)++)\$\$"
    r"|\$(?![\s$])(?P<dollar>(?:[^$\\]++|\\.)++)(?<!\s)\$(?![\d$])"
    r"|\\\((?P<round>(?:[^\\]++|\\(?![()]).)++)\\\)"
    r"|\\\[(?P<square>(?:[^\\]++|\\(?![\[\]]).)++)\\\]"
    rf"|(?P<environment>\\begin\{{(?P<name>{_ENVIRONMENTS})\}}.*?\\end\{{(?P=name)\}})",
    re.DOTALL,
)
_SIGN = re.compile(r"[\\^_=]")
_PROSE = re.compile(r"[^\W\d_]{3}|^\d.*\s", re.DOTALL)
_ENDING = re.compile(r"(?:th|st|nd|rd|s)\b|[^A-Za-z_]|$")
# Brackets of our own texts are escaped the same way: a name is neither set apart nor TeX.
_IS_DISPLAY = re.compile(r"\s|.*\\[A-Za-z]", re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)|\\[^(\[b]", re.DOTALL)
_OPENING = re.compile(rf"\$\$|\$(?![\s\d$]).{{0,120}}$|\\[(\[]|\\begin\{{{_ENVIRONMENTS}\}}")


def formulas(parser: MarkdownIt) -> None:
    """Add the rules to a parser."""
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", FORMULA, _block_rule, {"alt": ends})
    parser.inline.ruler.before("escape", FORMULA, _inline_rule)


def open_at(text: str) -> int:
    """Return where in a growing paragraph a formula begins that may yet be closed; -1: nowhere."""
    rest = _INLINES.sub(_blank, _CODE.sub(_blank, text))
    found = _OPENING.search(rest)
    return found.start() if found else -1


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _inline_rule(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    found = _INLINES.match(state.src, state.pos, min(state.posMax, state.pos + _MOST))
    if not found or not _is_formula(found):
        return False
    if not silent:
        token = state.push(FORMULA, "", 0)
        token.content, token.markup = _tex(found), found[0]
    state.pos = found.end()
    return True


def _is_formula(found: re.Match[str]) -> bool:
    """Tell formulas from sums of money, variables of a shell and brackets that are escaped."""
    tex = _tex(found)
    if found["dollar"] is not None:
        is_like_one = _SIGN.search(tex) or not _PROSE.search(tex)
        return bool(is_like_one and _ENDING.match(found.string, found.end()))
    if found["square"] is not None:
        return bool(tex and _IS_DISPLAY.match(found["square"]))
    return bool(tex)


def _tex(found: re.Match[str]) -> str:
    kinds = ("display", "dollar", "round", "square", "environment")
    return next(found[kind] for kind in kinds if found[kind] is not None).strip()


def _block_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = state.bMarks[start] + state.tShift[start]
    opening = _OPENS_BLOCK.match(state.src, first, state.eMarks[start])
    after = _line_after(state, start, end, opening) if opening else 0
    if not opening or not after:
        return False
    source = state.getLines(start, after, state.blkIndent, False).strip()
    tex = source if opening["name"] else _inner(source)
    if not tex or "$$" in tex or (opening[0] == "\\[" and not _IS_DISPLAY.match(source, 2)):
        return False
    if not silent:
        state.line = after
        token = state.push(FORMULA, "", 0)
        token.content, token.markup, token.map = tex, source, [start, after]
    return True


def _line_after(state: StateBlock, start: int, end: int, opening: re.Match[str]) -> int:
    """Return the line after that in which a formula closes; 0 if it does not."""
    closing = _CLOSES.get(opening[0]) or _end_of(opening["name"])
    line, at = start, opening.end()
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if closing.search(state.src, at, state.eMarks[line]):
            return line + 1
        line += 1
        at = state.bMarks[line]
    if line == len(state.bMarks) - 1:
        state.env[UNCLOSED] = min(start, state.env.get(UNCLOSED, start))
    return 0


def _end_of(environment: str) -> re.Pattern[str]:
    return re.compile(re.escape(f"\\end{{{environment}}}") + _ENDS_LINE)


_CLOSES = {
    "$$": re.compile(r"(?<!\\)\$\$" + _ENDS_LINE),
    "\\[": re.compile(r"(?<!\\)\\\]" + _ENDS_LINE),
}


def _inner(source: str) -> str:
    """Return what is between two signs of two characters; a full stop after them goes along."""
    stop = source[-1] if source[-1] in ".,;:" else ""
    tex = source.removesuffix(stop).rstrip()[2:-2].strip()
    return tex and tex + stop
