"""Stores: whose a message is, what a member is called, and chats that end or move."""

from dataclasses import replace

from bot.domain.chat import MemberId, Overrides, Place, PlaceKind, Scope, TurnState, WaitReason
from bot.domain.effects import (
    Choose,
    DropWaiting,
    Revise,
    SetQuestion,
    StartSession,
)
from bot.domain.events import (
    Command,
    Delivery,
    DeliveryState,
    MessageRef,
    Question,
    QuestionKind,
    Text,
)
from bot.domain.ports import Applied, OpenQuestion
from tests.fakes.neighbours import ALICE, BOB, GROUP, HERS, HIS, Neighbours

NEW = replace(GROUP, chat="bigger")
TOPIC = replace(GROUP, thread="7")
B1, B2 = MessageRef("b1"), MessageRef("b2")


async def sent(house: Neighbours, place: Place, message: MessageRef, who: str = "alice") -> None:
    """Let a message arrive that was for somebody."""
    (delivery,) = await waiting(house, place, who)
    await house.stores.turns.mark_delivery(delivery.id, DeliveryState.SENDING)
    await house.stores.turns.mark_delivery(delivery.id, DeliveryState.SENT, message)


async def waiting(
    house: Neighbours, place: Place, who: str = "alice", edits: MessageRef | None = None
) -> tuple[Delivery, ...]:
    """Put a message for somebody into the outbox."""
    sender = replace(ALICE, id=who)
    reply = replace(house.reply(await house.member(sender)), place=place, edits=edits)
    return (await house.do(replies=(reply,), sender=sender, place=place)).deliveries


async def owner(house: Neighbours, place: Place, message: MessageRef) -> MemberId | None:
    """Return who a message of the bot's was for."""
    told = await house.stores.turns.told(place, message)
    return told.member if told else None


def asked(house: Neighbours, action: str) -> Question:
    """Return a question that waits for a text."""
    return Question(kind=QuestionKind.TEXT, asked_at=house.clock.now(), action=action)


async def test_a_member_is_called_as_they_were_last(house: Neighbours) -> None:
    """Nobody who was not seen has a name, and an update without one takes none away."""
    settings, alice = house.stores.settings, await house.member()
    assert await settings.name(alice.id) == "Alice"
    await settings.member(ALICE, "Alicia 王", is_operator=False)
    await settings.member(ALICE, "", is_operator=False)
    assert await settings.name(alice.id) == "Alicia 王"
    bob = await settings.member(BOB, "", is_operator=False)
    assert await settings.name(bob.id) == ""
    await settings.member(BOB, "b" * 500, is_operator=False)
    assert await settings.name(bob.id) == "b" * 100
    await settings.member(BOB, "half \ud83d", is_operator=False)
    assert await settings.name(bob.id) == "half ?"


async def test_a_message_is_whose_it_was_for(house: Neighbours) -> None:
    """Of a sent one, for a week; in its chat, whatever the topic, and in no other."""
    alice, bob = await house.member(), await house.member(BOB)
    await sent(house, TOPIC, B1)
    await sent(house, GROUP, B2, "bob")
    await sent(house, HIS, B1, "bob")
    assert await owner(house, GROUP, B1) == alice.id
    assert await owner(house, TOPIC, B2) == bob.id
    assert await owner(house, HIS, B1) == bob.id
    assert await owner(house, HIS, B2) is None
    assert await owner(house, NEW, B1) is None


async def test_a_message_that_changes_is_the_one_it_is_changed_for(house: Neighbours) -> None:
    """On its way there, and when it has arrived."""
    turns, alice = house.stores.turns, await house.member()
    (delivery,) = await waiting(house, GROUP, edits=B1)
    assert await owner(house, GROUP, B1) == alice.id
    await turns.mark_delivery(delivery.id, DeliveryState.SENDING)
    await turns.mark_delivery(delivery.id, DeliveryState.SENT, B1)
    assert await owner(house, GROUP, B1) == alice.id


async def test_a_growing_answer_is_its_members(house: Neighbours) -> None:
    """From the moment its message is there, through its end."""
    turns, bob = house.stores.turns, await house.member(BOB)
    turn = await house.ask(sender=BOB, place=GROUP)
    assert await owner(house, GROUP, B1) is None
    await turns.shown(turn.id, B1)
    assert await owner(house, GROUP, B1) == bob.id
    assert await owner(house, HIS, B1) is None
    await house.answer(turn, replies=[house.reply(bob, turn=turn)])
    assert await owner(house, GROUP, B1) == bob.id


