"""The bot's identity: made once, kept sealed, and its device signed by it at every start."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, final

from adapters.matrix.trust.approval import Refused, errcode, upload_identity
from adapters.matrix.trust.identities import (
    DeviceKeys,
    Identity,
    device_object,
    device_of,
    identity_of,
    master_object,
)
from adapters.matrix.trust.ports import TrustApi
from adapters.matrix.trust.seeds import KeptSeeds, Seeds
from adapters.matrix.trust.signing import sign, signable, verify, with_signature
from bot.domain.ports import Keepsakes
from bot.domain.secret import Secret

_FOREIGN: Final = (
    "the account has an identity whose seeds are not here, so Element warns of the bot or sends it"
    " nothing it can read. Restore the backup that has them, or make a new identity with:"
    " hearthkey matrix reset-identity"
)
_UNSEEN: Final = "the bot's identity was not looked at yet"
_BEGUN: Final = "a new identity was begun; the next start finishes it"


class Standing(Enum):
    """How the bot stands with its own account's identity."""

    TRUSTED = "trusted"  # the identity is ours and has signed this device
    FOREIGN = "foreign"  # there is one, and its seeds are not here
    UNSIGNED = "unsigned"  # the server did not take an identity or a signature


@dataclass(frozen=True, slots=True)
class TrustState:
    """How the bot stands, and one line on what to do about it, empty if nothing is."""

    standing: Standing
    line: str = ""


class DeviceLost(Exception):
    """The server does not know this device by these keys: it must become a new one."""


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """This device. `sign` returns the signature of a text by its Ed25519 key, in base64."""

    user: str
    device: str
    keys: DeviceKeys
    sign: Callable[[str], str]


