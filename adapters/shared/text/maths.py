"""Formulas in Unicode: TeX as far as lines of text can show it. What is not known stays TeX."""

import re
from typing import Final

from adapters.shared.nodes import CodeBlock
from adapters.shared.text.maths_layout import flat, stacked
from adapters.shared.text.maths_reader import Reader

_MOST: Final = 4_000
_LANGUAGES = frozenset({"math", "katex"})
_TEX_LANGUAGES = frozenset({"latex", "tex"})
# Whoever asked for a document in TeX wants its source.
_IS_DOCUMENT = re.compile(
    r"\\(?:documentclass|usepackage|newcommand|def|section|subsection|item|caption|cite|ref|title"
    r"|begin\{(?:document|table|tabular|figure|itemize|enumerate|center|tikzpicture|theorem|proof"
    r"|verbatim|lstlisting|abstract)\*?\})"
)


def as_text(tex: str, *, is_block: bool = False) -> str:
    """Return a formula as it reads in one line; a block may take several."""
    if len(tex) > _MOST:
        return tex
    pieces = Reader(tex).pieces()
    text = stacked(pieces) if is_block else flat(pieces)
    return text if text.strip() else tex


def is_formula(block: CodeBlock) -> bool:
    """Say whether a block of code is a formula to be shown, not a text in TeX to be copied."""
    language = block.language.lower()
    if language in _LANGUAGES:
        return True
    return language in _TEX_LANGUAGES and not _IS_DOCUMENT.search(block.text)
