"""However a Messages answer's bytes are cut, it is the same; rubbish is an error, not a crash."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.providers.anthropic_events import MessageReader
from adapters.providers.refusals import Asked
from bot.domain.chat import Finish, FinishReason
from bot.domain.usage import Usage
from tests.property.cuts import (
    Read,
    check_rubbish,
    check_rubbish_in_one_piece,
    cut,
    read_with,
)

ASKED = Asked(provider="anthropic", model="m")
PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KINDS = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "content_block_stop",
     "message_delta", "message_stop", "ping", "error", "weather", ""]
)  # fmt: skip
NAMES = st.sampled_from(
    ["type", "delta", "text", "thinking", "usage", "error", "message", "content_block",
     "stop_reason", "input_tokens", "output_tokens", "content", "details", "code"]
)  # fmt: skip
RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | KINDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
# Half of it has a kind that the reader knows, so that it gets further than the first look.
EVENTS = st.tuples(
    KINDS, RUBBISH | st.builds(lambda kind, fields: {**fields, "type": kind}, KINDS,
                               st.dictionaries(NAMES, RUBBISH, max_size=4))
)  # fmt: skip


def read(pieces: list[bytes]) -> Read:
    """Return what the reader makes of the pieces."""
    return read_with(MessageReader(ASKED), pieces)


def delta(index: int, **fields: str) -> dict[str, Any]:
    """Return a piece of a block."""
    return {"type": "content_block_delta", "index": index, "delta": fields}


@given(
    st.lists(PLAIN, max_size=6),
    st.lists(PLAIN, max_size=3),
    st.lists(st.integers(0, 9_999)),
    st.booleans(),
    st.integers(0, 10**9),
)
def test_any_cut_gives_the_same_answer(
    words: list[str], thoughts: list[str], places: list[int], is_ascii: bool, tokens: int
) -> None:
    """All of the text arrives, in order, and nothing else."""
    said: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 7}}},
        *(delta(0, type="thinking_delta", thinking=word) for word in thoughts),
        delta(0, type="signature_delta", signature="c2lt"),
        {"type": "ping"},
        *(delta(1, type="text_delta", text=word) for word in words),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": tokens},
        },
        {"type": "message_stop"},
    ]
    wire = "".join(
        f"event: {each['type']}\r\ndata: {json.dumps(each, ensure_ascii=is_ascii)}\r\n\r\n"
        for each in said
    ).encode()
    text, thought, rest, failure = read(cut(wire, places))
    assert text == "".join(words)
    assert thought == "".join(thoughts)
    assert rest == [Usage(input_tokens=7, output_tokens=tokens), Finish(FinishReason.STOP)]
    assert failure is None


@given(st.lists(EVENTS, max_size=5))
def test_rubbish_is_an_error_or_an_answer(said: list[tuple[str, object]]) -> None:
    """Whatever JSON comes, there is an end or a failure, never both, never another exception."""
    lines = (f"event: {name}\ndata: {json.dumps(each)}\n\n" for name, each in said)
    check_rubbish(read(["".join(lines).encode()]))


@given(st.binary(max_size=200))
def test_no_bytes_do_harm(wire: bytes) -> None:
    """Nor if they are no JSON, or no text."""
    _, _, rest, failure = read([b"event: content_block_delta\ndata: " + wire, b"\n\n"])
    assert failure is not None
    assert not failure.is_unsent
    assert not [event for event in rest if isinstance(event, Finish)]


@given(RUBBISH)
def test_rubbish_in_one_piece(said: object) -> None:
    """The same for an answer that does not stream."""
    check_rubbish_in_one_piece(MessageReader(ASKED), said)
