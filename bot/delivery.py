"""Bringing the outbox to the messengers: in order per place, each step committed around it."""

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from bot import texts
from bot.domain.chat import Place
from bot.domain.errors import ChatGone, FrontendError, SendRefused, SendThrottled, SendUnknown
from bot.domain.events import Delivery, DeliveryState, MessageRef, Reply
from bot.domain.ports import Clock, Frontend, ReplySink, TurnStore
from bot.lanes import Lanes
from bot.patience import Patience
from bot.tasks import Tasks

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

    def send(self, deliveries: Sequence[Delivery], sink: ReplySink | None = None) -> None:
        """Queue messages; a turn's first part goes into `sink`, where it has been growing."""
        for delivery in deliveries:
            if delivery.outgoing.place.frontend not in self._frontends:
                continue  # its messenger is not configured now: it stays in the outbox
            mine = sink if delivery.outgoing.part == 0 else None
            self._lanes.put((delivery.outgoing.place, ""), partial(self._deliver, delivery, mine))

    async def say(self, place: Place, reply: Reply) -> None:
        """Say something that is not kept: it may be lost, and then nothing else is."""
        try:
            await self._frontends[place.frontend].post(place, reply, key=secrets.token_hex(8))
        except FrontendError as error:
            _log.warning("a note was not delivered: %s", type(error).__name__)

    def pending(self, place: Place) -> list[asyncio.Event]:
        """Return the events that come when what is on its way to a place has arrived."""
        return self._lanes.pending(place)

    async def _deliver(self, delivery: Delivery, sink: ReplySink | None) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            await self._mark(delivery, DeliveryState.SENDING)
            wait_s = pause_s
            try:
                message = await self._call(delivery, sink)
            except (ChatGone, SendRefused) as error:
                if isinstance(error, SendRefused) and (sink or delivery.outgoing.edits):
                    delivery, sink = _anew(delivery), None
                    continue
                _log.warning("a message cannot be delivered: %s", type(error).__name__)
                await self._mark(delivery, DeliveryState.UNDELIVERABLE)
                return
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

    async def _mark(
        self, delivery: Delivery, state: DeliveryState, message: MessageRef | None = None
    ) -> None:
        turns = self._turns
        # What was sent already is on the screen: nobody waits for the note of it.
        place = delivery.outgoing.place if state is DeliveryState.SENDING else None
        await self.patience.hold(lambda: turns.mark_delivery(delivery.id, state, message), place)

    async def _call(self, delivery: Delivery, sink: ReplySink | None) -> MessageRef | None:
        outgoing = delivery.outgoing
        frontend = self._frontends[outgoing.place.frontend]
        if sink is not None:
            return await sink.finish(outgoing.reply)
        if outgoing.edits is not None:
            await frontend.edit(outgoing.place, outgoing.edits, outgoing.reply)
            return outgoing.edits
        reply = outgoing.reply
        if delivery.is_repeat and not frontend.abilities.sends_once:
            reply = _marked(reply)
        return await frontend.post(outgoing.place, reply, key=f"d{delivery.id}")


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


def _anew(delivery: Delivery) -> Delivery:
    """Let a message come as one of its own: the one it was to go into is gone, or refuses it."""
    return replace(delivery, outgoing=replace(delivery.outgoing, edits=None))


def _marked(reply: Reply) -> Reply:
    if reply.stretch is not None:  # it is counted in the text as it is
        footer = " ".join(filter(None, (texts.turns.SENT_AGAIN, reply.footer)))
        return replace(reply, footer=footer)
    return replace(reply, text=f"{texts.turns.SENT_AGAIN}\n{reply.text}")
