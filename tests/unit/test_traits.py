"""What is known of a model, from its id, its list and what its vendor refused."""

import pytest

from bot.domain.chat import Adjustment
from bot.domain.models import Effort, Model, TemperatureUse, Traits
from bot.traits import laid_together

OF_ID = Traits(efforts={Effort.LOW: "low", Effort.HIGH: "xhigh"}, most_tokens=8_000)


def test_with_nothing_else_known_the_id_tells() -> None:
    """No list in memory, nothing refused."""
    assert laid_together(OF_ID, None, frozenset()) == OF_ID


def test_the_list_refines_what_the_id_told() -> None:
    """Its limits and efforts count; the vendor's own words for them stay."""
    known = Model(id="m", max_output_tokens=64_000, efforts=(Effort.HIGH,))
    found = laid_together(OF_ID, known, frozenset())
    assert (found.most_tokens, found.efforts) == (64_000, {Effort.HIGH: "xhigh"})


@pytest.mark.parametrize("takes", [True, None])
def test_a_refusal_has_the_last_word(takes: bool | None) -> None:
    """Whatever the list says."""
    known = Model(id="m", takes_temperature=takes, efforts=(Effort.HIGH,))
    learned = frozenset({Adjustment.DROP_TEMPERATURE, Adjustment.DROP_EFFORT})
    found = laid_together(OF_ID, known, learned)
    assert (found.temperature, found.efforts) == (TemperatureUse.NEVER, {})


def test_other_adjustments_change_nothing_a_member_may_choose() -> None:
    """They are about how a request is written."""
    learned = frozenset({Adjustment.MAX_COMPLETION_TOKENS, Adjustment.SYSTEM_IN_USER})
    assert laid_together(OF_ID, None, learned) == OF_ID


OFF = {Effort.OFF: "none", Effort.HIGH: "high"}
ALWAYS, UNLESS, NEVER = TemperatureUse
USES = {
    "taken": (Traits(), None, ALWAYS),
    "never": (Traits(temperature=NEVER, efforts=OFF), None, NEVER),
    "it thinks, and can stop": (
        Traits(temperature=UNLESS, efforts=OFF, thinks=True),
        None,
        UNLESS,
    ),
    "it was told to think": (Traits(temperature=UNLESS, efforts=OFF), Effort.HIGH, UNLESS),
    "it was told not to": (
        Traits(temperature=UNLESS, efforts=OFF, thinks=True),
        Effort.OFF,
        ALWAYS,
    ),
    "it cannot stop": (Traits(temperature=UNLESS, thinks=True), None, NEVER),
}


@pytest.mark.parametrize(("traits", "effort", "use"), USES.values(), ids=USES.keys())
def test_whether_a_temperature_counts_now(
    traits: Traits, effort: Effort | None, use: TemperatureUse
) -> None:
    """It does, or would if the member turned thinking off, or does not."""
    assert traits.temperature_now(effort) is use
