"""A link as a QR code: read back from what is drawn."""

import pytest

from bot.qrcode import WIDTH, draw
from tests.fakes.camera import margin, modules, read

SHORT = "https://t.me/a_bot?start=i_7KQM4TXDV3PN"
USUAL = "https://t.me/hearth_bot?start=i_7KQM4TXDV3PN"
LONGEST = f"https://t.me/{'a' * 29}bot?start=i_7KQM4TXDV3PN"


@pytest.mark.parametrize("link", [SHORT, USUAL, LONGEST, "x" * 106])
def test_what_is_drawn_reads_as_the_link(link: str) -> None:
    """Module by module, whatever mask was chosen for it."""
    assert read(draw(link)) == link


@pytest.mark.parametrize("link", [SHORT, USUAL, LONGEST, "x" * 106])
def test_it_fits_a_phone_with_its_quiet_zone(link: str) -> None:
    """Every line is as wide; a camera needs the light frame around it."""
    drawn = draw(link)
    widths = {len(line) for line in drawn.splitlines()}
    assert len(widths) == 1
    assert max(widths) <= WIDTH
    assert margin(modules(drawn)) >= 2


def test_the_link_of_an_invitation_has_the_whole_quiet_zone() -> None:
    """Four modules, as the standard asks, also for the longest name of a bot."""
    assert margin(modules(draw(USUAL))) == margin(modules(draw(LONGEST))) == 4


def test_what_would_be_too_wide_is_not_drawn() -> None:
    """Half a code is none."""
    assert draw("x" * 107) == ""
