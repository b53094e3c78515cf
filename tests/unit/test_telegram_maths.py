r"""Formulas: which text is one, and how TeX reads in Unicode."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shared.markdown import blocks_done, parse
from adapters.shared.nodes import Items, Maths, Paragraph, Quote
from adapters.shared.text.drawing import draw
from adapters.shared.text.maths import as_text

TEXTS = {
    "nothing": ("", ""),
    "powers": (r"E = mc^2, e^{-x^2}, x^{n+1}", "E = mc², e^(-x²), xⁿ⁺¹"),
    "indices": (r"x_{i,j}^{(k)} a_1", "x_(i,j)⁽ᵏ⁾ a₁"),
    "Greek": (r"\alpha\beta \leq \Gamma", "αβ ≤ Γ"),
    "signs between": (r"a\cdot b\times c\to d", "a · b \N{MULTIPLICATION SIGN} c → d"),
    "fractions": (r"\frac{1}{2}, \frac{a+b}{2c}, \dfrac12x", "1/2, (a+b)/2c, (1/2)x"),
    "fraction with a power": (r"\left(\frac{a}{b}\right)^2 \frac{a}{b}^2", "(a/b)² (a/b)²"),
    "roots": (r"\sqrt{x} \sqrt{x+1} \sqrt[3]{2} \sqrt[n]{2}", "√x √(x+1) ∛2 ⁿ√2"),
    "sum": (r"\sum_{i=1}^{n} i = \frac{n(n+1)}{2}", "∑ᵢ₌₁ⁿ i = (n(n+1))/2"),
    "integral": (r"\int_0^\infty e^{-x}dx", "∫₀^∞ e⁻ˣdx"),
    "functions": (
        r"2\sin x \lim_{x \to 0} \operatorname{argmax}_\theta L",
        "2 sin x lim_(x→0) argmax_θ L",
    ),
    "words": (r"v = 5\,\text{m per } s \text{ if $x$ is 5\%}", "v = 5 m per s if x is 5%"),
    "accents": (r"\vec{a} \hat x \bar{AB} \dot{x}", "a\u20d7 x\u0302 A\u0304B\u0304 x\u0307"),
    "letters": (r"\mathbb{R}^n \mathcal{L} \mathrm{d}x \mathbf{v}", "ℝⁿ ℒ dx v"),  # noqa: RUF001 - double-struck
    "not": (r"a \not= b \not\in c", "a ≠ b ∉ c"),
    "calculus": (r"\frac{\partial f}{\partial x} \nabla \cdot E", "∂f/∂x ∇ · E"),
    "choice": (r"\binom{n}{k}", "(n choose k)"),
    "degrees and primes": (r"90^\circ f'(x)", "90° f′(x)"),  # noqa: RUF001 - a prime
    "sizes": (r"\left[ \bigl( x \bigr) \right.", "[ ( x )"),
    "what is unknown": (r"\ce{H2O} \foo x \bar", r"\ce{H2O} \foo x \bar"),
    "matrix in a line": (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "(1 2; 3 4)"),
    "cases in a line": (r"\begin{cases} 1 & x \\ 0 & y \end{cases}", "{1 x; 0 y"),
    "unclosed": (r"\frac{a}{b", "a/b"),
    "nothing to close": (r"a } b", "a } b"),
    "half a command": ("\\", "\\"),
    "no argument": (r"x^", "x"),
    "only what takes something": (r"\left", r"\left"),
    "braces that are shown": (r"\{1, 2\}", "{1, 2}"),
    "money": (r"\$5", "$5"),
}


@pytest.mark.parametrize(("tex", "text"), TEXTS.values(), ids=TEXTS)
def test_formulas_in_a_line(tex: str, text: str) -> None:
    """Each formula reads so."""
    assert as_text(tex) == text


BLOCKS = {
    "one line": (r"\frac{1}{2}", "1/2"),
    "lines": (r"a = b \\ c", "a = b\nc"),
    "align": (r"\begin{align} a &= b \\ &= c \end{align}", "a = b\n= c"),
    "matrix": (
        r"A = \begin{pmatrix} 1 & 20 \\ 3 & 4 \end{pmatrix} x",
        "A = ⎛1  20⎞ x\n    ⎝3  4 ⎠",
    ),
    "rows": (r"\begin{bmatrix}1\\2\\3\end{bmatrix}", "⎡1⎤\n⎢2⎥\n⎣3⎦"),
    "cases": (
        r"f = \begin{cases} x & \text{if } x > 0 \\ 0 & \text{else} \end{cases}",
        "f = ⎧x  if x > 0\n    ⎩0  else",
    ),
    "three cases": (r"\begin{cases}a\\b\\c\end{cases}", "⎧a\n⎨b\n⎩c"),
    "an array": (r"\begin{array}{c|c} 1 & 2 \\ \hline 3 & 4 \end{array}", "1  2\n3  4"),
}


@pytest.mark.parametrize(("tex", "text"), BLOCKS.values(), ids=BLOCKS)
def test_formulas_as_blocks(tex: str, text: str) -> None:
    """Each formula takes these lines."""
    assert as_text(tex, is_block=True) == text


FOUND = {
    "dollars": ("a $x_1$ and $y*2*z$", ["x_1", "y*2*z"]),
    "money": ("$5 and $10, 5$ or 6$", []),
    "more money": ("$5/month plan and 10$ off", []),
    "a price range": ("$5-$10 and $1.50–$2", []),  # noqa: RUF001 - a dash
    "space inside": ("$ x$ $x $", []),
    "a digit behind": ("$x$1", []),
    "an ending behind": ("the $n$th and $n$-th", ["n", "n"]),
    "beside Chinese": ("设$x$为", ["x"]),
    "a shell": ("$HOME/$USER and $HOME$ and ${a_b}", []),
    "escaped": (r"\$x\$ $x\$y$", [r"x\$y"]),
    "in code": ("`$x$` `\\(x\\)`", []),
    "round": (r"\(a_b\) \( c*d* \)", ["a_b", "c*d*"]),
    "square with space or TeX": (r"so \[ x=1 \] and \[\frac12\].", ["x=1", r"\frac12"]),
    "escaped brackets": (r"**a** \[beta\] b", []),
    "two dollars in a line": ("a $$x_1$$ b", ["x_1"]),
    "an environment in a line": (
        r"a \begin{matrix}1 & 2\end{matrix} b",
        [r"\begin{matrix}1 & 2\end{matrix}"],
    ),
    "unclosed": (r"a $x_1_2 \(b", []),
    "nothing in it": (r"\( \) a \[ \] $$ $$", []),
}


@pytest.mark.parametrize(("text", "formulas"), FOUND.values(), ids=FOUND)
def test_formulas_in_text(text: str, formulas: list[str]) -> None:
    """Of each text these stretches are formulas."""
    (paragraph,) = parse(text)
    assert isinstance(paragraph, Paragraph)
    found = [node for node in paragraph.children if isinstance(node, Maths)]
    assert [node.tex for node in found] == formulas
    assert all(node.source in text for node in found)


BLOCKS_FOUND = {
    "signs that mean lists": "$$\na\n- c\n= b\n+ d\n$$",
    "square": "\\[\nx\n\\]",
    "in one line": "\\[x = \\frac{a}{b}\\]",
    "with a full stop": "$$ x $$.",
    "an environment": "\\begin{align*}\na &= b \\\\\n- c\n\\end{align*}",
}


@pytest.mark.parametrize("text", BLOCKS_FOUND.values(), ids=BLOCKS_FOUND)
def test_formulas_by_themselves(text: str) -> None:
    """Each of them is a block, also right after text, in a list and in a quote."""
    (formula,) = parse(text)
    assert isinstance(formula, Maths)
    assert formula.is_block
    assert formula.source == text
    assert parse(f"a\n{text}\nb")[1] == formula
    (quote,) = parse("> " + text.replace("\n", "\n> "))
    assert isinstance(quote, Quote)
    assert quote.blocks == (formula,)
    (items,) = parse("- " + text.replace("\n", "\n  "))
    assert isinstance(items, Items)
    assert items.items[0].blocks == (formula,)


NO_BLOCKS = {
    "an empty line": "$$\na\n\nb\n$$",
    "unclosed": "\\[\na",
    "empty": "$$\n$$",
    "text behind": "$$a$$ b",
    "an escaped name": "\\[beta\\]",
    "indented code": "    $$\n    a\n    $$",
}


@pytest.mark.parametrize("text", NO_BLOCKS.values(), ids=NO_BLOCKS)
def test_what_is_no_block(text: str) -> None:
    """None of these is a formula by itself."""
    assert not any(isinstance(block, Maths) for block in parse(text))


DONE = {
    "may still be closed": ("one\n\n$$\na\n- b\n# c\n", "one\n\n"),
    "closed": ("one\n\n$$\na\n$$\n- b\n", "one\n\n$$\na\n$$\n"),
    "never closed": ("$$\na\n\nb\n\nc\n", "$$\na\n\nb\n\n"),
}


@pytest.mark.parametrize(("text", "done"), DONE.values(), ids=DONE)
def test_blocks_done(text: str, done: str) -> None:
    """A formula that may yet close can change all that follows it."""
    assert text[: blocks_done(text)] == done


def test_a_very_long_formula_stays_tex() -> None:
    """It is no formula any more, and reading it would take its time."""
    tex = r"\alpha " * 1_000
    assert as_text(tex) == tex


PIECES = (
    *("{", "}", "^", "_", "&", "\\\\", " ", "\n", "$", "'", "~", "[", "]", "(", ")", "+", "="),
    *(r"\frac", r"\sqrt", r"\text", r"\left", r"\right", r"\sum", r"\alpha", r"\foo", r"\not"),
    *(r"\begin{cases}", r"\end{cases}", r"\begin{pmatrix}", r"\end{pmatrix}", r"\begin", r"\hat"),
    *(r"\begin{array}{cc}", r"\binom", r"\overset", r"\xrightarrow", r"\tag", r"\operatorname"),
    *("\\", "1", "2 ", "x", "yz", "Q", "é", "🙂"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
def test_no_letter_of_a_formula_is_lost(tex: str, is_block: bool) -> None:
    """Whatever the TeX, it is read, and its letters and figures are there, small or tall."""
    text = unicodedata.normalize("NFKD", as_text(tex, is_block=is_block))
    bare = re.sub(r"\\(?:begin|end)(?:\{\w+\}){1,2}|\\[A-Za-z]+", "", tex)
    for char in "12xyzQ🙂":
        assert text.count(char) >= bare.count(char), char


@given(st.sampled_from(("{", r"\frac{", r"\begin{cases}", r"\sqrt[", r"\text{", "^{", r"\foo{")))
def test_formulas_as_deep_as_they_like(opening: str) -> None:
    """Nesting without measure is read in time."""
    assert "x" in as_text(opening * 250 + "x")


def test_a_formula_in_a_message() -> None:
    """It is code, so that nothing in it is taken for a command or a mention."""
    assert [each.type for each in draw(parse("a $x$ **b**")).entities] == ["code", "bold"]
