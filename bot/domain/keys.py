"""A member's API keys, without the keys."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


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
    """A stored key without the key."""

    provider: str
    origin: str
    mask: str
    health: KeyHealth
    added_at: datetime
    checked_at: datetime | None = None
    used_at: datetime | None = None


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
