"""The vault: what opens, what does not, and what never shows."""

import copy
import pickle

import pytest

from bot.domain.errors import VaultCorrupt
from storage.vault import Cell, DataKey, MasterKey, data_key_id, master_key_id

CELL = Cell("api_keys", "sealed", "m1", "openai https://api.example.org")
RAW = bytes(range(32))


def test_a_value_opens_in_its_cell() -> None:
    """What was sealed comes back, and is not readable in between."""
    key = DataKey.generate()
    blob = key.seal(b"sk-canary-1", CELL)
    assert key.open(blob, CELL) == b"sk-canary-1"
    assert b"canary" not in blob
    assert data_key_id(blob) == key.id


def test_the_same_value_never_looks_the_same() -> None:
    """Each sealing has its own nonce."""
    key = DataKey.generate()
    assert len({key.seal(b"x", CELL) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Cell("turns", "sealed", "m1", CELL.context), id="table"),
        pytest.param(Cell("api_keys", "mask", "m1", CELL.context), id="column"),
        pytest.param(Cell("api_keys", "sealed", "m2", CELL.context), id="row"),
        pytest.param(Cell("api_keys", "sealed", "m1", "openai https://evil.org"), id="context"),
        pytest.param(Cell("api_key", "ssealed", "m1", CELL.context), id="shifted"),
    ],
)
def test_a_moved_value_does_not_open(other: Cell) -> None:
    """A value opens in its own cell only, and the error names where it was read."""
    key = DataKey.generate()
    with pytest.raises(VaultCorrupt) as caught:
        key.open(key.seal(b"x", CELL), other)
    assert (caught.value.table, caught.value.column) == (other.table, other.column)
    assert caught.value.row == other.row


def test_another_data_key_does_not_open() -> None:
    """Not even one that claims the same id."""
    key, other = DataKey.generate(), DataKey.generate()
    for stranger in (other, DataKey(key.id, bytes(32))):
        with pytest.raises(VaultCorrupt):
            stranger.open(key.seal(b"x", CELL), CELL)


@pytest.mark.parametrize("size", [0, 1, 8, 9, 21, 36])
def test_a_cut_value_does_not_open(size: int) -> None:
    """A short value is corrupt, never an IndexError."""
    key = DataKey.generate()
    with pytest.raises(VaultCorrupt):
        key.open(key.seal(b"", CELL)[:size], CELL)


def test_no_id_in_what_is_not_sealed() -> None:
    """Bytes of another format name no key."""
    assert data_key_id(b"") == ""
    assert data_key_id(b"\x01short") == ""
    assert data_key_id(b"\x02" + bytes(40)) == ""
    assert master_key_id(b"\x02" + bytes(70)) == ""


def test_a_master_key_names_itself() -> None:
    """The id depends on the key alone and holds none of it."""
    master = MasterKey(RAW)
    assert master.id == MasterKey(RAW).id != MasterKey(bytes(32)).id
    assert len(bytes.fromhex(master.id)) == 8
    assert bytes.fromhex(master.id) not in RAW


def test_a_master_key_has_32_bytes() -> None:
    """A shorter key is a mistake."""
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKey(b"short")


def test_a_data_key_survives_wrapping() -> None:
    """The unwrapped key opens what the first one sealed."""
    master, key = MasterKey(RAW), DataKey.generate()
    blob = master.wrap(key, host="h", owner="m1")
    back = MasterKey(RAW).unwrap(blob, key_id=key.id, host="h", owner="m1")
    assert back.open(key.seal(b"x", CELL), CELL) == b"x"
    assert master_key_id(blob) == master.id


def test_a_new_master_key_leaves_the_data_alone() -> None:
    """Wrapping again under another key is all a rotation needs."""
    old, new, key = MasterKey(RAW), MasterKey(bytes(32)), DataKey.generate()
    sealed = key.seal(b"x", CELL)
    moved = new.wrap(
        old.unwrap(old.wrap(key, host="h", owner="m"), key_id=key.id, host="h", owner="m"),
        host="h",
        owner="m",
    )
    assert new.unwrap(moved, key_id=key.id, host="h", owner="m").open(sealed, CELL) == b"x"
    with pytest.raises(VaultCorrupt):
        old.unwrap(moved, key_id=key.id, host="h", owner="m")


@pytest.mark.parametrize(
    ("host", "owner", "is_own_id"),
    [("h2", "m1", True), ("h1", "m2", True), ("h1m", "1", True), ("h1", "m1", False)],
    ids=["host", "owner", "shifted", "id"],
)
def test_a_moved_data_key_does_not_open(host: str, owner: str, *, is_own_id: bool) -> None:
    """A data key's row is worth nothing elsewhere."""
    master, key = MasterKey(RAW), DataKey.generate()
    blob = master.wrap(key, host="h1", owner="m1")
    key_id = key.id if is_own_id else DataKey.generate().id
    with pytest.raises(VaultCorrupt) as caught:
        master.unwrap(blob, key_id=key_id, host=host, owner=owner)
    assert caught.value.row == key_id


@pytest.mark.parametrize("key", [MasterKey(RAW), DataKey("00" * 8, RAW)], ids=["master", "data"])
def test_keys_never_show(key: MasterKey | DataKey) -> None:
    """A key's repr is its id; it is neither pickled nor copied."""
    assert repr(key) == f"{type(key).__name__}({key.id})"
    assert RAW.hex() not in repr(key)
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="never pickled"):
            act(key)
