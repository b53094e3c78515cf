"""The Gemini dialect, pure parts: questions and lists."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from adapters.providers.capabilities import traits_of
from adapters.providers.dialect import encode
from adapters.providers.google import build_body, path_of
from adapters.providers.google_lists import by_version, read_page
from adapters.providers.lists import Page
from adapters.providers.refusals import Asked
from bot.domain.chat import Adjustment, ChatRequest, Message, Role
from bot.domain.errors import ServerFault
from bot.domain.models import Effort, Model
from tests.simulators.asking import CONVERSATION

ASKED = Asked(provider="google", model="m")
FLASH = "gemini-2.5-flash"
QUESTION = ChatRequest(
    model=FLASH,
    messages=CONVERSATION,
    system="Be brief.",
    temperature=0.3,
    max_tokens=5_000,
)


def body_of(request: ChatRequest) -> dict[str, Any]:
    """Return the question as the vendor reads it."""
    traits = traits_of("google", request.model)
    body: dict[str, Any] = json.loads(encode(build_body(request, traits)))
    return body


def config_of(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the settings of a question; none: empty."""
    found: dict[str, Any] = body_of(replace(QUESTION, **changes)).get("generationConfig", {})
    return found


def turns_of(*said: tuple[Role, str], **changes: Any) -> list[tuple[str, list[str]]]:  # noqa: ANN401
    """Return role and texts of each turn."""
    messages = tuple(Message(role, text) for role, text in said)
    body = body_of(replace(QUESTION, messages=messages, **changes))
    return [(turn["role"], [part["text"] for part in turn["parts"]]) for turn in body["contents"]]


def test_a_question() -> None:
    """Instructions stand apart, nothing is to be kept, and everything chosen goes along."""
    assert body_of(QUESTION) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "one"}]},
            {"role": "model", "parts": [{"text": "two"}]},
            {"role": "user", "parts": [{"text": "three"}]},
        ],
        "store": False,
        "generationConfig": {
            "maxOutputTokens": 5_000,
            "temperature": 0.3,
            "thinkingConfig": {"includeThoughts": True},
        },
    }


def test_a_bare_question() -> None:
    """What was not chosen is not sent; not to be kept is said always."""
    bare = ChatRequest(model="gemma-3-27b-it", messages=(Message(Role.USER, "one"),))
    assert body_of(bare) == {
        "contents": [{"role": "user", "parts": [{"text": "one"}]}],
        "store": False,
    }


def test_turns_are_in_the_vendors_order() -> None:
    """The user begins, roles alternate, and nothing is empty."""
    user, model = Role.USER, Role.ASSISTANT
    assert turns_of((model, "hi"), (user, "a"), (user, "b"), (model, ""), (user, "c")) == [
        ("user", ["a", "b", "c"])
    ]
    assert turns_of((user, ""), (user, "a"), (model, "b"), (user, "c")) == [
        ("user", ["a"]),
        ("model", ["b"]),
        ("user", ["c"]),
    ]


def test_instructions_in_the_first_turn() -> None:
    """Where no instruction is taken, the first question carries it."""
    moved = replace(QUESTION, adjustments=frozenset({Adjustment.SYSTEM_IN_USER}))
    body = body_of(moved)
    assert "systemInstruction" not in body
    assert body["contents"][0]["parts"] == [{"text": "Be brief.\n\n"}, {"text": "one"}]


@pytest.mark.parametrize(
    ("adjustment", "gone"),
    [
        (Adjustment.DROP_TEMPERATURE, "temperature"),
        (Adjustment.DROP_MAX_TOKENS, "maxOutputTokens"),
        (Adjustment.DROP_EFFORT, "thinkingConfig"),
    ],
)
def test_adjustments(adjustment: Adjustment, gone: str) -> None:
    """Each takes one thing away."""
    before = config_of(effort=Effort.LOW)
    after = config_of(effort=Effort.LOW, adjustments=frozenset({adjustment}))
    assert before.keys() - after.keys() == {gone}


THINKING: dict[str, tuple[str, Effort | None, dict[str, Any] | None]] = {
    "its own": (FLASH, None, {"includeThoughts": True}),
    "off": (FLASH, Effort.OFF, {"thinkingBudget": 0}),
    "low": (FLASH, Effort.LOW, {"thinkingBudget": 1_024, "includeThoughts": True}),
    "half the answer": (FLASH, Effort.HIGH, {"thinkingBudget": 2_500, "includeThoughts": True}),
    "pro is never off": ("gemini-2.5-pro", Effort.OFF, {"includeThoughts": True}),
    "lite does not by itself": ("gemini-2.5-flash-lite", None, None),
    "a level": (
        "gemini-3.8-flash",
        Effort.HIGH,
        {"thinkingLevel": "HIGH", "includeThoughts": True},
    ),
    "next to none": ("gemini-3-flash-preview", Effort.OFF, {"thinkingLevel": "MINIMAL"}),
    "no minimal": ("gemini-3.8-flash", Effort.OFF, {"includeThoughts": True}),
    "of the newest": (
        "gemini-4-argon",
        Effort.LOW,
        {"thinkingLevel": "LOW", "includeThoughts": True},
    ),
    "gemma": ("gemma-3-27b-it", Effort.HIGH, None),
    "unheard of": ("sim-1", Effort.HIGH, None),
}


