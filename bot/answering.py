"""Having one turn answered: asked, shown as it grows, and ended in one commit."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot import endings, faults, keyuse, texts
from bot.asking import Asker
from bot.delivery import Courier
from bot.discretion import Discretion
from bot.domain.chat import Turn
from bot.domain.effects import Effect
from bot.domain.errors import FrontendError
from bot.domain.keys import StoredKey
from bot.domain.ports import Clock, Ending, Frontend, Growth, Provider, ReplySink, Stores
from bot.failurenotes import FailureNotes
from bot.modellists import ModelLists
from bot.preparing import Preparer
from bot.pricebook import PriceBook
from bot.questions import Questions
from bot.running import Running
from bot.tasks import Tasks


class Answering:
    """From a key in hand to the last word in the outbox."""

    def __init__(
        self,
        *,
        stores: Stores,
        frontends: Mapping[str, Frontend],
        courier: Courier,
        questions: Questions,
        models: ModelLists,
        clock: Clock,
        tasks: Tasks,
        prices: PriceBook,
        failures: FailureNotes,
        discretion: Discretion,
    ) -> None:
        self._stores = stores
        self._frontends = frontends
        self._courier = courier
        self._questions = questions
        self._tasks = tasks
        self._discretion = discretion
        self._patience = courier.patience
        self._preparer = Preparer(
            stores=stores, models=models, prices=prices, patience=courier.patience
        )
        self._asker = Asker(
            stores=stores,
            clock=clock,
            patience=courier.patience,
            failures=failures,
            models=models,
        )

    async def answer(self, running: Running, provider: Provider, key: StoredKey) -> bool:
        """Ask; return whether the turn has ended by that."""
        turn = running.turn
        asked, has_older = await self._preparer.prepare(turn, provider, key)
        sink = self._frontends[turn.place.frontend].sink(turn.place, self._growth(turn))
        opening = self._tasks.start(self._open(sink))
        ending = None
        try:
            ending = await self._asker.ask(
                running, provider, key, asked, sink, has_older=has_older
            )
        finally:
            await asyncio.wait((opening,))  # its own failure must not cost the answer
            if ending is None:
                await sink.close()
        if ending is not None:
            ending = keyuse.noted(ending, turn.member, key)
            await self.end(replace(turn, attempt=running.attempt), ending, sink)
        return ending is not None

    def _growth(self, turn: Turn) -> Growth:
        """Say how an answer grows; its message is noted, so that it ends there after a crash."""
        return Growth(
            reply_to=None if turn.place.is_private else turn.message,
            stream=turn.choices.stream,
            buttons=texts.turns.STOP,
            appeared=lambda message: self._stores.turns.shown(turn.id, message),
        )

    async def _open(self, sink: ReplySink) -> None:
        try:
            await sink.open()
        except FrontendError:
            return  # the answer still comes, as a message of its own
        except Exception as error:  # noqa: BLE001 - nothing that shows work may cost the answer
            faults.report("opening", error)

    async def end(self, turn: Turn, ending: Ending, sink: ReplySink | None = None) -> None:
        """Commit how a turn ended, with what is said of it where, and bring that there."""
        ending = await self._discretion.ending(turn, ending)
        asked: tuple[Effect, ...] = ()
        for place in dict.fromkeys(out.place for out in ending.replies):
            here = [out for out in ending.replies if out.place == place]
            asked += self._questions.asked_by(turn.member, place, here, is_ending=True)
        whole = replace(
            endings.in_parts(ending, self._frontends[turn.place.frontend]),
            effects=(*ending.effects, *asked),
        )
        deliveries = await self._patience.hold(
            lambda: self._stores.turns.end(turn.id, turn.attempt, whole), turn.place
        )
        self._questions.follow(whole.effects)
        self._courier.send(deliveries, sink)
        if sink is not None and not deliveries:
            await sink.close()
