"""What a model takes, from everything that is known of it: the only place that says so."""

from dataclasses import replace

from bot.domain.chat import Adjustment
from bot.domain.models import Model, TemperatureUse, Traits


def laid_together(traits: Traits, known: Model | None, learned: frozenset[Adjustment]) -> Traits:
    """Return what an id told, refined by its vendor's list, then by what the vendor refused.

    A refusal has the last word: tables and lists may be behind the vendor. One of a longest
    answer stays an adjustment of the request, since how long the model may write is not in it.
    """
    if known is not None:
        traits = known.refine(traits)
    if Adjustment.DROP_TEMPERATURE in learned:
        traits = replace(traits, temperature=TemperatureUse.NEVER)
    if Adjustment.DROP_EFFORT in learned:
        traits = replace(traits, efforts={})
    return traits
