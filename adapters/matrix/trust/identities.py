"""What an answer of `keys/query` says of a user, whatever the server put into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from adapters.matrix.trust.signing import decode64, key_id, verify

_KEY_BYTES = 32


class _Device(msgspec.Struct):
    user_id: str
    device_id: str
    keys: dict[str, str]


class _Key(msgspec.Struct):
    user_id: str
    usage: list[str]
    keys: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user's public cross-signing keys; empty where it is missing or not signed as it must."""

    master: str = ""
    self_signing: str = ""
    user_signing: str = ""


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """A device's public keys, in base64."""

    ed25519: str
    curve25519: str


def identity_of(answer: Mapping[str, Any], user: str) -> Identity | None:
    """Return a user's identity; None if they have none, all empty if it cannot be read.

    The server shows the user-signing key to its owner only.
    """
    raw = _entry(answer, "master_keys", user)
    if raw is None:
        return None
    master = _public(raw, user, "master")
    if not master:
        return Identity()
    return Identity(
        master=master,
        self_signing=_signed_public(answer, user, "self_signing", master),
        user_signing=_signed_public(answer, user, "user_signing", master),
    )


def master_object(answer: Mapping[str, Any], user: str) -> dict[str, Any]:
    """Return a user's master key as the server has it; empty if there is none."""
    return _object(_entry(answer, "master_keys", user))


def device_object(answer: Mapping[str, Any], user: str, device: str) -> dict[str, Any]:
    """Return a device as the server has it; empty if it has none."""
    return _object(_object(_entry(answer, "device_keys", user)).get(device))


def device_of(answer: Mapping[str, Any], user: str, name: str) -> DeviceKeys | None:
    """Return a device's keys; None if the server has no such device that is signed by itself."""
    raw = device_object(answer, user, name)
    try:
        device = msgspec.convert(raw, _Device)
    except msgspec.ValidationError:
        return None
    ed25519 = device.keys.get(key_id(name), "")
    if (device.user_id, device.device_id) != (user, name) or not _is_key(ed25519):
        return None
    if not verify(raw, ed25519, user, name):
        return None
    return DeviceKeys(ed25519, device.keys.get(f"curve25519:{name}", ""))


def devices_of(answer: Mapping[str, Any], user: str) -> dict[str, DeviceKeys]:
    """Return the keys of all devices of a user that are signed by themselves."""
    names = _object(_entry(answer, "device_keys", user))
    found = {name: device_of(answer, user, name) for name in names}
    return {name: keys for name, keys in found.items() if keys is not None}


def signed_devices(answer: Mapping[str, Any], user: str) -> frozenset[str] | None:
    """Return the devices that a user's identity has signed; None if they have no identity.

    The whole chain is checked: master, self-signing key, device. An identity that cannot be read,
    or whose chain is broken, has signed none.
    """
    identity = identity_of(answer, user)
    if identity is None:
        return None
    key = identity.self_signing
    if not key:
        return frozenset()
    names = devices_of(answer, user)
    return frozenset(
        name for name in names if verify(device_object(answer, user, name), key, user, key)
    )


def _signed_public(answer: Mapping[str, Any], user: str, usage: str, master: str) -> str:
    raw = _object(_entry(answer, f"{usage}_keys", user))
    return _public(raw, user, usage) if verify(raw, master, user, master) else ""


def _public(raw: object, user: str, usage: str) -> str:
    """Return the one key in a cross-signing key's object; empty if it is not as it must be."""
    try:
        key = msgspec.convert(raw, _Key)
    except msgspec.ValidationError:
        return ""
    if key.user_id != user or usage not in key.usage or len(key.keys) != 1:
        return ""
    ((name, public),) = key.keys.items()
    return public if name == key_id(public) and _is_key(public) else ""


def _is_key(public: str) -> bool:
    try:
        return len(decode64(public)) == _KEY_BYTES
    except ValueError:
        return False


def _entry(answer: Mapping[str, Any], table: str, user: str) -> object:
    return _object(answer.get(table)).get(user)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
