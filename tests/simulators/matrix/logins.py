"""Who one is: passwords, tokens, devices, and proving it again where more is at stake."""

from typing import Final

from tests.simulators.matrix.accounts import Account, Device, Json
from tests.simulators.matrix.events import MEMBER
from tests.simulators.matrix.homeserver import Homeserver
from tests.simulators.matrix.refusals import Refused, bad_request, forbidden

_PASSWORD: Final = "m.login.password"
_WRONG: Final = "Invalid username or password"
_FLOWS: Final = [{"stages": [_PASSWORD]}]


class Unproved(Refused):
    """A 401 that asks for another step (client-server API, "User-Interactive Authentication")."""

    def __init__(self, **body: object) -> None:
        super().__init__(401, "", "")
        self._body = body

    def body(self) -> Json:
        """Return it as JSON goes out."""
        return dict(self._body)


def log_in(server: Homeserver, given: Json) -> Json:
    """Return a new token, on the device that was asked for or on a new one."""
    kind = given.get("type")
    if kind is None:
        raise bad_request("Missing JSON keys.")
    if kind != _PASSWORD:
        raise bad_request(f"Unknown login type {kind}")
    account = _account(server, given)
    if account is not None:
        server.limits.check("login", account.id)
    if account is None or account.password != given.get("password"):
        raise forbidden(_WRONG)
    name = given.get("device_id") or server.ids.device()
    device = make_device(server, account, name, given.get("initial_device_display_name"))
    token = server.log_in(account, device)
    server.note("login", account.id, device=device.id, name=device.name)
    return {
        "user_id": account.id,
        "access_token": token,
        "home_server": server.name,
        "device_id": device.id,
    }


def make_device(
    server: Homeserver, account: Account, name: str, shown: str | None = None
) -> Device:
    """Return a device, made if it is new."""
    if name not in account.devices:
        account.devices[name] = Device(id=name, name=shown)
        server.move_keys(account)
    return account.devices[name]


def log_out(server: Homeserver, token: str) -> None:
    """End a session, and with it its device."""
    session = server.sessions.pop(token)
    server.note("logout", session.account.id, device=session.name)
    if session.device is not None:
        remove_device(server, session.account, session.device.id)


def remove_device(server: Homeserver, account: Account, name: str) -> None:
    """Remove a device with its keys and tokens, if it is there."""
    if account.devices.pop(name, None) is None:
        return
    for token, session in list(server.sessions.items()):
        if session.account is account and session.name == name:
            del server.sessions[token]
    server.move_keys(account)
    server.note("device_gone", account.id, device=name)


def prove(server: Homeserver, account: Account, what: str, given: Json) -> None:
    """Raise unless a call carries the password, in the attempt that it began with if it names one.

    An attempt is for one kind of call only.
    """
    auth = given.get("auth")
    if not isinstance(auth, dict):
        raise _ask(server, account, what)
    session = auth.get("session")
    if session is not None and server.proofs.get(session) != (account.id, what):
        raise bad_request(f"Unknown session ID: {session}")
    if auth.get("type") != _PASSWORD:
        raise bad_request(f"Unknown login type {auth.get('type')}")
    claimed = _account(server, auth)
    if claimed is None or claimed.password != auth.get("password"):
        raise _ask(
            server, account, what, session, completed=[], error=_WRONG, errcode="M_FORBIDDEN"
        )
    if claimed is not account:
        raise forbidden("Invalid auth")


def rename(server: Homeserver, account: Account, name: str) -> None:
    """Let an account be called something else, in every room where it is."""
    account.name = name
    server.note("renamed", account.id, name=name)
    for room in [server.rooms[each] for each in account.rooms]:
        if room.membership(account.id) == "join":
            content = {"membership": "join", "displayname": name}
            server.append(room, account.id, MEMBER, content, state_key=account.id)


def _ask(
    server: Homeserver, account: Account, what: str, session: str | None = None, **more: object
) -> Unproved:
    session = session or server.ids.session()
    server.proofs[session] = (account.id, what)
    return Unproved(session=session, flows=_FLOWS, params={}, **more)


def _account(server: Homeserver, given: Json) -> Account | None:
    """Return the account that a login names, in the new way or the old."""
    identifier = given.get("identifier")
    name = identifier.get("user") if isinstance(identifier, dict) else given.get("user")
    return server.accounts.get(server.user(name)) if isinstance(name, str) else None