async def test_what_waits_for_a_chat_that_is_gone_is_given_up(house: Neighbours) -> None:
    """In all its topics; nothing else is, and nothing is erased."""
    turns, alice = house.stores.turns, await house.member()
    turn = await house.talk("What about eggs?", "Boil them.", place=GROUP)
    await waiting(house, GROUP)
    (topic,) = await waiting(house, TOPIC)
    (hers,) = await waiting(house, HERS)
    await turns.mark_delivery(topic.id, DeliveryState.SENDING)
    await turns.abandon(GROUP)
    assert [each.id for each in await turns.deliveries()] == [hers.id]
    await turns.mark_delivery(topic.id, DeliveryState.SENT, B1)
    assert await turns.find(turn.id) is not None
    assert (await house.stores.settings.session(GROUP, alice.id)).messages == 2
    assert len(await waiting(house, GROUP)) == 1


async def test_turns_that_have_not_begun_are_given_up_with_their_chat(house: Neighbours) -> None:
    """Nobody would read their answers; what runs, waits for a key or is elsewhere stays."""
    turns = house.stores.turns
    places = {"hers": HERS, "queued": TOPIC, "running": GROUP, "waiting": GROUP, "old": GROUP}
    made = {text: await house.ask(text, place=place) for text, place in places.items()}
    assert await turns.begin_attempt(made["running"].id, 1)
    await turns.wait(made["waiting"].id, WaitReason.KEY, ())
    await house.answer(made["old"])
    await turns.abandon(GROUP)
    found = {text: await turns.find(turn.id) for text, turn in made.items()}
    assert {text: turn.state for text, turn in found.items() if turn} == {
        "hers": TurnState.RECEIVED,
        "queued": TurnState.STOPPED,
        "running": TurnState.REQUESTED,
        "waiting": TurnState.WAITING,
        "old": TurnState.ANSWERED,
    }
    assert not await turns.begin_attempt(made["queued"].id, 1)


async def test_the_ids_of_questions_stay_in_the_old_chat(house: Neighbours) -> None:
    """In the new one they are others' messages: no answer is a reply to those."""
    turns = house.stores.turns
    text = house.incoming(Text("eggs?"), place=GROUP, message="m1")
    turn = await house.stores.intake.accept_turn(text, limit=9)
    assert turn is not None
    await house.stores.intake.accept(house.incoming(Command("new"), place=GROUP, message="m2"))
    await turns.moved(GROUP, NEW.chat)
    found = await turns.find(turn.id)
    assert found is not None
    assert (found.place, found.message) == (NEW, None)
    (row,) = await house.stores.intake.pending()
    assert (row.incoming.place, row.incoming.message) == (NEW, None)


async def test_what_waits_after_an_absence_is_found_by_the_old_id(house: Neighbours) -> None:
    """Its member is told of it a moment later, when the chat may have moved."""
    late = house.incoming(Text("eggs?"), place=GROUP)
    turn = await house.stores.intake.accept_turn(late, limit=9, is_late=True)
    assert turn is not None
    await house.stores.turns.moved(GROUP, NEW.chat)
    for place in (GROUP, NEW):
        found = await house.stores.turns.waiting(turn.member, place, WaitReason.ABSENCE)
        assert [each.id for each in found] == [turn.id]


async def test_a_new_text_of_a_question_opens_after_two_places_became_one(
    house: Neighbours,
) -> None:
    """What was kept of an edit in the new chat is sealed for the place that has it now."""
    await house.talk("old", "x", place=GROUP)
    new = await house.talk("eggs?", "Boil them.", place=NEW)
    revise = Revise(turn=new.id, member=new.member, question="rice?", is_begun=True)
    assert (await house.do(revise, place=NEW)).applied is Applied.DONE
    await house.stores.turns.moved(GROUP, NEW.chat)
    found = await house.stores.turns.find(new.id)
    assert found is not None
    assert (found.place, found.question, found.revised) == (NEW, "eggs?", "rice?")


