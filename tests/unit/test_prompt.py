"""What a model is asked, and how much of the conversation fits."""

from collections.abc import Sequence

import pytest

from bot import prompt
from bot.domain.chat import (
    Adjustment,
    Choices,
    MemberId,
    Message,
    Place,
    Role,
    SessionId,
    Turn,
    TurnId,
    TurnState,
)
from bot.domain.models import Effort, TemperatureUse, Traits
from storage.memory import MemoryStores
from tests.fakes.clock import START, FakeClock


class Budgets:
    """Notes the budget the history was asked with."""

    def __init__(self, *, has_older: bool = False) -> None:
        self.budget = -1
        self.stores = MemoryStores(FakeClock())
        self._has_older = has_older
        self.stores.turns.history = self._history  # type: ignore[method-assign]  # a probe

    async def _history(
        self, session: SessionId, *, before: TurnId, budget_tokens: int
    ) -> tuple[Sequence[Message], bool]:
        assert (session, before) == (1, 2)
        self.budget = budget_tokens
        return (Message(Role.USER, "q"), Message(Role.ASSISTANT, "a")), self._has_older


def turn(choices: Choices, question: str = "hello") -> Turn:
    """Return a turn with these choices."""
    return Turn(
        id=TurnId(2),
        session=SessionId(1),
        place=Place("fake", "here"),
        member=MemberId("alice"),
        question=question,
        choices=choices,
        state=TurnState.RECEIVED,
        received_at=START,
    )


async def test_a_request_holds_the_choices_the_history_and_last_the_question() -> None:
    """Nothing is added and nothing is left out."""
    probe = Budgets(has_older=True)
    choices = Choices(model="m", temperature=0.2, max_tokens=9, instructions="Be brief.")
    learned = frozenset({Adjustment.SYSTEM_IN_USER})
    request, has_older = await prompt.build(turn(choices), probe.stores.turns, Traits(), learned)
    assert [message.text for message in request.messages] == ["q", "a", "hello"]
    assert request.messages[-1].role is Role.USER
    assert (request.model, request.temperature, request.max_tokens) == ("m", 0.2, 9)
    assert (request.system, request.adjustments, has_older) == ("Be brief.", learned, True)


@pytest.mark.parametrize(
    ("window", "max_tokens", "budget"),
    [
        (10_000, 1_000, 9_000 - 9 - 1_000),
        (10_000, 9_000, 9_000 - 9 - 5_000),
        (10_000, None, 9_000 - 9 - 4_096),
        (None, 1_000, 29_491 - 9 - 1_000),
        (10, 1_000, 0),
    ],
    ids=["known", "limit-above-half", "no-limit", "unknown-window", "tiny"],
)
async def test_the_history_gets_what_question_and_answer_leave(
    window: int | None, max_tokens: int | None, budget: int
) -> None:
    """Nine tenths of the window, less the question (9 tokens) and room for the answer."""
    probe = Budgets()
    choices = Choices(model="m", window=window, max_tokens=max_tokens)
    await prompt.build(turn(choices), probe.stores.turns, Traits(), frozenset())
    assert probe.budget == budget


THINKER = Traits(
    temperature=TemperatureUse.UNLESS_THINKING,
    efforts={Effort.OFF: "none", Effort.HIGH: "high"},
    thinks=True,
    least_tokens=1_024,
    most_tokens=64_000,
    context_tokens=100_000,
)


@pytest.mark.parametrize(
    ("effort", "temperature", "max_tokens", "sent"),
    [
        (None, 0.2, 500, (None, None, 1_024)),
        (Effort.OFF, 0.2, 500, (Effort.OFF, 0.2, 500)),
        (Effort.HIGH, 0.2, 500, (Effort.HIGH, None, 1_024)),
        (Effort.LOW, 0.2, 500, (None, None, 1_024)),
        (None, None, None, (None, None, None)),
        (None, None, 90_000, (None, None, 64_000)),
    ],
    ids=["its-own", "off", "high", "effort-it-has-not", "nothing-chosen", "above-its-most"],
)
async def test_what_has_no_effect_on_the_model_is_not_sent(
    effort: Effort | None,
    temperature: float | None,
    max_tokens: int | None,
    sent: tuple[Effort | None, float | None, int | None],
) -> None:
    """A temperature beside thinking, an effort it does not have, a length it cannot do."""
    choices = Choices(model="m", effort=effort, temperature=temperature, max_tokens=max_tokens)
    turns = Budgets().stores.turns
    request, _ = await prompt.build(turn(choices), turns, THINKER, frozenset())
    assert (request.effort, request.temperature, request.max_tokens) == sent
    assert request.most_tokens == 64_000


@pytest.mark.parametrize(
    ("chosen", "window"), [(None, 100_000), (50_000, 50_000)], ids=["the-models", "the-choice"]
)
async def test_the_models_own_window_counts_where_none_came_with_the_choice(
    chosen: int | None, window: int
) -> None:
    """A model typed by hand has no list, but its id may tell."""
    probe = Budgets()
    choices = Choices(model="m", window=chosen, max_tokens=500)
    await prompt.build(turn(choices), probe.stores.turns, THINKER, frozenset())
    assert probe.budget == window * 9 // 10 - 9 - 1_024
