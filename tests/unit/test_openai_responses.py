"""OpenAI's Responses dialect, pure parts: questions, events, counts, ends, lists."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.providers.capabilities import traits_of
from adapters.providers.openai_events import ResponseReader
from adapters.providers.openai_responses import build_body, models_of
from adapters.providers.refusals import Asked
from bot.domain import errors
from bot.domain.chat import (
    Adjustment,
    ChatRequest,
    Event,
    Finish,
    FinishReason,
    ReasoningDelta,
    TextDelta,
)
from bot.domain.errors import ProviderError
from bot.domain.models import Effort
from bot.domain.usage import Usage
from tests.simulators.asking import CONVERSATION

ASKED = Asked(provider="openai", model="gpt-6.1-terra")
QUESTION = ChatRequest(
    model="gpt-6.1-terra",
    messages=CONVERSATION,
    system="Be brief.",
    temperature=0.3,
    max_tokens=500,
    effort=Effort.LOW,
    user="u1",
    conversation="c1",
)


def body_of(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  (fields of a request)
    """Return the question as the vendor reads it."""
    request = replace(QUESTION, **changes)
    return build_body(request, traits_of("openai", request.model))


def test_a_question() -> None:
    """Nothing is stored there, and the member's names are opaque ones."""
    assert body_of() == {
        "model": "gpt-6.1-terra",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": "three"},
        ],
        "stream": True,
        "store": False,
        "max_output_tokens": 500,
        "reasoning": {"effort": "low"},
        "stream_options": {"include_obfuscation": False},
        "prompt_cache_key": "c1",
        "safety_identifier": "u1",
    }


BODIES = {
    "a temperature where it does not think": (
        {"effort": Effort.OFF},
        {"temperature": 0.3, "reasoning": {"effort": "none"}},
    ),
    "none for one that always thinks": ({"model": "gpt-6.2-sol"}, {"temperature": None}),
    "one for an old one": ({"model": "gpt-4o"}, {"temperature": 0.3, "reasoning": None}),
    "one for one that thinks only if told": (
        {"model": "gpt-5.4-mini", "effort": None},
        {"temperature": 0.3, "reasoning": None},
    ),
    "no depth it has not": ({"model": "o3", "effort": Effort.OFF}, {"reasoning": None}),
    "an id nobody knows": ({"model": "gpt-9"}, {"temperature": None}),
    "no limit": ({"max_tokens": None}, {"max_output_tokens": None}),
    "the least limit": ({"max_tokens": 5}, {"max_output_tokens": 16}),
    "a temperature refused": (
        {"model": "gpt-4o", "adjustments": frozenset({Adjustment.DROP_TEMPERATURE})},
        {"temperature": None},
    ),
    "a depth refused": (
        {"adjustments": frozenset({Adjustment.DROP_EFFORT})},
        {"reasoning": None},
    ),
    "a limit refused": (
        {"adjustments": frozenset({Adjustment.DROP_MAX_TOKENS})},
        {"max_output_tokens": None},
    ),
    "options refused": (
        {"adjustments": frozenset({Adjustment.DROP_STREAM_OPTIONS})},
        {"stream_options": None},
    ),
    "no names": ({"user": "", "conversation": ""}, {"safety_identifier": None}),
}


@pytest.mark.parametrize(("changes", "expected"), BODIES.values(), ids=BODIES.keys())
def test_bodies(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    """None: the field is not there."""
    body = body_of(**changes)
    assert {name: body.get(name) for name in expected} == expected
    assert body["store"] is False


def test_instructions_in_the_first_message() -> None:
    """For models that take none."""
    body = body_of(adjustments=frozenset({Adjustment.SYSTEM_IN_USER}))
    assert "instructions" not in body
    assert body["input"][0]["content"] == "Be brief.\n\none"


def event(kind: str, **fields: object) -> bytes:
    """Return one event as it comes over the wire."""
    said = {"type": kind, "sequence_number": 1, **fields}
    return f"event: {kind}\ndata: {json.dumps(said)}\n\n".encode()


def read(*pieces: bytes) -> tuple[list[Event], ProviderError | None]:
    """Return the events and the failure."""
    reader = ResponseReader(ASKED)
    events = [each for piece in pieces for each in reader.feed(piece)] + reader.end()
    return events, reader.failure


USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 20},
    "output_tokens": 40,
    "output_tokens_details": {"reasoning_tokens": 30},
}
COUNT = Usage(
    input_tokens=100,
    output_tokens=40,
    cache_read_tokens=60,
    cache_write_tokens=20,
    reasoning_tokens=30,
)
TEXT = event("response.output_text.delta", delta="Yes")
DONE = event("response.completed", response={"status": "completed", "usage": USAGE})


