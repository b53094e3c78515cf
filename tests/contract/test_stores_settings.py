"""Stores: choices, open questions, and what is remembered."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.chat import Adjustment, Choices, Overrides, Scope, TurnState
from bot.domain.effects import (
    Choose,
    LearnAdjustment,
    MakeDefault,
    NoteOnce,
    SetQuestion,
    StartSession,
    UndoChoice,
)
from bot.domain.events import Button, Question, QuestionKind
from bot.domain.models import Effort
from bot.domain.ports import Applied, Ending, UsedTurn
from bot.domain.usage import Usage
from tests.fakes.neighbours import BOB, DAY_S, GROUP, HERS, HIS, Neighbours


async def test_choices_of_a_session_go_over_the_members(house: Neighbours) -> None:
    """Session over member over default, and a turn keeps what held when it came."""
    alice = await house.member()
    before = await house.ask("before")
    choose = Choose(
        scope=Scope.MEMBER,
        member=alice.id,
        session=before.session,
        overrides=Overrides(provider="demo", model="small", temperature=0.3),
    )
    await house.do(choose)
    await house.do(
        replace(
            choose,
            scope=Scope.SESSION,
            overrides=Overrides(model="large", max_tokens=None, instructions="Be 简短."),
        )
    )
    expected = Choices(
        provider="demo",
        model="large",
        temperature=0.3,
        max_tokens=None,
        instructions="Be 简短.",
    )
    assert await house.stores.settings.choices(before.session, alice.id) == expected
    assert (await house.ask("after")).choices == expected
    stored = await house.stores.turns.find(before.id)
    assert stored
    assert stored.choices == Choices()
    session = await house.stores.settings.session(HERS, alice.id)
    assert session.overrides == Overrides(model="large", max_tokens=None, instructions="Be 简短.")
    mine = await house.stores.settings.overrides(alice.id)
    assert mine == Overrides(provider="demo", model="small", temperature=0.3)
    await house.do(StartSession(member=alice.id, place=HERS))
    assert (await house.ask("new")).choices == mine.over(Choices())


async def test_instructions_stay_out_of_groups(house: Neighbours) -> None:
    """A member's own instructions never flow into a group."""
    alice = await house.member()
    turn = await house.ask("x", place=GROUP)
    await house.do(
        Choose(
            scope=Scope.MEMBER,
            member=alice.id,
            session=turn.session,
            overrides=Overrides(temperature=0.2, instructions="private"),
        )
    )
    choices = await house.stores.settings.choices(turn.session, alice.id)
    assert (choices.temperature, choices.instructions) == (0.2, "")


@pytest.mark.parametrize("scope", list(Scope), ids=str)
async def test_a_choice_can_be_undone_once_per_field(house: Neighbours, scope: Scope) -> None:
    """What the last choice of a field replaced comes back; then there is nothing more."""
    turn = await house.ask()
    choose = Choose(
        scope=scope,
        member=turn.member,
        session=turn.session,
        overrides=Overrides(temperature=0.1, model="a"),
    )

    async def chosen() -> Overrides:
        if scope is Scope.MEMBER:
            return await house.stores.settings.overrides(turn.member)
        return (await house.stores.settings.session(HERS, turn.member)).overrides

    undo = UndoChoice(scope=scope, member=turn.member, session=turn.session, field="temperature")
    assert (await house.do(undo)).applied is Applied.STALE
    await house.do(choose)
    await house.do(replace(choose, overrides=Overrides(temperature=0.9)))
    assert (await house.do(undo)).applied is Applied.DONE
    assert await chosen() == Overrides(temperature=0.1, model="a")
    assert (await house.do(undo)).applied is Applied.STALE
    assert (await house.do(replace(undo, field="model"))).applied is Applied.DONE
    assert await chosen() == Overrides(temperature=0.1)


@pytest.mark.parametrize("scope", list(Scope), ids=str)
async def test_the_same_choice_again_replaces_nothing(house: Neighbours, scope: Scope) -> None:
    """As by a second tap: Undo still brings back what there was before the first."""
    turn = await house.ask()
    first = Choose(
        scope=scope,
        member=turn.member,
        session=turn.session,
        overrides=Overrides(temperature=0.1),
    )
    undo = UndoChoice(scope=scope, member=turn.member, session=turn.session, field="temperature")
    second = replace(first, overrides=Overrides(temperature=0.9))
    await house.do(first, second, second, undo)
    choices = await house.stores.settings.choices(turn.session, turn.member)
    assert choices.temperature == 0.1
    assert (await house.do(first, undo)).applied is Applied.DONE
    choices = await house.stores.settings.choices(turn.session, turn.member)
    assert choices.temperature == 0.1


