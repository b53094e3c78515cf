"""The calls about keys: of devices, for one message, and those that make an identity."""

from typing import Final

from tests.simulators.matrix.accounts import Account, Device, Json
from tests.simulators.matrix.calls import Call, Route
from tests.simulators.matrix.logins import Unproved, prove
from tests.simulators.matrix.refusals import bad_json, bad_request
from tests.simulators.matrix.signatures import USAGES, check_identity, is_signed, plain, public

_PARTS: Final = ("algorithms", "device_id", "keys", "signatures", "user_id")
_ACCOUNT_PAGE: Final = "https://account.home.test/?action=org.matrix.cross_signing_reset"


def upload(call: Call) -> Json:
    """Keep a device's keys; a key for one message is never replaced."""
    device, body = call.device, call.body
    one_time, fallback = body.get("one_time_keys") or {}, body.get("fallback_keys") or {}
    for name, key in [*one_time.items(), *fallback.items()]:
        if not isinstance(key, str) and not {"key", "signatures"} <= key.keys():
            raise bad_json(f"{name}: Field required")
    for name, key in one_time.items():
        if device.one_time.get(name, key) != key:
            old = device.one_time[name]
            error = f"One time key {name} already exists. Old key: {old}; new key: {key}"
            raise bad_request(error)
    if keys := body.get("device_keys"):
        _keep(call, device, keys)
    device.one_time.update(one_time)
    for name, key in fallback.items():
        algorithm = name.partition(":")[0]
        device.fallback[algorithm] = (name, key)
        device.unused.add(algorithm)
    call.server.note(
        "keys",
        call.user,
        device=device.id,
        has_device_keys=bool(keys),
        one_time=len(one_time),
        fallback=len(fallback),
    )
    return {"one_time_key_counts": device.counts}


def query(call: Call) -> Json:
    """Return the keys of everybody asked for, as far as the caller may see them."""
    found: Json = {"device_keys": {}, "failures": {}, "master_keys": {}, "self_signing_keys": {}}
    found["user_signing_keys"] = {}
    for user, names in call.given("device_keys").items():
        account = call.server.accounts.get(user)
        devices = account.devices.values() if account else ()
        found["device_keys"][user] = {
            each.id: _shown(user, each)
            for each in devices
            if each.keys is not None and (not names or each.id in names)
        }
        for usage, key in account.cross.items() if account else ():
            if usage != "user_signing" or user == call.user:
                found[f"{usage}_keys"][user] = _seen_by(call.account, user, usage, key)
    return found


def claim(call: Call) -> Json:
    """Give away a key for one message of each device asked for, or the one kept for need."""
    found: dict[str, dict[str, Json]] = {}
    for user, devices in call.given("one_time_keys").items():
        account = call.server.accounts.get(user)
        for name, algorithm in devices.items():
            device = account.devices.get(name) if account else None
            if device is not None and (taken := _take(device, algorithm)):
                found.setdefault(user, {})[name] = taken
    return {"one_time_keys": found, "failures": {}}


def identity(call: Call) -> Json:
    """Keep an identity; one that is there already is replaced only for who knows the password."""
    account = call.account
    keys = check_identity(account, call.body)
    if all(_is_ours(account, usage, key) for usage, key in keys.items()):
        return {}
    if account.cross:
        _approve(call, account)
    account.cross.update(keys)
    call.server.move_keys(account)
    call.server.note("identity", call.user, master=public(account.cross["master"]))
    return {}


def sign(call: Call) -> Json:
    """Add signatures to keys, and tell which of them are none."""
    failures: dict[str, Json] = {}
    for user, signed in call.body.items():
        for name, key in signed.items():
            error = _add_signatures(call, user, name, key)
            if error:
                failures.setdefault(user, {})[name] = _failure(*error)
            else:
                call.server.note("signed", call.user, user=user, key=name)
    return {"failures": failures}


def send_to_device(call: Call) -> Json:
    """Send messages to devices, once per transaction id."""
    messages = call.given("messages")
    key = ("device", call.user, call.session.name, call.parts["txn"])
    if key in call.server.done:
        return {}
    call.server.done[key] = ""
    for user, devices in messages.items():
        for device, content in devices.items():
            sent = {"type": call.parts["type"], "sender": call.user, "content": content}
            call.server.enqueue(user, device, sent)
    call.server.note("to_device", call.user, type=call.parts["type"], messages=messages)
    return {}


