"""Groups at the door: who brings the bot in, where it is mute, and what it hears."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.commands import by_name
from bot.domain.chat import Place, PlaceKind
from bot.domain.errors import FrontendError
from bot.domain.events import Command, Edited, Press, Text, Unread, Unreadable
from bot.domain.groups import Group
from bot.domain.ports import Around
from bot.reading import as_asked
from tests.fakes.clock import let_run
from tests.fakes.house import ALICE, BOB, BOBS, HOME, STRANGER, House

DEN = Place("fake", "den", kind=PlaceKind.GROUP)
HELLO = "Hello. Ask me with /ask, name me or reply to one of my messages."


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Return a house that Alice operates and Bob may come into."""
    house = House(commands=by_name())
    house.access.operators = frozenset({ALICE})
    house.frontend.groups["den"] = Around(title="Den", people=3)
    await house.start()
    await house.give_key(ALICE)
    yield house
    await house.router.close()


async def group(house: House) -> Group:
    """Return what is known of the den."""
    found = await house.stores.groups.find(DEN)
    assert found is not None
    return found


def first_lines(house: House, place: Place) -> list[str]:
    """Return how each message in a place begins."""
    return [text.splitlines()[0] for text in house.frontend.texts_in(place)]


async def test_an_operator_brings_it_in_and_it_says_hello_once(house: House) -> None:
    """Told again, as after a restart, it says nothing."""
    await house.router.joined(DEN, ALICE, "Alice")
    await house.router.joined(DEN, ALICE, "Alice")
    assert first_lines(house, DEN) == [HELLO]
    assert (await group(house)).is_allowed


async def test_a_member_brings_it_in_and_the_operator_is_asked_once(house: House) -> None:
    """Meanwhile it hears nobody; the operator's button lets it speak, and their undo not."""
    await house.router.joined(DEN, BOB, "Bob")
    await house.router.joined(DEN, BOB, "Bob")
    asked = 'Bob added me to "Den", 3 people. I am mute there until you allow it.'
    assert house.frontend.texts_in(HOME) == [asked]
    await house.say("/ask Anybody?", BOB, DEN)
    assert house.frontend.texts_in(DEN) == []
    assert await house.turns() == []
    found = await group(house)
    await house.press(f"allow:yes:{found.id}")
    await house.say("/ask Anybody?", BOB, DEN)
    assert len(await house.turns()) == 1


async def test_a_stranger_does_not_bring_it_in(house: House) -> None:
    """It leaves with a word; the operator hears of one an hour."""
    for _ in range(2):
        await house.router.joined(DEN, STRANGER, "Mallory")
    assert first_lines(house, DEN) == ["I only join groups that my operator allows."] * 2
    assert house.frontend.left_groups == [DEN, DEN]
    assert len(house.frontend.texts_in(HOME)) == 1
    assert await house.stores.groups.find(DEN) is None


async def test_where_it_may_not_leave_it_stays_mute(house: House) -> None:
    """And breaks nothing."""
    house.frontend.fail_next("leave", FrontendError())
    await house.router.joined(DEN, STRANGER, "Mallory")
    await house.say("/ask Anybody?", BOB, DEN)
    assert await house.turns() == []


async def test_a_group_nobody_told_of_is_mute_and_the_operator_hears_of_it(house: House) -> None:
    """As when a third person comes into a chat of two."""
    await house.say("Hello?", BOB, DEN)
    assert house.frontend.texts_in(DEN) == []
    assert first_lines(house, HOME)[0].startswith('Bob added me to "Den"')
    house.frontend.fail_next("around", FrontendError())
    other = replace(DEN, chat="other")
    await house.say("Hello?", ALICE, other)
    assert house.frontend.texts_in(other) == ["I am mute here until you send /allow."]
    await house.say("Hello?", ALICE, other)
    assert len(house.frontend.texts_in(other)) == 1


async def test_an_operator_who_cannot_be_reached_costs_nothing(house: House) -> None:
    """They may still allow it in the group itself."""
    house.frontend.fail_next("open_private", FrontendError())
    await house.router.joined(DEN, BOB, "Bob")
    assert house.said == []
    assert not (await group(house)).is_allowed


