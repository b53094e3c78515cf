"""The Chat Completions dialect, pure parts: answers and counts."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.providers.openai_chunks import AnswerReader, read_usage
from adapters.providers.refusals import Asked
from bot.domain import errors
from bot.domain.chat import (
    Event,
    Finish,
    FinishReason,
    ReasoningDelta,
    TextDelta,
)
from bot.domain.errors import ProviderError, ServerFault
from bot.domain.usage import Usage

ASKED = Asked(provider="acme", model="m")
STOP = Finish(FinishReason.STOP)


def sse(*chunks: object) -> bytes:
    """Return chunks as a vendor streams them."""
    return b"".join(
        f"data: {chunk if isinstance(chunk, str) else json.dumps(chunk)}\n\n".encode()
        for chunk in chunks
    )


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a chunk with one choice."""
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def read(data: bytes) -> tuple[list[Event], ProviderError | None]:
    """Return all events of a stream, and its failure."""
    reader = AnswerReader(ASKED)
    events = reader.feed(data)
    return events + reader.end(), reader.failure


USED = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}
COUNT = Usage(input_tokens=3, output_tokens=2)
STREAMS: dict[str, tuple[bytes, list[Event]]] = {
    "plain": (
        sse(
            delta(role="assistant", content=""), delta(content="Hi"), delta("stop"), USED, "[DONE]"
        ),
        [TextDelta("Hi"), COUNT, STOP],
    ),
    "texts of one piece are one": (
        sse(delta(content="a"), delta(content="b"), delta(content="c"), "[DONE]"),
        [TextDelta("abc"), STOP],
    ),
    "usage beside the last choice": (
        sse({**delta("stop", content="a"), "usage": USED["usage"]}, "[DONE]"),
        [TextDelta("a"), COUNT, STOP],
    ),
    "usage in every chunk": (
        sse(
            {**delta(content="a"), "usage": {"prompt_tokens": 3, "completion_tokens": 1}},
            {**delta("stop", content="b"), "usage": USED["usage"]},
            "[DONE]",
        ),
        [TextDelta("ab"), COUNT, STOP],
    ),
    "usage null meanwhile": (
        sse(
            {**delta(content="a"), "usage": None}, {**delta("stop"), "usage": None}, USED, "[DONE]"
        ),
        [TextDelta("a"), COUNT, STOP],
    ),
    "usage under x_groq": (
        sse({**delta("stop", content="a"), "x_groq": {"usage": USED["usage"]}}, "[DONE]"),
        [TextDelta("a"), COUNT, STOP],
    ),
    "no end mark but an end": (sse(delta("stop", content="a")), [TextDelta("a"), STOP]),
    "an end mark but no end": (sse(delta(content="a"), "[DONE]"), [TextDelta("a"), STOP]),
    "an end mark that is not closed": (
        sse(delta(content="a"), "[DONE]").rstrip(),
        [TextDelta("a"), STOP],
    ),
    "a last chunk that is not closed": (
        sse(delta("stop", content="a")).rstrip(),
        [TextDelta("a"), STOP],
    ),
    "half an end mark": (
        sse(delta("stop", content="a")) + b"data: [DO",
        [TextDelta("a"), STOP],
    ),
    "after the end mark nothing counts": (
        sse(delta(content="a"), "[DONE]", delta(content="b"), {"error": "late"}),
        [TextDelta("a"), STOP],
    ),
    "a first chunk of filters": (
        sse({"choices": [], "prompt_filter_results": []}, delta(content="a"), "[DONE]"),
        [TextDelta("a"), STOP],
    ),
    "choices null": (sse({"choices": None}, delta(content="a"), "[DONE]"), [TextDelta("a"), STOP]),
    "delta null": (
        sse({"choices": [{"index": 0, "delta": None}]}, delta(content="a"), "[DONE]"),
        [TextDelta("a"), STOP],
    ),
    "content null": (
        sse(delta(content=None), delta(content="a"), "[DONE]"),
        [TextDelta("a"), STOP],
    ),
    "another choice": (
        sse(
            delta(content="a"),
            {"choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": "length"}]},
            "[DONE]",
        ),
        [TextDelta("a"), STOP],
    ),
    "an error that is null": (
        sse({**delta(content="a"), "error": None}, "[DONE]"),
        [TextDelta("a"), STOP],
    ),
    "too long": (
        sse(delta("length", content="a"), "[DONE]"),
        [TextDelta("a"), Finish(FinishReason.LENGTH)],
    ),
    "filtered": (
        sse(delta("content_filter"), "[DONE]"),
        [Finish(FinishReason.FILTERED)],
    ),
    "tools nobody asked for": (sse(delta("tool_calls"), "[DONE]"), [STOP]),
    "reasoning_content": (
        sse(delta(reasoning_content="hm"), delta(content="a"), "[DONE]"),
        [ReasoningDelta("hm"), TextDelta("a"), STOP],
    ),
    "reasoning": (
        sse(delta(reasoning="h"), delta(reasoning="m"), delta(content="a"), "[DONE]"),
        [ReasoningDelta("hm"), TextDelta("a"), STOP],
    ),
    "reasoning twice is once": (
        sse(delta(reasoning="hm", reasoning_content="hm"), delta(content="a"), "[DONE]"),
        [ReasoningDelta("hm"), TextDelta("a"), STOP],
    ),
    "reasoning of another shape": (
        sse(delta(reasoning={"text": "hm"}, content="a"), "[DONE]"),
        [TextDelta("a"), STOP],
    ),
    "thinking in tags": (
        sse(
            delta(content="<thi"), delta(content="nk>hm</think>\n\n"), delta(content="a"), "[DONE]"
        ),
        [ReasoningDelta("hm"), TextDelta("a"), STOP],
    ),
    "thinking in parts": (
        sse(
            delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]),
            delta(content=["?", {"type": "text", "text": "a"}]),
            "[DONE]",
        ),
        [ReasoningDelta("hm"), TextDelta("a"), STOP],
    ),
    "a refusal": (sse(delta(refusal="No."), "[DONE]"), [TextDelta("No."), STOP]),
    "line separators": (
        sse(json.dumps(delta(content="a\u2028b\u0085c"), ensure_ascii=False), "[DONE]"),
        [TextDelta("a\u2028b\u0085c"), STOP],
    ),
    "comments": (
        b": OPENROUTER PROCESSING\n\n" + sse(delta(content="a"), "[DONE]"),
        [TextDelta("a"), STOP],
    ),
}


