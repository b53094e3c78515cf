"""Signed JSON: the canonical form, Ed25519, unpadded base64 (specification, appendices)."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM: Final = "ed25519"
_LARGEST: Final = 2**53 - 1
_UNSIGNED: Final = ("signatures", "unsigned")


def encode64(data: bytes) -> str:
    """Return base64 without padding."""
    return base64.b64encode(data).rstrip(b"=").decode()


def decode64(text: str) -> bytes:
    """Return what a base64 text says, padded or not. Raises ValueError."""
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)


def canonical(value: object) -> bytes:
    """Return the one way to write a value: no spaces, keys sorted, UTF-8 unescaped.

    Raises ValueError for what has none: fractions, integers beyond 53 bits, half characters.
    """
    try:
        return json.dumps(
            _plain(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True
        ).encode()
    except (ValueError, RecursionError):
        pass
    msg = "the value has no canonical form"
    raise ValueError(msg)


def key_id(name: str) -> str:
    """Return how a key of ours or theirs is named in signatures: by its device or itself."""
    return f"{ALGORITHM}:{name}"


def public_key(seed: bytes) -> str:
    """Return the public key of a seed, in base64."""
    return encode64(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def signable(signed: Mapping[str, Any]) -> bytes:
    """Return the bytes that a signature of an object is made over. Raises ValueError."""
    return canonical({name: value for name, value in signed.items() if name not in _UNSIGNED})


def sign(signed: Mapping[str, Any], seed: bytes) -> str:
    """Return an object's signature by the key of a seed. Raises ValueError."""
    return encode64(Ed25519PrivateKey.from_private_bytes(seed).sign(signable(signed)))


def with_signature(
    signed: Mapping[str, Any], user: str, name: str, signature: str
) -> dict[str, Any]:
    """Return an object with this signature by a user's key and with no other."""
    bare = {each: value for each, value in signed.items() if each not in _UNSIGNED}
    return {**bare, "signatures": {user: {key_id(name): signature}}}


def verify(signed: Mapping[str, Any], public: str, user: str, name: str) -> bool:
    """Return whether an object, of whatever shape, is signed by a user's key called `name`."""
    by_user = _mapping(_mapping(signed.get("signatures")).get(user))
    signature = by_user.get(key_id(name))
    if not isinstance(signature, str):
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(decode64(public))
        key.verify(decode64(signature), signable(signed))
    except (ValueError, InvalidSignature):
        return False
    return True


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(value: object) -> object:
    """Return a value with nothing in it but what the canonical form has; whole floats are it."""
    match value:
        case None | bool() | str():
            return value
        case int() if -_LARGEST <= value <= _LARGEST:
            return value
        case float() if value.is_integer():
            return _plain(int(value))
        case dict() if all(isinstance(name, str) for name in value):
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            raise ValueError
