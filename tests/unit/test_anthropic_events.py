"""The Messages dialect: what an answer's bytes mean, streamed and in one piece."""

import json
from typing import Any

import pytest

from adapters.providers.anthropic_events import MessageReader
from adapters.providers.refusals import Asked
from bot.domain import errors
from bot.domain.chat import Event, Finish, FinishReason, ReasoningDelta, TextDelta
from bot.domain.errors import ProviderError
from bot.domain.usage import Usage

ASKED = Asked(provider="anthropic", model="m")
STOP = Finish(FinishReason.STOP)


def sse(*said: dict[str, Any]) -> bytes:
    """Return events as the vendor streams them."""
    return b"".join(
        f"event: {each.get('type', 'x')}\ndata: {json.dumps(each)}\n\n".encode() for each in said
    )


def read(data: bytes) -> tuple[list[Event], ProviderError | None]:
    """Return all events of a stream, and its failure."""
    reader = MessageReader(ASKED)
    events = reader.feed(data)
    return events + reader.end(), reader.failure


def started(**usage: object) -> dict[str, Any]:
    """Return the first event."""
    return {"type": "message_start", "message": {"id": "msg_1", "usage": usage, "content": []}}


def delta(kind: str, index: int = 0, **fields: str) -> dict[str, Any]:
    """Return a piece of a block."""
    fields = {"type": kind, **fields}
    return {"type": "content_block_delta", "index": index, "delta": fields}


def text(said: str) -> dict[str, Any]:
    """Return a piece of text."""
    return delta("text_delta", text=said)


def ended(reason: str | None = "end_turn", **usage: object) -> dict[str, Any]:
    """Return the last event but one."""
    said: dict[str, Any] = {"type": "message_delta", "delta": {"stop_reason": reason}}
    return said | {"usage": usage} if usage else said


DONE = {"type": "message_stop"}
# As in the vendor's own examples of a stream.
RECORDED = b"""\
event: message_start
data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant",\
"model":"claude-sonnet-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":\
{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":900,\
"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":0},\
"output_tokens":1,"service_tier":"standard"}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"",\
"signature":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta",\
"thinking":"Let me see."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta",\
"signature":"EqQBCgIYAhIM"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"!"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,\
"stop_details":null},"usage":{"input_tokens":25,"cache_creation_input_tokens":100,\
"cache_read_input_tokens":900,"output_tokens":15,"output_tokens_details":{"thinking_tokens":9}}}

event: message_stop
data: {"type":"message_stop"}

"""


def test_an_answer() -> None:
    """Thinking apart from text; everything that was read counts as input, cached or not."""
    events, failure = read(RECORDED)
    assert failure is None
    assert events == [
        ReasoningDelta("Let me see."),
        TextDelta("Hello!"),
        Usage(
            input_tokens=1_025,
            output_tokens=15,
            cache_read_tokens=900,
            cache_write_tokens=100,
            reasoning_tokens=9,
        ),
        STOP,
    ]


REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "tool_use": FinishReason.STOP,
    "pause_turn": FinishReason.STOP,
    "something new": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "refusal": FinishReason.FILTERED,
}


@pytest.mark.parametrize("reason", REASONS)
def test_why_it_ended(reason: str) -> None:
    """Each of the vendor's words has one of ours, streamed and in one piece."""
    events, failure = read(sse(started(), text("a"), ended(reason, output_tokens=2), DONE))
    assert failure is None
    assert events[-1] == Finish(REASONS[reason])
    reader = MessageReader(ASKED)
    said = {
        "content": [{"type": "text", "text": "a"}],
        "stop_reason": reason,
        "usage": {"output_tokens": 2},
    }
    assert [*reader.whole(json.dumps(said).encode()), *reader.end()] == events


def test_a_refusal_without_a_word_is_counted() -> None:
    """It is an end of its own, with what it cost."""
    data = sse(started(input_tokens=9), ended("refusal", output_tokens=0), DONE)
    assert read(data) == (
        [Usage(input_tokens=9, output_tokens=0), Finish(FinishReason.FILTERED)],
        None,
    )


def test_no_room_for_an_answer_is_too_long() -> None:
    """The window was full before the first word: there is no answer to show; it is counted."""
    thought = delta("thinking_delta", thinking="Well")
    reason = "model_context_window_exceeded"
    events, failure = read(sse(started(input_tokens=9), thought, ended(reason, output_tokens=3)))
    assert type(failure) is errors.TooLong
    assert not failure.is_unsent
    assert events == [ReasoningDelta("Well"), Usage(input_tokens=9, output_tokens=3)]


