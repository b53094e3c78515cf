"""Bringing the outbox to the messengers: in order per place, each step committed around it."""

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from bot import texts
from bot.chats import Chats
from bot.domain.chat import Place, TurnId
from bot.domain.errors import (
    ChatGone,
    ChatMoved,
    FrontendError,
    SendRefused,
    SendThrottled,
    SendUnknown,
    ThreadGone,
)
from bot.domain.events import Delivery, DeliveryState, MessageRef, Reply
from bot.domain.ports import Clock, Frontend, ReplySink, TurnStore
from bot.lanes import Lanes
from bot.patience import Patience
from bot.tasks import Tasks
from bot.texts.prefixes import prefixed

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


class Courier:
    """Sends what was committed; `sending` is committed before a call, `sent` after it."""

    def __init__(
        self, turns: TurnStore, frontends: Mapping[str, Frontend], clock: Clock, tasks: Tasks
    ) -> None:
        self._turns = turns
        self._frontends = frontends
        self._clock = clock
        self._lanes = Lanes(tasks)
        self.patience = Patience(clock, self.say)
        self.chats = Chats(turns)
        self._led: dict[Place, TurnId | None] = {}  # the answer that was led out of a lost topic

    def send(self, deliveries: Sequence[Delivery], sink: ReplySink | None = None) -> None:
        """Queue messages; a turn's first part goes into `sink`, where it has been growing."""
        for delivery in deliveries:
            if delivery.outgoing.place.frontend not in self._frontends:
                continue  # its messenger is not configured now: it stays in the outbox
            mine = sink if delivery.outgoing.part == 0 else None
            sink = None if mine else sink  # what else is said of it elsewhere is no part of it
            self._lanes.put((delivery.outgoing.place, ""), partial(self._deliver, delivery, mine))

    async def say(
        self, place: Place, reply: Reply, *, edits: MessageRef | None = None
    ) -> MessageRef | None:
        """Say something that is not kept: it may be lost, and then nothing else is."""
        frontend = self._frontends[place.frontend]
        reply = prefixed(reply, frontend.abilities.prefix)
        try:
            if edits is not None:
                await frontend.edit(place, edits, reply)
                return edits
            return await frontend.post(place, reply, key=secrets.token_hex(8))
        except FrontendError as error:
            _log.warning("a note was not delivered: %s", type(error).__name__)
            return None

    def pending(self, place: Place) -> list[asyncio.Event]:
        """Return the events that come when what is on its way to a place has arrived."""
        return self._lanes.pending(place)

    async def _deliver(self, delivery: Delivery, sink: ReplySink | None) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self.chats.is_gone(delivery.outgoing.place):
            await self._mark(delivery, DeliveryState.SENDING)
            wait_s = pause_s
            try:
                message = await self._call(delivery, sink)
            except (ChatMoved, ChatGone, SendRefused, ThreadGone) as error:
                instead = await self._instead(delivery, sink, error)
                if instead is None:
                    _log.warning("a message cannot be delivered: %s", type(error).__name__)
                    break
                delivery, sink = instead, None
                continue
            except SendUnknown:
                delivery, sink = replace(delivery, is_repeat=True), None
            except SendThrottled as error:
                wait_s = error.retry_after_s
                await self._mark(delivery, DeliveryState.PENDING)
            except FrontendError:
                await self._mark(delivery, DeliveryState.PENDING)
            else:
                await self._mark(delivery, DeliveryState.SENT, message)
                return
            await self._clock.sleep(wait_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        if sink is not None:
            await sink.close()
        await self._mark(delivery, DeliveryState.UNDELIVERABLE)

    async def _instead(
        self, delivery: Delivery, sink: ReplySink | None, error: FrontendError
    ) -> Delivery | None:
        """Return what to send in place of what was refused for good; None: nothing helps."""
        place = delivery.outgoing.place
        match error:
            case ChatMoved(new_chat=new_chat) if new_chat != place.chat:
                await self.patience.hold(lambda: self.chats.move(place, new_chat))
                return _anew(delivery, replace(place, chat=new_chat))
            case ThreadGone() if place.thread:
                return self._out_of_topic(delivery)
            case ChatMoved() | SendRefused() if sink or delivery.outgoing.edits:
                return _anew(delivery, place)
            case _:
                return None

    def _out_of_topic(self, delivery: Delivery) -> Delivery:
        """Let an answer come into the chat itself, whose first part there says why."""
        place, turn = delivery.outgoing.place, delivery.outgoing.turn
        is_led = turn is not None and self._led.get(place) == turn
        self._led[place] = turn
        led = _anew(delivery, replace(place, thread=""))
        hangs = self._frontends[place.frontend].abilities.threads_hang
        why = texts.topics.THREAD_CLOSED if hangs else texts.topics.THREAD_GONE
        return led if is_led else _begun_with(led, why)

    async def _mark(
        self, delivery: Delivery, state: DeliveryState, message: MessageRef | None = None
    ) -> None:
        turns = self._turns
        # What was sent already is on the screen: nobody waits for the note of it.
        place = delivery.outgoing.place if state is DeliveryState.SENDING else None
        await self.patience.hold(lambda: turns.mark_delivery(delivery.id, state, message), place)

    async def _call(self, delivery: Delivery, sink: ReplySink | None) -> MessageRef | None:
        outgoing = delivery.outgoing
        frontend, key = self._frontends[outgoing.place.frontend], f"d{delivery.id}"
        reply = prefixed(outgoing.reply, frontend.abilities.prefix)
        if sink is not None:
            return await sink.finish(reply, key=key)
        if outgoing.edits is not None:
            await frontend.edit(outgoing.place, outgoing.edits, reply)
            return outgoing.edits
        if delivery.is_repeat and not frontend.abilities.sends_once:
            reply = _led_by(reply, texts.turns.SENT_AGAIN)
        return await frontend.post(outgoing.place, reply, key=key)


def _anew(delivery: Delivery, place: Place) -> Delivery:
    """Let a message come as one of its own: the one it was to go into is gone, or refuses it."""
    return replace(delivery, outgoing=replace(delivery.outgoing, place=place, edits=None))


def _begun_with(delivery: Delivery, line: str) -> Delivery:
    out = delivery.outgoing
    return replace(delivery, outgoing=replace(out, reply=_led_by(out.reply, line)))


def _led_by(reply: Reply, line: str) -> Reply:
    if reply.stretch is not None:  # it is counted in the text as it is
        return replace(reply, footer=" ".join(filter(None, (line, reply.footer))))
    return replace(reply, text=f"{line}\n{reply.text}")


def late(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Say under the last part of an answer that it comes late, unless it is marked anyway."""
    last = {each.outgoing.turn: each.id for each in deliveries if each.outgoing.turn is not None}
    return [
        _with_late(each) if each.id in last.values() and not each.is_repeat else each
        for each in deliveries
    ]


def _with_late(delivery: Delivery) -> Delivery:
    out = delivery.outgoing
    footer = f"{out.reply.footer}. {texts.turns.LATE}" if out.reply.footer else texts.turns.LATE
    return replace(delivery, outgoing=replace(out, reply=replace(out.reply, footer=footer)))