@final
class Trust:
    """Keeps an account's identity and signs with it. Never makes a new one unless it is told to.

    Everything may be cut at any point and begun again: seeds are sealed before anything of them
    leaves this host, and a signature is only made where one is missing.
    """

    def __init__(
        self, api: TrustApi, keepsakes: Keepsakes, me: OwnDevice, *, password: Secret | None
    ) -> None:
        """Take this device, whose keys are on the server already; no I/O."""
        self._api = api
        self._kept = KeptSeeds(keepsakes, me.user)
        self._me = me
        self._password = password
        self._seeds: Seeds | None = None
        self._lock = asyncio.Lock()
        self.state = TrustState(Standing.UNSIGNED, _UNSEEN)

    @property
    def me(self) -> OwnDevice:
        """Return this device."""
        return self._me

    @property
    def master(self) -> str:
        """Return the public master key; empty unless the bot is trusted."""
        if self._seeds is None or self.state.standing is not Standing.TRUSTED:
            return ""
        return self._seeds.publics.master

    async def establish(self) -> TrustState:
        """See to it that the account has an identity, ours, and that it has signed this device.

        Raises DeviceLost, and CallError if the server cannot be asked; then it is to be tried
        again. Whatever the state, the bot may go on.
        """
        async with self._lock:
            try:
                self.state = await self._establish()
            except Refused as refused:
                self.state = TrustState(Standing.UNSIGNED, refused.line)
        return self.state

    async def renew(self) -> TrustState:
        """Give the account a new identity, whatever it has now.

        Raises Refused if nothing has changed; CallError if that is not known, which the next
        `establish` finds out.
        """
        async with self._lock:
            answer = await self._query(self._me.user)
            device = self._own_device(answer)
            await self._ours(identity_of(answer, self._me.user))
            seeds = await self._new_seeds()
            before, self.state = self.state, TrustState(Standing.UNSIGNED, _BEGUN)
            try:
                master = await self._publish(seeds)
            except Refused:
                self.state = before
                raise
            self.state = await self._sign(seeds, device, master)
        return self.state

    async def vouch(self, user: str, master: str) -> None:
        """Sign a user's master key, whose owner was verified. Raises Refused, CallError."""
        async with self._lock:
            if self._seeds is None or not self.master:
                raise Refused(self.state.line)
            answer = await self._query(user)
            found = identity_of(answer, user)
            if found is None or found.master != master:
                msg = "their identity has changed since it was verified; verify again"
                raise Refused(msg)
            key, seed = self._seeds.publics.user_signing, self._seeds.user_signing
            signed = _signed(master_object(answer, user), self._me.user, key, seed)
            await self._upload(user, {master: signed})

    async def _establish(self) -> TrustState:
        user = self._me.user
        answer = await self._query(user)
        device = self._own_device(answer)
        found = identity_of(answer, user)
        if found is None:
            kept = await self._kept.candidates()
            seeds = kept[0] if kept else await self._new_seeds()
            return await self._sign(seeds, device, await self._publish(seeds))
        ours = await self._ours(found)
        if ours is None:
            return TrustState(Standing.FOREIGN, _FOREIGN)
        if found != ours.publics:
            return await self._sign(ours, device, await self._publish(ours))
        return await self._sign(ours, device, master_object(answer, user))

    async def _query(self, user: str) -> dict[str, Any]:
        return await self._api.query_keys([user])

    def _own_device(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return this device as the server has it. Raises DeviceLost."""
        user, device = self._me.user, self._me.device
        if device_of(answer, user, device) != self._me.keys:
            raise DeviceLost
        return device_object(answer, user, device)

    async def _ours(self, found: Identity | None) -> Seeds | None:
        """Return the seeds of the server's identity, from now on those in use, if they are here.

        New seeds that never reached the server are forgotten, and those that did are taken over.
        """
        for seeds in await self._kept.candidates():
            if found is not None and seeds.publics.master == found.master:
                await self._kept.settle(seeds)
                return seeds
        return None

    async def _new_seeds(self) -> Seeds:
        seeds = Seeds.new()
        await self._kept.prepare(seeds)
        return seeds

    async def _publish(self, seeds: Seeds) -> dict[str, Any]:
        """Make the account's identity that of the seeds; return its master key."""
        identity = seeds.identity(self._me.user)
        await upload_identity(self._api, identity, user=self._me.user, password=self._password)
        await self._kept.settle(seeds)
        master: dict[str, Any] = identity["master_key"]
        return master

    async def _sign(
        self, seeds: Seeds, device: dict[str, Any], master: dict[str, Any]
    ) -> TrustState:
        """Sign the device by the identity, and the identity by the device, where it is not."""
        me, publics = self._me, seeds.publics
        missing = {}
        if not verify(device, publics.self_signing, me.user, publics.self_signing):
            missing[me.device] = _signed(device, me.user, publics.self_signing, seeds.self_signing)
        if not verify(master, me.keys.ed25519, me.user, me.device):
            signature = me.sign(signable(master).decode())
            missing[publics.master] = with_signature(master, me.user, me.device, signature)
        try:
            await self._upload(me.user, missing)
        except Refused as refused:
            return TrustState(Standing.UNSIGNED, refused.line)
        self._seeds = seeds
        return TrustState(Standing.TRUSTED)

    async def _upload(self, user: str, objects: dict[str, Any]) -> None:
        answer = await self._api.upload_signatures({user: objects}) if objects else {}
        if failures := answer.get("failures"):
            line = f"the homeserver does not take the bot's signature ({_code(failures, user)})"
            raise Refused(line)


def _signed(raw: dict[str, Any], user: str, key: str, seed: bytes) -> dict[str, Any]:
    return with_signature(raw, user, key, sign(raw, seed))


def _code(failures: object, user: str) -> str:
    """Return the first error code among the failures of a user's keys."""
    by_key = failures.get(user) if isinstance(failures, dict) else None
    first = next(iter(by_key.values()), None) if isinstance(by_key, dict) else None
    return errcode(first.get("errcode") if isinstance(first, dict) else None)
