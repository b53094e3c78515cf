"""A homeserver's calls about keys, held to the specification, and a place for small secrets."""

import copy
from collections.abc import Sequence
from typing import Any, Final

from vodozemac import Account

from adapters.matrix.trust.identities import DeviceKeys
from adapters.matrix.trust.seeds import Seeds
from adapters.matrix.trust.signing import sign, signable, verify, with_signature
from adapters.matrix.trust.trust import OwnDevice
from adapters.matrix.wire import CallError
from bot.domain.secret import Secret

_USAGES: Final = ("master", "self_signing", "user_signing")


class Cut(Exception):
    """The process ends here."""


class Cutter:
    """Ends the process at the point with a number, counted from one; 0: never."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.passed = 0

    def point(self) -> None:
        """Pass a point, or end."""
        self.passed += 1
        if self.passed == self.at:
            raise Cut


class FakeKeepsakes:
    """Keeps secrets, with a point to be cut at before and after each write."""

    def __init__(self) -> None:
        self.cutter = Cutter()
        self.kept: dict[str, str] = {}

    async def get(self, name: str) -> Secret | None:
        kept = self.kept.get(name)
        return None if kept is None else Secret(kept)

    async def put(self, name: str, value: Secret, *, is_fleeting: bool = False) -> None:  # noqa: ARG002 - the port's
        self.cutter.point()
        self.kept[name] = value.reveal()
        self.cutter.point()

    async def drop(self, name: str) -> None:
        self.cutter.point()
        self.kept.pop(name, None)
        self.cutter.point()


class Phone:
    """An account's device and, if it has one, its identity, as its own client knows them."""

    def __init__(self, user: str, device: str) -> None:
        self.user = user
        self.device = device
        self.account = Account()
        self.seeds = Seeds.new()

    @property
    def keys(self) -> DeviceKeys:
        """Return the device's public keys."""
        account = self.account
        return DeviceKeys(account.ed25519_key.to_base64(), account.curve25519_key.to_base64())

    def sign(self, text: str) -> str:
        """Return the device's signature."""
        return self.account.sign(text.encode()).to_base64()

    def own(self) -> OwnDevice:
        """Return the device as the bot knows its own."""
        return OwnDevice(self.user, self.device, self.keys, self.sign)

    def object(self) -> dict[str, Any]:
        """Return the device as it uploads itself."""
        bare = {
            "user_id": self.user,
            "device_id": self.device,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": {
                f"curve25519:{self.device}": self.keys.curve25519,
                f"ed25519:{self.device}": self.keys.ed25519,
            },
        }
        signature = self.sign(signable(bare).decode())
        return with_signature(bare, self.user, self.device, signature)

    def signed_object(self) -> dict[str, Any]:
        """Return the device as its identity has signed it."""
        bare = self.object()
        key = self.seeds.publics.self_signing
        bare["signatures"][self.user][f"ed25519:{key}"] = sign(bare, self.seeds.self_signing)
        return bare


class KeyServer:
    """Devices, identities and signatures, of which it takes only good ones.

    A first identity and the same one again need no more than a token; another one is approved of
    by `password` or, if that is empty, at `page`. `log` holds the calls that were made.
    """

    def __init__(self, user: str, *, password: str = "", page: str = "") -> None:
        self.user = user
        self.password = password
        self.page = page
        self.is_approved = False
        self.failures: dict[str, Any] = {}
        self.errors: list[CallError] = []
        self.cutter = Cutter()
        self.log: list[str] = []
        self.auths: list[dict[str, Any]] = []
        self.devices: dict[str, dict[str, dict[str, Any]]] = {}
        self.identities: dict[str, dict[str, dict[str, Any]]] = {}

    def add(self, phone: Phone, *, is_signed: bool = False) -> None:
        """Let a device be there; signed: with its identity."""
        device = phone.signed_object() if is_signed else phone.object()
        self.devices.setdefault(phone.user, {})[phone.device] = device
        if is_signed:
            self.identities[phone.user] = phone.seeds.identity(phone.user)

    async def query_keys(self, users: Sequence[str]) -> dict[str, Any]:
        self._called("query")
        answer: dict[str, Any] = {"device_keys": {}, "failures": {}}
        for user in users:
            answer["device_keys"][user] = self.devices.get(user, {})
            for usage in _USAGES:
                key = self.identities.get(user, {}).get(f"{usage}_key")
                if key is not None and (usage != "user_signing" or user == self.user):
                    answer.setdefault(f"{usage}_keys", {})[user] = key
        return copy.deepcopy(answer)

    async def upload_signing_keys(
        self, body: dict[str, Any], auth: dict[str, Any] | None = None
    ) -> None:
        self._called("identity")
        if self._is_new(body) and self.identities.get(self.user):
            self._authenticate(auth)
        master = next(iter(body["master_key"]["keys"].values()))
        for name in ("self_signing_key", "user_signing_key"):
            if not verify(body[name], master, self.user, master):
                raise CallError(400, "M_INVALID_SIGNATURE")
        self.cutter.point()
        self.identities[self.user] = copy.deepcopy(body)
        self.cutter.point()

    async def upload_signatures(self, body: dict[str, Any]) -> dict[str, Any]:
        self._called("signatures")
        if self.failures:
            return {"failures": self.failures}
        self.cutter.point()
        for user, objects in body.items():
            for name, signed in objects.items():
                self._add_signatures(user, name, signed)
        self.cutter.point()
        return {"failures": {}}

    def is_signed(self, user: str, name: str, by: str) -> bool:
        """Return whether the bot's key `by` has signed a device or a master key of a user."""
        signatures = self._stored(user, name).get("signatures", {})
        return f"ed25519:{by}" in signatures.get(self.user, {})

    def _called(self, call: str) -> None:
        self.log.append(call)
        if self.errors:
            raise self.errors.pop(0)

    def _is_new(self, body: dict[str, Any]) -> bool:
        known = self.identities.get(self.user, {})
        return any(signable(body[each]) != signable(known.get(each, {})) for each in body)

    def _authenticate(self, auth: dict[str, Any] | None) -> None:
        if self.page and self.is_approved:
            return
        stage = "m.login.password" if self.password else "m.oauth"
        wanted = {
            "session": "s1",
            "flows": [{"stages": [stage]}],
            "params": {"m.oauth": {"url": self.page}},
        }
        if auth is None or not self.password:
            raise CallError(401, answer=wanted)
        self.auths.append(auth)
        if auth != {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.user},
            "password": self.password,
            "session": "s1",
        }:
            raise CallError(401, "M_FORBIDDEN", answer={**wanted, "errcode": "M_FORBIDDEN"})

    def _stored(self, user: str, name: str) -> dict[str, Any]:
        """Return a device, or the master key of that name."""
        if name in self.devices.get(user, {}):
            return self.devices[user][name]
        master = self.identities[user]["master_key"]
        assert name in master["keys"].values()
        return master

    def _add_signatures(self, user: str, name: str, signed: dict[str, Any]) -> None:
        stored = self._stored(user, name)
        assert signable(stored) == signable(signed), "what is signed must be what is stored"
        (signer,) = signed["signatures"]
        assert signer == self.user
        for key in signed["signatures"][signer]:
            by = key.removeprefix("ed25519:")
            public = self.devices[signer].get(by, {}).get("keys", {}).get(key, by)
            assert verify(signed, public, signer, by), "a bad signature was sent"
        mine = stored.setdefault("signatures", {}).setdefault(signer, {})
        mine.update(signed["signatures"][signer])
