"""The code that makes somebody the operator: its form, its tries, its hour."""

import pytest

from bot.access import Access
from bot.claims import LASTS_S, TRIES, Claims, typed_code
from bot.codes import draw_code
from bot.domain.chat import Identity, Member, MemberId
from bot.domain.effects import ClaimOperator, NoteOnce
from bot.domain.events import Body, Command, Press, Text
from bot.tasks import Tasks
from tests.fakes.clock import FakeClock

ALICE = Identity("fake", "alice")
MALLORY = Identity("fake", "mallory")
CODES = ("K7QM4TXD", "V3PN8RWC", "H2YB6ZSG", "01AB10CD")
BAD = "1111222A"


class Host:
    """A bot that nobody owns, and what its host sees."""

    def __init__(self, *codes: str) -> None:
        self.clock = FakeClock()
        self.access = Access()
        self.printed: list[str] = []
        left = iter(codes or CODES)
        self.claims = Claims(
            self.access,
            self.clock,
            is_open=True,
            show=self.printed.append,
            draw=lambda: next(left),
        )

    def left(self, times: int, typed: str = BAD) -> list[int]:
        """Try a code over and over; return how many tries were left after each."""
        return [self.claims.check(typed, MALLORY).left for _ in range(times)]


def test_codes_are_random_and_no_words() -> None:
    """Eight signs that are not mixed up when read aloud, a letter and a digit among them."""
    codes = {draw_code() for _ in range(500)}
    assert len(codes) == 500
    for code in codes:
        assert len(code) == 8
        assert not set(code) & set("OILU")
        assert typed_code(Text(code)) == code


@pytest.mark.parametrize(
    "body",
    [
        Text("K7QM-4TXD"),
        Text(" k7qm4txd\n"),
        Text("k7qm \N{EN DASH} 4txd"),
        Command("claim", "K7QM-4TXD"),
        Command("start", "claim_K7QM4TXD"),
        Command("start", "CLAIM_k7qm4txd"),
    ],
    ids=repr,
)
def test_a_code_is_read_however_it_is_typed(body: Body) -> None:
    """Case, dashes and spaces do not count, nor does the way it came."""
    typed = typed_code(body)
    assert typed is not None
    assert Host().claims.check(typed, ALICE).is_right


@pytest.mark.parametrize("typed", ["OIab-lOcd", "0LABIOCD", "01ab10cd"])
def test_signs_that_look_alike_are_one(typed: str) -> None:
    """O is read as 0, I and L as 1."""
    assert Host("01AB10CD").claims.check(typed, ALICE).is_right


@pytest.mark.parametrize(
    "body",
    [
        Text("tomorrow"),
        Text("well-done"),
        Text("20261123"),
        Text("K7QM-4TX"),
        Text("K7QM-4TXDX"),
        Text("my code is K7QM-4TXD"),
        Text("K7QM-4TXÄ"),
        Text("-" * 5_000 + "K7QM4TXD"),
        Command("start", "i_Xk3"),
        Command("start"),
        Command("help", "K7QM-4TXD"),
        Press("claim:K7QM-4TXD"),
    ],
    ids=lambda body: repr(body)[:30],
)
def test_what_is_no_code_is_no_try(body: Body) -> None:
    """Words, dates and other commands go their own way."""
    assert typed_code(body) is None


def test_a_bare_command_offers_nothing() -> None:
    """It is one of ours, with no code in it."""
    assert typed_code(Command("claim")) == ""


def test_the_host_reads_the_code_and_its_address() -> None:
    """The address is left out where there is none."""
    host = Host()
    host.claims.check(BAD, ALICE)
    assert host.printed == [
        "Nobody owns this bot yet. Send it this code within 60 minutes: K7QM-4TXD"
    ]
    printed: list[str] = []
    linked = Claims(
        Access(),
        FakeClock(),
        is_open=True,
        show=printed.append,
        link=lambda payload: f"https://t.example/?start={payload}",
        draw=lambda: "K7QM4TXD",
    )
    linked.check(BAD, ALICE)
    assert printed[0].endswith("K7QM-4TXD\nor open https://t.example/?start=claim_K7QM4TXD")


async def test_five_tries_for_all_together() -> None:
    """Then another code is printed, and the old one is worth nothing."""
    host = Host()
    assert host.left(1) == [4]
    await host.clock.advance(61)
    senders = [ALICE, MALLORY, ALICE, Identity("other", "x")]
    tried = [host.claims.check(BAD, sender) for sender in senders]
    assert [each.left for each in tried] == [3, 2, 1, 0]
    assert [each.is_printed for each in tried] == [True] * 4
    assert "V3PN-8RWC" in host.printed[1]
    assert not host.claims.check("K7QM4TXD", ALICE).is_right
    assert host.claims.check("V3PN8RWC", ALICE).is_right


