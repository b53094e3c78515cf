"""Stores: accounts that are linked to a member, and taken off again."""

from dataclasses import replace

import pytest

from bot.domain.chat import (
    Identity,
    Member,
    MemberId,
    Overrides,
    Place,
    Scope,
    TurnState,
    WaitReason,
)
from bot.domain.effects import (
    Choose,
    ClaimOperator,
    LinkAccount,
    NoteOnce,
    PutKey,
    RenameKey,
    SetOperator,
    SetQuestion,
    SetStanding,
    StartSession,
    UnlinkAccount,
)
from bot.domain.events import Question, QuestionKind
from bot.domain.keys import KeyHealth
from bot.domain.people import Standing
from bot.domain.ports import Applied
from bot.domain.secret import Secret
from tests.fakes.neighbours import ALICE, BOB, HERS, ORIGIN
from tests.fakes.two import CLUB, ELSEWHERE, ROOM, Two


async def test_linked_accounts_are_one_person(two: Two) -> None:
    """By each of them they are known as that, and the member who joined is nobody now."""
    bob = await two.house.member(BOB)
    await two.link()
    found = await two.person(ELSEWHERE)
    assert found == await two.person(ALICE)
    assert (found.id, found.name) == (two.here.id, "Alice")
    assert (found.identities, found.linked) == ((ALICE, ELSEWHERE), (ELSEWHERE,))
    assert (await two.house.member(ELSEWHERE)).id == two.here.id
    people = two.house.stores.people
    assert await people.person(two.there.id) is None
    assert [each.id for each in await people.roster()] == [two.here.id, bob.id]
    stale = StartSession(member=two.there.id, place=ROOM)
    assert await two.do(stale, is_there=True) is Applied.STALE


async def test_unlinked_accounts_are_two_people_again(two: Two) -> None:
    """Who they were before, and each can be linked anew."""
    before = await two.house.stores.people.roster()
    for _ in range(2):
        await two.link()
        await two.unlink()
        assert await two.house.stores.people.roster() == before
    assert (await two.house.member(ELSEWHERE)).id == two.there.id


async def test_what_cannot_be_linked(two: Two) -> None:
    """One's own account, one nobody knows, to nobody, of whom has others, or is kept out."""
    house = two.house
    bob = await house.member(BOB)
    for effect in (
        LinkAccount(member=two.here.id, identity=ALICE),
        LinkAccount(member=two.here.id, identity=Identity("matrix", "@nobody:hs")),
        LinkAccount(member=MemberId("nobody"), identity=ELSEWHERE),
        UnlinkAccount(member=two.here.id, identity=ALICE),
        UnlinkAccount(member=two.here.id, identity=ELSEWHERE),
    ):
        assert await two.do(effect) is Applied.STALE, effect
    await two.link()
    for effect in (
        LinkAccount(member=two.here.id, identity=ELSEWHERE),
        LinkAccount(member=bob.id, identity=ELSEWHERE),
        LinkAccount(member=bob.id, identity=ALICE),
        LinkAccount(member=two.there.id, identity=BOB),
        UnlinkAccount(member=bob.id, identity=ELSEWHERE),
        UnlinkAccount(member=two.there.id, identity=ELSEWHERE),
    ):
        assert await two.do(effect) is Applied.STALE, effect


@pytest.mark.parametrize("standing", [Standing.REMOVED, Standing.BLOCKED])
@pytest.mark.parametrize("who", ["here", "there"])
async def test_who_is_kept_out_is_linked_to_nobody(two: Two, standing: Standing, who: str) -> None:
    """On neither side, so that nobody comes in again by another account."""
    out = two.here if who == "here" else two.there
    await two.do(SetStanding(member=out.id, standing=standing))
    effect = LinkAccount(member=two.here.id, identity=ELSEWHERE)
    assert await two.do(effect, is_there=True) is Applied.STALE
    assert (await two.person(ELSEWHERE)).id == two.there.id


async def test_a_link_that_came_with_something_stale_is_none(two: Two) -> None:
    """What each has opens as before, and not as the other's."""
    await two.put(two.there, "sk-canary-there")
    assert await two.key(two.there) == "sk-canary-there"
    link = LinkAccount(member=two.here.id, identity=ELSEWHERE)
    assert await two.do(link, link) is Applied.STALE
    assert await two.key(two.there) == "sk-canary-there"
    assert await two.key(two.here) == ""
    assert await two.names(two.there) == ["name of sk-canary-there"]
    await two.link()
    unlink = UnlinkAccount(member=two.here.id, identity=ELSEWHERE)
    assert await two.do(unlink, unlink) is Applied.STALE
    assert await two.key(two.here) == "sk-canary-there"


