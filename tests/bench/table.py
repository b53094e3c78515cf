"""The one table that the bench prints."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure: the house's, the two bare loops' where they have one, and what was aimed at.

    `is_met` None: nothing was aimed at.
    """

    name: str
    house: str
    aiohttp: str = ""
    httpx: str = ""
    aim: str = ""
    is_met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """Return what is printed, from left to right."""
        verdict = {None: "", True: "met", False: "OVER"}[self.is_met]
        return (self.name, self.house, self.aiohttp, self.httpx, self.aim, verdict)


_HEADS = Row(name="", house="hearthkey", aiohttp="bare aiohttp", httpx="bare httpx", aim="aim")


def render(rows: Sequence[Row]) -> str:
    """Return the table: names to the left, figures to the right."""
    lines = [row.cells() for row in (_HEADS, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rule = "─" * (sum(widths) + 2 * len(widths) - 2)
    printed = [_line(cells, widths) for cells in lines]
    return "\n".join((printed[0], rule, *printed[1:]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.rjust(width) if 0 < column < 4 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join((first, *others)).rstrip()
