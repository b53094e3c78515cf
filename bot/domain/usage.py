"""What a request took, by the vendor's own count or by ours."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one request; totals include their parts: cached, written, thought.

    `cost_usd` is what the vendor itself reported, else None. `is_estimated`: we counted, not
    the vendor.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: Decimal | None = None
    is_estimated: bool = False
