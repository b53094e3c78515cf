"""The calls of the Client-Server API that the bot makes, each in one place.

Where a call's end is unknown it may be made again: what is sent has a transaction id, by which
the server knows a repeat (section "Transaction identifiers"), and all else is the same twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from adapters.matrix.wire import READ_S, Json, Wire, path, text_in
from bot.domain.events import MessageRef
from bot.domain.secret import Secret

_KEYS_S: Final = 10_000  # milliseconds the server may ask other servers for keys
_SLACK_S: Final = 30.0
_PAGE: Final = "100"


class MatrixApi:
    """The API of one homeserver. Every call raises CallError."""

    def __init__(self, wire: Wire) -> None:
        """Use the wire; no I/O."""
        self._wire = wire
        self._call = wire.call

    @property
    def token(self) -> Secret | None:
        """The access token in use."""
        return self._wire.token

    @token.setter
    def token(self, token: Secret | None) -> None:
        self._wire.token = token

    async def versions(self) -> Sequence[str]:
        """Return the versions of the specification that the server supports."""
        found = (await self._call("GET", "/versions")).get("versions")
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []

    async def login_flows(self) -> Sequence[str]:
        """Return the ways to log in that the server offers."""
        flows = (await self._call("GET", path("login"))).get("flows")
        kinds = [each.get("type") for each in flows or () if isinstance(each, dict)]
        return [kind for kind in kinds if isinstance(kind, str)]

    async def log_in(self, user: str, password: Secret, *, name: str) -> Json:
        """Log in as a new device; the answer has `user_id`, `device_id` and `access_token`."""
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password.reveal(),
            "initial_device_display_name": name,
        }
        return await self._call("POST", path("login"), body)

    async def log_out(self) -> None:
        """End the token, and the device it belongs to."""
        await self._call("POST", path("logout"), {})

    async def who_am_i(self) -> Json:
        """Return `user_id` and `device_id` of the token."""
        return await self._call("GET", path("account", "whoami"))

    async def sync(self, since: str, *, wait_s: float, is_full: bool, filter_: str) -> Json:
        """Return what is new since a token; `is_full`: with the whole state of every room."""
        query = {"timeout": str(int(wait_s * 1000)), "filter": filter_}
        if since:
            query["since"] = since
        if is_full:
            query["full_state"] = "true"
        return await self._call("GET", path("sync"), query=query, read_s=wait_s + _SLACK_S)

    async def messages(self, room: str, start: str, end: str) -> Json:
        """Return a page of a room's past, newest first, from `start` back to `end`."""
        query = {"dir": "b", "from": start, "to": end, "limit": _PAGE}
        return await self._call("GET", path("rooms", room, "messages"), query=query)

    async def event(self, room: str, event: str) -> Json:
        """Return one event of a room."""
        return await self._call("GET", path("rooms", room, "event", event))

    async def send(self, room: str, kind: str, content: Mapping[str, Any], txn: str) -> MessageRef:
        """Send an event, once for each transaction id; return its id."""
        where = path("rooms", room, "send", kind, txn)
        return MessageRef(text_in(await self._call("PUT", where, content), "event_id"))

    async def redact(self, room: str, event: str, txn: str) -> None:
        """Remove what an event says."""
        await self._call("PUT", path("rooms", room, "redact", event, txn), {})

    async def typing(self, room: str, user: str, *, for_s: float) -> None:
        """Show for so long that the bot writes; 0: not any more."""
        body: Json = {"typing": for_s > 0}
        if for_s > 0:
            body["timeout"] = int(for_s * 1000)
        await self._call("PUT", path("rooms", room, "typing", user), body)

    async def read(self, room: str, event: str, thread: str) -> None:
        """Show that everything up to an event was read; `thread` is its root, empty: none."""
        body = {"thread_id": thread or "main"}
        await self._call("POST", path("rooms", room, "receipt", "m.read", event), body)

    async def join(self, room: str, via: Iterable[str] = ()) -> str:
        """Join a room; return its id. `via`: servers to ask where ours does not know it."""
        query = [(name, server) for server in via for name in ("via", "server_name")]
        return text_in(await self._call("POST", path("join", room), {}, query=query), "room_id")

    async def leave(self, room: str) -> None:
        """Leave a room, or decline to join it."""
        await self._call("POST", path("rooms", room, "leave"), {})

    async def forget(self, room: str) -> None:
        """Let a room that was left not come back in a sync."""
        await self._call("POST", path("rooms", room, "forget"), {})

    async def create_direct(self, user: str) -> str:
        """Create an encrypted chat with one person, both with all powers; return its id."""
        body = {
            "preset": "trusted_private_chat",
            "is_direct": True,
            "invite": [user],
            "initial_state": [
                {
                    "type": "m.room.encryption",
                    "state_key": "",
                    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
                }
            ],
        }
        return text_in(await self._call("POST", path("createRoom"), body), "room_id")

    async def account_data(self, user: str, kind: str) -> Json:
        """Return a piece of the account's own data."""
        return await self._call("GET", path("user", user, "account_data", kind))

    async def put_account_data(self, user: str, kind: str, content: Mapping[str, Any]) -> None:
        """Keep a piece of the account's own data."""
        await self._call("PUT", path("user", user, "account_data", kind), content)

    async def upload_keys(self, body: Mapping[str, Any]) -> Json:
        """Publish the device's keys, its one-time keys, or both."""
        return await self._call("POST", path("keys", "upload"), body)

    async def query_keys(self, users: Sequence[str]) -> Json:
        """Return the devices of users and their identities."""
        body = {"timeout": _KEYS_S, "device_keys": {user: [] for user in users}}
        return await self._call("POST", path("keys", "query"), body, read_s=READ_S)

    async def claim_keys(self, devices: Mapping[str, Sequence[str]]) -> Json:
        """Take a one-time key of each device."""
        wanted = {
            user: dict.fromkeys(ids, "signed_curve25519") for user, ids in devices.items() if ids
        }
        body = {"timeout": _KEYS_S, "one_time_keys": wanted}
        return await self._call("POST", path("keys", "claim"), body)

    async def to_device(self, kind: str, messages: Mapping[str, Any], txn: str) -> None:
        """Send to devices: by user, then by device (`*`: all of them)."""
        await self._call("PUT", path("sendToDevice", kind, txn), {"messages": messages})

    async def upload_signing_keys(
        self, body: Mapping[str, Any], auth: Mapping[str, Any] | None = None
    ) -> None:
        """Publish an identity; a CallError of status 401 has the steps the server asks for."""
        whole = dict(body) if auth is None else {**body, "auth": dict(auth)}
        await self._call("POST", path("keys", "device_signing", "upload"), whole)

    async def upload_signatures(self, body: Mapping[str, Any]) -> Json:
        """Publish signatures; what was not taken is in `failures`."""
        return await self._call("POST", path("keys", "signatures", "upload"), body)


def sync_filter() -> str:
    """Return the filter of a sync: what the bot has no use for costs the server and us."""
    return msgspec.json.encode(
        {
            "presence": {"types": []},
            "account_data": {"types": ["m.direct"]},
            "room": {
                "account_data": {"types": []},
                "ephemeral": {"types": []},
                "timeline": {"limit": int(_PAGE)},
            },
        }
    ).decode()
