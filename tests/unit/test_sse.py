"""The event reader, case by case."""

import pytest

from adapters.shared.sse import SseDecoder, SseEvent, SseOverflow

CASES = {
    "one event": (b"data: hi\n\n", [SseEvent(b"", b"hi")]),
    "no space after the colon": (b"data:hi\n\n", [SseEvent(b"", b"hi")]),
    "one space only is dropped": (b"data:  hi\n\n", [SseEvent(b"", b" hi")]),
    "CR LF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [SseEvent(b"", b"a"), SseEvent(b"", b"b")]),
    "CR": (b"data: a\r\rdata: b\r\r", [SseEvent(b"", b"a"), SseEvent(b"", b"b")]),
    "mixed ends": (
        b"data: a\r\ndata: b\n\rdata: c\n\n",
        [SseEvent(b"", b"a\nb"), SseEvent(b"", b"c")],
    ),
    "lines of data are joined": (b"data: a\ndata: b\n\n", [SseEvent(b"", b"a\nb")]),
    "an empty line of data counts": (b"data\ndata:\n\n", [SseEvent(b"", b"\n")]),
    "a name": (b"event: ping\ndata: {}\n\n", [SseEvent(b"ping", b"{}")]),
    "a name lasts for one event": (
        b"event: ping\ndata: 1\n\ndata: 2\n\n",
        [SseEvent(b"ping", b"1"), SseEvent(b"", b"2")],
    ),
    "a name without data is no event": (b"event: ping\n\ndata: 2\n\n", [SseEvent(b"", b"2")]),
    "comments vanish": (b": keep-alive\n\n:\ndata: x\n: more\n\n", [SseEvent(b"", b"x")]),
    "other fields vanish": (b"id: 7\nretry: 10\nnonsense\ndata: x\n\n", [SseEvent(b"", b"x")]),
    "a byte order mark": (b"\xef\xbb\xbfdata: x\n\n", [SseEvent(b"", b"x")]),
    "a line separator in text": (
        "data: a\u2028b\u2029c\x85d\x0be\x0cf\n\n".encode(),
        [SseEvent(b"", "a\u2028b\u2029c\x85d\x0be\x0cf".encode())],
    ),
    "not closed": (b"data: x\n", []),
    "empty lines": (b"\n\n\r\n\n", []),
}


@pytest.mark.parametrize(("wire", "expected"), CASES.values(), ids=CASES.keys())
def test_events_of_a_whole_chunk(wire: bytes, expected: list[SseEvent]) -> None:
    """The bytes hold exactly these events."""
    assert SseDecoder().feed(wire) == expected


@pytest.mark.parametrize(("wire", "expected"), CASES.values(), ids=CASES.keys())
def test_events_of_single_bytes(wire: bytes, expected: list[SseEvent]) -> None:
    """The same bytes one by one hold the same events."""
    decoder = SseDecoder()
    events = [event for byte in wire for event in decoder.feed(bytes([byte]))]
    assert events == expected


def test_an_empty_chunk_changes_nothing() -> None:
    """An empty chunk between CR and LF does not make two line ends of one."""
    decoder = SseDecoder()
    events = decoder.feed(b"data: a\r") + decoder.feed(b"") + decoder.feed(b"\ndata: b\r\n\r\n")
    assert events == [SseEvent(b"", b"a\nb")]


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (b"data: x", SseEvent(b"", b"x")),
        (b"data: x\n", SseEvent(b"", b"x")),
        (b"event: e\ndata: x\ndata: y", SseEvent(b"e", b"x\ny")),
        (b"data: x\n\n", None),
        (b": only a comment", None),
        (b"", None),
    ],
    ids=["open line", "open event", "open second line", "closed", "comment", "nothing"],
)
def test_close_gives_the_last_open_event(wire: bytes, expected: SseEvent | None) -> None:
    """An event the server never closed can be told apart and read."""
    decoder = SseDecoder()
    decoder.feed(wire)
    assert decoder.close() == expected
    assert decoder.close() is None


def feed_all(decoder: SseDecoder, pieces: list[bytes]) -> list[SseEvent]:
    """Return the events of all pieces."""
    return [event for piece in pieces for event in decoder.feed(piece)]


@pytest.mark.parametrize(
    "wire",
    [b"data: " + b"x" * 100, b"data: 0123456789\n" * 8, b": " + b"x" * 100],
    ids=["one line", "many lines", "a comment"],
)
def test_an_event_has_a_bound(wire: bytes) -> None:
    """A server cannot fill the memory with one event."""
    pieces = [wire[start : start + 5] for start in range(0, len(wire), 5)]
    with pytest.raises(SseOverflow):
        feed_all(SseDecoder(max_event_bytes=64), pieces)


def test_the_bound_is_per_event() -> None:
    """Any number of events within the bound is fine."""
    decoder = SseDecoder(max_event_bytes=64)
    assert len(decoder.feed(b"data: 0123456789\n\n" * 100)) == 100


def test_strays_are_kept_where_they_are_wanted() -> None:
    """Lines that no event is made of, in order; comments and the fields of events are none."""
    wire = b': hi\nid: 7\n{\n  "a": "data: x"\ndata: y\n\n}\nretry: 5\n'
    keeping, dropping = SseDecoder(keeps_strays=True), SseDecoder()
    assert keeping.feed(wire) == dropping.feed(wire) == [SseEvent(b"", b"y")]
    assert keeping.strays == [b"{", b'  "a": "data: x"', b"}"]
    assert not dropping.strays


def test_strays_are_bounded() -> None:
    """However many come, little is kept."""
    decoder = SseDecoder(keeps_strays=True)
    for _ in range(1_000):
        decoder.feed(b"x" * 999 + b"\n")
    assert 32_000 < sum(map(len, decoder.strays)) <= 65_536
