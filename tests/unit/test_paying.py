"""Paying in groups: whose word is asked for, what waits for it, and what nobody else reads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.commands import by_name
from bot.domain.chat import (
    Finish,
    FinishReason,
    Overrides,
    Scope,
    TextDelta,
    TurnState,
    WaitReason,
)
from bot.domain.effects import ChangePayer, Choose
from bot.domain.errors import FrontendError, InvalidKey, NoCredit
from bot.domain.groups import Agreed, Payer
from bot.domain.ports import Around
from bot.domain.usage import Usage
from storage.memory_effects import apply
from tests.fakes.clock import let_run
from tests.fakes.house import ALICE, CLUB, HOME, House
from tests.fakes.provider import ACME

FIRST = "Alice, one tap in private first: your key is new to this group. I wrote to you there."


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Return a house in whose club Alice has not agreed to pay yet."""
    house = House(commands=by_name())
    house.access.operators = frozenset({ALICE})
    await house.start()
    await house.give_key(ALICE, CLUB)
    house.stores._state.payers.clear()
    house.stores._state.numbered.clear()
    house.frontend.groups["club"] = Around(title="Club", people=6)
    yield house
    await house.router.close()


async def payer(house: House) -> Payer:
    """Return Alice in the club."""
    group = await house.stores.groups.note(CLUB, title="")
    found = await house.stores.groups.payer(group.id, await house.member())
    assert found is not None
    return found


async def change(house: House, **given: object) -> None:
    """Change something of Alice in the club, without a word."""
    group = await house.stores.groups.note(CLUB, title="")
    effect = ChangePayer(member=await house.member(), group=group.id)
    done = apply(house.stores._state, replace(effect, **given), frontend="fake")  # type: ignore[arg-type]
    assert done is not None


def action(house: House, label: str) -> str:
    """Return what the newest button with this label does."""
    for shown in reversed(house.frontend.shown):
        for row in shown.reply.buttons:
            for button in row:
                if button.label == label:
                    return button.action
    raise AssertionError(label)


async def test_the_first_question_waits_for_a_word_and_is_then_asked(house: House) -> None:
    """In private, with the price; where it is not known, that is said."""
    await house.say("What goes with leeks?", ALICE, CLUB)
    assert house.frontend.texts_in(CLUB) == [FIRST]
    (asked,) = house.frontend.texts_in(HOME)
    assert asked.startswith('**Use your key in "Club"** (6 people)?')
    assert "acme-1, of unknown cost" in asked
    assert house.provider.asked == []
    await house.press(action(house, "Allow"))
    assert house.frontend.texts_in(CLUB)[1:] == ["Echo: M1: What goes with leeks?"]
    assert (await payer(house)).agreed == Agreed(ACME.id, "acme-1", None)


async def test_a_word_is_about_what_was_asked(house: House) -> None:
    """Another model meanwhile, or a forged group, takes none."""
    await house.say("What goes with leeks?", ALICE, CLUB)
    allow = action(house, "Allow")
    member = await house.member()
    session = await house.stores.settings.session(CLUB, member)
    chosen = Choose(
        scope=Scope.SESSION,
        member=member,
        session=session.id,
        overrides=Overrides(provider=ACME.id, model="acme-2"),
    )
    apply(house.stores._state, chosen, frontend="fake")
    await house.press(allow)
    assert house.said[-1].startswith("The group's model has changed since I asked.")
    assert not (await payer(house)).pays
    await house.press("groups:allow:9999:000000")
    assert house.said[-1].startswith("Nothing waits for your word there.")
    await house.press(action(house, "Show it"))
    assert "acme-2" in house.said[-1]


async def test_a_word_that_does_not_come_gives_the_question_up(house: House) -> None:
    """Also over a restart, and nobody waits behind it."""
    await house.say("one", ALICE, CLUB)
    await house.clock.advance(300)
    await house.restart()
    (turn,) = await house.turns()
    assert (turn.state, turn.detail) == (TurnState.WAITING, WaitReason.CONSENT)
    await house.clock.advance(301)
    (turn,) = await house.turns()
    assert turn.state is TurnState.EXPIRED
    await house.press(action(house, "Allow"))
    assert house.provider.asked == []
    await house.say("two", ALICE, CLUB)
    assert [asked.question for asked in house.provider.asked] == ["M1: two"]


async def test_an_old_question_that_is_asked_again_waits_as_long(house: House) -> None:
    """Its ten minutes begin when it begins to wait."""
    await change(house, agreed=Agreed(ACME.id, "acme-1", None))
    await house.say("one", ALICE, CLUB)
    await house.clock.advance(3_600)
    await change(house, is_stopped=True)
    await house.say("/retry", ALICE, CLUB)
    await house.clock.advance(300)
    assert [turn.state for turn in await house.turns()] == [TurnState.WAITING]
    await house.clock.advance(301)
    assert [turn.state for turn in await house.turns()] == [TurnState.EXPIRED]