async def test_an_effort_is_kept_as_one_and_the_models_own_hides_a_default(
    house: Neighbours,
) -> None:
    """None is a choice: it counts before the member's default, and can be undone."""
    alice = await house.member()
    session = await house.stores.settings.session(HERS, alice.id)
    for scope, effort in (
        (Scope.MEMBER, Effort.OFF),
        (Scope.SESSION, Effort.HIGH),
        (Scope.SESSION, None),
    ):
        overrides = Overrides(effort=effort)
        await house.do(
            Choose(scope=scope, member=alice.id, session=session.id, overrides=overrides)
        )
        now = await house.stores.settings.choices(session.id, alice.id)
        assert now.effort is effort
    await house.do(
        UndoChoice(scope=Scope.SESSION, member=alice.id, session=session.id, field="effort")
    )
    assert (await house.stores.settings.choices(session.id, alice.id)).effort is Effort.HIGH


async def test_a_sessions_choice_becomes_the_default(house: Neighbours) -> None:
    """Only the named fields that were chosen there; it can be undone like a choice."""
    turn = await house.ask()
    await house.do(
        Choose(
            scope=Scope.SESSION,
            member=turn.member,
            session=turn.session,
            overrides=Overrides(provider="demo", model="m", temperature=0.5),
        )
    )
    fields = ("provider", "model", "max_tokens")
    await house.do(MakeDefault(member=turn.member, session=turn.session, fields=fields))
    mine = house.stores.settings.overrides
    assert await mine(turn.member) == Overrides(provider="demo", model="m")
    await house.do(
        UndoChoice(scope=Scope.MEMBER, member=turn.member, session=turn.session, field="model")
    )
    assert await mine(turn.member) == Overrides(provider="demo")


async def test_the_last_request_is_the_members_newest(house: Neighbours) -> None:
    """With its count as the vendor's was, and a cost that may be unknown; others' do not count."""
    settings = house.stores.settings
    alice = await house.member()
    assert await settings.last_used(alice.id) is None
    await house.answer(await house.ask(), cost=Decimal("0.5"))
    await house.clock.advance(60)
    turn = await house.ask()
    assert await house.stores.turns.begin_attempt(turn.id, 1)
    usage = Usage(
        input_tokens=900,
        output_tokens=80,
        cache_read_tokens=400,
        cache_write_tokens=300,
        reasoning_tokens=50,
        is_estimated=True,
    )
    reported = replace(usage, cost_usd=Decimal("0.25"))
    ending = Ending(state=TurnState.STOPPED, answer="x", usage=reported, cost_usd=Decimal("0.25"))
    await house.stores.turns.end(turn.id, 1, ending)
    at = house.clock.now()
    await house.clock.advance(60)
    await house.talk("his", "x", sender=BOB, place=HIS)
    last = await settings.last_used(alice.id)
    choices = turn.choices
    assert last == UsedTurn(
        provider=choices.provider,
        model=choices.model,
        usage=usage,
        cost_usd=Decimal("0.25"),
        at=at,
    )
    bobs = await settings.last_used((await house.member(BOB)).id)
    assert bobs is not None
    assert bobs.cost_usd is None


async def test_open_questions_are_one_per_member_and_place(house: Neighbours) -> None:
    """The newest is kept; None closes it."""
    alice = await house.member()
    settings = house.stores.settings
    first = Question(kind=QuestionKind.KEY, asked_at=house.clock.now(), action="addkey:key:demo")
    menu = Question(
        kind=QuestionKind.MENU,
        asked_at=house.clock.now(),
        buttons=(Button("One", "a:b"), Button("Két", url="https://example.org", is_danger=True)),
    )
    await house.do(SetQuestion(member=alice.id, place=HERS, question=first))
    await house.do(SetQuestion(member=alice.id, place=HERS, question=menu))
    await house.do(SetQuestion(member=alice.id, place=GROUP, question=first))
    stored = {each.place: each for each in await settings.questions()}
    assert stored[HERS].question == menu
    assert stored[HERS].member == alice.id
    assert stored[GROUP].question == first
    await house.do(SetQuestion(member=alice.id, place=HERS, question=None))
    await house.do(SetQuestion(member=alice.id, place=HERS, question=None))
    assert [each.place for each in await settings.questions()] == [GROUP]


async def test_a_notice_is_noted_per_member(house: Neighbours) -> None:
    """Noting it twice is no failure."""
    alice, bob = await house.member(), await house.member(BOB)
    note = NoteOnce(member=alice.id, notice="privacy")
    assert (await house.do(note)).applied is Applied.DONE
    assert (await house.do(note)).applied is Applied.DONE
    assert await house.stores.settings.has_noted(alice.id, "privacy")
    assert not await house.stores.settings.has_noted(bob.id, "privacy")


async def test_what_a_vendor_refused_is_known_for_30_days(house: Neighbours) -> None:
    """Per model; learning it again begins the 30 days anew."""
    learn = LearnAdjustment(
        provider="demo", model="m", adjustment=Adjustment.MAX_COMPLETION_TOKENS
    )
    settings = house.stores.settings
    await house.member()
    await house.do(learn)
    await house.clock.advance(20 * DAY_S)
    await house.do(learn)
    await house.clock.advance(20 * DAY_S)
    assert await settings.adjustments("demo", "m") == {Adjustment.MAX_COMPLETION_TOKENS}
    assert await settings.adjustments("demo", "other") == frozenset()
    await house.clock.advance(11 * DAY_S)
    assert await settings.adjustments("demo", "m") == frozenset()
