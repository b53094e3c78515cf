"""Stores: private conversations that go on in another place, or on another messenger."""

from dataclasses import replace

import pytest

from bot.domain.chat import Message, Role, SessionId, TurnState, WaitReason
from bot.domain.effects import (
    DeleteSession,
    EraseTurn,
    ReleaseWaiting,
    RenameSession,
    StartSession,
    SwitchSession,
)
from bot.domain.events import Text
from bot.domain.ports import Applied
from tests.fakes.neighbours import GROUP, HERS, Neighbours
from tests.fakes.two import CLUB, ELSEWHERE, ROOM, Two

TOPIC = replace(HERS, thread="7")


async def linked(two: Two) -> SessionId:
    """Let her talk here, and link the account elsewhere; return the conversation."""
    turn = await two.house.talk("here", "x")
    await two.link()
    return turn.session


async def test_a_conversation_goes_on_on_another_messenger(two: Two) -> None:
    """It is the same one: history, title and choices; each question stays where it was asked."""
    house = two.house
    session = await linked(two)
    await two.switch(session)
    turn = await house.talk("and there", "y", sender=ELSEWHERE, place=ROOM)
    assert (turn.session, turn.place) == (session, ROOM)
    back = await house.ask("back here")
    assert (back.session, back.place) == (session, HERS)
    messages, _ = await house.stores.turns.history(session, before=back.id, budget_tokens=999)
    assert messages == (
        Message(Role.USER, "here"),
        Message(Role.ASSISTANT, "x"),
        Message(Role.USER, "and there"),
        Message(Role.ASSISTANT, "y"),
    )
    (listed,), count = await house.stores.settings.sessions(two.here.id, ROOM)
    assert (listed.id, listed.title, listed.place, count) == (session, "here", HERS, 1)


async def test_what_was_asked_in_it_stays_with_it(two: Two) -> None:
    """Unlinked, it is its owner's with all that was asked in it, and goes on there no more."""
    house = two.house
    session = await linked(two)
    await two.switch(session)
    there = await house.talk("and there", "y", sender=ELSEWHERE, place=ROOM)
    await two.unlink()
    back = await house.ask("back here")
    assert back.session == session
    messages, _ = await house.stores.turns.history(session, before=back.id, budget_tokens=999)
    assert [each.text for each in messages] == ["here", "x", "and there", "y"]
    found = await house.stores.turns.find(there.id)
    assert found
    assert found.member == two.here.id
    again = await house.ask("anew", sender=ELSEWHERE, place=ROOM)
    assert (again.member, again.session == session) == (two.there.id, False)
    assert await house.stores.turns.history(again.session, before=again.id, budget_tokens=999) == (
        (),
        False,
    )


async def test_who_joined_goes_on_here_with_theirs(two: Two) -> None:
    """The other way round: what is asked here in their conversation goes with it."""
    house = two.house
    session = (await house.talk("there", "y", sender=ELSEWHERE, place=ROOM)).session
    await two.link()
    await two.switch(session, HERS)
    here = await house.talk("here", "x")
    assert here.session == session
    await two.unlink()
    found = await house.stores.turns.find(here.id)
    assert found
    assert (found.member, found.question, found.answer) == (two.there.id, "here", "x")
    assert (await house.ask("anew")).session != session


async def test_it_is_renamed_and_erased_from_the_other_messenger(two: Two) -> None:
    """And its name is read after the accounts were taken apart."""
    house, session = two.house, await linked(two)
    rename = RenameSession(member=two.here.id, session=session, title="Porto")
    assert await two.do(rename, is_there=True) is Applied.DONE
    await two.unlink()
    assert await two.titles(two.here, HERS) == ["Porto"]
    await two.link()
    await two.switch(session)
    turn = await house.talk("and there", "y", sender=ELSEWHERE, place=ROOM)
    assert await two.do(EraseTurn(turn=turn.id, member=two.here.id), is_there=True)
    assert await two.titles(two.here, ROOM) == ["Porto"]
    delete = DeleteSession(member=two.here.id, session=session)
    assert await two.do(delete, is_there=True) is Applied.DONE
    assert (await house.ask("new", sender=ELSEWHERE, place=ROOM)).session != session
    assert (await house.ask("new")).session != session