async def test_a_move_that_is_told_late_changes_nothing(house: Neighbours) -> None:
    """The chat has moved again since then, and stays where it is."""
    turn = await house.talk("What about eggs?", "Boil them.", place=GROUP)
    last = replace(GROUP, chat="biggest")
    for old, new in ((GROUP, NEW), (GROUP, NEW), (NEW, last), (GROUP, NEW)):
        await house.stores.turns.moved(old, new.chat)
    for place in (GROUP, NEW, last):
        session = await house.stores.settings.session(place, turn.member)
        assert (session.id, session.place) == (turn.session, last)
    await house.stores.turns.moved(last, GROUP.chat)
    for place in (GROUP, NEW, last):
        session = await house.stores.settings.session(place, turn.member)
        assert (session.id, session.place) == (turn.session, GROUP)


async def test_a_chat_goes_on_under_another_id(house: Neighbours) -> None:
    """Its sessions, settings, turns, messages and questions, in every topic."""
    stores, alice = house.stores, await house.member()
    turn = await house.talk("What about eggs?", "Boil them.", place=GROUP)
    other = await house.talk("In a topic", "Yes.", place=TOPIC)
    chosen = Overrides(model="m1")
    await house.do(
        Choose(scope=Scope.SESSION, member=alice.id, session=turn.session, overrides=chosen),
        SetQuestion(member=alice.id, place=GROUP, question=asked(house, "title:set")),
    )
    await sent(house, GROUP, B1)
    (left,) = await waiting(house, GROUP)
    await stores.turns.moved(GROUP, NEW.chat)
    session = await stores.settings.session(NEW, alice.id)
    assert (session.id, session.place, session.messages) == (turn.session, NEW, 2)
    assert session.overrides == chosen
    topic = await stores.settings.session(replace(NEW, thread="7"), alice.id)
    assert topic.id == other.session
    found = await stores.turns.find(turn.id)
    assert found is not None
    assert (found.place, found.question, found.answer) == (NEW, turn.question, "Boil them.")
    assert [(each.id, each.outgoing.place) for each in await stores.turns.deliveries()] == [
        (left.id, NEW)
    ]
    (question,) = await stores.settings.questions()
    assert question == OpenQuestion(member=alice.id, place=NEW, question=asked(house, "title:set"))
    assert await owner(house, NEW, B1) is None
    assert [each.id for each in (await stores.settings.sessions(alice.id, NEW))[0]] == [session.id]


async def test_messages_of_the_old_chat_are_none_of_the_new_one(house: Neighbours) -> None:
    """Its ids may mean others there: nothing is put in their place, and they are nobody's."""
    turns, alice = house.stores.turns, await house.member()
    turn = await house.ask(place=GROUP)
    await turns.shown(turn.id, B2)
    (delivery,) = await waiting(house, GROUP, edits=B1)
    await turns.moved(GROUP, NEW.chat)
    assert [await owner(house, NEW, each) for each in (B1, B2)] == [None, None]
    replies = [house.reply(alice, turn=turn)]
    await house.answer(replace(turn, place=NEW), replies=replies)
    waiting_now = await turns.deliveries()
    assert waiting_now[0].id == delivery.id
    assert [each.outgoing.edits for each in waiting_now] == [None, None]


async def test_what_still_names_the_old_id_means_the_new_one(house: Neighbours) -> None:
    """What was stored before, and what was under way: questions, commands and messages."""
    stores, alice = house.stores, await house.member()
    turn = await house.talk("What about eggs?", "Boil them.", place=GROUP)
    await stores.intake.accept(house.incoming(Command("new"), place=GROUP))
    await stores.turns.moved(GROUP, NEW.chat)
    (row,) = await stores.intake.pending()
    assert row.incoming.place == NEW
    again = await house.ask("And rice?", place=GROUP)
    assert (again.place, again.session) == (NEW, turn.session)
    await stores.turns.wait(again.id, WaitReason.KEY, ())
    await house.do(DropWaiting(member=alice.id, place=GROUP))
    assert (await stores.turns.recover()) == ()
    (delivery,) = await waiting(house, GROUP)
    assert delivery.outgoing.place == NEW
    await house.do(
        StartSession(member=alice.id, place=GROUP),
        SetQuestion(member=alice.id, place=GROUP, question=asked(house, "title:set")),
    )
    assert (await stores.settings.session(NEW, alice.id)).id != turn.session
    assert [each.place for each in await stores.settings.questions()] == [NEW]


