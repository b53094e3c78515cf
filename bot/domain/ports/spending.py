"""Sums of usage, as they are asked for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """A sum of usage. `cost_usd` leaves out the `unknown` answers; `is_estimated` if any was."""

    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unknown: int = 0
    is_estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentLine:
    """A row of the usage table: by model or by day. `key` is the model's id or `2026-11-23`."""

    key: str
    provider: str
    spent: Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedTurn:
    """What one request took; `cost_usd` None: unknown. Who counted the cost is not kept."""

    provider: str
    model: str
    usage: Usage
    cost_usd: Decimal | None
    at: datetime