async def test_whoever_throws_it_out_has_it_allowed_anew(house: House) -> None:
    """It was allowed there by its operator, not for ever."""
    await house.router.joined(DEN, ALICE, "Alice")
    await house.router.left(DEN)
    assert not (await group(house)).is_allowed
    await house.router.joined(DEN, BOB, "Bob")
    assert not (await group(house)).is_allowed
    await house.router.left(HOME)
    await house.router.left(replace(DEN, chat="unknown"))


async def test_it_hears_what_its_admins_chose(house: House) -> None:
    """Mentions, everything, or commands alone; what it waits for is heard in any case."""
    await house.router.joined(DEN, ALICE, "Alice")

    async def asked(text: str, *, is_addressed: bool) -> bool:
        before = len(await house.turns())
        await house.receive(Text(text), ALICE, DEN, is_addressed=is_addressed)
        await let_run()
        return len(await house.turns()) > before

    assert await asked("one", is_addressed=True)
    assert not await asked("two", is_addressed=False)
    await house.say("/answer always", ALICE, DEN)
    assert await asked("three", is_addressed=False)
    await house.say("/answer commands", ALICE, DEN)
    assert not await asked("four", is_addressed=True)
    await house.say("/ask five", ALICE, DEN)
    assert (await house.turns())[-1].question == "five"


async def test_a_topic_begun_with_it_is_answered_without_its_name(house: House) -> None:
    """One that was begun among people is not."""
    await house.router.joined(DEN, ALICE, "Alice")
    for thread, begins in (("7", True), ("8", False)):
        place = replace(DEN, thread=thread)
        opening = house._incoming(Text("first"), ALICE, place, is_addressed=begins)
        await house.router.receive(replace(opening, opens=True))
        await house.receive(Text("second"), ALICE, place, is_addressed=False)
    opening = house._incoming(Command("new"), ALICE, replace(DEN, thread="9"), is_addressed=False)
    await house.router.receive(replace(opening, opens=True))
    await house.receive(Text("third"), ALICE, replace(DEN, thread="9"), is_addressed=False)
    await let_run()
    assert [turn.question for turn in await house.turns()] == ["first", "second", "third"]


async def test_ask_is_a_question_in_one_piece_or_several(house: House) -> None:
    """Without a question it says how it is used."""
    await house.say("/ask What goes with leeks?")
    await house.receive(Text("butter?"), before=[Command("ask", "Or with")])
    await house.say("/ask")
    questions = [turn.question for turn in await house.turns()]
    assert questions == ["What goes with leeks?", "Or with\nbutter?"]
    assert any(text.startswith("Write your question after it.") for text in house.said)


async def test_an_edited_question_is_the_question(house: House) -> None:
    """Without the command before it."""
    assert as_asked(house._incoming(Edited("!ASK and peas?"), ALICE, HOME)).body == Edited(
        "and peas?"
    )
    assert as_asked(house._incoming(Edited("!ask "), ALICE, HOME)).body == Edited("!ask ")


async def test_a_press_by_nobody_in_particular_changes_no_group(house: House) -> None:
    """Only an operator allows; a member's forged button does not."""
    await house.router.joined(DEN, BOB, "Bob")
    found = await group(house)
    await house.receive(Press(f"allow:yes:{found.id}"), BOB, BOBS, message="b1")
    await let_run()
    assert not (await group(house)).is_allowed
    assert house.frontend.texts_in(BOBS) == ["Only the operator can use /allow."]


async def test_whoever_hides_behind_a_group_is_told_once_an_hour(house: House) -> None:
    """They are nobody in particular, so no key is used; where it is mute, they hear nothing."""
    nobody = Unreadable(Unread.ANONYMOUS)
    await house.receive(nobody, STRANGER, DEN)
    await let_run()
    assert house.frontend.texts_in(DEN) == []
    await house.router.joined(DEN, ALICE, "Alice")
    await house.clock.advance(3_601)
    for _ in range(2):
        await house.receive(nobody, STRANGER, DEN)
        await let_run()
    assert len(house.frontend.texts_in(DEN)) == 2
    assert "cannot see who asks" in house.said[-1]
