"""Reading bytes that were cut anywhere: what the properties of every dialect's reader need."""

import itertools
import json
from collections.abc import Sequence
from typing import NamedTuple

from adapters.providers.reader import Reader
from bot.domain.chat import Event, Finish, ReasoningDelta, TextDelta
from bot.domain.errors import ProviderError


class Read(NamedTuple):
    """What a reader made of an answer: its texts joined, the other events, the failure."""

    text: str
    thought: str
    rest: list[Event]
    failure: ProviderError | None


def read_with(reader: Reader, pieces: Sequence[bytes]) -> Read:
    """Feed the pieces as a dialect does, until nothing more is to be read, and end."""
    events: list[Event] = []
    for piece in pieces:
        if reader.is_open:
            events += reader.feed(piece)
    events += reader.end()
    return Read(
        "".join(event.text for event in events if isinstance(event, TextDelta)),
        "".join(event.text for event in events if isinstance(event, ReasoningDelta)),
        [event for event in events if not isinstance(event, TextDelta | ReasoningDelta)],
        reader.failure,
    )


def check_rubbish(found: Read) -> None:
    """Whatever came, there is an end or a failure, never both, and nothing says it was unsent."""
    ends = [event for event in found.rest if isinstance(event, Finish)]
    assert (len(ends) == 1) is (found.failure is None)
    assert found.failure is None or not found.failure.is_unsent


def check_rubbish_in_one_piece(reader: Reader, said: object) -> None:
    """The same for an answer that does not stream."""
    events = reader.whole(json.dumps(said).encode()) + reader.end()
    ends = [event for event in events if isinstance(event, Finish)]
    assert (len(ends) == 1) is (reader.failure is None)


def cut(wire: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut the bytes at the places."""
    edges = [0, *sorted(place % (len(wire) + 1) for place in places), len(wire)]
    return [wire[start:end] for start, end in itertools.pairwise(edges)]
