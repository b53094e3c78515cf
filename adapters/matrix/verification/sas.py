"""The sums of an emoji verification: commitment, shared secret, what is shown, MACs."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final

from vodozemac import Curve25519PublicKey, EstablishedSas, Sas

from adapters.matrix.trust.signing import canonical, encode64, key_id
from adapters.matrix.verification.emoji import EMOJI

_KEY_IDS: Final = "KEY_IDS"


@dataclass(frozen=True, slots=True)
class Party:
    """One end: an account's device, and the keys that are to be verified, by their ids."""

    user: str
    device: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Peer:
    """The other account as the server shows it: Ed25519 keys by device, and the master key."""

    user: str
    devices: Mapping[str, str]
    master: str = ""

    def party(self, device: str) -> Party | None:
        """Return a device as the other end; None if nobody knows it.

        A device that is named like the master key is nobody's: its MAC could pass for the other's.
        """
        if device not in self.devices or device == self.master:
            return None
        keys = {key_id(device): self.devices[device]}
        if self.master:
            keys[key_id(self.master)] = self.master
        return Party(self.user, device, keys)


@dataclass(frozen=True, slots=True)
class Shown:
    """What both people compare: seven emoji with their names, and three numbers."""

    emoji: tuple[tuple[str, str], ...]
    decimals: tuple[int, int, int]


def commitment(public: str, start: Mapping[str, Any]) -> str:
    """Return what whoever accepts `start` promises its key by. Raises ValueError."""
    return encode64(hashlib.sha256(public.encode() + canonical(start)).digest())


@final
class Exchange:
    """One end's passing key pair; it serves once."""

    def __init__(self) -> None:
        """Make the keys."""
        self._sas = Sas()
        self.public = self._sas.public_key.to_base64()

    def agree(self, public: str) -> "Agreement":
        """Return what both ends know now. Raises ValueError for a key that is none."""
        return Agreement(self._sas.diffie_hellman(Curve25519PublicKey.from_base64(public)))


@final
class Agreement:
    """The secret of both ends."""

    def __init__(self, established: EstablishedSas) -> None:
        """Take the secret."""
        self._established = established

    def shown(
        self,
        starter: Party,
        starter_key: str,
        accepter: Party,
        accepter_key: str,
        transaction: str,
    ) -> Shown:
        """Return what both ends show, if nobody stands between them."""
        ends = (starter.user, starter.device, starter_key)
        others = (accepter.user, accepter.device, accepter_key)
        info = "|".join(("MATRIX_KEY_VERIFICATION_SAS", *ends, *others, transaction))
        shared = self._established.bytes(info)
        emoji = tuple(EMOJI[index] for index in shared.emoji_indices)
        return Shown(emoji, shared.decimals)

    def macs(self, sender: Party, receiver: Party, transaction: str) -> dict[str, Any]:
        """Return the MACs by which a sender shows that its keys are its own."""
        info = _mac_info(sender, receiver, transaction)
        calculate = self._established.calculate_mac
        return {
            "mac": {name: calculate(key, info + name) for name, key in sender.keys.items()},
            "keys": calculate(",".join(sorted(sender.keys)), info + _KEY_IDS),
        }

    def proves(
        self,
        macs: Mapping[str, str],
        keys: str,
        sender: Party,
        receiver: Party,
        transaction: str,
    ) -> bool:
        """Return whether MACs are right, for keys of the sender's that we know, at least one."""
        info = _mac_info(sender, receiver, transaction)
        if not macs or not self._is_mac(",".join(sorted(macs)), info + _KEY_IDS, keys):
            return False
        return all(
            name in sender.keys and self._is_mac(sender.keys[name], info + name, mac)
            for name, mac in macs.items()
        )

    def _is_mac(self, text: str, info: str, mac: str) -> bool:
        try:
            self._established.verify_mac(text, info, mac)
        except ValueError:
            return False
        return True


def _mac_info(sender: Party, receiver: Party, transaction: str) -> str:
    ends = (sender.user, sender.device, receiver.user, receiver.device)
    return "".join(("MATRIX_KEY_VERIFICATION_MAC", *ends, transaction))
