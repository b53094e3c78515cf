"""The calls about accounts: logins, devices, settings, names."""

from typing import Final

from tests.simulators.matrix.accounts import Account, Device, Json
from tests.simulators.matrix.calls import Call, Route
from tests.simulators.matrix.creating import NEWEST, VERSIONS
from tests.simulators.matrix.filters import stored
from tests.simulators.matrix.logins import log_in, log_out, prove, remove_device, rename
from tests.simulators.matrix.refusals import Refused, not_found

_FEATURES: Final = ("v1.1", "v1.5", "v1.6", "v1.8", "v1.11", "v1.12", "v1.13", "v1.15")


def versions(_: Call) -> Json:
    """Return what the server can do."""
    return {"versions": list(_FEATURES), "unstable_features": {}}


def capabilities(_: Call) -> Json:
    """Return which rooms there can be."""
    available = dict.fromkeys(VERSIONS, "stable")
    return {"capabilities": {"m.room_versions": {"default": NEWEST, "available": available}}}


def login_flows(_: Call) -> Json:
    """Return how one logs in."""
    return {"flows": [{"type": "m.login.password"}]}


def login(call: Call) -> Json:
    """Log in with a password."""
    return log_in(call.server, call.body)


def logout(call: Call) -> Json:
    """End the caller's session, and its device."""
    log_out(call.server, call.token)
    return {}


def whoami(call: Call) -> Json:
    """Return whose the token is."""
    found: Json = {"user_id": call.user, "is_guest": False}
    return found | ({"device_id": call.session.name} if call.session.device else {})


def devices(call: Call) -> Json:
    """Return the caller's devices."""
    return {"devices": [_device(call.account, each) for each in call.account.devices.values()]}


def device_get(call: Call) -> Json:
    """Return one of them."""
    return _device(call.account, _own_device(call))


def device_put(call: Call) -> Json:
    """Name a device."""
    _own_device(call).name = call.body.get("display_name")
    call.server.move_keys(call.account)
    return {}


def delete_devices(call: Call) -> Json:
    """Remove devices, once the caller has proved who they are."""
    names = call.given("devices")
    prove(call.server, call.account, call.name, call.body)
    for name in names:
        remove_device(call.server, call.account, name)
    return {}


def filter_create(call: Call) -> Json:
    """Keep a filter."""
    account = call.own("Cannot create filters for other users")
    if call.body not in account.filters:
        account.filters.append(call.body)
    return {"filter_id": str(account.filters.index(call.body))}


def filter_get(call: Call) -> Json:
    """Return a filter."""
    account = call.own("Cannot get filters for other users")
    return stored(account, call.parts["filter"], not_found("No such filter"))


def data_put(call: Call) -> Json:
    """Keep a setting."""
    account = call.own("Cannot add account data for other users.")
    kind = call.parts["type"]
    if kind == "m.fully_read":
        raise Refused(405, "M_BAD_JSON", f"Cannot set {kind} through this API.")
    account.data[kind] = (call.server.stream.step(), call.body)
    call.server.note("account_data", call.user, type=kind, content=call.body)
    return {}


def data_get(call: Call) -> Json:
    """Return a setting."""
    account = call.own("Cannot get account data for other users.")
    if call.parts["type"] not in account.data:
        raise not_found("Account data not found")
    return account.data[call.parts["type"]][1]


def room_data_put(call: Call) -> Json:
    """Keep a setting of a room."""
    account = call.own("Cannot add account data for other users.")
    key = (call.parts["room"], call.parts["type"])
    account.room_data[key] = (call.server.stream.step(), call.body)
    call.server.note("account_data", call.user, room=key[0], type=key[1], content=call.body)
    return {}


def room_data_get(call: Call) -> Json:
    """Return a setting of a room."""
    account = call.own("Cannot get account data for other users.")
    key = (call.parts["room"], call.parts["type"])
    if key not in account.room_data:
        raise not_found("Room account data not found")
    return account.room_data[key][1]


def profile(call: Call) -> Json:
    """Return what somebody is called."""
    account = call.server.accounts.get(call.parts["user"])
    if account is None:
        raise not_found("Profile was not found")
    return {"displayname": account.name}


def displayname_put(call: Call) -> Json:
    """Let the caller be called something else, in every room."""
    if call.parts["user"] != call.user:
        raise Refused(400, "M_FORBIDDEN", "Cannot set another user's displayname")
    rename(call.server, call.account, call.given("displayname"))
    return {}


def _own_device(call: Call) -> Device:
    device = call.account.devices.get(call.parts["device"])
    if device is None:
        raise not_found("Not found")
    return device


def _device(account: Account, device: Device) -> Json:
    return {
        "user_id": account.id,
        "device_id": device.id,
        "display_name": device.name,
        "last_seen_ip": "127.0.0.1",
        "last_seen_ts": 0,
    }


_USER: Final = "v3/user/{user}"
ROUTES: Final = (
    Route("versions", "GET", "versions", versions, is_open=True),
    Route("capabilities", "GET", "v3/capabilities", capabilities),
    Route("login_flows", "GET", "v3/login", login_flows, is_open=True),
    Route("login", "POST", "v3/login", login, is_open=True),
    Route("logout", "POST", "v3/logout", logout, is_bare=True),
    Route("whoami", "GET", "v3/account/whoami", whoami),
    Route("devices", "GET", "v3/devices", devices),
    Route("device_get", "GET", "v3/devices/{device}", device_get),
    Route("device_put", "PUT", "v3/devices/{device}", device_put),
    Route("delete_devices", "POST", "v3/delete_devices", delete_devices),
    Route("filter_create", "POST", f"{_USER}/filter", filter_create),
    Route("filter_get", "GET", f"{_USER}/filter/{{filter}}", filter_get),
    Route("data_put", "PUT", f"{_USER}/account_data/{{type}}", data_put),
    Route("data_get", "GET", f"{_USER}/account_data/{{type}}", data_get),
    Route("room_data_put", "PUT", f"{_USER}/rooms/{{room}}/account_data/{{type}}", room_data_put),
    Route("room_data_get", "GET", f"{_USER}/rooms/{{room}}/account_data/{{type}}", room_data_get),
    Route("profile", "GET", "v3/profile/{user}", profile, is_open=True),
    Route("displayname_get", "GET", "v3/profile/{user}/displayname", profile, is_open=True),
    Route("displayname_put", "PUT", "v3/profile/{user}/displayname", displayname_put),
)
