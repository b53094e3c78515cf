"""A member's API keys, without the keys."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from bot.domain.secret import Secret

KeyId = NewType("KeyId", int)


class KeyHealth(StrEnum):
    """What is known of a stored key since its last check or use."""

    WORKS = "works"
    UNCHECKED = "unchecked"
    REJECTED = "rejected"
    NO_CREDIT = "no_credit"


class Useless(StrEnum):
    """Keys that are known and cannot chat."""

    ADMIN = "admin"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """A stored key without the key.

    `name` is the member's own word for it, or empty. `is_active`: it is the one its provider is
    asked with. `since`: what `health` says has been so since then.
    """

    id: KeyId
    provider: str
    origin: str
    mask: str
    health: KeyHealth
    added_at: datetime
    since: datetime
    name: str = ""
    is_active: bool = True
    checked_at: datetime | None = None
    used_at: datetime | None = None


class StoredKey(Secret):
    """A stored key in clear, and which one it is: what its use teaches belongs to it alone."""

    __slots__ = ("health", "id")

    def __init__(self, value: str, *, key_id: KeyId, health: KeyHealth) -> None:
        """Take charge of `value`, the key `key_id`, of which `health` is known so far."""
        super().__init__(value)
        self.id = key_id
        self.health = health


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left at a vendor: an amount and its currency (`USD`, `CNY`)."""

    amount: Decimal
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReport:
    """What a vendor's free call says of a key it takes.

    `health` is UNCHECKED where the vendor has no free call that needs the key: nothing is
    proved, and the first answer will tell. `balances` is empty where the vendor does not say.
    """

    health: KeyHealth = KeyHealth.WORKS
    balances: tuple[Balance, ...] = ()
