"""A terminal's screen, small enough to read: what a member would see."""

import codecs
import re

_TOKEN = re.compile(
    r"\x1b\[(\??[0-9;]*)([A-Za-z])|([\r\n\x08])|([^\x00-\x1f\x7f-\x9f])|(.)", re.DOTALL
)
_HELD_BACK = re.compile(r"\x1b(\[[?0-9;]*)?$")


class Screen:
    """Follows the sequences a line editor needs; any other one fails the test.

    Rows are never scrolled away, so `text` is all that ever stayed on it.
    """

    def __init__(self, columns: int) -> None:
        """Begin empty, as wide as the terminal."""
        self._columns = columns
        self._rows: list[list[str]] = [[]]
        self._row = 0
        self._column = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._held = ""
        self.raw = ""

    @property
    def text(self) -> str:
        """All rows, without the spaces at their ends and the empty rows below."""
        return "\n".join("".join(row).rstrip() for row in self._rows).rstrip()

    def feed(self, data: bytes) -> None:
        """Take bytes, cut anywhere."""
        text = self._decoder.decode(data)
        self.raw += text
        text = self._held + text
        self._held = found[0] if (found := _HELD_BACK.search(text)) else ""
        for token in _TOKEN.finditer(text[: len(text) - len(self._held)]):
            parameters, final, control, char, unknown = token.groups()
            assert unknown is None, f"unknown control {unknown!r}"
            if final:
                self._sequence(parameters, final)
            elif char:
                self._put(char)
            else:
                self._move(control)

    def _put(self, char: str) -> None:
        if self._column >= self._columns:
            self._go(self._row + 1, 0)
        row = self._rows[self._row]
        row += " " * (self._column + 1 - len(row))
        row[self._column] = char
        self._column += 1

    def _move(self, control: str) -> None:
        if control == "\n":
            self._go(self._row + 1, self._column)
        elif control == "\r":
            self._column = 0
        else:
            self._column = max(self._column - 1, 0)

    def _sequence(self, parameters: str, final: str) -> None:
        if final in "mhl":
            return
        count = int(parameters or 0)
        match final:
            case "A":
                self._go(self._row - max(count, 1), self._column)
            case "B":
                self._go(self._row + max(count, 1), self._column)
            case "C":
                self._column += max(count, 1)
            case "D":
                self._column = max(self._column - max(count, 1), 0)
            case "J" if count == 0:
                del self._rows[self._row][self._column :]
                del self._rows[self._row + 1 :]
            case "K" if count == 0:
                del self._rows[self._row][self._column :]
            case _:
                raise AssertionError(f"unknown sequence {parameters}{final}")

    def _go(self, row: int, column: int) -> None:
        assert row >= 0, "above the top"
        self._rows += [[] for _ in range(row + 1 - len(self._rows))]
        self._row, self._column = row, column