def test_a_stream() -> None:
    """Thinking apart, texts as one, the count, the end; what nobody knows is passed over."""
    events, failure = read(
        event("response.created", response={"status": "in_progress"})
        + event("response.something.new", delta="x")
        + event("response.reasoning_summary_text.delta", delta="Hm"),
        event("response.reasoning_text.delta", delta="m"),
        event("response.output_text.delta", delta="Yes")
        + event("response.output_text.delta", delta="."),
        DONE,
    )
    assert failure is None
    assert events == [
        ReasoningDelta("Hm"),
        ReasoningDelta("m"),
        TextDelta("Yes."),
        COUNT,
        Finish(FinishReason.STOP),
    ]


def incomplete(reason: str) -> bytes:
    """Return an end before the model's own."""
    response = {"status": "incomplete", "incomplete_details": {"reason": reason}, "usage": USAGE}
    return event("response.incomplete", response=response)


ENDS = {
    "its own": (DONE, FinishReason.STOP),
    "the limit": (incomplete("max_output_tokens"), FinishReason.LENGTH),
    "a filter": (incomplete("content_filter"), FinishReason.FILTERED),
    "for a reason nobody knows": (incomplete("steered"), FinishReason.STOP),
}


@pytest.mark.parametrize(("end", "reason"), ENDS.values(), ids=ENDS.keys())
def test_ends(end: bytes, reason: FinishReason) -> None:
    """The count comes with every one of them."""
    events, failure = read(TEXT, end)
    assert failure is None
    assert events == [TextDelta("Yes"), COUNT, Finish(reason)]


def test_a_refusal_is_said_and_is_one() -> None:
    """The model's own words, and a completed response, are a refusal all the same."""
    events, _ = read(event("response.refusal.delta", delta="I cannot."), DONE)
    assert events == [TextDelta("I cannot."), COUNT, Finish(FinishReason.FILTERED)]


def failed(code: str, message: str = "m") -> bytes:
    """Return a response that came to nothing."""
    response = {"status": "failed", "error": {"code": code, "message": message}, "usage": USAGE}
    return event("response.failed", response=response)


FAILURES = {
    "its own fault": (failed("server_error"), errors.ServerFault),
    "too many requests": (failed("rate_limit_exceeded"), errors.RateLimited),
    "a prompt its rules forbid": (failed("invalid_prompt"), errors.Filtered),
    "a policy": (failed("bio_policy"), errors.Filtered),
    "another policy": (failed("misalignment_policy_violation"), errors.Filtered),
    "an error between events": (
        event("error", code="server_error", message="m", param=None),
        errors.ServerFault,
    ),
    "an error in the old shape": (
        event("error", error={"type": "server_error", "message": "m"}),
        errors.ServerFault,
    ),
    "overload between events": (
        event("error", code="server_is_overloaded", message="m", param=None),
        errors.Overloaded,
    ),
    "nothing more": (b"", errors.Cut),
    "rubbish": (b"data: {\n\n", errors.ServerFault),
    "no response at the end": (event("response.completed", response=5), errors.ServerFault),
}


@pytest.mark.parametrize(("end", "leaf"), FAILURES.values(), ids=FAILURES.keys())
def test_failures(end: bytes, leaf: type[ProviderError]) -> None:
    """What came is kept, and it may have been billed."""
    events, failure = read(TEXT, end)
    assert TextDelta("Yes") in events
    assert type(failure) is leaf
    assert not failure.is_unsent
    assert not any(isinstance(each, Finish) for each in events)


def test_a_whole_answer() -> None:
    """The same in one piece."""
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "Yes."}, 5]},
        7,
    ]
    reader = ResponseReader(ASKED)
    body = json.dumps({"status": "completed", "output": output, "usage": USAGE}).encode()
    events = reader.whole(body) + reader.end()
    assert events == [
        ReasoningDelta("Hm"),
        TextDelta("Yes."),
        COUNT,
        Finish(FinishReason.STOP),
    ]


def test_lists_hold_what_chats() -> None:
    """By the vendor's rules; a snapshot is left out where its own name is there."""
    names = (
        "gpt-6.1-terra", "gpt-6.1-terra-2026-10-20", "gpt-4o-2024-08-06", "o3", "ft:gpt-4o:me::x",
        "gpt-realtime-2", "gpt-image-2.6", "text-embedding-3-small", "gpt-6-cyber", "whisper-1",
        "gpt-6.2-astra-law", "gpt-3.5-turbo-instruct", "omni-moderation-latest", "chat-latest",
    )  # fmt: skip
    rows: list[dict[str, Any]] = [
        {"id": name, "created": 1_790_000_000, "shutdown_date": "2027-01-14"} for name in names
    ]
    found = models_of([*rows, {"id": 5}])
    assert [model.id for model in found] == [
        "gpt-6.1-terra", "gpt-4o-2024-08-06", "o3", "ft:gpt-4o:me::x", "chat-latest",
    ]  # fmt: skip
    assert found[0].released_at is not None
    assert found[0].retires_at is not None
    assert found[0].retires_at.date().isoformat() == "2027-01-14"
