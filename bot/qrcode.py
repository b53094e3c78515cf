"""An address as a QR code of block characters, narrow enough for a phone's screen."""

from typing import Final

WIDTH: Final = 41
_QUIET: Final = (4, 3, 2)  # the standard's margin first, then narrower ones that cameras read
# Two modules a character, the light ones as ink: white on dark, and seen as its negative on light.
_BLOCKS: Final = {
    (0, 0): "\N{FULL BLOCK}",
    (0, 1): "\N{UPPER HALF BLOCK}",
    (1, 0): "\N{LOWER HALF BLOCK}",
    (1, 1): " ",
}


def draw(text: str) -> str:
    """Return a text as a QR code, with its quiet zone; empty: it would be too wide."""
    import segno  # noqa: PLC0415  # only operators who ask for it need it

    code = segno.make_qr(text, error="L", boost_error=False)
    side = code.symbol_size(border=0)[0]
    quiet = next((each for each in _QUIET if side + 2 * each <= WIDTH), None)
    if quiet is None:
        return ""
    rows = [list(row) for row in code.matrix_iter(border=quiet)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(_BLOCKS[each] for each in zip(*pair, strict=True)) for pair in pairs)
