"""The Gemini dialect, pure parts: answers, their ends and counts."""

import json
from typing import Any

import pytest

from adapters.providers.google_chunks import GoogleReader
from adapters.providers.refusals import Asked
from bot.domain import errors
from bot.domain.chat import Event, Finish, FinishReason, ReasoningDelta, TextDelta
from bot.domain.errors import ProviderError
from bot.domain.usage import Usage

ASKED = Asked(provider="google", model="m")
STOP = Finish(FinishReason.STOP)


def sse(*chunks: object) -> bytes:
    """Return chunks as the vendor streams them."""
    return b"".join(f"data: {json.dumps(chunk)}\r\n\r\n".encode() for chunk in chunks)


def chunk(*parts: object, finish: str = "", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a chunk with one candidate."""
    content = {"parts": [{"text": p} if isinstance(p, str) else p for p in parts]}
    candidate = {"content": content, **({"finishReason": finish} if finish else {})}
    return {"candidates": [candidate], **fields}


def read(data: bytes) -> tuple[list[Event], ProviderError | None]:
    """Return all events of a stream, and its failure."""
    reader = GoogleReader(ASKED)
    events = reader.feed(data)
    return events + reader.end(), reader.failure


OTHER = {"content": {"parts": [{"text": "no"}]}}
BLOCK = {"promptFeedback": {"blockReason": "SAFETY"}}
ANSWERS: dict[str, tuple[bytes, list[Event]]] = {
    "pieces": (sse(chunk("a"), chunk("b", finish="STOP")), [TextDelta("ab"), STOP]),
    "thoughts": (
        sse(chunk({"text": "hm", "thought": True}), chunk("a", finish="STOP")),
        [ReasoningDelta("hm"), TextDelta("a"), STOP],
    ),
    "an empty last part": (sse(chunk("a"), chunk("", finish="STOP")), [TextDelta("a"), STOP]),
    "no candidates": (
        sse({"usageMetadata": None}, chunk("a", finish="STOP")),
        [TextDelta("a"), STOP],
    ),
    "parts of other kinds": (
        sse(chunk({"inlineData": {"data": "x"}}, {"thoughtSignature": "s"}, "a", finish="STOP")),
        [TextDelta("a"), STOP],
    ),
    "another candidate": (
        sse({"candidates": [{"index": 1, **OTHER}]}, chunk("a", finish="STOP")),
        [TextDelta("a"), STOP],
    ),
    "the last event is not closed": (
        sse(chunk("a", finish="STOP")).rstrip(),
        [TextDelta("a"), STOP],
    ),
    "a blocked prompt": (
        sse({**BLOCK, "usageMetadata": {"promptTokenCount": 9}}),
        [Usage(input_tokens=9), Finish(FinishReason.FILTERED)],
    ),
    "feedback without a block": (
        sse({"promptFeedback": {"safetyRatings": []}}, chunk("a", finish="STOP")),
        [TextDelta("a"), STOP],
    ),
    "an unheard-of reason": (sse(chunk("a", finish="WELL_RESTED")), [TextDelta("a"), STOP]),
    "not the end yet": (
        sse(chunk("a", finish="FINISH_REASON_UNSPECIFIED"), chunk("b", finish="STOP")),
        [TextDelta("ab"), STOP],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "events"), ANSWERS.values(), ids=ANSWERS.keys())
def test_answers(data: bytes, events: list[Event]) -> None:
    """Text, thoughts, count and end are told apart."""
    assert read(data) == (events, None)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("STOP", FinishReason.STOP),
        ("MAX_TOKENS", FinishReason.LENGTH),
        ("CONTINUATION", FinishReason.LENGTH),
        *(
            (word, FinishReason.FILTERED)
            for word in (
                "SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION", "IMAGE_SAFETY",
                "LANGUAGE", "ESCALATION",
            )
        ),
    ],
)  # fmt: skip
def test_ends_of_an_answer(word: str, reason: FinishReason) -> None:
    """Each of the vendor's words is one of ours."""
    assert read(sse(chunk("a", finish=word))) == ([TextDelta("a"), Finish(reason)], None)


@pytest.mark.parametrize(
    ("word", "leaf"),
    [
        ("OTHER", errors.ServerFault),
        ("MALFORMED_RESPONSE", errors.ServerFault),
        ("UNEXPECTED_TOOL_CALL", errors.ServerFault),
        ("PUP_LIMITED_DISABLED", errors.NoPermission),
    ],
)
def test_ends_that_are_faults(word: str, leaf: type[ProviderError]) -> None:
    """What came stays, the count too, and it may have been billed."""
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 1}
    events, failure = read(sse(chunk("a", finish=word, usageMetadata=usage)))
    assert events == [TextDelta("a"), Usage(input_tokens=5, output_tokens=1)]
    assert type(failure) is leaf
    assert failure.said == word
    assert not failure.is_unsent


