"""Reading TeX's formulas into pieces of Unicode. No text is lost, and none makes it fail."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from adapters.shared.text.maths_layout import (
    Grid,
    NewLine,
    Piece,
    Ratio,
    bracketed,
    columns,
    fenced,
    flat,
)
from adapters.shared.text.maths_signs import (
    ACCENTS,
    DOUBLE_STRUCK,
    DROPPED,
    ENVIRONMENTS,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    NEGATED,
    NOTHING,
    OPERATORS,
    RELATIONS,
    ROOTS,
    SCRIPT,
    SIGNS,
    SIZES,
    SPACES,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    WORDS,
)

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_DEEPEST: Final = 12
_NOWHERE: Final = frozenset[str]()
_CELL_ENDS: Final = frozenset({"&", r"\\", r"\cr", r"\end"})
_CLOSES: Final = frozenset({"}"})

_BEFORE = frozenset({"partial", "nabla", "neg", "lnot", "forall", "exists", "nexists", "hbar"})
_OPERATOR_NAMES = frozenset({"operatorname"})
_FUNCTIONS = FUNCTIONS | _OPERATOR_NAMES
_MATRICES = {
    "matrix": ("", ""),
    "smallmatrix": ("", ""),
    "array": ("", ""),
    "pmatrix": ("⎛⎜⎝(", "⎞⎟⎠)"),
    "bmatrix": ("⎡⎢⎣[", "⎤⎥⎦]"),
    "Bmatrix": ("⎧⎪⎩{⎨", "⎫⎪⎭}⎬"),
    "vmatrix": ("││││", "││││"),
    "Vmatrix": ("‖‖‖‖", "‖‖‖‖"),
    "cases": ("⎧⎪⎩{⎨", ""),
    "dcases": ("⎧⎪⎩{⎨", ""),
    "rcases": ("", "⎫⎪⎭}⎬"),
}


class Reader:
    """Reads one formula from its beginning to its end."""

    def __init__(self, tex: str) -> None:
        """Take the TeX."""
        self._tokens = _TOKEN.findall(tex)
        self._at = 0
        self._depth = 0
        self._commands = self._known()

    def pieces(self, ends: frozenset[str] = _NOWHERE) -> list[Piece]:
        """Return the pieces up to one of the signs that end them, or to the end."""
        out: list[Piece] = []
        is_name = False  # a sum or a function, which keeps its distance from what is around it
        while (sign := self._peek()) and sign not in ends:
            if sign in {"^", "_"}:
                self._next()
                if out and out[-1] == " ":
                    out.pop()
                out.append(self._script(sign))
                continue
            is_function = sign[1:] in _FUNCTIONS
            if (is_name and not sign.isspace() and sign != "(") or (
                is_function and out and _ends_in_letter(out[-1])
            ):
                out.append(" ")
            is_name = is_function or sign[1:] in OPERATORS
            out.append(self._atom())
        return out

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        sign = self._peek()
        self._at += bool(sign)
        return sign

    def _atom(self) -> Piece:
        sign = self._next()
        if sign == "{":
            return self._group()
        if len(sign) > 1 and sign[0] == "\\":
            return self._command(sign[1:])
        if sign.isspace() or sign in {"~", "&"}:
            return " "
        return "\N{PRIME}" if sign == "'" else sign

    def _group(self) -> str:
        """Return what is in braces, the first of which is read; unread where they are too deep."""
        if self._depth >= _DEEPEST:
            return "{"
        self._depth += 1
        inner = flat(self.pieces(_CLOSES))
        self._depth -= 1
        self._next()
        return inner

    def _argument(self) -> str:
        while self._peek().isspace():
            self._next()
        piece = self._atom() if self._peek() not in {"", "}", "&", "^", "_"} else ""
        return flat([piece])

    def _raw(self) -> str:
        """Return an argument's letters as they are, without the signs of formulas in it."""
        while self._peek().isspace():
            self._next()
        if self._peek() != "{":
            return self._argument()
        self._next()
        out, depth = "", 1
        while sign := self._next():
            depth += (sign == "{") - (sign == "}")
            if depth == 0:
                break
            out += sign
        return re.sub(r"\$|\\(?=[ %&#_{}$])", "", out)

    def _leave_out(self) -> None:
        """Skip an argument in braces, if it comes next and has an end."""
        while self._peek().isspace():
            self._next()
        if self._peek() == "{" and "}" in self._tokens[self._at :]:
            self._raw()

    def _option(self) -> str:
        """Return what stands in brackets, if it comes next."""
        if self._peek() != "[" or "]" not in self._tokens[self._at :]:
            return ""
        self._next()
        inner = flat(self.pieces(frozenset({"]"})))
        self._next()
        return inner

    def _script(self, sign: str) -> str:
        return _scripted(sign, self._argument())

    def _command(self, name: str) -> Piece:
        for table in (SPACES, SIGNS, OPERATORS):
            if name in table:
                if name in _BEFORE and self._peek().isspace():
                    self._next()
                return table[name]
        if name in RELATIONS:
            return f" {RELATIONS[name]} "
        if name in FUNCTIONS:
            return name
        if name in self._commands:
            return self._commands[name](name)
        if not name.isalpha():
            return "‖" if name == "|" else name
        return self._unknown(name)

    def _known(self) -> dict[str, Callable[[str], Piece]]:
        """Return what reads each command that takes something with it."""
        groups: tuple[tuple[frozenset[str], Callable[[str], Piece]], ...] = (
            (FRACTIONS, self._fraction),
            (WORDS, self._words),
            (FONTS, lambda _: self._argument()),
            (frozenset({"underbrace", "overbrace"}), lambda _: bracketed(self._argument())),
            (_OPERATOR_NAMES, self._operator),
            (SIZES, self._size),
            (NOTHING, lambda _: ""),
            (DROPPED, self._dropped),
            (frozenset(ACCENTS), self._accent),
            (frozenset({"\\", "cr", "newline"}), lambda _: NewLine("\n")),
            (frozenset({"mathbb", "mathds"}), lambda _: self._letters(DOUBLE_STRUCK)),
            (frozenset({"mathcal", "mathscr"}), lambda _: self._letters(SCRIPT)),
            (frozenset({"binom", "dbinom", "tbinom"}), self._binomial),
            (frozenset({"overset", "stackrel"}), lambda _: self._above("^")),
            (frozenset({"underset"}), lambda _: self._above("_")),
            (frozenset({"xrightarrow"}), lambda _: self._arrow("→")),
            (frozenset({"xleftarrow"}), lambda _: self._arrow("←")),
            (frozenset({"pmod", "pod"}), lambda _: f" (mod {self._argument()})"),
            (frozenset({"boxed", "fbox"}), lambda _: f"[{self._argument()}]"),
            (frozenset({"sqrt"}), self._root),
            (frozenset({"not"}), self._negated),
            (frozenset({"textcolor"}), self._coloured),
            (frozenset({"begin"}), self._environment),
        )
        return {name: read for names, read in groups for name in names}

    def _unknown(self, name: str) -> str:
        out = f"\\{name}"
        while self._peek() == "{" and self._depth < _DEEPEST:
            self._next()
            out += f"{{{self._group()}}}"
        return out

    def _fraction(self, _: str) -> str:
        over, under = self._argument(), self._argument()
        return Ratio(f"{bracketed(over)}/{bracketed(under)}")

    def _words(self, name: str) -> str:
        return f"  ({self._raw()})" if name == "tag" else self._raw()

    def _operator(self, _: str) -> str:
        if self._peek() == "*":
            self._next()
        return self._raw()

    def _size(self, name: str) -> str:
        if self._peek() == "." and name in {"left", "right"}:
            self._next()
        return ""

    def _dropped(self, _: str) -> str:
        if self._peek() == "*":
            self._next()
        self._leave_out()
        return ""

    def _coloured(self, _: str) -> str:
        self._leave_out()
        return self._argument()

    def _accent(self, name: str) -> str:
        base, mark = self._argument(), ACCENTS[name]
        if not base:
            return f"\\{name}"
        if name in {"overline", "underline", "bar"}:
            return "".join(char + mark for char in base)
        return base + mark

    def _letters(self, table: dict[str, str]) -> str:
        return "".join(table.get(char, char) for char in self._argument())

    def _binomial(self, _: str) -> str:
        return f"({self._argument()} choose {self._argument()})"

    def _above(self, sign: str) -> str:
        script, base = self._argument(), self._argument()
        return f" {base}{_scripted(sign, script)} "

    def _arrow(self, sign: str) -> str:
        under = self._option()
        return f" {sign}{_scripted('^', self._argument())}{_scripted('_', under)} "

    def _root(self, _: str) -> str:
        degree = self._option()
        inner = bracketed(self._argument())
        return (ROOTS.get(degree) or f"{_scripted('^', degree)}√") + inner

    def _negated(self, _: str) -> str:
        sign = self._argument()
        return f" {NEGATED[sign]} " if sign in NEGATED else f"{sign}\u0338"

    def _environment(self, command: str) -> Piece:
        name = "".join(self._tokens[self._at : self._at + 20]).partition("}")[0].strip("{*")
        if self._depth >= _DEEPEST or name not in ENVIRONMENTS:
            return self._unknown(command)
        self._depth += 1
        self._leave_out()
        if name in {"array", "alignat", "alignedat"}:
            self._option()
            self._leave_out()
        rows = self._rows()
        self._depth -= 1
        if name in _MATRICES:
            return _matrix(rows, *_MATRICES[name])
        lines = [line for row in rows if (line := flat([" ".join(row)]))]
        return Grid(tuple(lines), "; ".join(lines))

    def _rows(self) -> list[list[str]]:
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(flat(self.pieces(_CELL_ENDS)))
            match self._next():
                case "&":
                    continue
                case "" | r"\end":
                    self._leave_out()
                    return [row for row in rows if any(row)]
                case _:
                    self._option()
                    rows.append([])


def _matrix(rows: Sequence[Sequence[str]], left: str, right: str) -> Grid:
    lines = fenced(columns(rows), left, right)
    inline = "; ".join(" ".join(filter(None, row)) for row in rows)
    return Grid(lines, f"{left[3:4]}{inline}{right[3:4]}")


def _ends_in_letter(piece: Piece) -> bool:
    return isinstance(piece, str) and piece[-1:].isalnum()


def _scripted(sign: str, text: str) -> str:
    """Return what stands above or below a line, in small letters if there are all of them."""
    bare = text.replace(" ", "")
    if not bare:
        return ""
    table = SUPERSCRIPTS if sign == "^" else SUBSCRIPTS
    if all(char in table for char in bare):
        return "".join(table[char] for char in bare)
    return f"{sign}{bare}" if len(bare) == 1 else f"{sign}({text if ' ' not in text else bare})"
