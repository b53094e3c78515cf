"""Stores: what a message of the bot's is, for whoever reacts to it or presses under it."""

from dataclasses import replace

from bot.domain.chat import Place
from bot.domain.effects import RetryTurn
from bot.domain.events import DeliveryState, MessageRef
from tests.fakes.neighbours import ALICE, GROUP, Neighbours

TOPIC = replace(GROUP, thread="7")
B1, B2 = MessageRef("b1"), MessageRef("b2")


async def say(house: Neighbours, place: Place, message: MessageRef, who: str = "alice") -> None:
    """Let a message arrive that was for somebody."""
    sender = replace(ALICE, id=who)
    reply = replace(house.reply(await house.member(sender)), place=place)
    (delivery,) = (await house.do(replies=(reply,), sender=sender, place=place)).deliveries
    await house.stores.turns.mark_delivery(delivery.id, DeliveryState.SENT, message)


async def test_a_message_is_the_last_until_more_is_said_to_its_member_there(
    house: Neighbours,
) -> None:
    """What is said to others, or elsewhere, leaves it the last."""
    turns = house.stores.turns
    await say(house, TOPIC, B1)
    await say(house, TOPIC, B2, "bob")
    await say(house, GROUP, MessageRef("b3"))
    told = await turns.told(GROUP, B1)
    assert told is not None
    assert (told.place, told.turn) == (TOPIC, None)
    assert (told.is_last, told.is_current) == (True, False)
    await say(house, TOPIC, MessageRef("b4"))
    told = await turns.told(GROUP, B1)
    assert told is not None
    assert not told.is_last


async def test_a_message_is_of_the_newest_answer_until_there_is_another(house: Neighbours) -> None:
    """All its parts are; of one that grows it is not known that it is the last thing said."""
    turns, alice = house.stores.turns, await house.member()
    turn = await house.ask(place=GROUP)
    await turns.shown(turn.id, B1)
    grows = await turns.told(GROUP, B1)
    assert grows is not None
    assert (grows.turn, grows.is_current, grows.is_last) == (turn.id, True, False)
    replies = [house.reply(alice, turn=turn), house.reply(alice, turn=turn, part=1)]
    for delivery, message in zip(await house.answer(turn, replies=replies), (B1, B2), strict=True):
        await turns.mark_delivery(delivery.id, DeliveryState.SENT, message)
    parts = [await turns.told(GROUP, each) for each in (B1, B2)]
    assert [each and (each.turn, each.is_current, each.is_last) for each in parts] == [
        (turn.id, True, False),
        (turn.id, True, True),
    ]
    retry = RetryTurn(turn=turn.id, member=turn.member, attempt=1)
    (again,) = (await house.do(retry, place=GROUP)).turns
    (delivery,) = await house.answer(again, replies=[house.reply(alice, turn=turn)])
    await turns.mark_delivery(delivery.id, DeliveryState.SENT, MessageRef("b3"))
    parts = [await turns.told(GROUP, each) for each in (B1, B2, MessageRef("b3"))]
    assert [each and each.is_current for each in parts] == [False, False, True]
