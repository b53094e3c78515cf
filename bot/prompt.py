"""What a model is asked: instructions, as much of the conversation as fits, and the question."""

from hashlib import blake2s
from typing import Final

from bot.domain.chat import Adjustment, ChatRequest, Message, Role, Turn, estimate_tokens
from bot.domain.models import Traits
from bot.domain.ports import TurnStore

UNKNOWN_WINDOW: Final = 32_768
_RESERVE_WITHOUT_LIMIT: Final = 4_096
_CAUTION: Final = 0.9  # our count is an estimate


async def build(
    turn: Turn, turns: TurnStore, traits: Traits, adjustments: frozenset[Adjustment]
) -> tuple[ChatRequest, bool]:
    """Return the request of a turn, and whether older messages had to be left out.

    A choice without an effect on this model is not sent: vendors refuse some of them.
    """
    choices = turn.choices
    max_tokens = traits.fitted(choices.max_tokens, choices.effort)
    own = estimate_tokens((choices.instructions, turn.question))
    reserve = max_tokens or _RESERVE_WITHOUT_LIMIT
    window = choices.window or traits.context_tokens or UNKNOWN_WINDOW
    budget = int(window * _CAUTION) - own - min(reserve, window // 2)
    history, has_older = await turns.history(
        turn.session, before=turn.id, budget_tokens=max(0, budget)
    )
    request = ChatRequest(
        model=choices.model,
        messages=(*history, Message(Role.USER, turn.question)),
        system=choices.instructions,
        temperature=choices.temperature if traits.takes_temperature(choices.effort) else None,
        max_tokens=max_tokens,
        most_tokens=traits.most_tokens,
        effort=choices.effort if choices.effort in traits.efforts else None,
        user=_opaque(choices.provider, turn.member),
        conversation=_opaque(choices.provider, turn.member, str(turn.session)),
        adjustments=adjustments,
    )
    return request, has_older


def _opaque(*parts: str) -> str:
    """Return a name that tells nobody anything; member ids are random, so it cannot be guessed."""
    return blake2s("|".join(parts).encode(), digest_size=16).hexdigest()
