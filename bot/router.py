"""The way in: filter, intake, then a command's handler or a turn. The error boundary."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from bot import faults, texts
from bot.absence import Absences
from bot.access import Access
from bot.commands.spec import Desk, Outcome
from bot.deciding import Decider
from bot.delivery import Courier, late
from bot.domain.chat import Identity, Member, MemberId, Place, Turn, TurnState
from bot.domain.effects import Effect, SetQuestion
from bot.domain.errors import InboxFull, StorageUnavailable
from bot.domain.events import (
    Command,
    Edited,
    InboxId,
    Incoming,
    MessageRef,
    Outgoing,
    Press,
    Question,
    QuestionKind,
    Redacted,
    Reply,
    SecretText,
    Text,
    Unreadable,
)
from bot.domain.pieces import whole, whole_text
from bot.domain.ports import Applied, Frontend, InboxRow, Stores
from bot.door import Door
from bot.lanes import Lanes
from bot.owners import Owners
from bot.questions import Questions
from bot.reading import Meaning, Use, read
from bot.sessions import SessionManager
from bot.tasks import Tasks

_log = logging.getLogger(__name__)
MOST_OPEN: Final = 20
_BACKLOG: Final = 5
_TRIES: Final = 3
_KNOWN: Final = 10_000


class Router:
    """Takes updates from every frontend; what it took is durable when `receive` returns."""

    def __init__(
        self,
        *,
        stores: Stores,
        frontends: Mapping[str, Frontend],
        access: Access,
        questions: Questions,
        sessions: SessionManager,
        courier: Courier,
        desk: Desk,
        tasks: Tasks,
    ) -> None:
        self._stores = stores
        self._frontends = frontends
        self._access = access
        self._door = Door(access, desk.claims, courier, desk.clock)
        self._questions = questions
        self._sessions = sessions
        self._courier = courier
        self._chats = courier.chats
        self._owners = Owners(stores)
        self._desk = desk
        self._tasks = tasks
        self._decider = Decider(frontends, desk)
        self._absences = Absences(stores, courier, questions, desk.clock, tasks)
        self._lanes = Lanes(tasks)
        self._members: dict[Identity, Member] = {}
        self._expired: dict[MemberId, list[Turn]] = {}
        self._refused: set[Place] = set()  # told that nothing can be stored; it is tried again
        self._full: set[tuple[MemberId, Place]] = set()  # told that no more late ones are kept
        self._chats.follow(questions.moved)
        self._chats.follow(sessions.moved)

    async def start(self) -> None:
        """Take up what the last run left: the outbox, the inbox, the open turns."""
        await self._questions.load(self._stores.settings)
        self._courier.send(late(await self._stores.turns.deliveries()))
        await self._replay()
        for turn in await self._sessions.recover():
            if turn.state is TurnState.WAITING:
                self._absences.took(turn)
            else:
                self._expired.setdefault(turn.member, []).append(turn)

    async def close(self, grace_s: float = 0.0) -> None:
        """End in order: answers (parked after the grace), then all that runs."""
        await self._sessions.close(grace_s)
        await self._tasks.idle(min(grace_s, 1.0))
        await self._tasks.close()

    async def receive(self, incoming: Incoming) -> str:
        """Take one update; it is durable when this returns. Raises StorageUnavailable."""
        if incoming.place.frontend not in self._frontends:
            return ""
        admitted = await self._door.meet(incoming)
        if isinstance(admitted, str):
            return admitted
        if not (admitted.is_addressed or self._decider.concerns_us(whole(admitted).body)):
            return ""
        self._chats.come_back(admitted.place)
        try:
            member = await self._member(admitted)
            if refusal := await self._owners.refusal(admitted, member.id):
                return refusal
            await self._take(admitted, member)
        except StorageUnavailable as error:
            _log.error("an update cannot be stored: %s", error.reason)
            if incoming.place not in self._refused:
                self._refused.add(incoming.place)
                abilities = self._frontends[incoming.place.frontend].abilities
                reply = texts.turns.storage_unavailable(redelivers=abilities.redelivers)
                await self._courier.say(incoming.place, reply)
            raise
        self._refused.discard(incoming.place)
        return ""

    async def moved(self, old: Place, new_chat: str) -> None:
        """Let a chat go on under another id."""
        await self._chats.move(old, new_chat)

    async def left(self, place: Place) -> None:
        """Take note that nobody reads a chat any more, until something comes from there.

        Turns that have not begun are given up first: none begins as the one before it ends.
        """
        await self._chats.leave(place)
        await self._sessions.leave(place)

    async def settled(self, place: Place) -> None:
        """Wait until everything received from a place has been handled and delivered."""
        while events := [
            *self._lanes.pending(place),
            *self._sessions.pending(place),
            *self._courier.pending(place),
        ]:
            for event in events:
                await event.wait()

    def welcomes(self, identity: Identity) -> bool:
        """Return whether an invitation is followed: a member's, or anybody's who may claim it."""
        return self._access.admits(identity) or self._desk.claims.is_open

    def open_question(self, identity: Identity, place: Place) -> Question | None:
        """Return what the bot is waiting for there, so that a key can be typed unseen."""
        member = self._members.get(identity)
        return None if member is None else self._questions.find(member.id, place)

    async def _take(self, incoming: Incoming, member: Member) -> None:
        is_late = self._decider.is_late(incoming)
        if not is_late:
            self._absences.hurry(member.id, incoming.place)
            self._full.discard((member.id, incoming.place))
        message = whole(incoming)
        meaning = self._read(message, member)
        if isinstance(meaning, Text):
            await self._take_turn(incoming, member, is_late=is_late)
        elif meaning is not None:
            await self._take_use(message, member, meaning)

    def _read(self, incoming: Incoming, member: Member) -> Meaning | None:
        question = self._questions.find(member.id, incoming.place, incoming.sent_at)
        choice: Press | None = None
        if (
            question is not None
            and question.kind is QuestionKind.MENU
            and isinstance(incoming.body, Text)
        ):
            choice = self._questions.choice(question, incoming.body.text)
        return read(
            incoming.body,
            question,
            choice,
            is_answering=self._sessions.is_running(incoming.place, member.id),
            commands=self._desk.commands,
            forms=self._desk.key_forms,
            prefix=self._frontends[incoming.place.frontend].abilities.prefix,
        )

    async def _member(self, incoming: Incoming) -> Member:
        known = self._members.get(incoming.sender)
        is_operator = self._access.is_operator(incoming.sender)
        if known and (known.name, known.is_operator) == (incoming.sender_name, is_operator):
            return known
        if len(self._members) >= _KNOWN:
            self._members.clear()
        member = await self._stores.settings.member(
            incoming.sender, incoming.sender_name, is_operator=is_operator
        )
        self._members[incoming.sender] = member
        return member

    async def _take_turn(self, incoming: Incoming, member: Member, *, is_late: bool) -> None:
        waiting = self._lanes.length((incoming.place, member.id))
        if waiting >= MOST_OPEN:
            await self._tell(incoming.place, member.id, texts.turns.inbox_full(MOST_OPEN))
            return
        if waiting:
            await self._take_behind_commands(incoming, member)
            return
        try:
            turn = await self._stores.intake.accept_turn(
                incoming, limit=MOST_OPEN, is_late=is_late
            )
        except InboxFull:
            await self._say_full(incoming.place, member, is_late=is_late)
            return
        if turn is None:
            return
        await self._tell_expired(member)
        await self._enqueue(turn)

    async def _say_full(self, place: Place, member: Member, *, is_late: bool) -> None:
        """Say that a message was not kept; of those after an absence once for all."""
        if is_late and (member.id, place) in self._full:
            return
        if is_late:
            self._full.add((member.id, place))
        await self._tell(place, member.id, texts.turns.inbox_full(MOST_OPEN))

    async def _take_behind_commands(self, incoming: Incoming, member: Member) -> None:
        """Store a message as commands are stored; it becomes a turn behind those before it.

        So it runs with what they choose and with nothing that comes later, also if the process
        ends before they are handled.
        """
        row = await self._stores.intake.accept(incoming)
        if row is None:
            return
        await self._tell_expired(member)
        self._put(row.id, row.incoming, member, Text(whole_text(row.incoming.pieces)))

    async def _enqueue(self, turn: Turn) -> None:
        """Queue a message's turn, and show that it waits where it does."""
        if turn.state is TurnState.WAITING:
            self._absences.took(turn)
            return
        before = self._sessions.enqueue(turn)
        if before and turn.message is not None:
            await self._frontends[turn.place.frontend].seen(turn.place, turn.message)
        if before == _BACKLOG + 1:
            await self._tell(turn.place, turn.member, texts.turns.backlog(before))

    async def _tell(self, place: Place, member: MemberId, reply: Reply) -> None:
        """Say something with buttons that is not kept."""
        self._owners.remember(place, await self._courier.say(place, reply), member)

    async def _take_use(
        self, incoming: Incoming, member: Member, meaning: Use | Unreadable | Edited | Redacted
    ) -> None:
        row = await self._stores.intake.accept(_storable(incoming, meaning))
        if row is None:
            return
        await self._tell_expired(member)
        self._put(row.id, incoming, member, meaning)

    def _put(self, row: InboxId, incoming: Incoming, member: Member, meaning: Meaning) -> None:
        """Queue a stored update behind those of its member there, unless it never waits."""
        command = meaning.command if isinstance(meaning, Use) else None
        lane = row if command is not None and command.is_instant else member.id
        decide = partial(self._decider.outcome, incoming, member, meaning)
        self._lanes.put(
            (incoming.place, lane),
            partial(self._bounded, row, incoming, member, _name(meaning), decide),
        )

    async def _bounded(
        self,
        row: InboxId,
        incoming: Incoming,
        member: Member,
        name: str,
        decide: Callable[[], Awaitable[Outcome]],
    ) -> None:
        """Handle a stored update: count the start, decide, commit. The error boundary."""
        intake, hold, place = self._stores.intake, self._courier.patience.hold, incoming.place
        try:
            await hold(lambda: intake.begin(row), place)
            outcome = await hold(decide, place)
            await hold(lambda: self._finish(row, incoming, member, outcome), place)
        except StorageUnavailable as error:
            _log.error("an update is left for the next start: %s", error.reason)
        except Exception as error:  # noqa: BLE001 - the error boundary
            reference = faults.report(f"command {name}", error)
            await hold(lambda: intake.park(row, reference))
            await self._courier.say(place, texts.turns.broken(reference))

    async def _finish(
        self, row: InboxId, incoming: Incoming, member: Member, outcome: Outcome
    ) -> None:
        place = incoming.place
        replies: tuple[Outgoing, ...] = ()
        edits = None
        if outcome.reply is not None:
            edits = self._menu_of(incoming) if not outcome.is_apart else None
            replies = (Outgoing(place=place, member=member.id, reply=outcome.reply, edits=edits),)
        is_message = isinstance(incoming.body, Text) and outcome.reply is None
        effects = outcome.effects
        if not is_message:
            effects = (*effects, *self._asked_by(member, place, outcome, replies))
        result = await self._stores.intake.finish(row, effects, (*replies, *outcome.also))
        if result.applied is Applied.STALE and outcome.if_stale is not None:
            await self._courier.say(place, outcome.if_stale, edits=edits)
        if result.applied is not Applied.DONE:
            return
        self._questions.follow(effects)
        self._desk.claims.follow(effects, member)
        self._courier.send(result.deliveries)
        for turn in result.turns:
            if is_message:
                await self._enqueue(turn)
            else:
                self._sessions.enqueue(turn)

    def _asked_by(
        self, member: Member, place: Place, outcome: Outcome, replies: Sequence[Outgoing]
    ) -> tuple[Effect, ...]:
        """Return what an outcome's reply does to the open question."""
        is_own = any(isinstance(effect, SetQuestion) for effect in outcome.effects)
        if is_own or (outcome.is_aside and not replies):
            return ()
        return self._questions.asked_by(member.id, place, replies, is_ending=outcome.is_aside)

    def _menu_of(self, incoming: Incoming) -> MessageRef | None:
        """Return the menu a press changes in place, where the messenger can."""
        can_edit = self._frontends[incoming.place.frontend].abilities.can_edit
        return incoming.message if can_edit and isinstance(incoming.body, Press) else None

    async def _replay(self) -> None:
        """Handle what was stored and not handled; what failed before runs alone, first."""
        rows = await self._stores.intake.pending()
        for row in sorted(rows, key=lambda each: not each.tries):
            incoming = row.incoming
            if incoming.place.frontend not in self._frontends:
                continue
            if not self._door.admits(incoming):
                await self._stores.intake.finish(row.id, (), ())
            elif row.tries >= _TRIES:
                reference = secrets.token_hex(3)
                _log.error("an update keeps failing and is set aside ref=%s", reference)
                await self._stores.intake.park(row.id, reference)
                await self._courier.say(incoming.place, texts.turns.broken(reference))
            else:
                await self._again(row)

    async def _again(self, row: InboxRow) -> None:
        incoming = row.incoming
        member = await self._member(incoming)
        meaning = self._read(whole(incoming), member)
        if meaning is None:
            await self._stores.intake.finish(row.id, (), ())
            return
        name = "replay" if isinstance(meaning, Text) else _name(meaning)
        decide = partial(self._decider.again, incoming, member, meaning)
        done = self._lanes.put(
            (incoming.place, member.id),
            partial(self._bounded, row.id, incoming, member, name, decide),
        )
        if row.tries:
            await done.wait()

    async def _tell_expired(self, member: Member) -> None:
        """Offer what a restored backup left open once the member writes: not by itself."""
        for turn in self._expired.pop(member.id, ()):
            await self._sessions.tell_expired(turn)


def _name(meaning: Meaning) -> str:
    """Return what the log calls it."""
    return meaning.name if isinstance(meaning, Use) else type(meaning).__name__.lower()


def _storable(incoming: Incoming, meaning: Meaning) -> Incoming:
    """Return the update as it may be stored: where there is a secret, a body that says so."""
    if not isinstance(meaning, Use) or meaning.secret is None:
        return incoming
    if isinstance(incoming.body, SecretText):
        return incoming
    return incoming.with_body(SecretText(Command(meaning.name, meaning.args), meaning.secret))
