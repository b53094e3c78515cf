"""The door: what a stranger, a presser and a claimant meet, and what is kept of them."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.domain.chat import MemberId, Place
from bot.domain.errors import StorageUnavailable
from bot.domain.events import Body, Command, Press, Text
from bot.domain.keys import KeyInfo
from tests.fakes.clock import let_run
from tests.fakes.disk import FullDisk
from tests.fakes.house import ALICE, BOB, BOBS, CLUB, HOME, STRANGER, House

BAD = "1111-222A"
THEIRS = Place("fake", "mallory")


@pytest.fixture
async def house() -> House:
    """A house that nobody owns, its code printed."""
    house = House(is_owned=False)
    await house.start()
    return house


async def operators(house: House) -> list[str]:
    """Return who claimed it."""
    return [str(each.identity) for each in await house.stores.settings.operators()]


def offers(code: str) -> Sequence[Body]:
    """Return the ways to give a code."""
    return Text(code), Command("claim", code), Command("start", f"claim_{code}")


@pytest.mark.parametrize("way", range(3))
async def test_the_code_makes_an_operator(house: House, way: int) -> None:
    """At once and for good, who may come in from then on."""
    await house.receive(offers(house.code)[way])
    await let_run()
    assert house.said[-1].startswith("Welcome, Alice. You are my operator")
    assert await operators(house) == ["fake:alice"]
    assert house.access.is_operator(ALICE)
    await house.say("/ping")
    assert house.said[-1] == "pong"
    await house.say("/ping", BOB, BOBS)
    assert house.said[-1].startswith("This is a private bot.")


@pytest.mark.parametrize("way", range(3))
async def test_nothing_is_kept_of_another_code(house: House, way: int) -> None:
    """Nor of whoever sent it."""
    before = house.at_rest
    await house.receive(offers(BAD)[way], STRANGER, THEIRS)
    await let_run()
    assert house.said[-1].startswith("That is not the code.")
    assert house.at_rest == before
    assert await operators(house) == []


@pytest.mark.parametrize("way", range(3))
async def test_a_code_is_never_stored_logged_or_asked(
    house: House, way: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The inbox keeps a stub; whatever else is kept or said has no code in it."""
    caplog.set_level("DEBUG")
    code = house.code
    await house.receive(offers(code)[way])
    (row,) = await house.stores.intake.pending()
    assert row.incoming.body == Command("claim")
    assert code not in house.at_rest
    await let_run()
    assert code not in house.at_rest
    assert code not in caplog.text
    assert all(code not in repr(shown) for shown in house.frontend.shown)
    assert await house.turns() == []
    assert house.provider.asked == []


async def test_a_claim_acts_once(house: House) -> None:
    """A messenger that hands it over again changes nothing and says nothing."""
    code = house.code
    for _ in range(2):
        await house.receive(Command("claim", code), update="same")
        await let_run()
    assert len(house.said) == 1


async def test_a_claim_that_cannot_be_stored_is_not_lost(house: House) -> None:
    """The messenger keeps it, and the code still works when there is room."""
    disk = FullDisk(house.stores.intake, "accept")
    with pytest.raises(StorageUnavailable):
        await house.receive(Text(house.code), update="u-full")
    assert await operators(house) == []
    disk.make_room()
    await house.receive(Text(house.code), update="u-full")
    await let_run()
    assert await operators(house) == ["fake:alice"]


async def test_after_a_crash_another_code_is_asked_for(house: House) -> None:
    """What was typed is gone, and so is the code; nobody is made operator from a stub."""
    old = house.code
    await house.receive(Text(old))
    await house.restart()
    assert house.said == ["Send me the code the server has printed. It looks like ABCD-1234."]
    assert await operators(house) == []
    assert house.code != old
    await house.say(house.code)
    assert await operators(house) == ["fake:alice"]


async def test_of_two_who_bring_the_code_the_first_is_the_operator(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one hears it, also where both were being handled at once."""
    both = asyncio.Barrier(2)

    async def keys(_: MemberId) -> Sequence[KeyInfo]:
        await both.wait()
        return ()

    monkeypatch.setattr(house.stores.keys, "keys", keys)
    await house.receive(Text(house.code), ALICE, HOME)
    await house.receive(Text(house.code), BOB, BOBS)
    await let_run()
    assert len(await operators(house)) == 1
    words = sorted(text.partition(",")[0] for text in house.said)
    assert words[0].startswith("That code is not valid any more.")
    assert words[1].startswith("Welcome")
    assert len(house.access.deciding) == 1


async def test_a_code_sent_twice_in_a_hurry_is_one_claim(house: House) -> None:
    """The second finds its sender the operator already."""
    code = house.code
    await house.receive(Text(code))
    await house.receive(Text(code))
    await let_run()
    assert await operators(house) == ["fake:alice"]
    assert house.said[1].startswith("You are my operator already.")


async def test_whoever_is_let_in_may_claim_too(house: House) -> None:
    """With an open door all else of theirs goes on as usual."""
    house.access.is_open = True
    await house.say("/ping")
    await house.say("/claim")
    await house.say(BAD)
    await house.say(house.code)
    assert house.said[0] == "pong"
    assert house.said[1].startswith("Send me the code")
    assert house.said[2].startswith("That is not the code.")
    assert "Anybody can write to me" in house.said[3]
    assert await house.turns() == []
    await house.say("/claim", BOB, BOBS)
    assert house.said[-1] == "Alice owns me already and decides who may use me."


async def test_nobody_claims_by_a_button(house: House) -> None:
    """A press says what its sender likes, and proves nothing."""
    house.access.is_open = True
    for action in ("claim", f"claim:{house.code}", f"claim:take:{house.code}"):
        await house.press(action)
        assert house.said[-1].startswith("This choice is old")
    assert await operators(house) == []


async def test_a_stranger_hears_one_line_an_hour_until_the_bot_is_owned(house: House) -> None:
    """Whatever they write; and then another line, as now it is another's bot."""
    for line in ("/start", "hello?", "/claim", "/ping"):
        await house.say(line, STRANGER, THEIRS)
    assert len(house.said) == 1
    assert house.said[0].startswith("I am new here, and nobody owns me yet.")
    await house.say(house.code)
    await house.say("/start", STRANGER, THEIRS)
    assert house.said[-1].endswith("give them this id: fake:mallory")


@pytest.mark.parametrize("is_owned", [True, False])
@pytest.mark.parametrize("place", [THEIRS, CLUB], ids=["private", "group"])
async def test_a_strangers_press_is_answered_in_passing(place: Place, *, is_owned: bool) -> None:
    """Only whoever pressed sees it, and nothing is kept or posted."""
    house = House(is_owned=is_owned)
    await house.start()
    before = house.at_rest
    await house.receive(Press("pick:one"), STRANGER, place)
    await let_run()
    assert house.toast == "This is a private bot."
    assert (house.said, house.at_rest) == ([], before)
    await house.receive(Text("hello"), STRANGER, CLUB)
    assert (house.said, house.toast) == ([], "")


async def test_a_code_in_a_group_is_spoilt_and_stored_nowhere(house: House) -> None:
    """Whoever posted it; another text there is not answered."""
    before, code = house.at_rest, house.code
    await house.clock.advance(60)
    await house.say(BAD, STRANGER, CLUB)
    assert house.said == []
    await house.say(code, STRANGER, CLUB)
    assert house.said == [
        "Codes belong in a private chat. That one no longer works;"
        " the server has printed a new one."
    ]
    assert house.code != code
    assert house.at_rest == before
    await house.say(code)
    assert house.said[-1].startswith("That is not the code.")
