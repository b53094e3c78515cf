"""Thinking in tags is told from the answer, however the text is cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.providers.thinking import ThinkSplitter
from bot.domain.chat import ReasoningDelta, TextDelta

CASES = {
    "an answer": ("Hello.", "", "Hello."),
    "thinking first": ("<think>hm</think>Hello.", "hm", "Hello."),
    "space around": ("\n <think>\nhm\n</think>\n\nHello.", "\nhm\n", "Hello."),
    "no thought": ("<think></think>Hello.", "", "Hello."),
    "never closed": ("<think>hm", "hm", ""),
    "half closed": ("<think>hm</thi", "hm</thi", ""),
    "a tag within a thought": ("<think>a<b</thinking?</think>x", "a<b</thinking?", "x"),
    "later it is a quotation": ("Say <think>hm</think>.", "", "Say <think>hm</think>."),
    "twice": ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
    "half a tag": ("<thi", "", "<thi"),
    "almost a tag": ("<thing> is", "", "<thing> is"),
    "space only": ("  \n", "", "  \n"),
    "space before an answer": ("  Hello.", "", "  Hello."),
    "nothing": ("", "", ""),
}


def split(pieces: list[str]) -> tuple[str, str]:
    """Return thought and answer."""
    splitter = ThinkSplitter()
    found = [event for piece in pieces for event in splitter.feed(piece)] + splitter.close()
    thought = "".join(event.text for event in found if isinstance(event, ReasoningDelta))
    answer = "".join(event.text for event in found if isinstance(event, TextDelta))
    return thought, answer


@pytest.mark.parametrize(("text", "thought", "answer"), CASES.values(), ids=CASES.keys())
def test_texts(text: str, thought: str, answer: str) -> None:
    """Whole, and letter by letter."""
    assert split([text]) == (thought, answer)
    assert split(list(text)) == (thought, answer)


TEXTS = st.lists(st.sampled_from(["<think>", "</think>", "<", "</th", "a", " ", "\n"])).map(
    "".join
)


@given(TEXTS, st.lists(st.integers(0, 60)))
def test_any_cut_gives_the_same(text: str, places: list[int]) -> None:
    """Where the pieces end changes nothing."""
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    pieces = [text[start:end] for start, end in itertools.pairwise(edges)]
    assert split(pieces) == split([text])
