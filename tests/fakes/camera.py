"""A camera that reads a QR code off a screen: what was drawn, back to what it says.

It reads up to version 5 at level L, which has one block, and corrects no errors.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

_DARK: Final = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
_MASKS: Final[Sequence[Callable[[int, int], bool]]] = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, _: r % 2 == 0,
    lambda _, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: (r * c) % 2 + (r * c) % 3 == 0,
    lambda r, c: ((r * c) % 2 + (r * c) % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + (r * c) % 3) % 2 == 0,
)
_FORMAT_MASK: Final = 0b101010000010010
_LEVEL_L: Final = 0b01
_BYTES: Final = 0b0100
Grid = Sequence[Sequence[int]]


def modules(drawn: str) -> Grid:
    """Return every module that was drawn, its margin too; 1 is dark where the ink is light."""
    rows: list[list[int]] = []
    for line in drawn.splitlines():
        pairs = [_DARK[sign] for sign in line]
        rows += [[upper for upper, _ in pairs], [lower for _, lower in pairs]]
    return rows


def margin(grid: Grid) -> int:
    """Return how wide the light frame is, the narrowest side counting."""
    dark = [(r, c) for r, row in enumerate(grid) for c, module in enumerate(row) if module]
    rows, columns = [r for r, _ in dark], [c for _, c in dark]
    sides = min(rows), min(columns), len(grid) - 1 - max(rows), len(grid[0]) - 1 - max(columns)
    return min(sides)


def read(drawn: str) -> str:
    """Return the text of a QR code. AssertionError: it is none."""
    grid = modules(drawn)
    frame = min(c for row in grid for c, module in enumerate(row) if module)
    top = min(r for r, row in enumerate(grid) if any(row))
    side = len(grid[0]) - 2 * frame
    code = [list(row[frame : frame + side]) for row in grid[top : top + side]]
    version, rest = divmod(side - 17, 4)
    assert not rest
    assert 1 <= version <= 5
    level, mask = divmod((_format(code) ^ _FORMAT_MASK) >> 10, 8)
    assert level == _LEVEL_L
    is_inverted = _MASKS[mask]
    bits = "".join(str(code[r][c] ^ is_inverted(r, c)) for r, c in _path(side, version))
    assert int(bits[:4], 2) == _BYTES
    length = int(bits[4:12], 2)
    return bytes(int(bits[at : at + 8], 2) for at in range(12, 12 + 8 * length, 8)).decode()


def _format(code: Grid) -> int:
    """Return the fifteen bits around the upper left finder, the first one highest."""
    cells = [(8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [(r, 8) for r in (7, 5, 4, 3, 2, 1, 0)]
    return int("".join(str(code[r][c]) for r, c in cells), 2)


def _path(side: int, version: int) -> Iterator[tuple[int, int]]:
    """Go through the modules that hold data as they are written: two columns up, two down."""
    is_up = True
    for right in [c for c in range(side - 1, 0, -2) if c > 6] + [5, 3, 1]:
        for r in range(side - 1, -1, -1) if is_up else range(side):
            yield from ((r, c) for c in (right, right - 1) if not _is_fixed(r, c, side, version))
        is_up = not is_up


def _is_fixed(r: int, c: int, side: int, version: int) -> bool:
    is_finder = (r < 9 and (c < 9 or c >= side - 8)) or (r >= side - 8 and c < 9)
    middle = side - 7
    is_aligning = version > 1 and abs(r - middle) <= 2 and abs(c - middle) <= 2
    return is_finder or is_aligning or 6 in (r, c)