async def test_a_chat_that_moves_twice_is_found_where_it_is(house: Neighbours) -> None:
    """From each of its old ids; a move that is told again changes nothing."""
    stores, alice = house.stores, await house.member()
    turn = await house.talk("What about eggs?", "Boil them.", place=GROUP)
    for _ in range(2):
        await stores.turns.moved(GROUP, "second")
    await stores.turns.moved(replace(GROUP, chat="second"), "third")
    await stores.turns.moved(GROUP, "third")
    await stores.turns.moved(GROUP, GROUP.chat)
    for chat in (GROUP.chat, "second", "third"):
        session = await stores.settings.session(replace(GROUP, chat=chat), alice.id)
        assert (session.id, session.place.chat) == (turn.session, "third")


async def test_a_chat_that_moves_back_is_found_again(house: Neighbours) -> None:
    """An id that is in use is no old one."""
    stores, alice = house.stores, await house.member()
    turn = await house.talk("What about eggs?", "Boil them.", place=GROUP)
    await stores.turns.moved(GROUP, NEW.chat)
    await stores.turns.moved(NEW, GROUP.chat)
    for place in (GROUP, NEW):
        session = await stores.settings.session(place, alice.id)
        assert (session.id, session.place) == (turn.session, GROUP)


async def test_what_was_in_the_new_chat_already_is_joined(house: Neighbours) -> None:
    """The old session goes on, and what is sealed for the new chat can still be read."""
    stores, alice, bob = house.stores, await house.member(), await house.member(BOB)
    turn = await house.talk("What about eggs?", "Boil them.", place=GROUP)
    early = await house.talk("Am I too early?", "No.", sender=BOB, place=NEW)
    chosen = Overrides(model="m2")
    await house.do(
        Choose(scope=Scope.SESSION, member=bob.id, session=early.session, overrides=chosen),
        SetQuestion(member=bob.id, place=NEW, question=asked(house, "title:new")),
        sender=BOB,
        place=NEW,
    )
    await house.do(
        SetQuestion(member=bob.id, place=GROUP, question=asked(house, "title:old")),
        SetQuestion(member=alice.id, place=GROUP, question=asked(house, "title:hers")),
    )
    await sent(house, NEW, B1, "bob")
    await waiting(house, NEW, "bob")
    await stores.turns.moved(GROUP, NEW.chat)
    assert await owner(house, NEW, B1) == bob.id
    assert (await stores.settings.session(NEW, alice.id)).id == turn.session
    shown, count = await stores.settings.sessions(alice.id, NEW)
    assert count == 2
    assert {each.title for each in shown} == {"What about eggs?", "Am I too early?"}
    assert {each.overrides for each in shown} == {Overrides()}  # the old group's admins chose none
    found = await stores.turns.find(early.id)
    assert found is not None
    assert (found.place, found.question, found.answer) == (NEW, "Am I too early?", "No.")
    (delivery,) = await stores.turns.deliveries()
    assert (delivery.outgoing.place, delivery.outgoing.reply.text) == (NEW, "Done.")
    questions = {each.member: each.question.action for each in await stores.settings.questions()}
    assert questions == {bob.id: "title:new", alice.id: "title:hers"}
    assert (await house.ask("And now?", place=NEW)).session == turn.session


async def test_a_private_place_moves_alike(house: Neighbours) -> None:
    """It is joined with what is there, too; where nothing went on, what is there goes on."""
    stores, alice = house.stores, await house.member()
    new = Place("console", "alice2")
    turn = await house.talk("What about eggs?", "Boil them.")
    early = await house.talk("Too early?", "No.", place=new)
    await stores.turns.moved(HERS, new.chat)
    assert (await stores.settings.session(new, alice.id)).id == turn.session
    assert (await stores.settings.sessions(alice.id, new))[1] == 2
    found = await stores.turns.find(early.id)
    assert found is not None
    assert found.question == "Too early?"
    empty = Place("console", "empty")
    await waiting(house, empty)
    await stores.turns.moved(empty, new.chat)
    assert (await stores.settings.session(new, alice.id)).id == turn.session


async def test_other_chats_stay_where_they_are(house: Neighbours) -> None:
    """Of another id, or of another messenger."""
    stores, alice = house.stores, await house.member()
    elsewhere = Place("matrix", GROUP.chat, kind=PlaceKind.GROUP)
    hers = await house.talk("hers", "x")
    session = await stores.settings.session(elsewhere, alice.id)
    await stores.turns.moved(GROUP, NEW.chat)
    assert (await stores.settings.session(HERS, alice.id)).id == hers.session
    assert (await stores.settings.session(elsewhere, alice.id)).id == session.id
    assert await owner(house, elsewhere, B1) is None
