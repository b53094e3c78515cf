"""Groups and who pays in them: what every implementation of the stores must hold."""

from dataclasses import replace
from decimal import Decimal

from bot.domain.chat import (
    INHERIT,
    Identity,
    Overrides,
    Place,
    PlaceKind,
    Scope,
    TurnState,
    WaitReason,
)
from bot.domain.effects import (
    ChangeGroup,
    ChangePayer,
    Choose,
    LinkAccount,
    MakeDefault,
    PutKey,
    ReleaseWaiting,
    RetryTurn,
    UndoChoice,
)
from bot.domain.groups import HISTORY_TOKENS, Agreed, GroupId, When
from bot.domain.keys import KeyHealth
from bot.domain.ports import Applied
from bot.domain.secret import Secret
from tests.fakes.neighbours import ALICE, BOB, GROUP, HERS, ORIGIN, Neighbours

THREAD = replace(GROUP, thread="7")
NEW = Place("console", "bigger", kind=PlaceKind.GROUP)
OTHER = Place("console", "club", kind=PlaceKind.GROUP)
AGREED = Agreed("acme", "a1", Decimal("0.007"))
NOBODY = GroupId(999)


async def key(house: Neighbours, provider: str, sender: Identity) -> None:
    """Let somebody have a key."""
    member = await house.member(sender)
    put = PutKey(
        member=member.id,
        provider=provider,
        origin=ORIGIN,
        key=Secret("sk-canary-1"),
        health=KeyHealth.WORKS,
    )
    assert (await house.do(put, sender=sender)).applied is Applied.DONE


async def test_a_group_is_its_chat_with_all_its_topics(house: Neighbours) -> None:
    """It is made known by the first look, mute, under a title that may change."""
    groups = house.stores.groups
    assert await groups.find(GROUP) is None
    made = await groups.note(THREAD, title="Family")
    assert (made.place, made.title, made.is_allowed) == (GROUP, "Family", False)
    assert (made.when, made.history_tokens) == (When.MENTION, HISTORY_TOKENS)
    assert await groups.note(GROUP, title="") == made
    named = await groups.note(GROUP, title="Our family", is_allowed=True)
    assert named == replace(made, title="Our family", is_allowed=True)
    assert await groups.find(THREAD) == await groups.get(made.id) == named
    assert await groups.find(OTHER) is None
    assert await groups.get(NOBODY) is None


async def test_what_is_given_of_a_group_changes(house: Neighbours) -> None:
    """And nothing else; of a group that is not known nothing can."""
    groups = house.stores.groups
    group = await groups.note(GROUP, title="Family")
    await house.do(ChangeGroup(group=group.id, when=When.ALWAYS))
    await house.do(ChangeGroup(group=group.id, is_allowed=True, history_tokens=0))
    now = await groups.get(group.id)
    assert now == replace(group, is_allowed=True, when=When.ALWAYS, history_tokens=0)
    stale = await house.do(ChangeGroup(group=NOBODY, is_allowed=True))
    assert stale.applied is Applied.STALE


async def test_speakers_are_numbered_as_they_come(house: Neighbours) -> None:
    """In each group anew, and by name only where they allow that."""
    groups, alice, bob = house.stores.groups, await house.member(), await house.member(BOB)
    group = await groups.note(GROUP, title="Family")
    other = await groups.note(OTHER, title="Club")
    assert await groups.payer(group.id, bob.id) is None
    await house.talk("One?", "1.", sender=BOB, place=GROUP)
    turn = await house.talk("Two?", "2.", place=THREAD)
    assert await groups.speaker(group.id, bob.id) == "M1"
    assert await groups.speaker(group.id, alice.id) == "M2"
    assert await groups.speaker(other.id, alice.id) == "M1"
    await house.talk("Three?", "3.", place=GROUP)
    after = await house.ask("Four?", sender=BOB, place=GROUP)
    history, _ = await house.stores.turns.history(
        after.session, before=after.id, budget_tokens=10_000
    )
    assert [(each.text, each.speaker) for each in history] == [
        ("One?", "M1"),
        ("1.", ""),
        ("Three?", "M2"),
        ("3.", ""),
    ]
    await house.do(ChangePayer(member=alice.id, group=group.id, shows_name=True))
    assert await groups.speaker(group.id, alice.id) == "Alice"
    history, _ = await house.stores.turns.history(
        after.session, before=after.id, budget_tokens=10_000
    )
    assert [each.speaker for each in history] == ["M1", "", "Alice", ""]
    assert turn.session != after.session
    hers = await house.talk("Private?", "Yes.")
    more = await house.ask("More?")
    history, _ = await house.stores.turns.history(
        hers.session, before=more.id, budget_tokens=10_000
    )
    assert [each.speaker for each in history] == ["", ""]


