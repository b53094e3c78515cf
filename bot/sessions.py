"""The session manager: runs turns, in order per lane, each from its request to its end."""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from bot import endings, prompt, texts
from bot.delivery import Courier
from bot.domain.chat import (
    Adjustment,
    ChatRequest,
    MemberId,
    Place,
    SessionId,
    Turn,
    TurnId,
    TurnState,
    WaitReason,
)
from bot.domain.effects import Effect, LearnAdjustment, NoteOnce
from bot.domain.errors import (
    FrontendError,
    Overloaded,
    ParameterRefused,
    ProviderError,
    RateLimited,
    StorageUnavailable,
    VaultCorrupt,
)
from bot.domain.events import Outgoing, Reply
from bot.domain.ports import Clock, Ending, Frontend, Provider, Providers, ReplySink, Stores
from bot.domain.secret import Secret
from bot.lanes import Lanes
from bot.questions import Questions
from bot.running import Ended, Reason, Running
from bot.tasks import Tasks

_log = logging.getLogger(__name__)
CHECKPOINT_S: Final = 2.0
_TRIES: Final = 3
_LONGEST_WAIT_S: Final = 60.0


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
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._stores = stores
        self._providers = providers
        self._frontends = frontends
        self._courier = courier
        self._questions = questions
        self._clock = clock
        self._tasks = tasks
        self._lanes = Lanes(tasks)
        self._running: dict[TurnId, Running] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._is_closing = False

    def enqueue(self, turn: Turn, *, after: asyncio.Event | None = None) -> int:
        """Queue a received turn, to run after `after`; return how many are before it."""
        lane = (turn.place, "" if turn.place.is_private else turn.member)
        before = self._lanes.length(lane)
        self._lanes.put(lane, lambda: self._run(turn, after))
        return before

    def is_running(self, place: Place, member: MemberId) -> bool:
        """Return whether an answer to the member is on its way here."""
        return any(self._of(place, member))

    def stop(self, place: Place, member: MemberId) -> bool:
        """End the member's running answer in a place; False if none is running."""
        found = self._of(place, member)
        for running in found:
            running.end(Reason.STOPPED)
        return bool(found)

    async def cancel(
        self, member: MemberId, *, provider: str | None = None, session: SessionId | None = None
    ) -> None:
        """End the member's running turns (at a provider, in a session) and wait until settled."""
        found = [
            running
            for running in self._running.values()
            if running.turn.member == member
            and provider in (None, running.turn.choices.provider)
            and session in (None, running.turn.session)
        ]
        for running in found:
            running.end(Reason.REMOVED)
        for running in found:
            await running.done.wait()

    def pending(self, place: Place) -> list[asyncio.Event]:
        """Return the events that come when what is queued for a place has run."""
        return self._lanes.pending(place)

    async def recover(self) -> list[Turn]:
        """Take up what the last run left; return those that a restored backup made expire."""
        expired = []
        for turn in await self._stores.turns.recover():
            if turn.place.frontend not in self._frontends:
                continue
            if turn.state is TurnState.RECEIVED:
                self.enqueue(turn)
            elif turn.state is TurnState.REQUESTED:
                provider = self._providers.get(turn.choices.provider)
                spec = provider.spec if provider is not None else None
                await self._end(turn, endings.interrupted(turn, spec), None)
            elif turn.state is TurnState.EXPIRED:
                expired.append(turn)
        return expired

    async def close(self, grace_s: float) -> None:
        """Start nothing more, let running answers end for a while, then park them."""
        self._is_closing = True
        running = tuple(self._running.values())
        if running:
            waits = [asyncio.ensure_future(each.done.wait()) for each in running]
            _, late = await asyncio.wait(waits, timeout=grace_s)
            for each in running:
                each.end(Reason.SHUTDOWN)
            for wait in late:
                await wait
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)

    def _of(self, place: Place, member: MemberId) -> list[Running]:
        return [
            running
            for running in self._running.values()
            if running.turn.place == place and running.turn.member == member
        ]

    async def _run(self, turn: Turn, after: asyncio.Event | None) -> None:
        try:
            if after is not None:
                await after.wait()
                turn = await self._stores.turns.rebind(turn.id)
            if self._is_closing or turn.state is not TurnState.RECEIVED:
                return
            running = Running(turn=turn, attempt=turn.attempt)
            self._running[turn.id] = running
            self._tick()
            try:
                await self._take(running)
            finally:
                del self._running[turn.id]
                running.done.set()
        except StorageUnavailable as error:
            _log.error("a turn cannot be stored: %s", error.reason)
            await self._tell(turn, texts.turns.storage_unavailable())
        except Exception as error:  # noqa: BLE001 - the error boundary
            reference = secrets.token_hex(3)
            _log.error("turn failed ref=%s: %s", reference, type(error).__name__, exc_info=error)
            reply = texts.turns.broken_turn(turn, reference)
            await self._end(turn, _plain(turn, TurnState.FAILED, "ours", reply), None)

    async def _take(self, running: Running) -> None:
        """Find who answers and with which key, or say what is missing."""
        turn = running.turn
        provider = self._providers.get(turn.choices.provider)
        key = None
        if provider is not None:
            spec = provider.spec
            try:
                key = await self._stores.keys.open_key(turn.member, spec.id, spec.origin)
            except VaultCorrupt:
                reply = texts.turns.key_unreadable(turn, spec.name)
                ending = _plain(turn, TurnState.FAILED, "key_unreadable", reply)
                await self._end(turn, ending, None)
                return
        if provider is None or key is None:
            await self._wait_for_key(turn)
            return
        await self._answer(running, provider, key)

    async def _wait_for_key(self, turn: Turn) -> None:
        has_demo = any(provider.spec.is_demo for provider in self._providers.values())
        reply = texts.turns.no_key_demo() if has_demo else texts.turns.no_key()
        out = Outgoing(place=turn.place, member=turn.member, reply=reply, turn=turn.id)
        deliveries = await self._stores.turns.wait(turn.id, WaitReason.KEY, (out,))
        self._courier.send(deliveries)

    async def _answer(self, running: Running, provider: Provider, key: Secret) -> None:
        turn, spec = running.turn, provider.spec
        learned = await self._stores.settings.adjustments(spec.id, turn.choices.model)
        request, has_older = await prompt.build(turn, self._stores.turns, learned)
        asked = endings.Asked(spec=spec, request=request, mask=key.mask())
        sink = self._frontends[turn.place.frontend].sink(
            turn.place, reply_to=None if turn.place.is_private else turn.message
        )
        opening = self._tasks.start(self._open(sink, turn))
        try:
            ending = await self._ending(running, provider, key, asked, sink, has_older=has_older)
        finally:
            await opening
        if ending is None:
            await sink.close()
            return
        await self._end(replace(turn, attempt=running.attempt), ending, sink)

    async def _ending(
        self,
        running: Running,
        provider: Provider,
        key: Secret,
        asked: endings.Asked,
        sink: ReplySink,
        *,
        has_older: bool,
    ) -> Ending | None:
        try:
            learned = await self._ask(running, provider, key, asked.request, sink)
            notes, effects = await self._notices(running.turn, learned, has_older=has_older)
            ending = endings.answered(running, replace(asked, notes=notes))
            return replace(ending, effects=effects)
        except ProviderError as error:
            return endings.failed(running, asked, error, self._clock.now())
        except Ended:
            if running.reason is Reason.SHUTDOWN:
                if running.text:
                    await self._stores.turns.checkpoint({running.turn.id: running.text})
                return None
            detail = "removed" if running.reason is Reason.REMOVED else ""
            return endings.stopped(running, asked, detail=detail)

    async def _ask(
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
            running.attempt += 1
            if not await self._stores.turns.begin_attempt(running.turn.id, running.attempt):
                raise Ended
            running.is_sent = True
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

    async def _notices(
        self, turn: Turn, learned: frozenset[Adjustment], *, has_older: bool
    ) -> tuple[tuple[str, ...], tuple[Effect, ...]]:
        """Return what is said once under this answer, and what is remembered with it."""
        model, provider = turn.choices.model, turn.choices.provider
        effects: list[Effect] = [
            LearnAdjustment(provider=provider, model=model, adjustment=each) for each in learned
        ]
        notes: list[str] = []
        said = {f"outgrown:{turn.session}": texts.turns.outgrown()} if has_older else {}
        if Adjustment.DROP_TEMPERATURE in learned:
            said[f"temperature:{model}"] = texts.turns.no_temperature(model)
        for notice, note in said.items():
            if not await self._stores.settings.has_noted(turn.member, notice):
                notes.append(note)
                effects.append(NoteOnce(member=turn.member, notice=notice))
        return tuple(notes), tuple(effects)

    async def _open(self, sink: ReplySink, turn: Turn) -> None:
        try:
            message = await sink.open()
        except FrontendError:
            return  # the answer still comes, as a message of its own
        if message is not None:
            await self._stores.turns.shown(turn.id, message)

    async def _end(self, turn: Turn, ending: Ending, sink: ReplySink | None) -> None:
        frontend = self._frontends[turn.place.frontend]
        ending = endings.in_parts(ending, frontend)
        asked = self._questions.asked_by(turn.member, turn.place, ending.replies, is_ending=True)
        ending = replace(ending, effects=(*ending.effects, *asked))
        deliveries = await self._stores.turns.end(turn.id, turn.attempt, ending)
        self._questions.follow(ending.effects)
        self._courier.send(deliveries, sink)
        if sink is not None and not deliveries:
            await sink.close()

    async def _tell(self, turn: Turn, reply: Reply) -> None:
        """Say something that cannot be stored: it may be lost, and then nothing else is."""
        try:
            await self._frontends[turn.place.frontend].post(
                turn.place, reply, key=secrets.token_hex(8)
            )
        except FrontendError as error:
            _log.warning("a note was not delivered: %s", type(error).__name__)

    def _tick(self) -> None:
        if self._ticker is None or self._ticker.done():
            self._ticker = self._tasks.start(self._checkpoints())

    async def _checkpoints(self) -> None:
        """Keep what has arrived, for all running turns in one commit, while there are any."""
        while self._running:
            await self._clock.sleep(CHECKPOINT_S)
            grown = {
                turn: running
                for turn, running in self._running.items()
                if running.text != running.saved
            }
            if not grown:
                continue
            texts_now = {turn: running.text for turn, running in grown.items()}
            try:
                await self._stores.turns.checkpoint(texts_now)
            except StorageUnavailable as error:
                _log.error("running answers cannot be stored: %s", error.reason)
                continue
            for turn, running in grown.items():
                running.saved = texts_now[turn]


async def _read(
    provider: Provider, request: ChatRequest, key: Secret, running: Running, sink: ReplySink
) -> None:
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
    if error.category == "network":
        return request, 1.0
    return None


def _plain(turn: Turn, state: TurnState, detail: str, reply: Reply) -> Ending:
    out = Outgoing(place=turn.place, member=turn.member, reply=reply, turn=turn.id)
    return Ending(state=state, detail=detail, replies=(out,))