async def test_an_unnamed_conversation_is_named_where_it_goes_on(two: Two) -> None:
    """Its name is read after the accounts were taken apart."""
    await two.link()
    await two.do(StartSession(member=two.here.id, place=HERS))
    session = await two.house.stores.settings.session(HERS, two.here.id)
    await two.switch(session.id)
    await two.house.talk("named there", "y", sender=ELSEWHERE, place=ROOM)
    await two.unlink()
    assert await two.titles(two.here, HERS) == ["named there"]


async def test_only_private_conversations_go_elsewhere(two: Two) -> None:
    """A group's stays in its group, and nobody's private one comes into one."""
    house = two.house
    session = await linked(two)
    shared = (await house.talk("club", "x", place=GROUP)).session
    for place, which in ((GROUP, session), (CLUB, session), (HERS, shared), (CLUB, shared)):
        effect = SwitchSession(member=two.here.id, place=place, session=which)
        assert await two.do(effect) is Applied.STALE, place
    assert await two.titles(two.here, CLUB) == []


async def test_a_conversation_goes_on_in_another_topic(house: Neighbours) -> None:
    """It is listed there while it does; else a topic lists its own and other messengers'."""
    turn = await house.talk("main", "x")
    await house.talk("topic", "x", place=TOPIC)
    sessions = house.stores.settings.sessions
    assert [each.title for each in (await sessions(turn.member, TOPIC))[0]] == ["topic"]
    await house.do(SwitchSession(member=turn.member, place=TOPIC, session=turn.session))
    assert {each.title for each in (await sessions(turn.member, TOPIC))[0]} == {"topic", "main"}
    assert (await house.ask("on", place=TOPIC)).session == turn.session


async def test_a_question_that_waited_goes_with_the_conversation_it_is_answered_in(
    two: Two,
) -> None:
    """Bound anew to another account's, it can be read by whoever that is of."""
    house = two.house
    session = await linked(two)
    turn = await house.ask("waits", sender=ELSEWHERE, place=ROOM)
    await house.stores.turns.wait(turn.id, WaitReason.KEY, ())
    await two.switch(session)
    release = ReleaseWaiting(member=two.here.id, reason=WaitReason.KEY)
    (bound,) = (await house.do(release, sender=ELSEWHERE, place=ROOM)).turns
    assert (bound.session, bound.state) == (session, TurnState.RECEIVED)
    await house.answer(bound, "z")
    await two.unlink()
    found = await house.stores.turns.find(turn.id)
    assert found
    assert (found.member, found.question, found.answer) == (two.here.id, "waits", "z")


@pytest.mark.parametrize("is_asked_here", [True, False])
async def test_no_thread_hangs_on_the_others_question(two: Two, is_asked_here: bool) -> None:
    """Apart, a thread has no root that is not its owner's."""
    house, turns = two.house, two.house.stores.turns
    session = await linked(two)
    if is_asked_here:
        await two.switch(session)
    asked = house.incoming(Text("root"), sender=ELSEWHERE, place=ROOM, message="m1")
    root = await house.stores.intake.accept_turn(asked, limit=9)
    assert root
    await house.answer(root, "y")
    thread = replace(ROOM, thread="m1")
    hung = await house.stores.settings.session(thread, two.here.id, hangs=True)
    assert hung.root == root.id
    await two.unlink()
    turn = await house.ask("below", sender=ELSEWHERE, place=thread)
    assert turn.session == hung.id
    messages, _ = await turns.history(hung.id, before=turn.id, budget_tokens=999)
    assert [each.text for each in messages] == ([] if is_asked_here else ["root", "y"])
