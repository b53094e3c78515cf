"""What every Intake does."""

import pytest

from bot.domain.chat import Overrides, PlaceKind, Scope, TurnState
from bot.domain.effects import Ask, Choose, NoteOnce, StartSession, TakeBack
from bot.domain.errors import InboxFull
from bot.domain.events import (
    Command,
    MessageRef,
    Press,
    SecretText,
    Text,
)
from bot.domain.ports import Applied
from bot.domain.secret import Secret
from tests.fakes.neighbours import ALICE, BOB, GROUP, HERS, HIS, Neighbours


async def test_a_text_becomes_a_received_turn(house: Neighbours) -> None:
    """A text is bound to place, session, choices and message on arrival."""
    incoming = house.incoming(Text("Why is rice white?"), message="77")
    turn = await house.stores.intake.accept_turn(incoming, limit=3)
    assert turn is not None
    assert turn.question == "Why is rice white?"
    assert turn.state is TurnState.RECEIVED
    assert turn.place == HERS
    assert turn.message == MessageRef("77")
    assert turn.received_at == house.clock.now()
    assert turn.attempt == 0
    assert await house.stores.turns.find(turn.id) == turn
    member = await house.member()
    assert turn.member == member.id
    session = await house.stores.settings.session(HERS, member.id)
    assert turn.session == session.id


async def test_a_text_taken_twice_is_one_turn(house: Neighbours) -> None:
    """The same update again does nothing, whatever its body is now."""
    incoming = house.incoming(Text("once"), update="same")
    assert await house.stores.intake.accept_turn(incoming, limit=3)
    assert await house.stores.intake.accept_turn(incoming, limit=3) is None
    assert await house.stores.intake.accept(incoming.with_body(Command("new"))) is None
    assert len(await house.stores.turns.recover()) == 1


async def test_an_update_id_is_a_frontends_own(house: Neighbours) -> None:
    """Two messengers may number their updates alike."""
    elsewhere = GROUP.__class__("telegram", "5")
    assert await house.stores.intake.accept(house.incoming(Command("a"), update="1"))
    other = house.incoming(Command("a"), update="1", place=elsewhere)
    assert await house.stores.intake.accept(other)


async def test_open_turns_are_bounded_per_member(house: Neighbours) -> None:
    """Over the limit nothing is stored; others and ended turns do not count."""
    intake = house.stores.intake
    first = await intake.accept_turn(house.incoming(Text("1")), limit=2)
    assert first
    assert await intake.accept_turn(house.incoming(Text("2")), limit=2)
    third = house.incoming(Text("3"), update="third")
    with pytest.raises(InboxFull):
        await intake.accept_turn(third, limit=2)
    assert await intake.accept_turn(house.incoming(Text("x"), sender=BOB, place=HIS), limit=2)
    await house.answer(first)
    taken = await intake.accept_turn(third, limit=2)
    assert taken is not None


async def test_only_a_text_is_a_turn(house: Neighbours) -> None:
    """A command never becomes a prompt by mistake."""
    with pytest.raises(TypeError):
        await house.stores.intake.accept_turn(house.incoming(Command("new")), limit=2)


@pytest.mark.parametrize(
    "body",
    [
        Command("temp", "0,2"),
        Command("new"),
        Press("model:use:x"),
        Text("an answer to a question"),
    ],
    ids=["command", "bare", "press", "text"],
)
async def test_what_was_not_handled_comes_again(
    house: Neighbours, body: Command | Press | Text
) -> None:
    """A stored update is pending, whole, until it is handled."""
    incoming = house.incoming(body, message="m1", place=GROUP)
    row = await house.stores.intake.accept(incoming)
    assert row is not None
    assert row.incoming == incoming
    assert await house.stores.intake.begin(row.id) == 1
    assert await house.stores.intake.begin(row.id) == 2
    (pending,) = await house.stores.intake.pending()
    assert pending.id == row.id
    assert pending.incoming == incoming
    assert pending.tries == 2
    await house.stores.intake.finish(row.id, (), ())
    assert await house.stores.intake.pending() == ()