async def test_a_new_code_a_minute_at_most() -> None:
    """Meanwhile no code works, not the old one either, and it is not said twenty times."""
    host = Host()
    tasks = Tasks()
    _ = tasks.start(host.claims.run())
    await host.clock.advance(10)
    assert host.left(TRIES) == [4, 3, 2, 1, 0]
    tried = [host.claims.check("K7QM4TXD", ALICE) for _ in range(20)]
    assert not any(each.is_right or each.is_printed for each in tried)
    assert [each.is_heard for each in tried] == [True] * 5 + [False] * 15
    assert len(host.printed) == 1
    await host.clock.advance(50)
    assert len(host.printed) == 2
    assert host.claims.check("V3PN8RWC", ALICE).is_right
    await tasks.close()


async def test_trying_for_an_hour_gets_nobody_in() -> None:
    """Whoever guesses as fast as they can gets five tries a minute, and so many words."""
    clock, access, printed = FakeClock(), Access(), list[str]()
    claims = Claims(access, clock, is_open=True, show=printed.append)
    with_more_left = heard = 0
    for number in range(360):
        for guess in range(10):
            tried = claims.check(f"{number:04}{guess:03}A", MALLORY)
            assert not tried.is_right
            with_more_left += tried.left > 0
            heard += tried.is_heard
        await clock.advance(10)
    assert 59 <= len(printed) <= 60
    assert with_more_left <= len(printed) * (TRIES - 1)
    assert heard <= len(printed) * 10


async def test_a_code_lasts_an_hour() -> None:
    """Then the next one is printed by itself, and counts its own tries."""
    host = Host()
    tasks = Tasks()
    _ = tasks.start(host.claims.run())
    await host.clock.advance(LASTS_S - 1)
    assert host.left(2) == [4, 3]
    assert host.claims.check("K7QM4TXD", MALLORY).is_right
    await host.clock.advance(1)
    assert len(host.printed) == 2
    assert host.left(1, "K7QM4TXD") == [4]
    await tasks.close()


async def test_an_old_code_is_not_taken_between_two_looks_at_the_clock() -> None:
    """The hour counts, not when the next code happens to be printed."""
    host = Host()
    host.claims.check(BAD, ALICE)
    await host.clock.advance(LASTS_S)
    assert not host.claims.check("K7QM4TXD", ALICE).is_right
    assert len(host.printed) == 2


async def test_a_code_that_others_read_is_replaced() -> None:
    """A guess that others read changes nothing and costs no try."""
    host = Host()
    assert host.claims.spoil(BAD) is None
    assert host.left(1) == [4]
    await host.clock.advance(61)
    spoilt = host.claims.spoil("k7qm-4txd")
    assert spoilt is not None
    assert spoilt.is_printed
    assert not host.claims.check("K7QM4TXD", ALICE).is_right
    spoilt = host.claims.spoil("V3PN8RWC")
    assert spoilt is not None
    assert not spoilt.is_printed


async def test_an_owned_bot_prints_nothing_and_takes_no_code() -> None:
    """Neither at the start nor after a claim, which ends the printing."""
    printed: list[str] = []
    owned = Claims(Access(), FakeClock(), show=printed.append, draw=lambda: "K7QM4TXD")
    await owned.run()
    assert not owned.check("K7QM4TXD", ALICE).is_right
    assert printed == []
    host = Host()
    tasks = Tasks()
    printing = tasks.start(host.claims.run())
    await host.clock.advance(1)
    assert host.claims.check("K7QM4TXD", ALICE).is_right
    member = Member(id=MemberId("m"), identity=ALICE, name="Alice")
    host.claims.follow((NoteOnce(member=member.id, notice="x"),), member)
    assert host.claims.has_given(ALICE)
    host.claims.follow((ClaimOperator(member=member.id, name="Alice"),), member)
    assert not host.claims.has_given(ALICE)
    assert host.access.deciding == {ALICE}
    assert host.access.operator_name == "Alice"
    await host.clock.advance(LASTS_S * 2)
    assert printing.done()
    assert len(host.printed) == 1
    await tasks.close()


def test_who_gave_a_code_is_remembered_and_nobody_else() -> None:
    """A wrong one leaves no trace of its sender."""
    host = Host()
    host.claims.check(BAD, MALLORY)
    host.claims.check("K7QM4TXD", ALICE)
    assert host.claims.has_given(ALICE)
    assert not host.claims.has_given(MALLORY)


def test_a_code_does_not_show_itself() -> None:
    """Not where an object is printed."""
    host = Host()
    host.claims.check("K7QM4TXD", ALICE)
    assert "K7QM" not in repr(vars(host.claims))
