"""What goes along with a question beside the conversation, the same for all dialects. Pure."""

from dataclasses import dataclass

from bot.domain.chat import Adjustment, ChatRequest
from bot.domain.models import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """A request's choices with every adjustment made; None and empty: not to be sent.

    Instructions stand on their own as `system`, or before the first message as `preface`.
    `effort` is the vendor's own word for the depth of thinking.
    """

    system: str
    preface: str
    max_tokens: int | None
    temperature: float | None
    effort: str | None


def params_of(
    request: ChatRequest, traits: Traits, known: frozenset[Adjustment] = frozenset()
) -> Params:
    """Return what is sent of a request; `known` are adjustments that a vendor always needs.

    A temperature without an effect is left out: vendors refuse some.
    """
    adjustments = request.adjustments | known
    system = request.system if request.system.strip() else ""
    is_apart = Adjustment.SYSTEM_IN_USER not in adjustments
    warmth = request.temperature if traits.takes_temperature(request.effort) else None
    if warmth is not None:
        warmth = min(1.0, max(0.0, warmth))
    word = traits.efforts.get(request.effort) if request.effort else None
    return Params(
        system=system if is_apart else "",
        preface="" if is_apart else system,
        max_tokens=None if Adjustment.DROP_MAX_TOKENS in adjustments else request.max_tokens,
        temperature=None if Adjustment.DROP_TEMPERATURE in adjustments else warmth,
        effort=None if Adjustment.DROP_EFFORT in adjustments else word,
    )
