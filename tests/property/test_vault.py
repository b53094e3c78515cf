"""The vault under every change of a bit and any change of place."""

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.errors import VaultCorrupt
from storage.vault import Cell, DataKey, MasterKey

KEY = DataKey.generate()
MASTER = MasterKey(bytes(range(32)))
names = st.text(max_size=12)
cells = st.builds(Cell, names, names, names, names)


def _opens(blob: bytes, cell: Cell) -> bool:
    try:
        KEY.open(blob, cell)
    except VaultCorrupt:
        return False
    return True


def _unwraps(blob: bytes, key_id: str, host: str, owner: str) -> bool:
    try:
        MASTER.unwrap(blob, key_id=key_id, host=host, owner=owner)
    except VaultCorrupt:
        return False
    return True


def _flips(blob: bytes) -> list[bytes]:
    """Return every neighbour of `blob` by one bit."""
    number, size = int.from_bytes(blob, "big"), len(blob)
    return [(number ^ (1 << bit)).to_bytes(size, "big") for bit in range(size * 8)]


@given(st.binary(max_size=2_000), cells)
def test_what_is_sealed_opens(plaintext: bytes, cell: Cell) -> None:
    """Any bytes come back from any cell."""
    assert KEY.open(KEY.seal(plaintext, cell), cell) == plaintext


@given(cells, cells)
def test_no_other_cell_opens_it(cell: Cell, other: Cell) -> None:
    """Two cells that differ anywhere never share a value."""
    assume(cell != other)
    assert not _opens(KEY.seal(b"x", cell), other)


@given(names, names)
def test_text_never_moves_between_the_parts_of_a_cell(left: str, right: str) -> None:
    """Names that read the same when joined are different cells."""
    assume(left and right)
    cell = Cell(left, right, "row")
    assert not _opens(KEY.seal(b"x", cell), Cell(left + right, "", "row"))
    assert not _opens(KEY.seal(b"x", cell), Cell("", left + right, "row"))


@given(st.binary(max_size=40), cells)
def test_any_flipped_bit_is_refused(plaintext: bytes, cell: Cell) -> None:
    """Version, key id, nonce, text and tag: each bit of them counts."""
    blob = KEY.seal(plaintext, cell)
    assert not any(_opens(flipped, cell) for flipped in _flips(blob))


@given(st.binary(max_size=80), cells)
def test_arbitrary_bytes_are_refused(blob: bytes, cell: Cell) -> None:
    """Rubbish is corrupt, and nothing else is raised."""
    assert not _opens(blob, cell)
    assert not _unwraps(blob, "not hex", "h", "o")


@given(names, names)
def test_any_flipped_bit_of_a_wrapped_key_is_refused(host: str, owner: str) -> None:
    """A wrapped data key is held to the same."""
    blob = MASTER.wrap(KEY, host=host, owner=owner)
    assert _unwraps(blob, KEY.id, host, owner)
    assert not any(_unwraps(flipped, KEY.id, host, owner) for flipped in _flips(blob))


@given(names, names, names, names)
def test_a_wrapped_key_opens_for_its_owner_alone(a: str, b: str, c: str, d: str) -> None:
    """Another host, another owner: no."""
    assume((a, b) != (c, d))
    assert not _unwraps(MASTER.wrap(KEY, host=a, owner=b), KEY.id, c, d)
