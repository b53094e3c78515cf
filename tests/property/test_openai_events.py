"""However a response's bytes are cut, it is the same answer; rubbish is an error, not a crash."""

import json

from hypothesis import given
from hypothesis import strategies as st

from adapters.providers.openai_events import ResponseReader
from adapters.providers.refusals import Asked
from bot.domain.chat import Finish
from tests.property.cuts import (
    Read,
    check_rubbish,
    check_rubbish_in_one_piece,
    cut,
    read_with,
)

ASKED = Asked(provider="openai", model="m")
PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.sampled_from(
    ["type", "delta", "response", "status", "error", "code", "message", "usage", "output",
     "content", "text", "incomplete_details", "reason", "input_tokens", "output_tokens", "summary"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["response.output_text.delta", "response.completed", "response.incomplete", "error", "failed",
     "response.failed", "message", "reasoning", "refusal"]
)  # fmt: skip
RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def read(pieces: list[bytes]) -> Read:
    """Return what the reader makes of the pieces."""
    return read_with(ResponseReader(ASKED), pieces)


def _delta(kind: str, text: str) -> dict[str, object]:
    return {"type": kind, "delta": text}


@given(
    st.lists(PLAIN, max_size=6),
    st.lists(PLAIN, max_size=3),
    st.lists(st.integers(0, 9_999)),
    st.booleans(),
)
def test_any_cut_gives_the_same_answer(
    words: list[str], thoughts: list[str], places: list[int], is_ascii: bool
) -> None:
    """All of the text arrives, in order, and nothing else."""
    said: list[dict[str, object]] = [
        *[_delta("response.reasoning_text.delta", word) for word in thoughts],
        *[_delta("response.output_text.delta", word) for word in words],
        {"type": "response.completed", "response": {"status": "completed"}},
    ]
    wire = "".join(
        f"event: {each['type']}\r\ndata: {json.dumps(each, ensure_ascii=is_ascii)}\r\n\r\n"
        for each in said
    ).encode()
    pieces = cut(wire, places)
    text, thought, rest, failure = read(pieces)
    assert text == "".join(words)
    assert thought == "".join(thoughts)
    assert [type(event) for event in rest] == [Finish]
    assert failure is None


@given(st.lists(RUBBISH, max_size=4))
def test_rubbish_is_an_error_or_an_answer(said: list[object]) -> None:
    """Whatever JSON comes, there is an end or a failure, never both, never another exception."""
    wire = "".join(f"data: {json.dumps(each)}\n\n" for each in said).encode()
    check_rubbish(read([wire]))


@given(RUBBISH)
def test_rubbish_in_one_piece(said: object) -> None:
    """The same for an answer that does not stream."""
    check_rubbish_in_one_piece(ResponseReader(ASKED), said)