def test_the_last_count_holds_all() -> None:
    """Thinking is billed with the answer, what tools found with the prompt."""
    first = {"promptTokenCount": 10}
    last = {
        "promptTokenCount": 10,
        "toolUsePromptTokenCount": 3,
        "cachedContentTokenCount": 4,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 63,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 10}],
    }
    data = sse(chunk("a", usageMetadata=first), chunk("", finish="STOP", usageMetadata=last))
    assert read(data)[0][1] == Usage(
        input_tokens=13, output_tokens=50, cache_read_tokens=4, reasoning_tokens=30
    )


@pytest.mark.parametrize(
    ("count", "usage"),
    [
        ({"promptTokenCount": 10}, []),
        (
            {"promptTokenCount": 10, "candidatesTokenCount": 4},
            [Usage(input_tokens=10, output_tokens=4)],
        ),
        ("rubbish", []),
    ],
)  # fmt: skip
def test_a_count_of_an_answer_that_was_cut(count: object, usage: list[Event]) -> None:
    """One of the prompt alone is no count of what came."""
    events, failure = read(sse(chunk("a", usageMetadata=count)))
    assert events == [TextDelta("a"), *usage]
    assert type(failure) is errors.Cut


FAULT = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
LINES = json.dumps(FAULT, indent=2).replace("\n", "\r\n").encode()
FAULTS: dict[str, bytes] = {
    "an event": sse(FAULT),
    "bare lines": LINES + b"\r\n",
    "bare lines without an end": LINES,
    "one bare line": json.dumps(FAULT).encode(),
    "an array": json.dumps([FAULT], indent=2).encode(),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("broke", [True, False], ids=["cut", "closed"])
@pytest.mark.parametrize("text", ["a", ""], ids=["after text", "at once"])
def test_a_fault_within_the_stream(fault: bytes, *, broke: bool, text: str) -> None:
    """In each of its shapes, whether the connection then breaks or closes."""
    reader = GoogleReader(ASKED)
    events = reader.feed((sse(chunk(text)) if text else b"") + fault)
    if broke and reader.is_open:
        reader.broke(errors.Cut("google"))
    assert events + reader.end() == ([TextDelta(text)] if text else [])
    assert type(reader.failure) is errors.Overloaded
    assert reader.failure.said == "overloaded"
    assert not reader.failure.is_unsent


@pytest.mark.parametrize("rest", [b"<html>", b'{"error": {"code": 5', b"[", b"]\r\n{}\r\n", b"7"])
def test_what_is_no_fault_is_a_cut(rest: bytes) -> None:
    """Half an error tells nothing."""
    events, failure = read(sse(chunk("a")) + rest)
    assert events == [TextDelta("a")]
    assert type(failure) is errors.Cut


def test_nothing_counts_after_the_end() -> None:
    """The answer was whole."""
    assert read(sse(chunk("a", finish="STOP")) + LINES) == ([TextDelta("a"), STOP], None)


@pytest.mark.parametrize("is_array", [True, False])
def test_an_answer_in_one_piece(*, is_array: bool) -> None:
    """As an object, or as the array that comes where a proxy drops the query."""
    chunks = [chunk("a"), chunk("b", finish="STOP")] if is_array else chunk("ab", finish="STOP")
    reader = GoogleReader(ASKED)
    assert reader.whole(json.dumps(chunks).encode()) + reader.end() == [TextDelta("ab"), STOP]
    assert reader.failure is None
