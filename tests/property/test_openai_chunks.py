"""However an answer's bytes are cut, it is the same answer; rubbish is an error, not a crash."""

import json

from hypothesis import given
from hypothesis import strategies as st

from adapters.providers.openai_chunks import AnswerReader
from adapters.providers.refusals import Asked
from bot.domain.chat import Finish
from tests.property.cuts import (
    Read,
    check_rubbish,
    check_rubbish_in_one_piece,
    cut,
    read_with,
)

ASKED = Asked(provider="acme", model="m")
PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Any JSON where a vendor's should be; and the names the reader looks at.
NAMES = st.sampled_from(
    ["choices", "delta", "content", "usage", "error", "index", "finish_reason", "message",
     "reasoning", "code", "prompt_tokens", "completion_tokens", "detail", "text", "thinking"]
)  # fmt: skip
RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def read(pieces: list[bytes]) -> Read:
    """Return what the reader makes of the pieces."""
    return read_with(AnswerReader(ASKED), pieces)


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
    deltas = [{"reasoning": word} for word in thoughts] + [{"content": word} for word in words]
    chunks: list[object] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    lines = [json.dumps(chunk, ensure_ascii=is_ascii) for chunk in chunks] + ["[DONE]"]
    wire = "".join(f"data: {line}\r\n\r\n" for line in lines).encode()
    text, thought, rest, failure = read(cut(wire, places))
    assert text == "".join(words)
    assert thought == "".join(thoughts)
    assert [type(event) for event in rest] == [Finish]
    assert failure is None


@given(st.lists(RUBBISH, max_size=4), st.booleans())
def test_rubbish_is_an_error_or_an_answer(said: list[object], is_done: bool) -> None:
    """Whatever JSON comes, there is an end or a failure, never both, never another exception."""
    lines = [json.dumps(each) for each in said] + (["[DONE]"] if is_done else [])
    wire = "".join(f"data: {line}\n\n" for line in lines).encode()
    check_rubbish(read([wire]))


@given(RUBBISH)
def test_rubbish_in_one_piece(said: object) -> None:
    """The same for an answer that does not stream."""
    check_rubbish_in_one_piece(AnswerReader(ASKED), said)
