"""The device's cryptography: nio's Olm machine, behind guards. No I/O but its own store's.

What comes from others can be anything: what is malformed is logged once by its kind and left out,
where the library would raise, stop or answer. It is asked for nothing that concerns a room: who
reads there is told to it.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nio.crypto import InboundGroupSession  # type: ignore[import-untyped]  # no py.typed
from nio.events.to_device import RoomKeyEvent, ToDeviceEvent  # type: ignore[import-untyped]

from adapters.matrix.crypto.publishing import Publishing
from adapters.matrix.crypto.sharing import MEGOLM, Sharing
from adapters.matrix.crypto.store import OlmStore
from adapters.matrix.trust.identities import DeviceKeys
from adapters.matrix.wire import Json

_log = logging.getLogger(__name__)


class Undecryptable(Exception):
    """An event that cannot be read now. `session`: the key's id; empty: it never can be read."""

    def __init__(self, session: str = "") -> None:
        """Say which key is missing."""
        super().__init__("no key" if session else "malformed")
        self.session = session


@dataclass(frozen=True, slots=True)
class Arrived:
    """What to-device messages brought: rooms that have new keys; verification, by sender."""

    rooms: frozenset[str] = frozenset()
    withheld: Mapping[str, str] = field(default_factory=dict)
    verification: Sequence[tuple[str, str, Json]] = ()


class Machine:
    """One device. All it changes is on disk when a call, or the batch around it, returns."""

    def __init__(self, store: OlmStore) -> None:
        """Use the store; no I/O."""
        self._olm = store.olm
        self._user = store.user
        self.batch = store.batch
        self.close = store.close
        self.publishing = Publishing(store)
        self.sharing = Sharing(store)

    @property
    def keys(self) -> DeviceKeys:
        """The device's public keys."""
        found = self._olm.account.identity_keys
        return DeviceKeys(found["ed25519"], found["curve25519"])

    def sign(self, text: str) -> str:
        """Sign with the device's own key."""
        return str(self._olm.account.sign(text))

    def take(self, events: Iterable[object]) -> Arrived:
        """Take in what was sent to the device. Never raises: whatever it is, others go on."""
        rooms: set[str] = set()
        withheld: dict[str, str] = {}
        verification: list[tuple[str, str, Json]] = []
        for raw in events:
            match raw:
                case {"type": "m.room.encrypted"}:
                    rooms.update(self._decrypted(raw))
                case {"type": "m.room_key.withheld", "content": {"session_id": str(session)}}:
                    withheld[session] = _code(raw)
                case {"type": str(kind), "sender": str(sender), "content": dict(content)} if (
                    kind.startswith("m.key.verification.")
                ):
                    verification.append((sender, kind, content))
        return Arrived(frozenset(rooms), withheld, verification)

    def decrypt(self, room: str, event: Json) -> Json:
        """Return `type` and `content` of an encrypted event. Raises Undecryptable.

        Its key must be of a device of the very account that the server names as its sender: that
        is what keeps a member, or a server, from speaking in another's name.
        """
        content = event["content"]
        session = self._inbound(room, content)
        try:
            sealed = content.get("ciphertext")
            plain, index = session.decrypt(sealed if isinstance(sealed, str) else "")
            read = json.loads(plain)
        except (ValueError, RecursionError):  # the library's errors are ValueErrors
            raise Undecryptable from None
        if not self._is_owner(event["sender"], session):
            self._olm.users_for_key_query.add(event["sender"])
            raise Undecryptable(session.id)
        if not self._is_first(session, index, event) or not _is_message(read, room):
            raise Undecryptable
        if "m.relates_to" in content:
            read["content"].setdefault("m.relates_to", content["m.relates_to"])
        return {"type": read["type"], "content": read["content"]}

    def _decrypted(self, raw: Any) -> Iterable[str]:  # noqa: ANN401 - anything
        """Return the room for which a message brought a key, if it did."""
        try:
            event = self._olm.handle_to_device_event(ToDeviceEvent.parse_event(raw))
            self._olm.save_account()  # a one-time key was used up, after the library saved it
        except Exception as error:  # noqa: BLE001 - anybody may send anything
            _log.warning("a message to the device is malformed: %s", type(error).__name__)
            return ()
        return (str(event.room_id),) if isinstance(event, RoomKeyEvent) else ()

    def _inbound(self, room: str, content: Json) -> InboundGroupSession:
        wanted = content.get("session_id")
        if content.get("algorithm") != MEGOLM or not isinstance(wanted, str):
            raise Undecryptable
        for sessions in self._olm.inbound_group_store[room].values():
            if wanted in sessions:
                return sessions[wanted]
        raise Undecryptable(wanted)

    def _is_owner(self, sender: str, session: InboundGroupSession) -> bool:
        own = self.keys
        if (session.sender_key, session.ed25519) == (own.curve25519, own.ed25519):
            return sender == self._user
        device = self._olm.device_store.device_from_sender_key(sender, session.sender_key)
        return device is not None and device.ed25519 == session.ed25519

    def _is_first(self, session: InboundGroupSession, index: int, event: Json) -> bool:
        """Whether a message was not seen before as another event (spec: replay attacks)."""
        seen = self._olm.message_index_store
        mark = (event["event_id"], event.get("origin_server_ts"))
        at = (session.sender_key, session.id, index)
        if at not in seen:
            seen[at] = mark
        return bool(seen[at] == mark)


def _is_message(read: object, room: str) -> bool:
    match read:
        case {"type": str(), "content": dict(), "room_id": str(where)}:
            return where == room
        case _:
            return False


def _code(raw: Any) -> str:  # noqa: ANN401 - anything
    """Return why a key is withheld (spec: m.room_key.withheld), if the code is a known one."""
    code = raw["content"].get("code")
    known = {"m.blacklisted", "m.unverified", "m.unauthorised", "m.unavailable", "m.no_olm"}
    return code if isinstance(code, str) and code in known else "unknown"