def _keep(call: Call, device: Device, keys: Json) -> None:
    for name in _PARTS:
        if name not in keys:
            raise bad_json(f"device_keys.{name}: Field required")
    for name, mine in (("user_id", call.user), ("device_id", device.id)):
        if keys[name] != mine:
            whose = "authenticated user device" if name == "device_id" else "authenticated user"
            raise bad_json(
                f"Provided `{name}` in `device_keys` does not match that of the {whose}"
            )
    if device.keys != keys:
        device.keys = keys
        call.server.move_keys(call.account)


def _shown(user: str, device: Device) -> Json:
    keys = dict(device.keys or {})
    own = {**keys.get("signatures", {}).get(user, {}), **device.signatures}
    named = {} if device.name is None else {"device_display_name": device.name}
    return {**keys, "signatures": {**keys.get("signatures", {}), user: own}, "unsigned": named}


def _seen_by(viewer: Account, user: str, usage: str, key: Json) -> Json:
    """Return a key of an identity; who has signed it later sees that, nobody else does."""
    signed = viewer.signed.get(user, {}) if usage == "master" else {}
    if not signed:
        return key
    signatures = key.get("signatures", {})
    own = {**signatures.get(viewer.id, {}), **signed}
    return {**key, "signatures": {**signatures, viewer.id: own}}


def _take(device: Device, algorithm: str) -> Json:
    for name in device.one_time:
        if name.partition(":")[0] == algorithm:
            return {name: device.one_time.pop(name)}
    device.unused.discard(algorithm)
    if algorithm not in device.fallback:
        return {}
    name, key = device.fallback[algorithm]
    return {name: key}


def _approve(call: Call, account: Account) -> None:
    if not call.server.is_delegated:
        prove(call.server, account, call.name, call.body)
        return
    stages = ("m.oauth", "org.matrix.cross_signing_reset")
    raise Unproved(
        session="dummy",
        flows=[{"stages": [each]} for each in stages],
        params={each: {"url": _ACCOUNT_PAGE} for each in stages},
        msg=f"To reset your identity, you first need to approve it at {_ACCOUNT_PAGE}",
    )


def _add_signatures(call: Call, user: str, name: str, key: Json) -> tuple[int, str, str] | None:
    """Add the caller's signatures to a key; return what is wrong, if anything is."""
    account, owner = call.account, call.server.accounts.get(user)
    device = owner.devices.get(name) if owner and owner is account else None
    if owner is None or (device is None and name not in _identity_names(owner)):
        return 404, "M_NOT_FOUND", "Unknown device"
    if owner is not account and "user_signing" not in account.cross:
        return 404, "M_NOT_FOUND", f"No user_signing key found for {account.id}"
    kept = (device.keys if device is not None else owner.cross["master"]) or {}
    if plain(kept) != plain(key):
        return 400, "M_UNKNOWN", "Key does not match"
    into = device.signatures if device is not None else account.signed.setdefault(user, {})
    for signer, signature in key.get("signatures", {}).get(account.id, {}).items():
        secret = _signer(account, signer)
        if device is not None and signer == f"ed25519:{name}":
            continue
        if secret is None or not is_signed(kept, secret, signature):
            return 400, "M_INVALID_SIGNATURE", "Invalid signature"
        into[signer] = signature
    call.server.move_keys(owner)
    return None


def _is_ours(account: Account, usage: str, key: Json) -> bool:
    return usage in account.cross and public(account.cross[usage]) == public(key)


def _identity_names(account: Account) -> set[str]:
    return {public(account.cross["master"])} if "master" in account.cross else set()


def _signer(account: Account, name: str) -> str | None:
    """Return the public key by whose name an account signs, if it is no device's own key."""
    for usage in USAGES[1:]:
        if usage in account.cross and name == f"ed25519:{public(account.cross[usage])}":
            return public(account.cross[usage])
    device = account.devices.get(name.removeprefix("ed25519:"))
    keys = device.keys if device else None
    return str(keys["keys"].get(name, "")) if keys else None


def _failure(status: int, errcode: str, message: str) -> Json:
    return {"status": status, "errcode": errcode, "message": f"{status}: {message}"}


_KEYS: Final = "v3/keys"
ROUTES: Final = (
    Route("keys_upload", "POST", f"{_KEYS}/upload", upload),
    Route("keys_query", "POST", f"{_KEYS}/query", query),
    Route("keys_claim", "POST", f"{_KEYS}/claim", claim),
    Route("device_signing", "POST", f"{_KEYS}/device_signing/upload", identity),
    Route("signatures", "POST", f"{_KEYS}/signatures/upload", sign),
    Route("to_device", "PUT", "v3/sendToDevice/{type}/{txn}", send_to_device),
)