@pytest.mark.parametrize(("data", "expected"), STREAMS.values(), ids=STREAMS.keys())
def test_streams(data: bytes, expected: list[Event]) -> None:
    """The stream holds these events and no failure."""
    assert read(data) == (expected, None)


FAILURES: dict[str, tuple[bytes, str, type[ProviderError]]] = {
    "nothing": (b"", "", errors.Cut),
    "text and no end": (sse(delta(content="a")), "a", errors.Cut),
    "half a chunk": (sse(delta(content="a")) + b'data: {"choices": [{"del', "a", errors.Cut),
    "an error object": (
        sse(delta(content="a"), {"error": {"message": "m", "code": 502}}),
        "a",
        ServerFault,
    ),
    "an error text": (sse(delta(content="a"), {"error": "m"}), "a", ServerFault),
    "an error with choices": (
        sse({**delta("error"), "error": {"message": "m", "code": "server_error"}}),
        "",
        ServerFault,
    ),
    "an error event": (b'event: error\ndata: {"message": "m"}\n\n', "", ServerFault),
    "a message and nothing else": (
        sse({"object": "error", "message": "m", "code": 500}),
        "",
        ServerFault,
    ),
    "a detail and nothing else": (sse({"detail": "m"}), "", ServerFault),
    "too long, told late": (
        sse({"error": {"message": "m", "code": "context_length_exceeded"}}),
        "",
        errors.TooLong,
    ),
    "an error that is not closed": (sse({"error": "m"}).rstrip(), "", ServerFault),
    "no JSON": (sse(delta(content="a"), "nonsense"), "a", ServerFault),
    "no UTF-8": (
        sse(delta(content="a")) + b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n',
        "a",
        ServerFault,
    ),
    "no bottom": (sse("[" * 100_000), "", ServerFault),
    "another shape": (sse({"choices": [1]}), "", ServerFault),
}


