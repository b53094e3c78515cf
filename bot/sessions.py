"""The session manager: runs turns, in order per lane, each from its request to its end."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from bot import endings, faults, texts
from bot.answering import Answering
from bot.checkpoints import Checkpoints
from bot.delivery import Courier
from bot.discretion import Discretion
from bot.domain.chat import (
    MemberId,
    Place,
    SessionId,
    Turn,
    TurnId,
    TurnState,
)
from bot.domain.errors import (
    StorageUnavailable,
    VaultCorrupt,
)
from bot.domain.events import Outgoing, Reply
from bot.domain.keys import KeyId
from bot.domain.ports import (
    Clock,
    Ending,
    Frontend,
    Providers,
    Stores,
)
from bot.failurenotes import FailureNotes
from bot.fairness import Fairness
from bot.holding import Holding
from bot.lanes import Lanes
from bot.modellists import ModelLists
from bot.paying import Paying
from bot.pricebook import PriceBook
from bot.questions import Questions
from bot.removals import Removals
from bot.running import Reason, Running, RunningTurns
from bot.tasks import Tasks
from bot.waiting import Waiting

_log = logging.getLogger(__name__)


class SessionManager:
    """Owns every running turn. One lane per private place, one per member in a group."""

    def __init__(
        self,
        *,
        stores: Stores,
        providers: Providers,
        frontends: Mapping[str, Frontend],
        courier: Courier,
        questions: Questions,
        models: ModelLists,
        clock: Clock,
        tasks: Tasks,
        prices: PriceBook,
        failures: FailureNotes,
        paying: Paying,
        discretion: Discretion,
        fairness: Fairness,
    ) -> None:
        self._stores = stores
        self._paying = paying
        self._waiting = Waiting(
            stores=stores,
            providers=providers,
            frontends=frontends,
            courier=courier,
            questions=questions,
            paying=paying,
            discretion=discretion,
            clock=clock,
        )
        self._providers = providers
        self._frontends = frontends
        self._clock = clock
        self._prices = prices
        self._lanes = Lanes(tasks)
        self._patience = courier.patience
        self._answering = Answering(
            stores=stores,
            frontends=frontends,
            courier=courier,
            questions=questions,
            models=models,
            clock=clock,
            tasks=tasks,
            prices=prices,
            failures=failures,
            discretion=discretion,
        )
        self._taken: set[TurnId] = set()  # queued or running in this process
        self._running = RunningTurns()
        self._holding = Holding(fairness, frontends, tasks)
        self._removals = Removals()
        self._checkpoints = Checkpoints(stores.turns, self._running, clock, tasks)
        self._is_closing = False

    def enqueue(self, turn: Turn) -> int:
        """Queue a received turn; return how many are before it."""
        lane = (turn.place, "" if turn.place.is_private else turn.member)
        before = self._lanes.length(lane)
        self._taken.add(turn.id)
        self._lanes.put(lane, lambda: self._run(turn, has_waited=before > 0))
        return before

    def runs(self, turn: TurnId) -> bool:
        """Return whether a turn is being answered."""
        return turn in self._running

    def is_running(self, place: Place, member: MemberId) -> bool:
        """Return whether an answer to the member is on its way here."""
        return any(self._first_in_line(place, member))

    def _first_in_line(self, place: Place, member: MemberId) -> list[Running]:
        return [*self._running.of(place, member), *self._holding.of(place, member)]

    def stop(self, place: Place, member: MemberId) -> bool:
        """End the member's running answer in a place; False if none is running."""
        found = self._first_in_line(place, member)
        for running in found:
            running.end(Reason.STOPPED)
        return bool(found)

    def moved(self, old: Place, new_chat: str) -> None:
        """Know where the answers of a chat are now that run: there they can be stopped."""
        self._running.moved(old, new_chat)
        self._holding.moved(old, new_chat)

    async def leave(self, place: Place) -> None:
        """End all that runs in a chat, whoever asked, and wait: nobody is there to read it."""
        self._holding.leave(place)
        await _end_all(self._running.in_chat(place), Reason.STOPPED)

    async def cancel(
        self,
        member: MemberId,
        *,
        provider: str | None = None,
        key: KeyId | None = None,
        session: SessionId | None = None,
    ) -> None:
        """End the member's running turns (at a provider, with a key, in a session), and wait.

        None of the member's begins before the calling task, a handler's, has ended.
        """
        self._removals.begin(member)
        found = [
            running
            for running in self._running.values()
            if running.turn.member == member
            and provider in (None, running.turn.choices.provider)
            and session in (None, running.turn.session)
            and (key is None or running.key in (None, key))
        ]
        await _end_all(found, Reason.REMOVED)

    async def cancel_in(self, member: MemberId, places: Sequence[Place]) -> None:
        """End the member's running turns in these chats, and wait.

        None of the member's begins before the calling task, a handler's, has ended.
        """
        self._removals.begin(member)
        found = [
            running
            for place in places
            for running in self._running.in_chat(place)
            if running.turn.member == member
        ]
        await _end_all(found, Reason.REMOVED)

    async def give_up(self, turn: Turn) -> None:
        """End a turn whose question was taken back, and wait; what it used is counted.

        None of the member's begins before the calling task, a handler's, has ended. One that the
        last run left, and that is not recovered yet, ends here.
        """
        self._removals.begin(turn.member)
        running = self._running.get(turn.id)
        if running is not None:
            running.end(Reason.TAKEN_BACK)
            await running.done.wait()
        elif turn.state is TurnState.REQUESTED:
            await self._answering.end(turn, replace(self._interrupted(turn), replies=()), None)

    def hold_back(self, turn: Turn) -> bool:
        """Let none of its member's turns begin before the calling task, a handler's, has ended.

        False if this one has begun already.
        """
        self._removals.begin(turn.member)
        return turn.id not in self._running

    def pending(self, place: Place) -> list[asyncio.Event]:
        """Return the events that come when what is queued for a place has run."""
        return self._lanes.pending(place)

    async def recover(self) -> list[Turn]:
        """Take up what the last run left; return those of which the member is yet to hear.

        A restored backup made them expire, or they came after an absence and wait.
        """
        untold = []
        mine = self._taken.copy()  # begun since the start, by a replayed update
        for turn in await self._stores.turns.recover():
            if turn.place.frontend not in self._frontends or turn.id in mine | self._taken:
                continue
            if turn.state is TurnState.RECEIVED:
                self.enqueue(turn)
            elif turn.state is TurnState.REQUESTED:
                await self._answering.end(turn, self._interrupted(turn), None)
            elif turn.is_untold:
                untold.append(turn)
            elif turn.state is TurnState.WAITING and not turn.place.is_private:
                self._waiting.took(turn, turn.received_at)
        return untold

    def _interrupted(self, turn: Turn) -> Ending:
        provider = self._providers.get(turn.choices.provider)
        spec = provider.spec if provider is not None else None
        price = self._prices.price(turn.member, turn.choices.provider, turn.choices.model)
        return endings.interrupted(turn, spec, price, self._clock.now())

    async def tell_expired(self, turn: Turn) -> None:
        """Offer a Retry for what a restored backup left open, once."""
        reply = texts.turns.restored(turn)
        await self._answering.end(turn, _plain(turn, TurnState.EXPIRED, turn.detail, reply), None)

    async def close(self, grace_s: float) -> None:
        """Start nothing more, let running answers end for a while, then park them."""
        self._is_closing = True
        self._patience.end()
        self._holding.close()
        running = tuple(self._running.values())
        if running:
            waits = [asyncio.ensure_future(each.done.wait()) for each in running]
            _, late = await asyncio.wait(waits, timeout=grace_s)
            for each in running:
                each.end(Reason.SHUTDOWN)
            for wait in late:
                await wait
        await self._waiting.close()
        await self._checkpoints.close()

    async def _run(self, turn: Turn, *, has_waited: bool) -> None:
        running = Running(turn=turn, attempt=turn.attempt)
        try:
            async with AsyncExitStack() as until_its_end:
                if self._is_closing:
                    return
                was_held = await self._holding.begin(running, until_its_end, is_noticed=has_waited)
                if await self._is_due(running, has_waited=has_waited or was_held):
                    await self._carry_out(running)
        except StorageUnavailable as error:
            _log.error("a turn is left for the next start: %s", error.reason)
        except Exception as error:  # noqa: BLE001 - the error boundary
            reference = faults.report("turn", error)
            turn = replace(turn, attempt=running.attempt)
            reply = texts.turns.broken_turn(turn, reference)
            await self._answering.end(turn, _plain(turn, TurnState.FAILED, "ours", reply), None)
        finally:
            self._holding.let_go(turn)
            self._taken.discard(turn.id)

    async def _is_due(self, running: Running, *, has_waited: bool) -> bool:
        """Look at a turn as it is now; return whether it is still to be asked."""
        fresh: Turn | None = running.turn
        if has_waited and not self._is_closing:
            fresh = await self._find(running.turn)
        while await self._removals.are_over(running.turn.member):
            fresh = await self._find(running.turn)
        if self._is_closing or fresh is None or fresh.state is not TurnState.RECEIVED:
            return False
        running.turn, running.attempt = fresh, fresh.attempt
        return True

    async def _carry_out(self, running: Running) -> None:
        """Have a turn answered, in sight of whoever may end it from outside."""
        turn = running.turn
        self._running[turn.id] = running
        self._holding.let_go(turn)
        self._checkpoints.begin()
        try:
            while await self._take(running):
                pass  # its question was changed in the moment before it left
        finally:
            del self._running[turn.id]
            running.done.set()

    async def _find(self, turn: Turn) -> Turn | None:
        """Return a turn as it is now that it may run; None if it was erased meanwhile."""
        return await self._patience.hold(lambda: self._stores.turns.find(turn.id), turn.place)

    async def _take(self, running: Running) -> bool:
        """Find who answers and with which key, or say what is missing; whether to do it anew."""
        turn = running.turn
        provider = self._providers.get(turn.choices.provider)
        key = None
        if provider is not None:
            spec = provider.spec
            try:
                key = await self._patience.hold(
                    lambda: self._stores.keys.open_key(turn.member, spec.id, spec.origin),
                    turn.place,
                )
            except VaultCorrupt:
                reply = texts.turns.key_unreadable(turn, spec.name)
                ending = _plain(turn, TurnState.FAILED, "key_unreadable", reply)
                await self._answering.end(turn, ending, None)
                return False
        if provider is None or key is None:
            await self._waiting.for_key(turn)
            return False
        missing = await self._patience.hold(lambda: self._paying.missing(turn), turn.place)
        if missing is not None:
            await self._waiting.for_word(turn, missing)
            return False
        running.key = key.id
        is_ended = await self._answering.answer(running, provider, key)
        return not is_ended and await self._is_edited(running)

    async def _is_edited(self, running: Running) -> bool:
        """Take up the question as it is now, where that is why it could not be asked."""
        turn = running.turn
        if running.reason is not None:
            return False
        fresh = await self._find(turn)
        if fresh is None or fresh.state is not TurnState.RECEIVED or fresh.edits == turn.edits:
            return False
        running.turn = fresh
        return True


async def _end_all(found: Sequence[Running], reason: Reason) -> None:
    """End turns, and wait until they are settled."""
    for running in found:
        running.end(reason)
    for running in found:
        await running.done.wait()


def _plain(turn: Turn, state: TurnState, detail: str, reply: Reply) -> Ending:
    out = Outgoing(place=turn.place, member=turn.member, reply=reply, turn=turn.id)
    return Ending(state=state, detail=detail, replies=(out,))