async def test_a_secret_is_never_kept(house: Neighbours) -> None:
    """Of a secret only the stub is stored: who, where, which message, which command."""
    body = SecretText(Command("addkey", "openai"), Secret("sk-canary-1234567890"))
    row = await house.stores.intake.accept(house.incoming(body, message="m9"))
    assert row is not None
    (pending,) = await house.stores.intake.pending()
    assert isinstance(pending.incoming.body, SecretText)
    assert pending.incoming.body.command == Command("addkey", "openai")
    assert not pending.incoming.body.secret
    assert pending.incoming.message == MessageRef("m9")
    assert pending.incoming.sender == ALICE


async def test_effects_and_replies_happen_once(house: Neighbours) -> None:
    """Handling a row twice applies nothing twice."""
    member = await house.member()
    row = await house.stores.intake.accept(house.incoming(Command("new")))
    assert row is not None
    effects = (Ask(member=member.id, place=HERS, question="Continue."),)
    replies = (house.reply(member),)
    first = await house.stores.intake.finish(row.id, effects, replies)
    assert first.applied is Applied.DONE
    assert [turn.question for turn in first.turns] == ["Continue."]
    assert [each.outgoing for each in first.deliveries] == list(replies)
    again = await house.stores.intake.finish(row.id, effects, replies)
    assert again.applied is Applied.DUPLICATE
    assert again.turns == ()
    assert again.deliveries == ()
    assert await house.stores.turns.recover() == first.turns
    assert await house.stores.turns.deliveries() == first.deliveries


async def test_an_unknown_row_changes_nothing(house: Neighbours) -> None:
    """A row that is gone counts as handled."""
    member = await house.member()
    row = await house.stores.intake.accept(house.incoming(Command("new")))
    assert row is not None
    result = await house.stores.intake.finish(
        row.id.__class__(row.id + 100), (NoteOnce(member=member.id, notice="x"),), ()
    )
    assert result.applied is Applied.DUPLICATE
    assert not await house.stores.settings.has_noted(member.id, "x")


async def test_one_stale_effect_takes_all_back(house: Neighbours) -> None:
    """When a compare-and-set fails, only "handled" is kept: no effect, no reply."""
    member = await house.member()
    turn = await house.talk("a", "b")
    session = await house.stores.settings.session(HERS, member.id)
    result = await house.do(
        NoteOnce(member=member.id, notice="seen"),
        StartSession(member=member.id, place=HERS),
        Choose(
            scope=Scope.MEMBER,
            member=member.id,
            session=session.id,
            overrides=Overrides(temperature=0.1),
        ),
        TakeBack(turn=turn.id, member=member.id, is_back=True),
        replies=(house.reply(member),),
    )
    assert result.applied is Applied.STALE
    assert result.deliveries == ()
    assert not await house.stores.settings.has_noted(member.id, "seen")
    assert await house.stores.settings.session(HERS, member.id) == session
    assert await house.stores.settings.overrides(member.id) == Overrides()
    assert await house.stores.turns.deliveries() == ()
    assert await house.stores.intake.pending() == ()


async def test_a_parked_row_is_set_aside(house: Neighbours) -> None:
    """A parked row neither comes again nor is handled; its update stays known."""
    member = await house.member()
    incoming = house.incoming(Command("new"), update="bad")
    row = await house.stores.intake.accept(incoming)
    assert row is not None
    await house.stores.intake.park(row.id, "ref 8f3a2c")
    assert await house.stores.intake.pending() == ()
    late = await house.stores.intake.finish(row.id, (), (house.reply(member),))
    assert late.applied is Applied.DUPLICATE
    assert await house.stores.intake.accept(incoming) is None


async def test_pending_rows_come_in_order(house: Neighbours) -> None:
    """Oldest first, whoever sent them."""
    for name, sender, place in (("a", ALICE, HERS), ("b", BOB, HIS), ("c", ALICE, GROUP)):
        await house.stores.intake.accept(house.incoming(Command(name), sender=sender, place=place))
    rows = await house.stores.intake.pending()
    assert [row.incoming.body for row in rows] == [Command("a"), Command("b"), Command("c")]
    assert rows[2].incoming.place.kind is PlaceKind.GROUP