@pytest.mark.parametrize(("data", "text", "leaf"), FAILURES.values(), ids=FAILURES.keys())
def test_streams_that_fail(data: bytes, text: str, leaf: type[ProviderError]) -> None:
    """What came before is kept; the failure is named, and may have been billed."""
    events, failure = read(data)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text
    assert not any(isinstance(event, Finish) for event in events)
    assert type(failure) is leaf
    assert failure.is_unsent is False
    assert (failure.provider, failure.model) == ("acme", "m")
    assert failure.__cause__ is None
    assert failure.__context__ is None


def test_a_parameter_refused_within_a_stream_is_no_invitation() -> None:
    """Once the answer began, nothing is mended and sent again."""
    _, failure = read(sse({"error": {"message": "no temperature", "param": "temperature"}}))
    assert not isinstance(failure, errors.ParameterRefused)


def test_an_event_without_end_is_a_fault() -> None:
    """A stream cannot fill the memory."""
    reader = AnswerReader(ASKED)
    for _ in range(20):
        reader.feed(b"x" * 1_000_000)
        if reader.failure:
            break
    assert type(reader.failure) is ServerFault


def test_a_count_before_a_failure_is_kept() -> None:
    """What was used is known although the answer broke off."""
    events, failure = read(sse(USED, {"error": "m"}))
    assert events == [COUNT]
    assert failure is not None


def test_an_answer_in_one_piece() -> None:
    """A vendor that does not stream is read all the same."""
    message = {"role": "assistant", "content": "<think>hm</think>a"}
    choice = {"index": 0, "message": message, "finish_reason": "length"}
    reader = AnswerReader(ASKED)
    events = reader.whole(json.dumps({"choices": [choice], "usage": USED["usage"]}).encode())
    assert not reader.is_open
    assert events + reader.end() == [
        ReasoningDelta("hm"),
        TextDelta("a"),
        COUNT,
        Finish(FinishReason.LENGTH),
    ]


@pytest.mark.parametrize("body", [b'[{"error": {"message": "m"}}]', b'{"error": "m"}', b"{", b""])
def test_a_failure_in_one_piece(body: bytes) -> None:
    """An error under a 200 is an error."""
    reader = AnswerReader(ASKED)
    assert reader.whole(body) + reader.end() == []
    assert type(reader.failure) is ServerFault


USAGES: dict[str, tuple[object, Usage | None]] = {
    "OpenAI": (
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 80, "cache_write_tokens": 5},
            "completion_tokens_details": {"reasoning_tokens": 40},
        },
        Usage(
            input_tokens=100,
            output_tokens=50,
            cache_read_tokens=80,
            cache_write_tokens=5,
            reasoning_tokens=40,
        ),
    ),
    "DeepSeek": (
        {"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 8},
        Usage(input_tokens=10, output_tokens=5, cache_read_tokens=8),
    ),
    "OpenRouter": (
        {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.00123},
        Usage(input_tokens=10, output_tokens=5, cost_usd=Decimal("0.00123")),
    ),
    "details null": (
        {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": None},
        Usage(input_tokens=10, output_tokens=5),
    ),
    "floats": (
        {"prompt_tokens": 10.0, "completion_tokens": 5.0},
        Usage(input_tokens=10, output_tokens=5),
    ),
    "nonsense in a field": (
        {"prompt_tokens": "ten", "completion_tokens": -5, "cost": "free"},
        Usage(),
    ),
    "numbers that are none": (
        {"prompt_tokens": float("inf"), "completion_tokens": 5, "cost": float("nan")},
        Usage(output_tokens=5),
    ),
    "null": (None, None),
    "raw": (
        msgspec.Raw(b'{"prompt_tokens": 4, "completion_tokens": 1}'),
        Usage(input_tokens=4, output_tokens=1),
    ),
    "raw without bottom": (msgspec.Raw(b"[" * 100_000), None),
    "empty": ({}, None),
    "a list": ([1], None),
}


@pytest.mark.parametrize(("said", "expected"), USAGES.values(), ids=USAGES.keys())
def test_usage(said: object, expected: Usage | None) -> None:
    """Every vendor's count in the same terms."""
    assert read_usage(said) == expected