async def test_keys_are_shared_and_each_keeps_their_own(two: Two) -> None:
    """Of two at one company the member's stays the active one; apart, each has theirs again."""
    await two.put(two.here, "sk-canary-here")
    await two.put(two.there, "sk-canary-there")
    await two.put(two.there, "sk-canary-only", "other")
    await two.link()
    assert await two.key(two.here) == "sk-canary-here"
    assert await two.key(two.here, "other") == "sk-canary-only"
    names = ["name of sk-canary-here", "name of sk-canary-there", "name of sk-canary-only"]
    assert await two.names(two.here) == names
    assert await two.key(two.there) == ""
    await two.unlink()
    assert await two.key(two.here) == "sk-canary-here"
    assert await two.key(two.there) == "sk-canary-there"
    assert await two.key(two.there, "other") == "sk-canary-only"
    assert await two.key(two.here, "other") == ""
    assert await two.names(two.here) == names[:1]


async def test_a_key_is_of_the_account_that_brought_it(two: Two) -> None:
    """Also where it was replaced, or renamed, from the other one."""
    await two.put(two.here, "sk-canary-old")
    await two.link()
    new = PutKey(
        member=two.here.id,
        provider="other",
        origin=ORIGIN,
        key=Secret("sk-canary-new"),
        health=KeyHealth.WORKS,
    )
    await two.do(new, is_there=True)
    (old, brought) = await two.house.stores.keys.keys(two.here.id)
    instead = replace(new, provider="demo", key=Secret("sk-canary-instead"), replaces=old.id)
    rename = RenameKey(member=two.here.id, key=brought.id, name="work")
    assert await two.do(rename) is Applied.DONE
    assert await two.do(instead, is_there=True) is Applied.DONE
    (_, kept) = await two.house.stores.keys.keys(two.here.id)
    await two.do(RenameKey(member=two.here.id, key=kept.id, name="home"), is_there=True)
    await two.unlink()
    assert await two.key(two.here) == "sk-canary-instead"
    assert await two.names(two.here) == ["home"]
    assert await two.key(two.there, "other") == "sk-canary-new"
    assert await two.names(two.there) == ["work"]


async def test_conversations_and_usage_are_shared_and_each_keeps_their_own(two: Two) -> None:
    """They are listed on both messengers, open, and go back to whom they were of."""
    house, settings = two.house, two.house.stores.settings
    await house.talk("here", "x")
    there = await house.talk("there", "y", sender=ELSEWHERE, place=ROOM)
    await two.link()
    both = ["here", "there"]
    assert await two.titles(two.here, HERS) == await two.titles(two.here, ROOM) == both
    found = await house.stores.turns.find(there.id)
    assert found
    assert (found.member, found.question, found.answer) == (two.here.id, "there", "y")
    assert (await settings.spent(two.here.id)).answers == 2
    assert (await settings.spent(two.there.id)).answers == 0
    again = await house.talk("again", "z", sender=ELSEWHERE, place=ROOM)
    assert (again.member, again.session) == (two.here.id, there.session)
    await two.unlink()
    assert await two.titles(two.here, HERS) == ["here"]
    assert await two.titles(two.there, ROOM) == ["there"]
    assert (await settings.spent(two.here.id)).answers == 1
    assert (await settings.spent(two.there.id)).answers == 2
    last = await house.stores.turns.last(there.session, two.there.id)
    assert last
    assert (last.id, last.answer) == (again.id, "z")
    messages, _ = await house.stores.turns.history(
        there.session, before=again.id, budget_tokens=99
    )
    assert [message.text for message in messages] == ["there", "y"]


async def test_what_was_asked_in_groups_changes_hands(two: Two) -> None:
    """A question there is of whoever its account is of."""
    turn = await two.house.talk("club", "x", sender=ELSEWHERE, place=CLUB)
    for change, member in ((two.link, two.here), (two.unlink, two.there)):
        await change()
        found = await two.house.stores.turns.find(turn.id)
        assert found
        assert (found.member, found.question, found.answer) == (member.id, "club", "x")


async def test_choices_and_names_stay_each_ones_own(two: Two) -> None:
    """Linked, the member's hold; what is chosen then, from wherever, stays theirs."""
    session = (await two.house.ask()).session

    async def choose(member: Member, model: str, *, is_there: bool) -> None:
        effect = Choose(
            scope=Scope.MEMBER,
            member=member.id,
            session=session,
            overrides=Overrides(model=model),
        )
        assert await two.do(effect, is_there=is_there) is Applied.DONE

    async def model(member: Member) -> object:
        return (await two.house.stores.settings.overrides(member.id)).model

    settings = two.house.stores.settings
    await choose(two.here, "hers", is_there=False)
    await choose(two.there, "there", is_there=True)
    await two.link()
    assert await model(two.here) == "hers"
    await choose(two.here, "changed", is_there=True)
    await settings.member(ELSEWHERE, "Al", is_operator=False)
    assert (await two.person()).name == "Alice"
    await two.unlink()
    assert (await model(two.here), await model(two.there)) == ("changed", "there")
    assert (await settings.name(two.here.id), await settings.name(two.there.id)) == ("Alice", "Al")


