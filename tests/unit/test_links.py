"""Linking two accounts, in memory: a code, who brought it, and the word of both."""

import pytest

from bot.domain.chat import Identity, MemberId, Place
from bot.domain.events import Body, Command, Press, Reacted, Text
from bot.links import GIVEN, LASTS_S, Links, may_choose, typed_link
from tests.fakes.clock import FakeClock

ALICE = Identity("fake", "alice")
BOB = Identity("matrix", "@bob:hs")
HOME = Place("fake", "alice")
THERE = Place("matrix", "!room:hs")
MEMBER = MemberId("a")


class Codes:
    """Draws codes that a test knows."""

    def __init__(self) -> None:
        self._codes = iter(("7KQM4TXD", "H2YB6ZSG"))

    def __call__(self, length: int) -> str:
        return next(self._codes)[:length]


@pytest.fixture
def clock() -> FakeClock:
    """Time that this test owns."""
    return FakeClock()


@pytest.fixture
def links(clock: FakeClock) -> Links:
    """No link yet."""
    return Links(clock, draw=Codes())


def test_a_code_works_once(links: Links) -> None:
    """Whoever brings it first is the other side, and nobody after them."""
    assert links.begin(MEMBER, ALICE, HOME) == "7KQM-4TXD"
    given = links.give("7kqm4txd", BOB, THERE)
    assert given is not None
    assert (given.member, given.by, given.place) == (MEMBER, ALICE, HOME)
    assert (given.other, given.there, given.code) == (BOB, THERE, None)
    assert links.give("7KQM-4TXD", Identity("fake", "mallory"), HOME) is None
    assert links.of_other(BOB) == given


def test_a_new_code_ends_the_one_before(links: Links) -> None:
    """And the link of whoever brought that."""
    links.begin(MEMBER, ALICE, HOME)
    links.give("7KQM4TXD", BOB, THERE)
    links.begin(MEMBER, ALICE, HOME)
    assert links.of_other(BOB) is None
    assert links.give("7KQM4TXD", BOB, THERE) is None
    assert links.give("H2YB6ZSG", BOB, THERE) is not None


def test_nobody_accepts_before_the_other_side_agreed(links: Links) -> None:
    """Nor a link of another member, nor an earlier one."""
    links.begin(MEMBER, ALICE, HOME)
    given = links.give("7KQM4TXD", BOB, THERE)
    assert given is not None
    assert links.of_member(MEMBER, given.id) is None
    links.agree(given)
    assert links.of_member(MemberId("b"), given.id) is None
    assert links.of_member(MEMBER, "00000000") is None
    found = links.of_member(MEMBER, given.id)
    assert found is not None
    assert found.other == BOB


async def test_each_step_lasts_ten_minutes(links: Links, clock: FakeClock) -> None:
    """The code, the first word, and the second."""
    links.begin(MEMBER, ALICE, HOME)
    await clock.advance(LASTS_S - 1)
    given = links.give("7KQM4TXD", BOB, THERE)
    assert given is not None
    await clock.advance(LASTS_S - 1)
    assert links.of_other(BOB) == given
    links.agree(given)
    await clock.advance(LASTS_S - 1)
    assert links.of_member(MEMBER, given.id) is not None
    await clock.advance(1)
    assert links.of_member(MEMBER, given.id) is None
    assert links.of_other(BOB) is None
    assert not links.are_open


def test_a_code_that_others_have_read_works_no_more(links: Links) -> None:
    """Another text spoils nothing."""
    links.begin(MEMBER, ALICE, HOME)
    assert not links.spoil("1111111A")
    assert links.are_open
    assert links.spoil("7KQM-4TXD")
    assert links.give("7KQM4TXD", BOB, THERE) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (Command("link", "7KQM-4TXD"), "7KQM-4TXD"),
        (Command("unlink", "7KQM-4TXD"), "7KQM-4TXD"),
        (Command("link", "given"), "given"),
        (Command("link"), None),
        (Text("7KQM-4TXD"), None),
        (Press("link:join:7KQM4TXD"), None),
    ],
)
def test_what_is_offered_as_a_code(body: Body, code: str | None) -> None:
    """Only after the command; our own stub typed is a code like any other, which does not fit."""
    assert typed_link(body) == code
    assert GIVEN.args == "given"


@pytest.mark.parametrize(
    ("body", "is_choice"),
    [
        (Press("link:join:0123abcd"), True),
        (Text("1"), True),
        (Reacted("1"), True),
        (Press("model:menu"), False),
        (Text("What is a leek?"), False),
        (Command("keys"), False),
    ],
)
def test_who_brought_a_code_may_only_choose(body: Body, *, is_choice: bool) -> None:
    """A tap, a number or a sign; nothing else of theirs comes in."""
    assert may_choose(body) is is_choice


def test_a_code_is_in_no_repr(links: Links) -> None:
    """What is logged by mistake holds none."""
    links.begin(MEMBER, ALICE, HOME)
    assert "7KQM" not in repr(links._open)
