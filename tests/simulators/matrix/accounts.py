"""Accounts and their devices, keys, settings and tokens."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulators.matrix.stream import Token

Json = dict[str, Any]
PORTION: Final = 100


@dataclass(slots=True, kw_only=True)
class Device:
    """A device. `inbox` holds what was sent to it, until a later sync says that it came."""

    id: str
    name: str | None = None
    keys: Json | None = None
    signatures: dict[str, str] = field(default_factory=dict)
    one_time: dict[str, Any] = field(default_factory=dict)
    fallback: dict[str, tuple[str, Any]] = field(default_factory=dict)
    unused: set[str] = field(default_factory=set)
    inbox: deque[tuple[int, Json]] = field(default_factory=deque)

    @property
    def counts(self) -> dict[str, int]:
        """How many one-time keys are left, by algorithm."""
        found = {"signed_curve25519": 0}
        for name in self.one_time:
            algorithm = name.partition(":")[0]
            found[algorithm] = found.get(algorithm, 0) + 1
        return found

    def acknowledge(self, since: Token) -> None:
        """Forget what was sent to it before."""
        while self.inbox and self.inbox[0][0] <= since.inbox:
            self.inbox.popleft()


@dataclass(slots=True, kw_only=True)
class Account:
    """An account. `data` and `room_data` are its settings, each with its place in time.

    `cross` is its identity by usage (`master`, `self_signing`, `user_signing`), `signed` what it
    signed others' with, `keys_pos` when a key of it last changed.
    """

    id: str
    password: str
    name: str
    devices: dict[str, Device] = field(default_factory=dict)
    data: dict[str, tuple[int, Json]] = field(default_factory=dict)
    room_data: dict[tuple[str, str], tuple[int, Json]] = field(default_factory=dict)
    cross: dict[str, Json] = field(default_factory=dict)
    signed: dict[str, dict[str, str]] = field(default_factory=dict)
    keys_pos: int = 0
    filters: list[Json] = field(default_factory=list)
    rooms: dict[str, None] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Session:
    """What a token stands for. A token of no device can do nothing with keys."""

    account: Account
    device: Device | None

    @property
    def name(self) -> str:
        """The device's id, or nothing."""
        return self.device.id if self.device else ""