@pytest.mark.parametrize("who", ["here", "there"])
async def test_an_operator_is_one_by_every_account(two: Two, who: str) -> None:
    """While they are linked; then only who was before."""
    operator = two.here if who == "here" else two.there
    await two.do(ClaimOperator(member=operator.id, name="Boss"))
    await two.link()
    operators = await two.house.stores.settings.operators()
    assert [(each.identity, each.name) for each in operators] == [
        (ALICE, "Boss"),
        (ELSEWHERE, "Boss"),
    ]
    assert (await two.person()).is_operator
    await two.unlink()
    (left,) = await two.house.stores.settings.operators()
    assert left.identity == operator.identity
    assert (await two.person()).is_operator is (who == "here")


async def test_who_is_no_operator_any_more_is_none_by_any_account(two: Two) -> None:
    """Whoever of the two it was, and after they were taken apart."""
    await two.do(ClaimOperator(member=two.there.id, name="Boss"))
    await two.link()
    unmade = SetOperator(member=two.here.id, name="", is_operator=False)
    assert await two.do(unmade) is Applied.DONE
    assert not (await two.person()).is_operator
    await two.unlink()
    assert await two.house.stores.settings.operators() == ()


@pytest.mark.parametrize("who", ["here", "there"])
async def test_who_was_let_in_comes_in_by_every_account(two: Two, who: str) -> None:
    """While they are linked; then only who was before."""
    admitted = two.here if who == "here" else two.there
    await two.do(SetStanding(member=admitted.id, standing=Standing.ADMITTED))
    await two.link()
    assert (await two.person()).standing is Standing.ADMITTED
    await two.unlink()
    standings = [(await two.person(each)).standing for each in (ALICE, ELSEWHERE)]
    assert standings == [
        Standing.ADMITTED if each == admitted else Standing.KNOWN for each in (two.here, two.there)
    ]


@pytest.mark.parametrize("standing", [Standing.REMOVED, Standing.BLOCKED])
async def test_who_is_kept_out_does_not_escape_by_unlinking(two: Two, standing: Standing) -> None:
    """A decision about a person is one about each of their accounts."""
    await two.do(SetStanding(member=two.there.id, standing=Standing.ADMITTED))
    await two.link()
    await two.do(SetStanding(member=two.here.id, standing=standing))
    assert (await two.person(ELSEWHERE)).standing is standing
    await two.unlink()
    assert (await two.person(ELSEWHERE)).standing is standing
    assert (await two.person(ALICE)).standing is standing


async def test_notices_that_came_once_do_not_come_again(two: Two) -> None:
    """To neither, linked or apart."""
    has_noted = two.house.stores.settings.has_noted
    await two.do(NoteOnce(member=two.there.id, notice="google:free"))
    await two.link()
    assert await has_noted(two.here.id, "google:free")
    await two.unlink()
    assert await has_noted(two.there.id, "google:free")


async def test_open_questions_of_who_joins_or_leaves_are_gone(two: Two) -> None:
    """An answer to one would be taken for the other's."""
    question = Question(kind=QuestionKind.TEXT, asked_at=two.house.clock.now(), action="x")

    async def ask(member: Member, place: Place) -> None:
        effect = SetQuestion(member=member.id, place=place, question=question)
        await two.do(effect, is_there=place == ROOM)

    async def asked() -> list[tuple[MemberId, Place]]:
        return [(each.member, each.place) for each in await two.house.stores.settings.questions()]

    await ask(two.here, HERS)
    await ask(two.there, ROOM)
    await two.link()
    assert await asked() == [(two.here.id, HERS)]
    await ask(two.here, ROOM)
    await two.unlink()
    assert await asked() == []


async def test_what_waits_to_be_sent_is_sent_all_the_same(two: Two) -> None:
    """With its text, and to whom its account is of."""
    member = replace(two.there, identity=Identity(ROOM.frontend, ROOM.chat))
    reply = two.house.reply(member, "Done there.")
    await two.house.do(replies=[reply], sender=ELSEWHERE, place=ROOM)
    for change, now in ((two.link, two.here), (two.unlink, two.there)):
        await change()
        (waiting,) = await two.house.stores.turns.deliveries()
        assert waiting.outgoing == replace(reply, member=now.id)


async def test_what_waits_where_the_other_is_now_is_not_asked(two: Two) -> None:
    """Apart, nobody's question is answered in the other's private place."""
    await two.link()
    session = await two.house.stores.settings.session(HERS, two.here.id)
    await two.switch(session.id)
    turn = await two.house.ask("by whom?", sender=ELSEWHERE, place=ROOM)
    await two.house.stores.turns.wait(turn.id, WaitReason.KEY, ())
    await two.unlink()
    found = await two.house.stores.turns.find(turn.id)
    assert found
    assert (found.member, found.state) == (two.here.id, TurnState.EXPIRED)