COUNTS: dict[str, tuple[list[dict[str, Any]], Usage | None]] = {
    "none": ([started(), text("a"), ended()], None),
    "at the start only": (
        [started(input_tokens=9, output_tokens=1), text("twelve bytes"), ended()],
        Usage(input_tokens=9, output_tokens=3, is_estimated=True),
    ),
    "at the end only": (
        [started(), text("a"), ended(input_tokens=9, output_tokens=2)],
        Usage(input_tokens=9, output_tokens=2),
    ),
    "the last of several": (
        [started(input_tokens=9, output_tokens=1), ended(None, output_tokens=5),
         ended(output_tokens=7)],
        Usage(input_tokens=9, output_tokens=7),
    ),
    "another end without one": (
        [started(input_tokens=9), ended(output_tokens=7), ended()],
        Usage(input_tokens=9, output_tokens=7),
    ),
    "null at the end": (
        [started(input_tokens=9, output_tokens=1), ended(output_tokens=None)],
        Usage(input_tokens=9, output_tokens=1, is_estimated=True),
    ),
    "null for what was said before": (
        [started(input_tokens=9), ended(input_tokens=None, output_tokens=7)],
        Usage(input_tokens=9, output_tokens=7),
    ),
    "no numbers": (
        [started(input_tokens="many"), ended(output_tokens={}, output_tokens_details=[])],
        Usage(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name: str) -> None:
    """Each is of the whole so far; an answer without its own is estimated, and marked so."""
    said, usage = COUNTS[name]
    events, failure = read(sse(*said, DONE))
    assert failure is None
    assert [event for event in events if isinstance(event, Usage)] == ([usage] if usage else [])


def test_a_cut_answer_has_the_count_of_its_question() -> None:
    """What was read was counted at the start; what was written is estimated."""
    start = started(input_tokens=9, cache_read_input_tokens=90, output_tokens=1)
    events, failure = read(sse(start, text("a" * 40)))
    assert type(failure) is errors.Cut
    counted = Usage(input_tokens=99, output_tokens=10, cache_read_tokens=90, is_estimated=True)
    assert events == [TextDelta("a" * 40), counted]


FAULTS: dict[str, tuple[dict[str, Any], type[ProviderError]]] = {
    "overloaded": ({"type": "overloaded_error", "message": "Overloaded"}, errors.Overloaded),
    "server": ({"type": "api_error", "message": "Internal server error"}, errors.ServerFault),
    "rate": ({"type": "rate_limit_error", "message": "slow down"}, errors.RateLimited),
    "slow": ({"type": "timeout_error", "message": "too slow"}, errors.TimedOut),
    "money": ({"type": "billing_error", "message": "pay"}, errors.NoCredit),
    "key": ({"type": "authentication_error", "message": "revoked"}, errors.InvalidKey),
    "request": ({"type": "invalid_request_error", "message": "no"}, errors.BadRequest),
    "too long": (
        {"type": "invalid_request_error", "message": "prompt is too long: 9 > 8"},
        errors.TooLong,
    ),
    "spending limit": (
        {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}},
        errors.NoCredit,
    ),
    "something new": ({"type": "new_error", "message": "?"}, errors.ServerFault),
}


@pytest.mark.parametrize("is_whole", [False, True], ids=["streamed", "whole"])
@pytest.mark.parametrize("name", FAULTS)
def test_errors_within_an_answer(name: str, is_whole: bool) -> None:
    """Each has its leaf, and may have been billed: it began with a 200."""
    error, leaf = FAULTS[name]
    said = {"type": "error", "error": error, "request_id": "req_1"}
    reader = MessageReader(ASKED)
    if is_whole:
        events = reader.whole(json.dumps(said).encode())
    else:
        events = reader.feed(sse(text("a"), said, text("b")))
    events += reader.end()
    assert events == ([] if is_whole else [TextDelta("a")])
    assert type(reader.failure) is leaf
    assert not reader.failure.is_unsent


PASSED_OVER: dict[str, bytes] = {
    "ping": sse({"type": "ping"}),
    "a kind to come": sse({"type": "weather", "delta": "sunny", "usage": 5}),
    "a name to come": b"event: weather\ndata: sunny\n\n",
    "a tool's input": sse(delta("input_json_delta", partial_json='{"a":')),
    "a citation": sse(delta("citations_delta")),
    "hidden thinking": sse(
        {
            "type": "content_block_start",
            "content_block": {"type": "redacted_thinking", "data": "x"},
        }
    ),
    "a block with nothing in it": sse({"type": "content_block_start", "content_block": None}),
    "a piece with nothing in it": sse({"type": "content_block_delta"}),
    "a count with nothing beside it": sse({"type": "message_delta", "usage": {}}),
    "a text that is none": sse(
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": 5}}
    ),
}


@pytest.mark.parametrize("name", PASSED_OVER)
def test_what_is_passed_over(name: str) -> None:
    """It neither shows nor disturbs."""
    plain = (sse(text("a")), sse(ended(output_tokens=2), DONE))
    assert read(plain[0] + PASSED_OVER[name] + plain[1]) == read(b"".join(plain))


UNREADABLE: dict[str, bytes] = {
    "no JSON": b"event: content_block_delta\ndata: {\n\n",
    "no JSON, no name": b"data: {\n\n",
    "another shape": sse({"type": "content_block_delta", "delta": "a"}),
    "an error that is no JSON": b"event: error\ndata: upstream failed\n\n",
    "no kind": b"data: {}\n\n",
    "a kind that is none": b'data: {"type": ["a"], "delta": 5}\n\n',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_nobody_can_read(name: str) -> None:
    """It is the vendor's fault, and what came before stays."""
    events, failure = read(sse(text("a")) + UNREADABLE[name])
    assert events == [TextDelta("a")]
    assert type(failure) is errors.ServerFault


def test_an_end_without_its_mark() -> None:
    """The reason is an end; without reason or mark it is a cut."""
    events, failure = read(sse(text("a"), ended(output_tokens=2)))
    assert failure is None
    assert events[-1] == STOP
    assert type(read(sse(text("a")))[1]) is errors.Cut


@pytest.mark.parametrize("body", [b"", b"{", b"5", b'"no"', b"{}", b'{"content": 5}', b"[]"])
def test_no_answer_in_one_piece(body: bytes) -> None:
    """Whatever else comes as JSON is a fault."""
    reader = MessageReader(ASKED)
    assert [*reader.whole(body), *reader.end()] == []
    assert type(reader.failure) is errors.ServerFault