async def test_a_name_is_nobody_elses_number(house: Neighbours) -> None:
    """Nor does it look like the end of a speaker's name; what is left then is their own number."""
    groups, settings, bob = house.stores.groups, house.stores.settings, await house.member(BOB)
    group = await groups.note(GROUP, title="Family")
    await house.talk("One?", "1.", place=GROUP)
    shows = ChangePayer(member=bob.id, group=group.id, shows_name=True)
    await house.do(shows, sender=BOB)
    for name, spoken in (
        ("M1", "M2"),
        ("\uff4d\uff11", "M2"),
        (" :\n", "M2"),
        ("Bob\uff1a hi\u2028there", "Bob hi there"),
        ("b" * 29 + " c", "b" * 29),
    ):
        await settings.member(BOB, name, is_operator=False)
        assert await groups.speaker(group.id, bob.id) == spoken


async def test_no_number_is_given_out_twice(house: Neighbours) -> None:
    """Who was M2 may still be meant by what was said, though they are M1 by now."""
    groups, alice, carol = house.stores.groups, await house.member(), Identity("console", "carol")
    await house.talk("One?", "1.", place=GROUP)
    await house.talk("Two?", "M2, yes.", sender=BOB, place=GROUP)
    link = LinkAccount(member=alice.id, identity=BOB)
    assert (await house.do(link)).applied is Applied.DONE
    turn = await house.ask("Three?", sender=carol, place=GROUP)
    group = await groups.find(GROUP)
    assert group is not None
    assert await groups.speaker(group.id, turn.member) == "M3"


async def test_amounts_are_whole_billionths(house: Neighbours) -> None:
    """What was agreed to and the limit, as all that is paid."""
    groups, alice = house.stores.groups, await house.member()
    group = await groups.note(GROUP, title="Family")
    usd = Decimal("0.0000000014")
    agreed = replace(AGREED, usd=usd)
    await house.do(ChangePayer(member=alice.id, group=group.id, agreed=agreed, cap_usd=usd))
    payer = await groups.payer(group.id, alice.id)
    assert payer is not None
    assert payer.agreed == replace(AGREED, usd=Decimal("0.000000001"))
    assert payer.cap_usd == Decimal("0.000000001")


async def test_a_payer_agrees_stops_and_goes_on(house: Neighbours) -> None:
    """What is not given stays; where they do not pay, it is not listed."""
    groups, alice = house.stores.groups, await house.member()
    group = await groups.note(GROUP, title="Family")
    began = house.clock.now()
    change = ChangePayer(member=alice.id, group=group.id, agreed=AGREED, cap_usd=Decimal(1))
    await house.do(change)
    payer = await groups.payer(group.id, alice.id)
    assert payer is not None
    assert (payer.agreed, payer.cap_usd, payer.since) == (AGREED, Decimal(1), began)
    assert payer.pays
    assert await groups.paid_by(alice.id) == ((group, payer),)
    await house.clock.advance(60)
    await house.do(ChangePayer(member=alice.id, group=group.id, is_stopped=True))
    stopped = await groups.payer(group.id, alice.id)
    assert stopped == replace(payer, is_stopped=True)
    assert await groups.paid_by(alice.id) == ()
    dear = Agreed("acme", "a2", None)
    await house.do(ChangePayer(member=alice.id, group=group.id, agreed=dear, history_tokens=0))
    again = await groups.payer(group.id, alice.id)
    assert again == replace(payer, agreed=dear, history_tokens=0)
    await house.do(ChangePayer(member=alice.id, group=group.id, cap_usd=None, history_tokens=None))
    free = await groups.payer(group.id, alice.id)
    assert free == replace(payer, agreed=dear, cap_usd=None)
    stale = await house.do(ChangePayer(member=alice.id, group=NOBODY, agreed=AGREED))
    assert stale.applied is Applied.STALE


