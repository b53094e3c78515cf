"""However the bytes are cut, the events are the same."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from adapters.shared.sse import SseDecoder, SseEvent

LINE_ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
TEXTS = st.text(
    st.one_of(st.sampled_from("a :é🜁\u2028\u2029\x85\x0b\x0c\x1c\ufeff"), st.characters()),
    max_size=20,
).filter(lambda text: "\n" not in text and "\r" not in text)


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[SseEvent]]:
    """Events as a server may write them, and what must be read."""
    wire = bytearray()
    expected = []
    for _ in range(draw(st.integers(0, 5))):
        lines = [
            text.encode("utf-8", "replace")
            for text in draw(st.lists(TEXTS, min_size=1, max_size=3))
        ]
        name = draw(st.sampled_from([b"", b"message", b"error"]))
        if name:
            wire += b"event: " + name + draw(LINE_ENDS)
        for line in lines:
            if draw(st.booleans()):
                wire += b": keep-alive" + draw(LINE_ENDS)
            wire += b"data: " + line + draw(LINE_ENDS)
        wire += draw(LINE_ENDS)
        # A lone CR followed by a lone LF is one line end, not two: close it for sure.
        wire += b"\n\n"
        expected.append(SseEvent(name, b"\n".join(lines)))
    return bytes(wire), expected


def cut(wire: bytes, places: list[int]) -> list[bytes]:
    """Cut the bytes at the places."""
    edges = [0, *sorted(place % (len(wire) + 1) for place in places), len(wire)]
    return [wire[start:end] for start, end in itertools.pairwise(edges)]


@given(streams(), st.lists(st.integers(0, 10_000), max_size=12))
def test_any_cut_gives_the_same_events(
    stream: tuple[bytes, list[SseEvent]], places: list[int]
) -> None:
    """Cuts within a line end or a character change nothing."""
    wire, expected = stream
    decoder = SseDecoder()
    events = [event for chunk in cut(wire, places) for event in decoder.feed(chunk)]
    assert events == expected
    assert decoder.close() is None


@given(st.binary(max_size=200), st.lists(st.integers(0, 10_000), max_size=12))
def test_any_bytes_are_read_the_same_however_cut(wire: bytes, places: list[int]) -> None:
    """Rubbish raises nothing, and is the same rubbish in pieces."""
    whole, pieces = SseDecoder(), SseDecoder()
    expected = whole.feed(wire)
    assert [event for chunk in cut(wire, places) for event in pieces.feed(chunk)] == expected
    assert pieces.close() == whole.close()
