"""DeepSeek's dialect: Chat Completions that think unless told otherwise, and a balance to ask for.

While it thinks a temperature is ignored without a word, so it is sent only where thinking is off.
"""

from typing import Any

from adapters.providers.dialect import Call
from adapters.providers.fields import amount, decode
from adapters.providers.openai_chat import OpenAIChat
from adapters.providers.params import params_of
from bot.domain.chat import ChatRequest
from bot.domain.keys import Balance, KeyHealth, KeyReport
from bot.domain.models import Effort


class DeepSeek(OpenAIChat):
    """DeepSeek itself."""

    def write(self, request: ChatRequest) -> Call:
        """Return the question: see the base."""
        call = super().write(request)
        word = params_of(request, self.traits(request.model), self._quirks.adjustments).effort
        if word is not None and request.effort is Effort.OFF:
            call.body["thinking"] = {"type": word}
        elif word is not None:
            call.body["reasoning_effort"] = word
        return call

    def read_check(self, body: bytes) -> KeyReport:
        """Return the balances that `GET /user/balance` tells, in each currency: see the base."""
        said = decode(body)
        if not isinstance(said, dict):
            return KeyReport()
        is_empty = said.get("is_available") is False
        health = KeyHealth.NO_CREDIT if is_empty else KeyHealth.WORKS
        return KeyReport(health=health, balances=_balances(said.get("balance_infos")))


def _balances(said: Any) -> tuple[Balance, ...]:  # noqa: ANN401  (the vendor's JSON)
    rows = said if isinstance(said, list) else []
    found = [_balance(row) for row in rows if isinstance(row, dict)]
    return tuple(each for each in found if each is not None)


def _balance(row: dict[str, Any]) -> Balance | None:
    left = amount(row.get("total_balance"))
    return None if left is None else Balance(left, str(row.get("currency") or "USD"))
