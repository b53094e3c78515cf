"""Codes that are read out and typed, and how often they may be guessed."""

import pytest

from bot.codes import ALL_TRIES, LONG, OWN_TRIES, Guesses, dashed, draw_code, has_form, tidied
from bot.domain.chat import Identity
from tests.fakes.clock import FakeClock

BOB = Identity("fake", "bob")


@pytest.mark.parametrize("length", [8, LONG])
def test_a_code_is_read_however_it_is_written(length: int) -> None:
    """In groups or at a stretch, in small letters, with signs that look alike."""
    for _ in range(200):
        code = draw_code(length)
        assert has_form(dashed(code), length)
        written = dashed(code).lower().replace("0", "o").replace("1", "l").replace("-", " ")
        assert tidied(written).reveal() == code


def test_no_sign_of_a_code_needs_care_in_a_link() -> None:
    """Letters and digits are what every messenger lets through."""
    code = draw_code(LONG)
    assert code.isascii()
    assert code.isalnum()
    assert dashed("7KQM4TXDV3PN") == "7KQM-4TXD-V3PN"


def test_a_word_is_no_code() -> None:
    """Each has a letter and a digit."""
    assert not has_form("thunderstorm", LONG)
    assert not has_form("123456789012", LONG)
    assert not has_form("7KQM4TXD", LONG)


async def test_an_account_guesses_five_times_an_hour() -> None:
    """Then it waits, and nobody else does."""
    clock = FakeClock()
    guesses = Guesses(clock)
    for _ in range(OWN_TRIES):
        assert guesses.may_try(BOB)
        guesses.note(BOB)
    assert not guesses.may_try(BOB)
    assert guesses.may_try(Identity("other", "bob"))
    await clock.advance(3_599)
    assert not guesses.may_try(BOB)
    await clock.advance(1)
    assert guesses.may_try(BOB)


async def test_a_crowd_guesses_thirty_times_an_hour() -> None:
    """However many accounts it has; and the memory of it stays small."""
    clock = FakeClock()
    guesses = Guesses(clock)
    for number in range(ALL_TRIES):
        assert guesses.may_try(Identity("fake", f"s{number}"))
        guesses.note(Identity("fake", f"s{number}"))
    assert not guesses.may_try(BOB)
    await clock.advance(3_600)
    assert guesses.may_try(BOB)
    assert not guesses._made
