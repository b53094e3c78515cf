"""What a model is asked: instructions, as much of the conversation as fits, and the question."""

from hashlib import blake2s
from typing import Final

from bot.domain.chat import Adjustment, ChatRequest, Message, Role, Turn, estimate_tokens
from bot.domain.ports import TurnStore

UNKNOWN_WINDOW: Final = 32_768
_RESERVE_WITHOUT_LIMIT: Final = 4_096
_CAUTION: Final = 0.9  # our count is an estimate


async def build(
    turn: Turn, turns: TurnStore, adjustments: frozenset[Adjustment]
) -> tuple[ChatRequest, bool]:
    """Return the request of a turn, and whether older messages had to be left out."""
    choices = turn.choices
    own = estimate_tokens((choices.instructions, turn.question))
    reserve = choices.max_tokens or _RESERVE_WITHOUT_LIMIT
    window = choices.window or UNKNOWN_WINDOW
    budget = int(window * _CAUTION) - own - min(reserve, window // 2)
    history, has_older = await turns.history(
        turn.session, before=turn.id, budget_tokens=max(0, budget)
    )
    request = ChatRequest(
        model=choices.model,
        messages=(*history, Message(Role.USER, turn.question)),
        system=choices.instructions,
        temperature=choices.temperature,
        max_tokens=choices.max_tokens,
        effort=choices.effort,
        user=_opaque(choices.provider, turn.member),
        conversation=_opaque(choices.provider, turn.member, str(turn.session)),
        adjustments=adjustments,
    )
    return request, has_older


def _opaque(*parts: str) -> str:
    """Return a name that tells nobody anything; member ids are random, so it cannot be guessed."""
    return blake2s("|".join(parts).encode(), digest_size=16).hexdigest()
