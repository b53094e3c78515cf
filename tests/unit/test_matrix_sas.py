"""The sums of a verification are those of the specification."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.matrix.verification.emoji import EMOJI
from adapters.matrix.verification.sas import Exchange, Party, Peer, commitment

ALICE = Party("@alice:hs", "PHONE", {"ed25519:PHONE": "phonekey", "ed25519:Alice+": "Alice+"})
BOT = Party("@bot:hs", "BOTDEVICE", {"ed25519:BOTDEVICE": "botkey"})
TRANSACTION = "$request"


class Other:
    """The other end, from the specification's text and another library."""

    def __init__(self, theirs: str) -> None:
        self._private = X25519PrivateKey.generate()
        public = X25519PublicKey.from_public_bytes(base64.b64decode(f"{theirs}="))
        self._secret = self._private.exchange(public)

    @property
    def public(self) -> str:
        """Return the passing public key."""
        raw = self._private.public_key().public_bytes_raw()
        return base64.b64encode(raw).decode().rstrip("=")

    def derive(self, length: int, info: str) -> bytes:
        """Return bytes from the shared secret."""
        return HKDF(hashes.SHA256(), length, salt=None, info=info.encode()).derive(self._secret)

    def mac(self, text: str, info: str) -> str:
        """Return a MAC by hkdf-hmac-sha256.v2."""
        made = hmac.digest(self.derive(32, info), text.encode(), "sha256")
        return base64.b64encode(made).decode().rstrip("=")


def test_both_ends_show_what_the_specification_says() -> None:
    """Emoji are 6 bits each, numbers 13 bits each and a thousand."""
    exchange = Exchange()
    other = Other(exchange.public)
    shown = exchange.agree(other.public).shown(
        BOT, exchange.public, ALICE, other.public, TRANSACTION
    )
    info = (
        f"MATRIX_KEY_VERIFICATION_SAS|@bot:hs|BOTDEVICE|{exchange.public}"
        f"|@alice:hs|PHONE|{other.public}|{TRANSACTION}"
    )
    bits = "".join(f"{byte:08b}" for byte in other.derive(6, info))
    assert shown.emoji == tuple(EMOJI[int(bits[at : at + 6], 2)] for at in range(0, 42, 6))
    assert shown.decimals == tuple(int(bits[at : at + 13], 2) + 1000 for at in (0, 13, 26))


def test_the_order_of_the_ends_counts() -> None:
    """Whoever started is named first, or both would show something else."""
    exchange = Exchange()
    agreement = exchange.agree(Other(exchange.public).public)
    there = agreement.shown(BOT, "a", ALICE, "b", TRANSACTION)
    back = agreement.shown(ALICE, "b", BOT, "a", TRANSACTION)
    assert there != back


def test_macs_are_the_specifications() -> None:
    """Of each key, and of the sorted list of their ids."""
    exchange = Exchange()
    other = Other(exchange.public)
    info = f"MATRIX_KEY_VERIFICATION_MAC@alice:hsPHONE@bot:hsBOTDEVICE{TRANSACTION}"
    ids = "ed25519:Alice+,ed25519:PHONE"
    macs = {
        "ed25519:PHONE": other.mac("phonekey", f"{info}ed25519:PHONE"),
        "ed25519:Alice+": other.mac("Alice+", f"{info}ed25519:Alice+"),
    }
    keys = other.mac(ids, f"{info}KEY_IDS")
    agreement = exchange.agree(other.public)
    assert agreement.macs(ALICE, BOT, TRANSACTION) == {"mac": macs, "keys": keys}
    assert agreement.proves(macs, keys, ALICE, BOT, TRANSACTION)
    assert not agreement.proves(macs, keys, BOT, ALICE, TRANSACTION)


def test_a_promise_is_the_specifications() -> None:
    """The key's text and the canonical start, hashed, in base64."""
    start: dict[str, Any] = {"method": "m.sas.v1", "from_device": "Ä"}
    written = json.dumps(start, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    hashed = hashlib.sha256(f"publickey{written}".encode()).digest()
    assert commitment("publickey", start) == base64.b64encode(hashed).decode().rstrip("=")


@pytest.mark.parametrize("public", ["", "?", "AAAA", "A" * 43, "\ud800"], ids=ascii)
def test_a_key_that_is_none_is_refused(public: str) -> None:
    """Also one that would make the secret known to everybody."""
    with pytest.raises(ValueError, match=r"."):
        Exchange().agree(public)


def test_every_number_has_an_emoji_of_its_own() -> None:
    """Sixty-four signs with sixty-four names."""
    assert len(EMOJI) == len({sign for sign, _ in EMOJI}) == len({name for _, name in EMOJI}) == 64


def test_a_device_named_like_a_master_key_is_nobodys() -> None:
    """A server could otherwise have one MAC taken for the other key's."""
    peer = Peer("@alice:hs", {"PHONE": "phonekey", "Master": "rogue"}, "Master")
    assert peer.party("Master") is None
    assert peer.party("GONE") is None
    known = peer.party("PHONE")
    assert known is not None
    assert known.keys == {"ed25519:PHONE": "phonekey", "ed25519:Master": "Master"}
