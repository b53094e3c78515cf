"""Sums of usage in the in-memory twin."""

from collections.abc import Sequence

from bot.domain.ports import Spent
from storage.memory_state import Used
from storage.rules import from_nano


def summed(rows: Sequence[Used]) -> Spent:
    """Return what these took."""
    return Spent(
        answers=len(rows),
        input_tokens=sum(row.usage.input_tokens for row in rows),
        output_tokens=sum(row.usage.output_tokens for row in rows),
        cost_usd=from_nano(sum(row.cost_nano or 0 for row in rows)),
        unknown=sum(row.cost_nano is None for row in rows),
        is_estimated=any(row.usage.is_estimated for row in rows),
    )