async def test_no_is_no_and_asking_again_asks_again(house: House) -> None:
    """What waited expires at once."""
    await house.say("one", ALICE, CLUB)
    await house.press(action(house, "Not there"))
    assert house.said[-1] == 'Your key is not used in "Club". Nothing was charged.'
    assert [turn.state for turn in await house.turns()] == [TurnState.EXPIRED]
    await house.say("two", ALICE, CLUB)
    assert house.frontend.texts_in(CLUB) == [FIRST, FIRST]


async def test_stopping_ends_what_runs_there_alone(house: House) -> None:
    """The undo lets the same yes hold again."""
    await change(house, agreed=Agreed(ACME.id, "acme-1", None))
    house.provider.enqueue(TextDelta("slow"), Finish(FinishReason.STOP))
    await house.say("one", ALICE, CLUB)
    stop = f"groups:stop:{(await payer(house)).group}"
    await house.press(stop)
    assert (await payer(house)).is_stopped
    await house.press(action(house, "Undo"))
    assert (await payer(house)).pays
    await house.say("/groups")
    await house.press("groups:everywhere")
    await house.press(action(house, "Stop everywhere"))
    assert not (await payer(house)).pays
    await house.press(stop)
    assert house.said[-1].startswith("Your key is used in no group.")


async def test_an_old_confirmation_stops_nothing(house: House) -> None:
    """It can be shown again."""
    await change(house, agreed=Agreed(ACME.id, "acme-1", None))
    await house.press("groups:everywhere")
    stop = action(house, "Stop everywhere")
    await house.clock.advance(11 * 60)
    await house.press(stop)
    assert house.said[-1].startswith("This question is old.")
    assert (await payer(house)).pays


@pytest.mark.parametrize(
    ("verb", "name", "value"),
    [
        ("cap:{}:5", "cap_usd", Decimal(5)),
        ("most:{}:0", "history_tokens", 0),
        ("name:{}", "shows_name", True),
    ],
)
async def test_what_a_payer_changes_holds(
    house: House, verb: str, name: str, value: object
) -> None:
    """And what is forged changes nothing."""
    await change(house, agreed=Agreed(ACME.id, "acme-1", None))
    group = (await payer(house)).group
    await house.press(f"groups:{verb.format(group)}")
    assert getattr(await payer(house), name) == value
    before = await payer(house)
    for forged in ("cap:{}:-1", "cap:{}:x", "cap:{}:nan", "most:{}:x", "limit:77", "double:77"):
        await house.press(f"groups:{forged.format(group)}")
    assert await payer(house) == before


async def test_a_limit_holds_what_comes_after_it(house: House) -> None:
    """What nobody knows the cost of does not count; a higher limit lets it run."""
    await change(house, agreed=Agreed(ACME.id, "acme-1", None), cap_usd=Decimal(1))
    used = Usage(input_tokens=1, output_tokens=1, cost_usd=Decimal("1.5"))
    house.provider.enqueue(TextDelta("dear"), used, Finish(FinishReason.STOP))
    await house.say("one", ALICE, CLUB)
    await house.say("two", ALICE, CLUB)
    assert house.frontend.texts_in(CLUB)[1:] == ["Alice, that did not work. I wrote you why."]
    assert house.frontend.texts_in(HOME)[-1].startswith("**Your limit of $1 a day in")
    await house.press(action(house, "Double the limit"))
    assert (await payer(house)).cap_usd == 2
    assert house.frontend.texts_in(CLUB)[-1] == "Echo: M1: two"


@pytest.mark.parametrize("error", [NoCredit(ACME.id), InvalidKey(ACME.id)])
async def test_a_failure_of_ones_own_is_told_in_private(
    house: House, error: NoCredit | InvalidKey
) -> None:
    """Where that cannot be reached, the group still reads nothing of it."""
    await change(house, agreed=Agreed(ACME.id, "acme-1", None))
    house.provider.enqueue(error)
    await house.say("one", ALICE, CLUB)
    assert house.frontend.texts_in(CLUB) == ["Alice, that did not work. I wrote you why."]
    assert "…ce" in house.frontend.texts_in(HOME)[-1]
    house.provider.enqueue(error)
    house.frontend.fail_next("open_private", FrontendError())
    await house.say("two", ALICE, CLUB)
    assert house.frontend.texts_in(CLUB)[-1].startswith("Alice, that did not work. It is about")
    assert not any("…ce" in text for text in house.frontend.texts_in(CLUB))


async def test_where_no_private_chat_opens_the_group_is_told_all_the_same(house: House) -> None:
    """The question waits as it would."""
    house.frontend.fail_next("open_private", FrontendError())
    await house.say("one", ALICE, CLUB)
    (told,) = house.frontend.texts_in(CLUB)
    assert told.endswith(
        "I could not reach you there: write to me in private, then ask here again."
    )
    await let_run()
    assert [turn.state for turn in await house.turns()] == [TurnState.WAITING]
