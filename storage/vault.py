"""Sealing values at rest: a master key wraps data keys, a data key seals cells.

Everything is AES-256-GCM with a fresh 96-bit nonce. What a value belongs to is associated data,
so a value that was changed, or moved to another row, column, member or host, does not open.

    sealed cell   version 1 │ data key id 8 │ nonce 12 │ ciphertext + tag 16
    wrapped key   version 1 │ master key id 8 │ data key id 8 │ nonce 12 │ ciphertext 32 + tag 16

Both name the key that closed them. To change the master key, unwrap each data key with the old
one and wrap it with the new one: sealed cells stay as they are.
"""

import os
import secrets
from dataclasses import dataclass
from typing import Final, NoReturn, Self, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.domain.errors import VaultCorrupt

KEY_BYTES: Final = 32
_VERSION: Final = b"\x01"
_ID: Final = 8
_NONCE: Final = 12
_TAG: Final = 16
_CELL_HEAD: Final = 1 + _ID + _NONCE
_WRAP_HEAD: Final = 1 + _ID + _ID + _NONCE


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a sealed value lives. `context` binds it to more, such as an API key's origin."""

    table: str
    column: str
    row: str
    context: str = ""


def _bind(purpose: str, *parts: bytes | str) -> bytes:
    """Return associated data; each part goes after its length, so no two lists look alike."""
    encoded = [part.encode() if isinstance(part, str) else part for part in (purpose, *parts)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


class _Unshown:
    """Key material: neither copied nor pickled; a repr shows its id alone."""

    __slots__ = ()

    id: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id})"

    def __reduce__(self) -> NoReturn:
        msg = f"a {type(self).__name__} is never pickled"
        raise TypeError(msg)


@final
class DataKey(_Unshown):
    """A data key (DEK): seals the cells of one owner.

    Random nonces are safe for 2**32 values under one key, more than a member writes in a life.
    """

    __slots__ = ("_cipher", "_key", "id")

    def __init__(self, key_id: str, key: bytes) -> None:
        """Take charge of 32 bytes; `key_id` is 16 hex digits."""
        self.id = key_id
        self._key = key
        self._cipher = AESGCM(key)

    @classmethod
    def generate(cls) -> Self:
        """Return a new random key with a new random id."""
        return cls(secrets.token_hex(_ID), secrets.token_bytes(KEY_BYTES))

    def seal(self, plaintext: bytes, cell: Cell) -> bytes:
        """Return `plaintext`, closed for this cell only."""
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, plaintext, self._bound_to(cell))
        return _VERSION + bytes.fromhex(self.id) + nonce + sealed

    def open(self, blob: bytes, cell: Cell) -> bytes:
        """Return what was sealed. Raises VaultCorrupt if it was changed or is not of this cell."""
        if len(blob) < _CELL_HEAD + _TAG or data_key_id(blob) != self.id:
            raise VaultCorrupt(cell.table, cell.column, cell.row)
        nonce, sealed = blob[1 + _ID : _CELL_HEAD], blob[_CELL_HEAD:]
        try:
            return self._cipher.decrypt(nonce, sealed, self._bound_to(cell))
        except InvalidTag:
            raise VaultCorrupt(cell.table, cell.column, cell.row) from None

    def _bound_to(self, cell: Cell) -> bytes:
        place = (cell.table, cell.column, cell.row, cell.context)
        return _bind("hearthkey cell", _VERSION, self.id, *place)


@final
class MasterKey(_Unshown):
    """The key encryption key (KEK): wraps data keys and nothing else.

    `id` is derived from the key and tells nothing about it, so the database can keep it.
    """

    __slots__ = ("_cipher", "id")

    def __init__(self, key: bytes) -> None:
        """Derive from 32 secret bytes; ValueError for another length. They are not kept."""
        if len(key) != KEY_BYTES:
            msg = "a master key has 32 bytes"
            raise ValueError(msg)
        self.id = _derive(key, "hearthkey master key id", _ID).hex()
        self._cipher = AESGCM(_derive(key, "hearthkey wrapping key", KEY_BYTES))

    def wrap(self, data_key: DataKey, *, host: str, owner: str) -> bytes:
        """Return the data key, closed for one owner in one host's database."""
        nonce = os.urandom(_NONCE)
        bound = self._bound_to(data_key.id, host, owner)
        wrapped = self._cipher.encrypt(nonce, data_key._key, bound)  # noqa: SLF001  # its one other reader
        return _VERSION + bytes.fromhex(self.id) + bytes.fromhex(data_key.id) + nonce + wrapped

    def unwrap(self, blob: bytes, *, key_id: str, host: str, owner: str) -> DataKey:
        """Return the data key `key_id` of an owner.

        Raises VaultCorrupt if it was changed, moved, or wrapped by another master key.
        """
        is_ours = master_key_id(blob) == self.id and blob[1 + _ID : 1 + _ID + _ID].hex() == key_id
        if not is_ours or len(blob) != _WRAP_HEAD + KEY_BYTES + _TAG:
            raise VaultCorrupt("data_keys", "wrapped", key_id)
        nonce, wrapped = blob[1 + _ID + _ID : _WRAP_HEAD], blob[_WRAP_HEAD:]
        try:
            key = self._cipher.decrypt(nonce, wrapped, self._bound_to(key_id, host, owner))
        except InvalidTag:
            raise VaultCorrupt("data_keys", "wrapped", key_id) from None
        return DataKey(key_id, key)

    def _bound_to(self, key_id: str, host: str, owner: str) -> bytes:
        return _bind("hearthkey data key", _VERSION, self.id, host, key_id, owner)


def _derive(key: bytes, purpose: str, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose.encode()).derive(key)


def data_key_id(blob: bytes) -> str:
    """Return which data key sealed a value; empty, as no key's id is, if it is none of ours."""
    return blob[1 : 1 + _ID].hex() if _is_versioned(blob) else ""


def master_key_id(blob: bytes) -> str:
    """Return which master key wrapped a data key; empty if it is none of ours."""
    return blob[1 : 1 + _ID].hex() if _is_versioned(blob) else ""


def _is_versioned(blob: bytes) -> bool:
    return blob[:1] == _VERSION and len(blob) > _ID