@pytest.mark.parametrize(("model", "effort", "said"), THINKING.values(), ids=THINKING.keys())
def test_thinking(model: str, effort: Effort | None, said: dict[str, Any] | None) -> None:
    """Tokens for 2.5, a level after it, never both, and nothing where there is no such thing."""
    assert config_of(model=model, effort=effort).get("thinkingConfig") == said


def test_a_budget_without_a_limit_is_whole() -> None:
    """Nothing bounds it but the vendor."""
    said = config_of(effort=Effort.HIGH, max_tokens=None)
    assert said["thinkingConfig"]["thinkingBudget"] == 24_576


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("gemini-2.5-pro", 1.0),
        ("gemini-3.1-pro-preview", 1.0),
        ("gemini-3.5-flash-lite", None),
        ("gemini-3.6-flash", None),
        ("gemini-3.10-flash", None),
        ("gemini-4-argon", None),
        ("gemini-flash-latest", None),
        ("gemma-3-27b-it", 1.0),
    ],
)
def test_temperature(model: str, sent: float | None) -> None:
    """At most 1, and only where it has an effect."""
    assert config_of(model=model, temperature=1.7).get("temperature") == sent


@pytest.mark.parametrize(
    ("model", "segment"),
    [
        ("gemini-3.8-flash", "gemini-3.8-flash"),
        ("models/gemini-3.8-flash", "gemini-3.8-flash"),
        ("../../v1/keys", "..%2F..%2Fv1%2Fkeys"),
        ("x?key=1#a", "x%3Fkey%3D1%23a"),
        ("%2e%2e/", "%252e%252e%2F"),
        ("a b\r\nc", "a%20b%0D%0Ac"),
        ("é\ud83d", "%C3%A9%3F"),
    ],
)
def test_an_id_stays_one_segment_of_the_path(model: str, segment: str) -> None:
    """Whatever a member types."""
    assert path_of(model) == f"models/{segment}:streamGenerateContent?alt=sse"


def row(name: str, *methods: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a row of the list."""
    methods = methods or ("generateContent", "countTokens")
    return {"name": f"models/{name}", "supportedGenerationMethods": list(methods), **fields}


def listed(rows: Sequence[object]) -> Sequence[Model]:
    """Return the models on a page of these rows."""
    return read_page(json.dumps({"models": rows}).encode(), ASKED).models


def test_a_models_fields() -> None:
    """What the list says, and nothing that it does not."""
    rows = [
        row("gemini-3.8-flash", displayName="Gemini 3.8 Flash", inputTokenLimit=1_000,
            outputTokenLimit=500, maxTemperature=2, thinking=True),
        row("gemini-3.7-flash", thinking=False, inputTokenLimit="many"),
    ]  # fmt: skip
    assert listed(rows) == [
        Model(
            id="gemini-3.8-flash",
            name="Gemini 3.8 Flash",
            context_tokens=1_000,
            max_output_tokens=500,
            takes_temperature=True,
        ),
        Model(id="gemini-3.7-flash", efforts=()),
    ]


def test_only_what_chats_is_listed() -> None:
    """By what it can do, and by its name where that says more."""
    names = [
        "gemini-embedding-2", "aqa", "imagen-5", "veo-4", "lyria-3", "gemini-3.1-flash-tts",
        "gemini-3.1-flash-image", "gemini-nano-banana-2.1", "gemini-3.1-flash-live", "learnlm-2",
        "gemini-2.5-flash-native-audio", "gemini-robotics-er-2", "gemini-2.5-computer-use",
        "deep-research-pro", "gemini-transcribe-1", "gemini-omni",
    ]  # fmt: skip
    rows = [*map(row, names), row("gemini-9-pro", "embedContent"), {"name": 5}, row("")]
    rows.append(row("gemini-3.8-flash"))
    assert [model.id for model in listed(rows)] == ["gemini-3.8-flash"]


def test_the_newest_version_comes_first() -> None:
    """Numbers are compared as numbers; trials after the rest, aliases and other families last."""
    ids = [
        "gemma-4-31b-it", "gemini-2.5-pro", "gemini-flash-latest", "gemini-3.8-flash-preview",
        "gemini-3.10-flash", "gemini-3.8-flash", "gemini-4-argon", "gemini-2.0-flash-001",
    ]  # fmt: skip
    assert [model.id for model in by_version([Model(id=name) for name in ids])] == [
        "gemini-4-argon", "gemini-3.10-flash", "gemini-3.8-flash", "gemini-3.8-flash-preview",
        "gemini-2.5-pro", "gemini-2.0-flash-001", "gemini-flash-latest", "gemma-4-31b-it",
    ]  # fmt: skip


PAGES: dict[str, tuple[bytes, str]] = {
    "a page": (b'{"models": [5], "nextPageToken": "t&u"}', "pageToken=t%26u"),
    "an empty list": (b"{}", ""),
    "an odd token": (b'{"models": [], "nextPageToken": 7}', ""),
}


@pytest.mark.parametrize(("body", "following"), PAGES.values(), ids=PAGES.keys())
def test_pages(body: bytes, following: str) -> None:
    """A list may be empty, and says itself how it goes on."""
    assert read_page(body, ASKED) == Page([], following)


@pytest.mark.parametrize("body", [b'{"models": 5}', b'{"error": {"code": 500}}', b"[]", b"<html>"])
def test_no_list(body: bytes) -> None:
    """It is the vendor's fault."""
    with pytest.raises(ServerFault):
        read_page(body, ASKED)
