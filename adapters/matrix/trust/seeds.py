"""The three secret seeds of an identity, and how they are kept over an upload that may be cut."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from adapters.matrix.trust.identities import Identity
from adapters.matrix.trust.signing import (
    decode64,
    encode64,
    key_id,
    public_key,
    sign,
    with_signature,
)
from bot.domain.ports import Keepsakes
from bot.domain.secret import Secret

_SEED_BYTES: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Seeds:
    """Ed25519 seeds: who the account is, what signs its devices, what signs other people."""

    master: bytes
    self_signing: bytes
    user_signing: bytes

    def __repr__(self) -> str:
        return "Seeds(…)"

    @classmethod
    def new(cls) -> Self:
        """Return seeds nobody has seen."""
        return cls(os.urandom(_SEED_BYTES), os.urandom(_SEED_BYTES), os.urandom(_SEED_BYTES))

    @classmethod
    def load(cls, kept: Secret) -> Self:
        """Return the seeds of a `dump`. Raises ValueError, which says nothing of the text."""
        try:
            master, self_signing, user_signing = map(decode64, json.loads(kept.reveal()))
        except (ValueError, TypeError, AttributeError):
            master = self_signing = user_signing = b""
        if {len(master), len(self_signing), len(user_signing)} != {_SEED_BYTES}:
            msg = "the kept seeds cannot be read"
            raise ValueError(msg)
        return cls(master, self_signing, user_signing)

    def dump(self) -> Secret:
        """Return the seeds as a text to be sealed."""
        return Secret(json.dumps([*map(encode64, self._all)]))

    @property
    def publics(self) -> Identity:
        """Return the public keys."""
        return Identity(
            master=public_key(self.master),
            self_signing=public_key(self.self_signing),
            user_signing=public_key(self.user_signing),
        )

    def identity(self, user: str) -> dict[str, Any]:
        """Return what `keys/device_signing/upload` takes."""
        public = self.publics
        return {
            "master_key": key_object(user, "master", public.master),
            "self_signing_key": self._by_master(user, "self_signing", public.self_signing),
            "user_signing_key": self._by_master(user, "user_signing", public.user_signing),
        }

    def _by_master(self, user: str, usage: str, public: str) -> dict[str, Any]:
        key = key_object(user, usage, public)
        return with_signature(key, user, self.publics.master, sign(key, self.master))

    @property
    def _all(self) -> Sequence[bytes]:
        return self.master, self.self_signing, self.user_signing


def key_object(user: str, usage: str, public: str) -> dict[str, Any]:
    """Return a public key of an identity as the specification writes it."""
    return {"user_id": user, "usage": [usage], "keys": {key_id(public): public}}


class KeptSeeds:
    """An account's seeds, sealed: those in use, and new ones until the server surely has them."""

    def __init__(self, keepsakes: Keepsakes, user: str) -> None:
        """Take the store; no I/O."""
        self._keepsakes = keepsakes
        self._name = f"matrix-seeds {user}"
        self._new_name = f"matrix-seeds-new {user}"

    async def candidates(self) -> list[Seeds]:
        """Return those in use, then those that may not have reached the server, if there are."""
        kept = [await self._keepsakes.get(name) for name in (self._name, self._new_name)]
        return [Seeds.load(each) for each in kept if each is not None]

    async def prepare(self, seeds: Seeds) -> None:
        """Keep new seeds beside those in use, before anything of them leaves this host."""
        await self._keepsakes.put(self._new_name, seeds.dump())

    async def settle(self, seeds: Seeds) -> None:
        """Take seeds for those in use from now on; it may be cut anywhere and done again."""
        if await self._keepsakes.get(self._name) != seeds.dump():
            await self._keepsakes.put(self._name, seeds.dump())
        await self._keepsakes.drop(self._new_name)