async def test_the_oldest_yes_is_listed_first(house: Neighbours) -> None:
    """Each with its group, and nobody else's."""
    groups, alice, bob = house.stores.groups, await house.member(), await house.member(BOB)
    first = await groups.note(GROUP, title="Family")
    second = await groups.note(OTHER, title="Club")
    for group in (second, first):
        await house.do(ChangePayer(member=alice.id, group=group.id, agreed=AGREED))
        await house.clock.advance(60)
    await house.do(ChangePayer(member=bob.id, group=first.id, agreed=AGREED), sender=BOB)
    assert [group.title for group, _ in await groups.paid_by(alice.id)] == ["Club", "Family"]
    assert [group.title for group, _ in await groups.paid_by(bob.id)] == ["Family"]


async def test_model_and_instructions_are_the_groups(house: Neighbours) -> None:
    """In all its topics and sessions; all else is the asker's own, but for their instructions."""
    settings, alice, bob = house.stores.settings, await house.member(), await house.member(BOB)
    await key(house, "acme", ALICE)
    session = await settings.session(GROUP, alice.id)
    hers = Overrides(provider="best", model="b1", temperature=0.1, instructions="Be brief.")
    await house.do(Choose(scope=Scope.MEMBER, member=alice.id, session=session.id, overrides=hers))
    chosen = Overrides(provider="acme", model="a1", temperature=0.9, instructions="Rhyme.")
    await house.do(
        Choose(scope=Scope.SESSION, member=alice.id, session=session.id, overrides=chosen)
    )
    topic = await settings.session(THREAD, alice.id)
    for each in (session, topic):
        choices = await settings.choices(each.id, alice.id)
        assert (choices.provider, choices.model) == ("acme", "a1")
        assert (choices.temperature, choices.instructions) == (0.1, "Rhyme.")
        assert not choices.is_own
    group = await house.stores.groups.find(GROUP)
    assert group is not None
    assert group.overrides == chosen == topic.overrides
    others = await settings.choices(session.id, bob.id)
    assert (others.provider, others.model, others.is_own) == ("", "", True)
    assert others.instructions == "Rhyme."
    private = await settings.session(HERS, alice.id)
    assert (await settings.choices(private.id, alice.id)).instructions == "Be brief."


async def test_without_a_key_for_its_model_the_askers_own_answers(house: Neighbours) -> None:
    """And with one, the group's."""
    settings, alice, bob = house.stores.settings, await house.member(), await house.member(BOB)
    session = await settings.session(GROUP, bob.id)
    own = Overrides(provider="best", model="b1", window=9)
    await house.do(
        Choose(scope=Scope.MEMBER, member=bob.id, session=session.id, overrides=own), sender=BOB
    )
    chosen = Overrides(provider="acme", model="a1", window=5)
    await house.do(
        Choose(scope=Scope.SESSION, member=alice.id, session=session.id, overrides=chosen)
    )
    turn = await house.ask(sender=BOB, place=GROUP)
    assert (turn.choices.model, turn.choices.window, turn.choices.is_own) == ("b1", 9, True)
    found = await house.stores.turns.find(turn.id)
    assert found is not None
    assert found.choices == turn.choices
    await key(house, "acme", BOB)
    turn = await house.ask(sender=BOB, place=GROUP)
    assert (turn.choices.model, turn.choices.window, turn.choices.is_own) == ("a1", 5, False)
    await house.answer(turn)
    again = RetryTurn(turn=turn.id, member=bob.id, attempt=1, provider="best", model="b2")
    (asked,) = (await house.do(again, sender=BOB)).turns
    assert (asked.choices.model, asked.choices.is_own) == ("b2", True)


async def test_a_groups_choice_is_undone_and_is_nobodys_default(house: Neighbours) -> None:
    """By whoever may choose for it."""
    settings, alice = house.stores.settings, await house.member()
    session = await settings.session(GROUP, alice.id)
    await house.do(
        Choose(
            scope=Scope.SESSION,
            member=alice.id,
            session=session.id,
            overrides=Overrides(instructions="Rhyme."),
        )
    )
    default = MakeDefault(member=alice.id, session=session.id, fields=("instructions",))
    assert (await house.do(default)).applied is Applied.STALE
    undo = UndoChoice(
        scope=Scope.SESSION, member=alice.id, session=session.id, field="instructions"
    )
    assert (await house.do(undo)).applied is Applied.DONE
    assert (await settings.session(GROUP, alice.id)).overrides.instructions is INHERIT
    assert (await house.do(undo)).applied is Applied.STALE


