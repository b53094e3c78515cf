"""However an answer's bytes are cut, it is the same answer; rubbish is an error, not a crash."""

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from adapters.providers.google_chunks import GoogleReader
from adapters.providers.google_lists import read_page
from adapters.providers.refusals import Asked
from adapters.providers.reports import read_report
from bot.domain.chat import Finish
from bot.domain.errors import Overloaded, ServerFault
from bot.domain.usage import Usage
from tests.property.cuts import (
    Read,
    check_rubbish,
    check_rubbish_in_one_piece,
    cut,
    read_with,
)

ASKED = Asked(provider="google", model="m")
PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Any JSON where a vendor's should be; and the names the reader looks at.
NAMES = st.sampled_from(
    ["candidates", "content", "parts", "text", "thought", "finishReason", "index", "error",
     "promptFeedback", "blockReason", "usageMetadata", "promptTokenCount", "candidatesTokenCount",
     "code", "status", "details", "reason", "retryDelay", "violations", "quotaId", "models",
     "name", "supportedGenerationMethods", "nextPageToken", "inputTokenLimit"]
)  # fmt: skip
WORDS = st.sampled_from(["STOP", "OTHER", "SAFETY", "generateContent", "models/x", "14s"])
RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
FAULT = {"error": {"code": 503, "message": "busy\u2028{[", "status": "UNAVAILABLE"}}
PLACES = st.lists(st.integers(0, 9_999))


def read(pieces: list[bytes]) -> Read:
    """Return what the reader makes of the pieces."""
    return read_with(GoogleReader(ASKED), pieces)


def chunk(text: str, *, thought: bool = False, finish: str = "") -> dict[str, object]:
    """Return a chunk."""
    candidate: dict[str, object] = {"content": {"parts": [{"text": text, "thought": thought}]}}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 3}}


def wire_of(chunks: list[object], *, is_ascii: bool = True) -> bytes:
    """Return chunks as the vendor streams them."""
    lines = [json.dumps(each, ensure_ascii=is_ascii) for each in chunks]
    return "".join(f"data: {line}\r\n\r\n" for line in lines).encode()


@given(st.lists(PLAIN, max_size=6), st.lists(PLAIN, max_size=3), PLACES, st.booleans())
def test_any_cut_gives_the_same_answer(
    words: list[str], thoughts: list[str], places: list[int], is_ascii: bool
) -> None:
    """All of the text arrives, in order, and nothing else."""
    chunks: list[object] = [chunk(word, thought=True) for word in thoughts]
    chunks += [chunk(word) for word in words] + [chunk("", finish="STOP")]
    text, thought, rest, failure = read(cut(wire_of(chunks, is_ascii=is_ascii), places))
    assert text == "".join(words)
    assert thought == "".join(thoughts)
    assert [type(event) for event in rest] == [Usage, Finish]
    assert failure is None


@given(st.lists(PLAIN, max_size=3), PLACES, st.sampled_from([None, 2]), st.booleans())
def test_a_fault_in_bare_lines_is_found(
    words: list[str], places: list[int], indent: int | None, is_array: bool
) -> None:
    """Wherever the bytes are cut, on one line or many, alone or in an array."""
    fault = json.dumps([FAULT] if is_array else FAULT, indent=indent).replace("\n", "\r\n")
    chunks: list[object] = [chunk(word) for word in words]
    text, _, rest, failure = read(cut(wire_of(chunks) + fault.encode(), places))
    assert text == "".join(words)
    assert not rest
    assert type(failure) is Overloaded


@given(st.lists(RUBBISH, max_size=4), st.lists(RUBBISH, max_size=2))
def test_rubbish_is_an_error_or_an_answer(said: list[object], bare: list[object]) -> None:
    """Whatever JSON comes, there is an end or a failure, never both, never another exception."""
    rest_of = "\n".join(json.dumps(each) for each in bare).encode()
    check_rubbish(read([wire_of(said) + rest_of]))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_json(data: bytes) -> None:
    """The same for any bytes."""
    _, _, rest, failure = read([data])
    assert not rest
    assert failure is not None


@given(RUBBISH)
def test_rubbish_in_one_piece(said: object) -> None:
    """The same for an answer that does not stream."""
    check_rubbish_in_one_piece(GoogleReader(ASKED), said)


@given(RUBBISH)
def test_rubbish_for_a_list_or_an_error(said: object) -> None:
    """A list is read or is none, and an error says what can be understood of it."""
    body = json.dumps(said).encode()
    with contextlib.suppress(ServerFault):
        assert all(model.id for model in read_page(body, ASKED).models)
    wait_s = read_report(body).wait_s
    assert wait_s is None or wait_s >= 0
