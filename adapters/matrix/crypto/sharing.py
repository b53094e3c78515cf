"""Who may read what the bot writes: the devices of others, and the rooms' keys for them."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from nio import KeysClaimResponse, KeysQueryResponse  # type: ignore[import-untyped]  # no py.typed
from nio.crypto import OlmDevice  # type: ignore[import-untyped]

from adapters.matrix.crypto.store import OlmStore
from adapters.matrix.wire import Json

_log = logging.getLogger(__name__)
MEGOLM: Final = "m.megolm.v1.aes-sha2"
_CHUNK: Final = 20  # devices in one sendToDevice


class Sharing:
    """The devices of everybody in encrypted rooms, and who has which room's key."""

    def __init__(self, store: OlmStore) -> None:
        """Use the store; no I/O."""
        self._olm = store.olm
        self._user = store.user
        self._device = store.device
        self._allowed: dict[str, frozenset[str] | None] = {}

    def track(self, users: Iterable[str]) -> None:
        """Ask for the devices of users of whom nothing is known."""
        self._olm.users_for_key_query.update(set(users) - self._olm.tracked_users)

    def changed(self, users: Iterable[object]) -> None:
        """Ask again for the devices of users who have others now."""
        known = self._olm.tracked_users
        self._olm.users_for_key_query.update(user for user in users if user in known)

    def to_query(self) -> Sequence[str]:
        """Return the users whose devices are to be asked for."""
        return sorted(self._olm.users_for_key_query)

    def queried(
        self, asked: Sequence[str], answer: Json, allowed: Mapping[str, frozenset[str] | None]
    ) -> None:
        """Take in devices. `allowed`: by user those that may read; None: all of them."""
        devices = _sound(answer.get("device_keys"))
        self._guarded("a list of devices", KeysQueryResponse(devices, {}))
        self._olm.users_for_key_query.difference_update(asked)
        self._olm.tracked_users.update(user for user in asked if user in devices)
        self._allowed.update(allowed)

    def rotate(self, room: str) -> None:
        """Let the next message in a room have a new key: somebody is there no more."""
        self._olm.outbound_group_sessions.pop(room, None)

    def to_claim(self, users: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """Return the devices, by user, that cannot be written to yet."""
        known = self._olm.session_store
        found = {
            user: [each.id for each in self._readers(user) if not known.get(each.curve25519)]
            for user in users
        }
        for device in self._olm.wedged_devices:
            found.setdefault(device.user_id, []).append(device.device_id)
        return {user: ids for user, ids in found.items() if ids}

    def claimed(self, answer: Json) -> None:
        """Take in one-time keys, each by itself: a bad one must not cost the others."""
        found = answer.get("one_time_keys")
        for user, devices in found.items() if isinstance(found, dict) else ():
            for device, keys in devices.items() if isinstance(devices, dict) else ():
                one = KeysClaimResponse({user: {device: keys}}, {})
                self._guarded("a one-time key", one)

    def to_share(
        self, room: str, users: Iterable[str]
    ) -> Iterator[tuple[frozenset[tuple[str, str]], Json]]:
        """Return a room's key for each device that lacks it, some at a time, by user and device.

        `shared` is to be told when they were sent.
        """
        session = self._outbound(room)
        content = {
            "algorithm": MEGOLM,
            "room_id": room,
            "session_id": session.id,
            "session_key": session.session_key,
        }
        lacking = [
            device
            for user in users
            for device in self._readers(user)
            if (user, device.id) not in session.users_shared_with
        ]
        for start in range(0, len(lacking), _CHUNK):
            messages: dict[str, Json] = {}
            for device in lacking[start : start + _CHUNK]:
                olm = self._olm.session_store.get(device.curve25519)
                if olm is None:
                    continue  # it gave no key to write to it with; it is tried at the next message
                sealed = self._olm._olm_encrypt(olm, device, "m.room_key", content)  # noqa: SLF001 - its own parts raise
                messages.setdefault(device.user_id, {})[device.id] = sealed
            if messages:
                told = ((user, each) for user, ids in messages.items() for each in ids)
                yield frozenset(told), messages

    def shared(self, room: str, devices: Iterable[tuple[str, str]]) -> None:
        """Take note that devices have a room's key."""
        self._outbound(room).users_shared_with.update(devices)

    def encrypt(self, room: str, kind: str, content: Json) -> Json:
        """Return an event's content as the server gets it; the relation stays in clear."""
        self._outbound(room).shared = True
        sealed: Json = self._olm.group_encrypt(room, {"type": kind, "content": content})
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return sealed

    def waiting(self) -> Sequence[tuple[str, str, Json, Any]]:
        """Return what the machine itself has to send: user, device, content, a mark for `went`."""
        return [
            (each.recipient, each.recipient_device, each.content, each)
            for each in self._olm.outgoing_to_device_messages
            if each.type == "m.room.encrypted"
        ]

    def went(self, mark: object) -> None:
        """Take note that it was sent."""
        self._olm.outgoing_to_device_messages.remove(mark)

    def _guarded(self, what: str, response: object) -> None:
        try:
            self._olm.handle_response(response)
        except Exception as error:  # noqa: BLE001 - a server, or anybody through it, may say anything
            _log.warning("%s is malformed: %s", what, type(error).__name__)

    def _readers(self, user: str) -> Iterator[OlmDevice]:
        """Return a user's devices that may read what the bot writes, never this one itself."""
        allowed = self._allowed.get(user)
        for device in self._olm.device_store.active_user_devices(user):
            is_own = (user, device.id) == (self._user, self._device)
            if not is_own and (allowed is None or device.id in allowed):
                yield device

    def _outbound(self, room: str) -> Any:  # noqa: ANN401 - the library has no types
        session = self._olm.outbound_group_sessions.get(room)
        if session is None or session.expired:
            self._olm.create_outbound_group_session(room)
        return self._olm.outbound_group_sessions[room]


def _sound(devices: object) -> dict[str, dict[str, Json]]:
    """Return those devices of an answer that the library can read."""
    return {
        user: {
            device: keys
            for device, keys in listed.items()
            if isinstance(keys, dict)
            and keys.get("user_id") == user
            and keys.get("device_id") == device
            and isinstance(keys.get("keys"), dict)
        }
        for user, listed in (devices.items() if isinstance(devices, dict) else ())
        if isinstance(listed, dict)
    }