async def test_what_waits_in_a_group_runs_by_itself(house: Neighbours) -> None:
    """In all its topics, and nowhere else."""
    groups, alice = house.stores.groups, await house.member()
    group = await groups.note(GROUP, title="Family")
    turns = [await house.ask(place=place) for place in (GROUP, THREAD, OTHER, HERS)]
    for turn in turns:
        await house.stores.turns.wait(turn.id, WaitReason.CONSENT, ())
    release = ReleaseWaiting(member=alice.id, reason=WaitReason.CONSENT, group=group.id)
    result = await house.do(release)
    assert [turn.place for turn in result.turns] == [GROUP, THREAD]


async def test_what_waits_is_given_up_once(house: Neighbours) -> None:
    """If it waits for that, and not otherwise."""
    store = house.stores.turns
    turn = await house.ask(place=GROUP)
    assert not await store.expire(turn.id, WaitReason.CONSENT)
    await store.wait(turn.id, WaitReason.CONSENT, ())
    assert not await store.expire(turn.id, WaitReason.KEY)
    assert await store.expire(turn.id, WaitReason.CONSENT)
    assert not await store.expire(turn.id, WaitReason.CONSENT)
    found = await store.find(turn.id)
    assert found is not None
    assert found.state is TurnState.EXPIRED


async def test_what_was_paid_in_a_group_is_summed(house: Neighbours) -> None:
    """Of one member, in all its topics, since a time."""
    groups, alice = house.stores.groups, await house.member()
    group = await groups.note(GROUP, title="Family")
    began = house.clock.now()
    for place, cost in ((GROUP, "0.5"), (THREAD, "0.25"), (OTHER, "4"), (HERS, "8")):
        await house.answer(await house.ask(place=place), cost=Decimal(cost))
    await house.answer(await house.ask(sender=BOB, place=GROUP), cost=Decimal(16))
    spent = await groups.spent(alice.id, group.id, since=began)
    assert (spent.answers, spent.cost_usd) == (2, Decimal("0.75"))
    await house.clock.advance(60)
    later = await groups.spent(alice.id, group.id, since=house.clock.now())
    assert later.answers == 0


async def test_a_thread_that_was_begun_with_the_bot_is_remembered(house: Neighbours) -> None:
    """That one, and not the chat around it."""
    groups = house.stores.groups
    await groups.note_thread(THREAD)
    assert await groups.is_begun_with_us(THREAD)
    assert not await groups.is_begun_with_us(GROUP)
    assert not await groups.is_begun_with_us(replace(GROUP, thread="8"))


async def test_a_group_goes_on_under_another_id(house: Neighbours) -> None:
    """With what was decided, agreed and paid; who is new there comes along under a number."""
    groups, turns = house.stores.groups, house.stores.turns
    alice, bob = await house.member(), await house.member(BOB)
    group = await groups.note(GROUP, title="Family", is_allowed=True)
    began = house.clock.now()
    await house.do(ChangePayer(member=alice.id, group=group.id, agreed=AGREED))
    await house.answer(await house.ask(place=THREAD), cost=Decimal(1))
    await groups.note_thread(THREAD)
    await groups.note(NEW, title="Bigger family")
    made = await groups.find(NEW)
    assert made is not None
    await house.do(ChangePayer(member=bob.id, group=made.id, agreed=AGREED), sender=BOB)
    await house.answer(await house.ask(place=replace(THREAD, chat=NEW.chat)), cost=Decimal(2))
    await turns.moved(GROUP, NEW.chat)
    for place in (GROUP, NEW):
        now = await groups.find(place)
        assert now is not None
        assert (now.id, now.place, now.is_allowed) == (group.id, NEW, True)
    assert await groups.get(made.id) is None
    assert (await groups.spent(alice.id, group.id, since=began)).cost_usd == 3
    assert await groups.is_begun_with_us(THREAD)
    payer = await groups.payer(group.id, bob.id)
    assert payer is not None
    assert (payer.number, payer.agreed) == (2, AGREED)
