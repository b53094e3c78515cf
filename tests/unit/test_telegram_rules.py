"""The simulated server's rules: what it takes, keeps and refuses."""

from typing import Any

import pytest

from tests.simulators.telegram.flood import Flood
from tests.simulators.telegram.people import pieces
from tests.simulators.telegram.refusals import Refused
from tests.simulators.telegram.rules import check_link, check_markup, check_text, units


def entity(kind: str, offset: int, length: int, **more: str) -> dict[str, Any]:
    """Return an entity."""
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("", []),
        (" \n ", []),
        ("x" * 4_097, []),
        ("x" * 32_769, []),
        ("half \ud83d", []),
        ("hi", [entity("bold", 1, 2)]),
        ("hi", [entity("bold", -1, 2)]),
        ("hi", [entity("loud", 0, 2)]),
        ("😀", [entity("bold", 1, 1)]),
        ("hi", [entity("text_link", 0, 2, url="http://localhost:8000")]),
        ("hi", [entity("text_link", 0, 2, url="javascript:alert(1)")]),
        ("abcd", [entity("bold", 0, 3), entity("italic", 2, 2)]),
        ("abcd", [entity("bold", 0, 4), entity("code", 1, 1)]),
        ("abcd", [entity("blockquote", 0, 4), entity("blockquote", 1, 1)]),
    ],
)
def test_a_text_that_is_refused(text: str, entities: list[dict[str, Any]]) -> None:
    """Each as the real server refuses it, or as it would quietly repair what we never send."""
    with pytest.raises(Refused) as told:
        check_text(text, entities)
    assert told.value.status == 400


def test_a_text_is_trimmed_and_its_entities_are_shifted() -> None:
    """As the real server does."""
    text, (bold,), dropped = check_text("  hi there  ", [entity("bold", 5, 5)])
    assert (text, dropped) == ("hi there", 0)
    assert (bold["offset"], bold["length"]) == (3, 5)


def test_formats_beyond_a_hundred_are_dropped() -> None:
    """Code and links stay, stresses go."""
    words = [entity("bold", 2 * at, 1) for at in range(110)]
    _, kept, dropped = check_text("x " * 120, [*words, entity("code", 230, 1)])
    assert (len(kept), dropped) == (100, 11)
    assert kept[-1]["type"] == "code"


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://example.org/a?b=c", True),
        ("example.org", True),
        ("http://[::1]:8000/", True),
        ("tg://user?id=7", True),
        ("http://nas/", False),
        ("http://localhost", False),
        ("mailto:me@example.org", False),
        ("file:///etc/passwd", False),
        ("/relative", False),
        ("http://[zz]/", False),
    ],
)
def test_an_address(url: str, is_taken: bool) -> None:
    """Only web addresses with a host that has a dot, and Telegram's own."""
    try:
        check_link(url)
    except Refused:
        assert not is_taken
    else:
        assert is_taken


@pytest.mark.parametrize(
    "button",
    [
        {"text": "x", "callback_data": "x" * 65},
        {"text": "x", "callback_data": ""},
        {"text": "", "callback_data": "x"},
        {"text": "x"},
        {"text": "x", "url": "http://nas"},
        {"text": "x", "callback_data": "x", "style": "loud"},
        {"text": "x", "copy_text": {"text": "x" * 257}},
    ],
)
def test_a_button_that_is_refused(button: dict[str, Any]) -> None:
    """It costs the whole message."""
    with pytest.raises(Refused):
        check_markup({"inline_keyboard": [[button]]})


def test_a_long_text_is_cut_as_clients_cut_it() -> None:
    """At a space where there is one, within 4,096 units, and no word is lost."""
    text = "word " * 2_000
    found = pieces(text)
    assert len(found) == 3
    assert all(units(each) <= 4_096 for each in found)
    assert " ".join(found).split() == text.split()
    assert [units(each) for each in pieces("x" * 10_000)] == [4_096, 4_096, 1_808]


def test_flood_control_counts_and_waits() -> None:
    """Five at once in a private chat, then a pause that pushing makes longer."""
    now = 0.0
    flood = Flood(lambda: now, mode="documented")
    for _ in range(5):
        flood.check("sendmessage", 7)
    with pytest.raises(Refused) as told:
        flood.check("sendmessage", 7)
    assert told.value.parameters == {"retry_after": 3}
    with pytest.raises(Refused):
        flood.check("sendmessage", 7)
    flood.check("sendmessage", 8)
    now = 3.5
    with pytest.raises(Refused):
        flood.check("sendmessage", 7)
    now = 20.0
    flood.check("sendmessage", 7)
