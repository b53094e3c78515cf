"""The simulated Google refuses what Google refuses, so that our questions are proved by it."""

from typing import Any

import pytest

from tests.simulators.google_strict import refuse_body, refuse_key

FLASH, PRO = "gemini-2.5-flash", "gemini-2.5-pro"
HI = {"parts": [{"text": "hi"}]}


def body(*contents: object, **fields: object) -> dict[str, Any]:
    """Return a question."""
    return {"contents": list(contents or [HI]), **fields}


def thinking(**fields: object) -> dict[str, Any]:
    """Return a question that says how to think."""
    return body(generationConfig={"thinkingConfig": fields})


USER, MODEL = {**HI, "role": "user"}, {**HI, "role": "model"}
RIGHT: dict[str, tuple[str, dict[str, Any]]] = {
    "bare": (FLASH, body()),
    "turns": (FLASH, body(USER, MODEL, USER, store=False, systemInstruction=HI)),
    "the other spelling": (FLASH, body(generation_config={"max_output_tokens": 5})),
    "a budget": (FLASH, thinking(thinkingBudget=0)),
    "a level": ("gemini-3.8-flash", thinking(thinkingLevel="LOW", includeThoughts=True)),
}
WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "no contents": (FLASH, {}, "contents is not specified"),
    "an unknown field": (FLASH, body(model="x"), 'Unknown name "model"'),
    "an unknown setting": (FLASH, body(generationConfig={"store": True}), "generation_config"),
    "another role": (FLASH, body({**HI, "role": "assistant"}), "valid role"),
    "the model first": (FLASH, body(MODEL, USER), "alternate"),
    "twice the same": (FLASH, body(USER, USER), "alternate"),
    "the model last": (FLASH, body(USER, MODEL), "last turn"),
    "no parts": (FLASH, body({"parts": []}), "must not be empty"),
    "an empty part": (FLASH, body({"parts": [{"text": ""}]}), "required oneof"),
    "an empty instruction": (FLASH, body(systemInstruction={"parts": []}), "system_instruction"),
    "storing by word": (FLASH, body(store="no"), "TYPE_BOOL"),
    "too warm": (FLASH, body(generationConfig={"temperature": 2.1}), "temperature"),
    "no length": (FLASH, body(generationConfig={"maxOutputTokens": 0}), "positive"),
    "both": (FLASH, thinking(thinkingBudget=1, thinkingLevel="LOW"), "only one of"),
    "no thoughts to show": (FLASH, thinking(thinkingBudget=0, includeThoughts=True), "enabled"),
    "pro turned off": (PRO, thinking(thinkingBudget=0), "only works in thinking mode"),
    "a level too early": (PRO, thinking(thinkingLevel="LOW"), "not supported"),
    "minimal": ("gemini-3.8-flash", thinking(thinkingLevel="MINIMAL"), "MINIMAL"),
    "no such level": ("gemini-4-argon", thinking(thinkingLevel="OFF"), "thinking_level"),
    "gemma": ("gemma-3-27b-it", thinking(thinkingBudget=1), "not enabled"),
}


@pytest.mark.parametrize(("model", "said"), RIGHT.values(), ids=RIGHT.keys())
def test_what_is_taken(model: str, said: dict[str, Any]) -> None:
    """Nothing is wrong with it."""
    assert refuse_body(model, said, "") is None


@pytest.mark.parametrize(("model", "said", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_refused(model: str, said: dict[str, Any], words: str) -> None:
    """In the vendor's words."""
    refusal = refuse_body(model, said, "")
    assert refusal is not None
    status, error = refusal
    assert status == 400
    assert words in error["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"x-goog-api-key": "canary", "authorization": "Bearer canary"}, "", 400),
        ({"x-goog-api-key": "canary"}, "key=canary", 400),
        ({}, "alt=sse", 403),
        ({"x-goog-api-key": "bad"}, "", 400),
        ({"x-goog-api-key": "barred"}, "", 403),
        ({"x-goog-api-key": "poor"}, "", 402),
    ],
)
def test_keys(headers: dict[str, str], query: str, status: int) -> None:
    """One key, in its header, that may and has credit."""
    refusal = refuse_key(headers, query, is_chat=True)
    assert refusal is not None
    assert refusal[0] == status
