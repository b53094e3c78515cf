"""What a model is asked: instructions, as much of the conversation as fits, and the question."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Final

from bot.domain.chat import Adjustment, ChatRequest, Message, Role, Turn, estimate_tokens
from bot.domain.models import Traits
from bot.domain.ports import TurnStore

UNKNOWN_WINDOW: Final = 32_768
_RESERVE_WITHOUT_LIMIT: Final = 4_096
_CAUTION: Final = 0.9  # our count is an estimate
_SPEAKERS: Final = (
    "Several people write here. Each of their messages begins with who wrote it, such as M1."
    " Answer the last message. Do not begin your answer with such a name."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A group as a question there needs it. `speaker`: what the model may know the asker by.

    `history_tokens`: how much of what was said goes along, at most.
    """

    speaker: str
    history_tokens: int


async def build(
    turn: Turn,
    turns: TurnStore,
    traits: Traits,
    adjustments: frozenset[Adjustment],
    shared: Shared | None = None,
) -> tuple[ChatRequest, bool]:
    """Return the request of a turn, and whether older messages had to be left out.

    `shared`: it is asked in a group, where each message tells who wrote it. A choice without an
    effect on this model is not sent: vendors refuse some of them.
    """
    choices = turn.choices
    max_tokens = traits.fitted(choices.max_tokens, choices.effort)
    own = estimate_tokens((choices.instructions, turn.question))
    reserve = max_tokens or _RESERVE_WITHOUT_LIMIT
    window = choices.window or traits.context_tokens or UNKNOWN_WINDOW
    budget = int(window * _CAUTION) - own - min(reserve, window // 2)
    if shared is not None:
        budget = min(budget, shared.history_tokens)
    history, has_older = await turns.history(
        turn.session, before=turn.id, budget_tokens=max(0, budget)
    )
    question = Message(Role.USER, turn.question, shared.speaker if shared else "")
    request = ChatRequest(
        model=choices.model,
        messages=_told((*history, question)),
        system="\n\n".join(filter(None, (choices.instructions, _SPEAKERS if shared else ""))),
        temperature=choices.temperature if traits.takes_temperature(choices.effort) else None,
        max_tokens=max_tokens,
        most_tokens=traits.most_tokens,
        effort=choices.effort if choices.effort in traits.efforts else None,
        user=_opaque(choices.provider, turn.member),
        conversation=_opaque(choices.provider, turn.member, str(turn.session)),
        adjustments=adjustments,
    )
    return request, has_older


def _told(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Let each message tell who wrote it, where that is known."""
    return tuple(
        replace(each, text=f"{each.speaker}: {each.text}") if each.speaker else each
        for each in messages
    )


def _opaque(*parts: str) -> str:
    """Return a name that tells nobody anything; member ids are random, so it cannot be guessed."""
    return blake2s("|".join(parts).encode(), digest_size=16).hexdigest()
