"""The Chat Completions dialect, pure parts: questions."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.providers.catalogue import Quirks
from adapters.providers.dialect import encode
from adapters.providers.openai_chat import build_body
from bot.domain.chat import (
    Adjustment,
    ChatRequest,
    Message,
    Role,
)
from bot.domain.models import Effort, Traits
from tests.simulators.asking import CONVERSATION

QUESTION = ChatRequest(
    model="m",
    messages=CONVERSATION,
    system="Be brief.",
    temperature=0.3,
    max_tokens=500,
)


def body_of(
    request: ChatRequest, quirks: Quirks | None = None, traits: Traits | None = None
) -> dict[str, Any]:
    """Return the question as the vendor reads it."""
    body: dict[str, Any] = json.loads(
        encode(build_body(request, quirks or Quirks(), traits or Traits()))
    )
    return body


def test_a_question() -> None:
    """Instructions come first, everything chosen goes along, and usage is asked for."""
    assert body_of(QUESTION) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": "three"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 500,
        "temperature": 0.3,
    }


def test_an_effort_stands_beside_the_rows_own_fields() -> None:
    """And does not stay in the row for the next question."""
    quirks = Quirks(body={"reasoning": {"exclude": True}}, effort="reasoning.effort")
    deep = replace(QUESTION, effort=Effort.LOW)
    body = body_of(deep, quirks, Traits(efforts={Effort.LOW: "low"}))
    assert body["reasoning"] == {"exclude": True, "effort": "low"}
    assert body_of(QUESTION, quirks)["reasoning"] == {"exclude": True}


def test_a_bare_question() -> None:
    """What was not chosen is not sent."""
    bare = ChatRequest(model="m", messages=(Message(Role.USER, "one"),))
    assert body_of(bare) == {
        "model": "m",
        "messages": [{"role": "user", "content": "one"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("adjustment", "gone", "new"),
    [
        (Adjustment.DROP_TEMPERATURE, {"temperature"}, {}),
        (Adjustment.DROP_MAX_TOKENS, {"max_tokens"}, {}),
        (Adjustment.MAX_COMPLETION_TOKENS, {"max_tokens"}, {"max_completion_tokens": 500}),
        (Adjustment.DROP_STREAM_OPTIONS, {"stream_options"}, {}),
    ],
)
@pytest.mark.parametrize("is_known", [True, False], ids=["of the row", "learned"])
def test_adjustments(
    adjustment: Adjustment, gone: set[str], new: dict[str, Any], is_known: bool
) -> None:
    """Each changes one thing, whether known from the row or learned."""
    one = frozenset({adjustment})
    before = body_of(QUESTION)
    if is_known:
        after = body_of(QUESTION, Quirks(adjustments=one))
    else:
        after = body_of(replace(QUESTION, adjustments=one))
    assert before.keys() - after.keys() == gone
    assert after == {name: value for name, value in before.items() if name not in gone} | new


def test_instructions_in_the_first_message() -> None:
    """Where no system role is taken, the first question carries the instructions."""
    moved = replace(QUESTION, adjustments=frozenset({Adjustment.SYSTEM_IN_USER}))
    messages = body_of(moved)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[0]["content"] == "Be brief.\n\none"
    assert messages[2]["content"] == "three"


def test_temperature_stays_within_bounds() -> None:
    """Whatever was stored, 0 to 1 is sent."""
    assert body_of(replace(QUESTION, temperature=1.7))["temperature"] == 1.0
    assert body_of(replace(QUESTION, temperature=-1.0))["temperature"] == 0.0


def test_a_row_may_add_fields() -> None:
    """What a vendor wants with every question goes along."""
    assert body_of(QUESTION, Quirks(body={"store": False}))["store"] is False


def test_half_a_surrogate_pair_is_no_reason_to_fail() -> None:
    """It is replaced, the rest arrives."""
    odd = ChatRequest(model="m", messages=(Message(Role.USER, "a\ud83d b"),))
    assert body_of(odd)["messages"][0]["content"] == "a? b"
