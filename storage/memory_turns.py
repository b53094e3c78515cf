"""Turns and the outbox of the in-memory twin."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.chat import (
    MemberId,
    Message,
    Place,
    Role,
    SessionId,
    Turn,
    TurnId,
    TurnState,
    WaitReason,
    estimate_tokens,
)
from bot.domain.effects import Effect
from bot.domain.events import Delivery, DeliveryId, DeliveryState, MessageRef, Outgoing
from bot.domain.ports import Ending, Told
from storage.memory_effects import apply
from storage.memory_moving import move
from storage.memory_state import State, TurnRow, Used, is_waiting
from storage.rules import in_place_of, may_end, to_nano

_GONE = {DeliveryState.SENT, DeliveryState.UNDELIVERABLE}


class MemoryTurns:
    """A TurnStore in dicts."""

    def __init__(self, state: State) -> None:
        """Work on a shared state."""
        self._state = state

    async def wait(
        self,
        turn: TurnId,
        reason: WaitReason,
        replies: Sequence[Outgoing],
        effects: Sequence[Effect] = (),
    ) -> Sequence[Delivery]:
        """Let a received turn wait."""
        row = self._state.turns.get(turn)
        if not row or row.turn.state is not TurnState.RECEIVED:
            return ()
        self._set(row, state=TurnState.WAITING, detail=reason.value)
        for effect in effects:
            apply(self._state, effect, frontend=row.turn.place.frontend)
        return self._state.post(tuple(replies))

    async def waiting(self, member: MemberId, place: Place, reason: WaitReason) -> Sequence[Turn]:
        """Return the member's turns that wait there, oldest first."""
        here = self._state.where_now(place)
        turns = [row.turn for _, row in sorted(self._state.turns.items())]
        mine = [turn for turn in turns if (turn.member, turn.place) == (member, here)]
        return tuple(turn for turn in mine if is_waiting(turn, reason) and not turn.is_taken_back)

    async def expire(self, turn: TurnId, reason: WaitReason) -> bool:
        """Let a turn that waits for that wait no more."""
        row = self._state.turns.get(turn)
        if not row or not is_waiting(row.turn, reason):
            return False
        self._set(row, state=TurnState.EXPIRED, detail="", is_untold=False)
        return True

    async def tell(
        self, turns: Sequence[TurnId], reply: Outgoing, effects: Sequence[Effect]
    ) -> Sequence[Delivery]:
        """Note that the member was told that turns wait."""
        rows = [row for turn in turns if (row := self._state.turns.get(turn))]
        untold = [row for row in rows if is_waiting(row.turn) and row.turn.is_untold]
        for row in untold:
            self._set(row, is_untold=False)
        if not untold:
            return ()
        for effect in effects:
            apply(self._state, effect, frontend=reply.place.frontend)
        return self._state.post((reply,))

    async def begin_attempt(self, turn: TurnId, attempt: int, *, edits: int = 0) -> bool:
        """Commit `requested(attempt)`."""
        row = self._state.turns.get(turn)
        if not row or (row.turn.attempt, row.turn.edits) != (attempt - 1, edits):
            return False
        if row.turn.state not in {TurnState.RECEIVED, TurnState.REQUESTED}:
            return False
        self._set(row, state=TurnState.REQUESTED, attempt=attempt, detail="")
        return True

    async def checkpoint(self, partials: Mapping[TurnId, str]) -> None:
        """Keep the text of running turns so far."""
        for turn, text in partials.items():
            row = self._state.turns.get(turn)
            if row and row.turn.state is TurnState.REQUESTED:
                self._set(row, partial=text)

    async def shown(self, turn: TurnId, message: MessageRef) -> None:
        """Note the message in which the answer grows, or was to if it has ended meanwhile."""
        row = self._state.turns.get(turn)
        if row and row.turn.state.is_open:
            self._state.turns[turn] = replace(row, shown=message)
            return
        waiting = [
            (id_, each)
            for id_, each in self._state.outbox.items()
            if each.state not in _GONE and (each.outgoing.turn, each.outgoing.part) == (turn, 0)
        ]
        if waiting and waiting[-1][1].outgoing.edits is None:
            id_, each = waiting[-1]
            outgoing = replace(each.outgoing, edits=message)
            self._state.outbox[id_] = replace(each, outgoing=outgoing)

    async def end(self, turn: TurnId, attempt: int, ending: Ending) -> Sequence[Delivery]:
        """Commit the end of an attempt."""
        row = self._state.turns.get(turn)
        if not row or not may_end(
            row.turn.state, row.turn.attempt, attempt, ending, is_untold=row.turn.is_untold
        ):
            return ()
        self._settle(row, ending)
        if ending.usage:
            self._bill(row.turn, ending)
        for effect in ending.effects:
            apply(self._state, effect, frontend=row.turn.place.frontend)
        return self._state.post(tuple(in_place_of(reply, row.shown) for reply in ending.replies))

    def _settle(self, row: TurnRow, ending: Ending) -> None:
        turn = replace(
            row.turn, state=ending.state, detail=ending.detail, partial="", is_untold=False
        )
        row = replace(row, turn=turn, shown=None)
        if ending.answer is not None:
            row = replace(
                row,
                turn=replace(turn, answer=ending.answer),
                order=self._state.next_id() if row.order is None else row.order,
                tokens=estimate_tokens((turn.question, ending.answer)),
            )
            session = self._state.sessions[turn.session]
            self._state.sessions[session.id] = replace(session, last_at=self._state.clock.now())
        self._state.turns[turn.id] = row

    def _bill(self, turn: Turn, ending: Ending) -> None:
        if not ending.usage:
            return
        now = self._state.clock.now()
        self._state.usage.append(
            Used(
                member=turn.member,
                session=turn.session,
                provider=turn.choices.provider,
                model=turn.choices.model,
                at=now,
                usage=replace(ending.usage, cost_usd=None),
                cost_nano=to_nano(ending.cost_usd),
                account=self._state.made_by.get(turn.id),
                place=turn.place,
            )
        )
        used = self._state.active_key(turn.member, turn.choices.provider)
        if ending.key is not None:
            used = self._state.keys.get(ending.key)
        if used and used.member == turn.member:
            self._state.note_key(used, used_at=now)

    async def find(self, turn: TurnId) -> Turn | None:
        """Return a turn."""
        row = self._state.turns.get(turn)
        return row.turn if row else None

    async def asked_with(self, place: Place, message: MessageRef, member: MemberId) -> Turn | None:
        """Return the member's turn that a message asked."""
        here = self._state.where_now(place)
        for _, row in sorted(self._state.turns.items(), reverse=True):
            turn, there = row.turn, row.turn.place
            is_here = (there.frontend, there.chat) == (here.frontend, here.chat)
            if is_here and (turn.message, turn.member) == (message, member):
                return turn
        return None

    async def last(self, session: SessionId, member: MemberId) -> Turn | None:
        """Return the member's newest turn in the session that was not taken back."""
        for _, row in sorted(self._state.turns.items(), reverse=True):
            turn = row.turn
            if turn.session == session and turn.member == member and not turn.is_taken_back:
                return turn
        return None

    async def history(
        self, session: SessionId, *, before: TurnId, budget_tokens: int
    ) -> tuple[Sequence[Message], bool]:
        """Return the transcript's newest messages within a budget."""
        asked = self._state.turns.get(before)
        end = asked.order if asked else None
        rows = [
            (row.order, row)
            for row in self._state.turns.values()
            if row.turn.session == session
            and row.turn.id != before
            and not row.turn.is_taken_back
            and row.order is not None
            and (end is None or row.order < end)
        ]
        messages: list[Message] = []
        for _, row in sorted(rows, key=lambda each: each[0], reverse=True):
            budget_tokens -= row.tokens
            if budget_tokens < 0:
                return tuple(reversed(messages)), True
            messages += self._pair(row.turn)
        root = self._state.root(session)
        fits = root is None or root.tokens <= budget_tokens
        if root and fits:
            messages += self._pair(root.turn)
        return tuple(reversed(messages)), not fits

    def _pair(self, turn: Turn) -> Sequence[Message]:
        speaker = ""
        if not turn.place.is_private:
            group = self._state.group(turn.place)
            speaker = self._state.speaker(group.id, turn.member)
        return (
            Message(Role.ASSISTANT, turn.answer or ""),
            Message(Role.USER, turn.question, speaker),
        )

    async def recover(self) -> Sequence[Turn]:
        """Return every open turn, and those that expired with their epoch and were not told."""
        return tuple(
            row.turn
            for _, row in sorted(self._state.turns.items())
            if row.turn.state.is_open or row.turn.is_untold
        )

    async def deliveries(self) -> Sequence[Delivery]:
        """Return the outbox."""
        return tuple(
            replace(row, is_repeat=row.state is DeliveryState.SENDING)
            for _, row in sorted(self._state.outbox.items())
            if row.state not in _GONE
        )

    async def mark_delivery(
        self,
        delivery: DeliveryId,
        state: DeliveryState,
        message: MessageRef | None = None,
    ) -> None:
        """Commit where a message stands."""
        row = self._state.outbox.get(delivery)
        if not row or row.state in _GONE:
            return
        self._state.outbox[delivery] = replace(row, state=state)
        if message is not None:
            self._state.messages[delivery] = message

    async def told(self, place: Place, message: MessageRef) -> Told | None:
        """Return what a message of the bot's in the place's chat is."""
        chat = (place.frontend, place.chat)
        for id_, row in sorted(self._state.outbox.items(), reverse=True):
            out = row.outgoing
            edits = None if row.state in _GONE else out.edits
            is_it = message in {self._state.messages.get(id_), edits}
            if is_it and (out.place.frontend, out.place.chat) == chat:
                return self._told(row)
        for turn in self._state.turns.values():
            there = turn.turn.place
            is_it = turn.shown == message and turn.turn.state.is_open
            if is_it and (there.frontend, there.chat) == chat:
                id_of = turn.turn.id
                member = turn.turn.member
                return Told(member=member, place=there, turn=id_of, is_current=True)
        return None

    def _told(self, row: Delivery) -> Told:
        out = row.outgoing
        later = [each.outgoing for id_, each in self._state.outbox.items() if id_ > row.id]
        is_last = not any((o.place, o.member) == (out.place, out.member) for o in later)
        answers = [each for each in later if each.turn == out.turn and not each.part]
        return Told(
            member=out.member,
            place=out.place,
            turn=out.turn,
            is_last=is_last,
            is_current=out.turn is not None and not answers,
        )

    async def abandon(self, place: Place) -> None:
        """Give up what waits for a place's chat: messages, and turns not begun."""
        chat = (place.frontend, place.chat)
        for id_, row in list(self._state.outbox.items()):
            there = row.outgoing.place
            if (there.frontend, there.chat) == chat and row.state not in _GONE:
                self._state.outbox[id_] = replace(row, state=DeliveryState.UNDELIVERABLE)
        for turn in list(self._state.turns.values()):
            there = turn.turn.place
            has_not_begun = turn.turn.state is TurnState.RECEIVED
            if (there.frontend, there.chat) == chat and has_not_begun:
                self._set(turn, state=TurnState.STOPPED, detail="")

    async def moved(self, old: Place, new_chat: str) -> None:
        """Let a chat go on under another id."""
        move(self._state, old, new_chat)

    def _set(self, row: TurnRow, **changes: object) -> None:
        turn = replace(row.turn, **changes)  # type: ignore[arg-type]  # names are Turn's own
        self._state.turns[turn.id] = replace(row, turn=turn)
