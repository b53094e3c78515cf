"""Whether a JSON is signed by a key, and the identity that such keys make. Pure."""

import json
from base64 import b64decode
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.simulators.matrix.accounts import Account, Json
from tests.simulators.matrix.refusals import Refused, bad_request

USAGES = ("master", "self_signing", "user_signing")


def public(key: Json) -> str:
    """Return the public half of a cross-signing key; raises where its form is wrong."""
    usage = (key.get("usage") or [""])[0]
    names = list(key.get("keys", {}).items())
    if usage not in USAGES or len(names) != 1 or names[0][0] != f"ed25519:{names[0][1]}":
        raise _invalid(str(usage))
    if len(_bytes(names[0][1])) != 32:
        raise _invalid(usage)
    return str(names[0][1])


def check_identity(account: Account, given: Json) -> dict[str, Json]:
    """Return the keys of an upload by usage, each of the others signed by the master key."""
    keys = {usage: given[f"{usage}_key"] for usage in USAGES if f"{usage}_key" in given}
    for usage, key in keys.items():
        if key.get("user_id") != account.id or key.get("usage") != [usage]:
            raise _invalid(usage)
        _ = public(key)
    master = keys.get("master") or account.cross.get("master")
    if master is None:
        raise bad_request("No master key available", "M_MISSING_PARAM")
    for usage in keys.keys() - {"master"}:
        signature = signature_of(keys[usage], account.id, f"ed25519:{public(master)}")
        if not is_signed(keys[usage], public(master), signature):
            raise Refused(400, "M_INVALID_SIGNATURE", f"Invalid signature on {usage} key")
    return keys


def signature_of(signed: Json, user: str, key: str) -> str:
    """Return what a key signed a JSON with; empty where it did not."""
    return str(signed.get("signatures", {}).get(user, {}).get(key, ""))


def is_signed(signed: Json, key: str, signature: str) -> bool:
    """Whether a signature is a key's over a JSON."""
    text = json.dumps(plain(signed), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(key)).verify(_bytes(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def plain(signed: Json) -> Json:
    """Return what of a JSON is signed."""
    return {name: each for name, each in signed.items() if name not in {"signatures", "unsigned"}}


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except NotBase64:
        return b""


def _invalid(usage: str) -> Refused:
    return bad_request(f"Invalid {usage.replace('_', '-')} key", "M_INVALID_PARAM")
