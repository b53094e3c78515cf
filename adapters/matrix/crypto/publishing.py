"""The keys by which others write to the device: made, published, and made anew when used up."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.matrix.crypto.store import OlmStore
from adapters.matrix.wire import Json

_SIGNED: Final = "signed_curve25519"
_ALGORITHMS: Final = ("m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2")


class Publishing:
    """The device's own keys, its one-time keys and its fallback key.

    The library makes no fallback key, and none at all when the server has none left.
    """

    def __init__(self, store: OlmStore) -> None:
        """Use the store; no I/O."""
        self._olm = store.olm
        self._user = store.user
        self._device = store.device
        self._has_fallback = True

    @property
    def is_published(self) -> bool:
        """Whether the server has the device's keys, as far as the store knows."""
        return bool(self._olm.account.shared)

    def count(self, counts: object, unused_fallback: object) -> None:
        """Take note of how many one-time keys the server has left, and whether a fallback key."""
        if isinstance(counts, dict):
            left = counts.get(_SIGNED, 0)
            self._olm.uploaded_key_count = left if isinstance(left, int) else 0
        if isinstance(unused_fallback, list):
            self._has_fallback = _SIGNED in unused_fallback

    def to_upload(self) -> Json | None:
        """Return the keys the server lacks, kept here before they are there; None: none.

        Those that were made and perhaps not taken are told again, as they were: another key of the
        same name would be refused for ever.
        """
        body: Json = {}
        account = self._olm.account._account  # noqa: SLF001 - the library wraps no fallback keys
        if not self.is_published:
            body["device_keys"] = self._device_keys()
        left = self._olm.uploaded_key_count if self.is_published else 0
        missing = 0 if left is None else account.max_number_of_one_time_keys - left
        if missing > 0 and not account.one_time_keys:
            account.generate_one_time_keys(missing)
        if account.one_time_keys:
            body["one_time_keys"] = self._signed(account.one_time_keys)
        if not self._has_fallback or not self.is_published:
            if not account.fallback_key:
                account.generate_fallback_key()
            body["fallback_keys"] = self._signed(account.fallback_key, fallback=True)
        if body:
            self._olm.save_account()
        return body or None

    def uploaded(self, answer: Json) -> None:
        """Take note that the server has them."""
        self._olm.account.shared = True
        self._olm.account.mark_keys_as_published()
        self._has_fallback = True
        self._olm.save_account()
        self.count(answer.get("one_time_key_counts"), None)

    def _device_keys(self) -> Json:
        own = self._olm.account.identity_keys
        keys: Json = {
            "algorithms": list(_ALGORITHMS),
            "device_id": self._device,
            "user_id": self._user,
            "keys": {
                f"curve25519:{self._device}": own["curve25519"],
                f"ed25519:{self._device}": own["ed25519"],
            },
        }
        return keys | {"signatures": self._signature(keys)}

    def _signed(self, keys: Mapping[str, Any], **more: object) -> Json:
        signed = {}
        for name, key in keys.items():
            body: Json = {"key": key.to_base64(), **more}
            signed[f"{_SIGNED}:{name}"] = body | {"signatures": self._signature(body)}
        return signed

    def _signature(self, body: Json) -> Json:
        return {self._user: {f"ed25519:{self._device}": self._olm.sign_json(body)}}
