"""Asking a vendor: the attempts of one turn, and from how they went, the turn's ending."""

from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot import endings, faults, texts
from bot.domain.chat import Adjustment, ChatRequest, Turn
from bot.domain.effects import Effect, LearnAdjustment, NoteOnce
from bot.domain.errors import (
    ModelUnavailable,
    Overloaded,
    ParameterRefused,
    ProviderError,
    RateLimited,
    StorageUnavailable,
    TimedOut,
    Unreachable,
)
from bot.domain.events import Rows
from bot.domain.ports import Clock, Ending, Provider, ReplySink, Stores
from bot.domain.secret import Secret
from bot.failurenotes import FailureNotes
from bot.modellists import ModelLists, use_action
from bot.nearest import nearest
from bot.patience import Patience
from bot.running import Ended, Reason, Running
from bot.texts.failures import Instead

_TRIES: Final = 3
_NOTICE: Final = timedelta(days=14)
_LONGEST_WAIT_S: Final = 60.0


class Asker:
    """Sends again only what surely was not processed; each time is a recorded attempt."""

    def __init__(
        self,
        *,
        stores: Stores,
        clock: Clock,
        patience: Patience,
        failures: FailureNotes,
        models: ModelLists,
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._patience = patience
        self._failures = failures
        self._models = models

    async def ask(
        self,
        running: Running,
        provider: Provider,
        key: Secret,
        asked: endings.Asked,
        sink: ReplySink,
        *,
        has_older: bool,
    ) -> Ending | None:
        """Return how the turn ends; None: it does not end now, or did so elsewhere."""
        turn = running.turn
        try:
            learned = await self._attempts(running, provider, key, asked.request, sink)
            asked = asked.taught(learned)
            notes, effects, offer = await self._patience.hold(
                lambda: self._notices(turn, asked, learned, has_older=has_older), turn.place
            )
            asked = replace(asked, notes=notes, offer=offer)
            ending = endings.answered(running, asked, self._clock.now())
            return replace(ending, effects=effects)
        except ProviderError as error:
            self._failures.note(turn.id, error, self._clock.now())
            if isinstance(error, ModelUnavailable):
                asked = replace(asked, instead=await self._instead(running, asked))
            return endings.failed(running, asked, error, self._clock.now())
        except Ended:
            return await self._ended(running, asked)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the vendor may have billed: settle it
            return endings.broken(running, asked, self._clock.now(), faults.report("turn", error))

    async def _instead(self, running: Running, asked: endings.Asked) -> Instead | None:
        """Look at the company's list as it is now for what may answer instead.

        A model that has a price was there once; another may be a slip of the member's thumb.
        """
        turn = running.turn
        provider, gone = turn.choices.provider, turn.choices.model
        try:
            found = await running.guard(self._models.get(turn.member, provider, anew=True))
        except (ProviderError, StorageUnavailable, Ended):
            return None  # the failure is said all the same
        model = nearest(found.models, gone)
        if model is None:
            return None
        is_gone = found.missed is None and found.find(gone) is None
        before = f"model:instead:{turn.id}:{running.attempt}"
        return Instead(
            label=model.label,
            action=use_action(provider, model.id, before=before),
            is_retired=is_gone and asked.price is not None,
        )

    async def _attempts(
        self,
        running: Running,
        provider: Provider,
        key: Secret,
        request: ChatRequest,
        sink: ReplySink,
    ) -> frozenset[Adjustment]:
        """Make the request; again only if it surely was not processed. Return what it taught."""
        first = request.adjustments
        for left in reversed(range(_TRIES)):
            if running.reason is not None or not await self._begin(running):
                raise Ended
            try:
                await running.guard(_read(provider, request, key, running, sink))
                break
            except ProviderError as error:
                if not error.is_unsent:
                    raise
                running.is_sent = False
                mended = _mend(request, error)
                if not left or mended is None:
                    raise
                request, pause_s = mended
                await running.guard(self._clock.sleep(pause_s))
        return request.adjustments - first

    async def _ended(self, running: Running, asked: endings.Asked) -> Ending | None:
        now = self._clock.now()
        if running.reason is Reason.STOPPED:
            return endings.stopped(running, asked, now, detail="")
        if running.reason is Reason.REMOVED:
            return endings.stopped(running, asked, now, detail="removed")
        if running.reason is Reason.TAKEN_BACK:
            return endings.taken_back(running, asked, now)
        if running.reason is Reason.SHUTDOWN and running.text:
            await self._stores.turns.checkpoint({running.turn.id: running.text})
        return None

    async def _begin(self, running: Running) -> bool:
        """Commit `requested`; False if the turn was ended, erased or edited meanwhile."""
        attempt = running.attempt + 1
        turn = running.turn
        has_begun = await self._patience.hold(
            lambda: self._stores.turns.begin_attempt(turn.id, attempt, edits=turn.edits),
            turn.place,
        )
        if has_begun:
            running.attempt = attempt
        return has_begun

    async def _notices(
        self,
        turn: Turn,
        asked: endings.Asked,
        learned: frozenset[Adjustment],
        *,
        has_older: bool,
    ) -> tuple[tuple[str, ...], tuple[Effect, ...], Rows]:
        """Return what is said once under this answer, what is remembered, and what is offered."""
        model, provider = turn.choices.model, turn.choices.provider
        effects: list[Effect] = [
            LearnAdjustment(provider=provider, model=model, adjustment=each) for each in learned
        ]
        notes: list[str] = []
        if not turn.place.is_private:  # what is left out tells of a member's own settings
            return (), tuple(effects), ()
        said = {f"outgrown:{turn.session}": texts.turns.outgrown()} if has_older else {}
        dropped = (
            (Adjustment.DROP_TEMPERATURE, "temperature", texts.turns.no_temperature),
            (Adjustment.DROP_EFFORT, "effort", texts.turns.no_effort),
            (Adjustment.DROP_MAX_TOKENS, "max_tokens", texts.turns.no_max_tokens),
        )
        said |= {
            f"{notice}:{model}": words(asked.name)
            for adjustment, notice, words in dropped
            if adjustment in learned
        }
        said |= _unused(turn, asked)
        retirement = f"retires:{model}"
        if leaving := self._leaving(turn, asked.name):
            said[retirement] = leaving
        for notice, note in said.items():
            if not await self._stores.settings.has_noted(turn.member, notice):
                notes.append(note)
                effects.append(NoteOnce(member=turn.member, notice=notice))
        is_told = bool(leaving) and leaving in notes
        return tuple(notes), tuple(effects), self._successor(turn) if is_told else ()

    def _successor(self, turn: Turn) -> Rows:
        """Offer the nearest model to one that ends soon, and to leave it."""
        provider, ending = turn.choices.provider, turn.choices.model
        model = nearest(self._models.listed(turn.member, provider), ending)
        if model is None or model.retires_at is not None:
            return ()
        action = use_action(provider, model.id, before="model:switch")
        return texts.turns.successor(model.label, action)

    def _leaving(self, turn: Turn, name: str) -> str:
        """Say that a model ends within two weeks, as far as its list in memory tells."""
        known = self._models.peek(turn.member, turn.choices.provider, turn.choices.model)
        if known is None or known.retires_at is None:
            return ""
        now = self._clock.now()
        is_soon = now < known.retires_at < now + _NOTICE
        return texts.turns.retires(name, known.retires_at, now) if is_soon else ""


def _unused(turn: Turn, asked: endings.Asked) -> dict[str, str]:
    """Return what is said of choices that were not sent, as they have no effect here."""
    choices, request = turn.choices, asked.request
    said: dict[str, str] = {}
    if choices.temperature is not None and request.temperature is None:
        words = texts.turns.no_temperature(asked.name, is_thinking=asked.is_thinking)
        said[f"temperature:{choices.model}"] = words
    if choices.effort is not None and request.effort is None:
        said[f"effort:{choices.model}"] = texts.turns.no_effort(asked.name)
    return said


async def _read(
    provider: Provider, request: ChatRequest, key: Secret, running: Running, sink: ReplySink
) -> None:
    running.is_sent = True
    async with aclosing(provider.stream(request, key)) as events:  # type: ignore[type-var]  # every stream is a generator
        async for event in events:
            if running.take(event):
                sink.show(running.text)


def _mend(request: ChatRequest, error: ProviderError) -> tuple[ChatRequest, float] | None:
    """Return what to send instead, and after how long; None: nothing would help."""
    if isinstance(error, ParameterRefused):
        if error.adjustment in request.adjustments:
            return None
        return replace(request, adjustments=request.adjustments | {error.adjustment}), 0.0
    if isinstance(error, RateLimited | Overloaded):
        return (request, error.retry_after_s) if error.retry_after_s <= _LONGEST_WAIT_S else None
    if isinstance(error, Unreachable | TimedOut):
        return request, 1.0
    return None
