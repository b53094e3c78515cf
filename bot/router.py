"""The way in: filter, intake, then a command's handler or a turn."""

import logging
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Final

from bot import texts
from bot.absence import Absences
from bot.access import Access
from bot.commands.spec import Desk
from bot.deciding import Decider
from bot.delivery import Courier, late
from bot.domain.chat import Identity, Member, MemberId, Place, Turn, TurnState
from bot.domain.errors import InboxFull, StorageUnavailable
from bot.domain.events import (
    Edited,
    InboxId,
    Incoming,
    Outgoing,
    Press,
    Question,
    QuestionKind,
    Reacted,
    Redacted,
    Reply,
    Text,
    Unreadable,
)
from bot.domain.pieces import whole, whole_text
from bot.domain.ports import Abilities, Frontend, InboxRow, Stores
from bot.door import GUESTS, Door
from bot.earlier import Earlier
from bot.groups import Groups
from bot.handling import Handling
from bot.lanes import Lanes
from bot.owners import Owners
from bot.questions import Questions
from bot.reactions import Reactions
from bot.reading import Meaning, Use, as_asked, name_of, read, storable
from bot.sessions import SessionManager
from bot.tasks import Tasks

_log = logging.getLogger(__name__)
MOST_OPEN: Final = 20
_BACKLOG: Final = 5
_TRIES: Final = 3


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
        self._door = Door(
            access=access,
            claims=desk.claims,
            courier=courier,
            clock=desk.clock,
            invitations=desk.invitations,
            links=desk.links,
        )
        self._questions = questions
        self._sessions = sessions
        self._courier = courier
        self._chats = courier.chats
        self._owners = Owners(stores)
        self._desk = desk
        self._tasks = tasks
        self._decider = Decider(frontends, desk)
        self._earlier = Earlier(stores, Reactions(stores, questions, sessions, desk.commands))
        self._absences = Absences(stores, courier, questions, desk.clock, tasks)
        self._lanes = Lanes(tasks)
        self._groups = Groups(
            stores=stores,
            frontends=frontends,
            access=access,
            courier=courier,
            questions=questions,
            clock=desk.clock,
            tell=self._tell,
        )
        self._handling = Handling(
            stores=stores,
            frontends=frontends,
            questions=questions,
            sessions=sessions,
            courier=courier,
            desk=desk,
            enqueue=self._enqueue,
            groups=self._groups,
        )
        self._roster = desk.roster
        self._expired: dict[MemberId, list[Turn]] = {}
        self._refused: set[Place] = set()  # told that nothing can be stored; it is tried again
        self._full: set[tuple[MemberId, Place]] = set()  # told that no more late ones are kept
        self._chats.follow(questions.moved)
        self._chats.follow(sessions.moved)
        self._chats.follow(self._groups.moved)

    async def start(self) -> None:
        """Take up what the last run left: the outbox, the inbox, the open turns."""
        await self._roster.load()
        await self._desk.invitations.load()
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
        self._chats.come_back(admitted.place)
        try:
            met = await self._groups.meet(admitted)
            if met is None:
                return ""
            met = as_asked(met)
            if not (met.is_addressed or self._decider.concerns_us(whole(met).body)):
                return ""
            member = await self._roster.member(met.sender, met.sender_name)
            if refusal := await self._owners.refusal(met, member.id):
                return refusal
            await self._take(met, member)
        except StorageUnavailable as error:
            _log.error("an update cannot be stored: %s", error.reason)
            if incoming.place not in self._refused:
                self._refused.add(incoming.place)
                redelivers = self._abilities(incoming.place).redelivers
                reply = texts.turns.storage_unavailable(redelivers=redelivers)
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
        await self._groups.left(place)

    async def joined(self, place: Place, by: Identity, name: str) -> None:
        """Take note that somebody added the bot to a group."""
        self._chats.come_back(place)
        await self._groups.joined(place, by, name)

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

    def expects(self, identity: Identity) -> bool:
        """Return whether somebody may open a direct chat: maybe to bring a code that is out."""
        is_guest = self._door.expects() and not self._access.is_blocked(identity)
        return self.welcomes(identity) or is_guest

    def open_question(self, identity: Identity, place: Place) -> Question | None:
        """Return what the bot is waiting for there, so that a key can be typed unseen."""
        member = self._roster.known(identity)
        return None if member is None else self._questions.find(member.id, place)

    async def _take(self, incoming: Incoming, member: Member) -> None:
        if isinstance(incoming.body, Redacted | Reacted):
            await self._take_about(incoming, member)
            return
        if isinstance(incoming.body, Edited):
            incoming = await self._earlier.placed(incoming, member) or incoming
        if incoming.place.thread and self._abilities(incoming.place).threads_hang:
            _ = await self._stores.settings.session(incoming.place, member.id, hangs=True)
        is_late = self._decider.is_late(incoming)
        if not is_late:
            self._absences.hurry(member.id, incoming.place)
            self._full.discard((member.id, incoming.place))
        message = whole(incoming)
        meaning = self._read(message, member)
        if not self._may(incoming, meaning):
            return
        if isinstance(meaning, Text):
            await self._take_turn(incoming, member, is_late=is_late)
        elif meaning is not None:
            await self._take_use(message, member, meaning)

    def _may(self, incoming: Incoming, meaning: Meaning | None) -> bool:
        """Return whether this is for its sender: who is not in yet may only follow up a code.

        Of what cannot be read the door lets nothing of theirs pass but what is nobody's.
        """
        is_for_guests = isinstance(meaning, Use) and meaning.name in GUESTS
        is_for_guests = is_for_guests or isinstance(meaning, Unreadable)
        return is_for_guests or self._access.admits(incoming.sender)

    def _abilities(self, place: Place) -> Abilities:
        return self._frontends[place.frontend].abilities

    async def _take_about(self, incoming: Incoming, member: Member) -> None:
        """Take what is about an earlier message, and no message itself.

        Of what means nothing, nothing is kept; a reaction that comes late is not meant any more.
        """
        if isinstance(incoming.body, Reacted) and self._decider.is_late(incoming):
            return
        may_come = self._lanes.length((incoming.place, member.id)) > 0
        found = await self._earlier.read(incoming, member, may_come=may_come)
        if found is None:
            return
        incoming, meaning = found
        if not self._may(incoming, meaning):
            return
        row = await self._stores.intake.accept(incoming)
        if row is not None:
            self._put(row.id, incoming, member, meaning)

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
            prefix=self._abilities(incoming.place).prefix,
        )

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
        """Say something with buttons that is not kept; nor is the question it may be."""
        self._owners.remember(place, await self._courier.say(place, reply), member)
        out = Outgoing(place=place, member=member, reply=reply)
        self._questions.follow(self._questions.asked_by(member, place, (out,), is_ending=True))

    async def _take_use(self, incoming: Incoming, member: Member, meaning: Meaning) -> None:
        row = await self._stores.intake.accept(storable(incoming, meaning))
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
            partial(
                self._handling.handle, row, incoming, member, name=name_of(meaning), decide=decide
            ),
        )

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
        member = await self._roster.member(incoming.sender, incoming.sender_name)
        found = await self._earlier.read(incoming, member, may_come=True)
        incoming, meaning = found or (incoming, self._read(whole(incoming), member))
        if meaning is None or not self._may(incoming, meaning):
            await self._stores.intake.finish(row.id, (), ())
            return
        name = "replay" if isinstance(meaning, Text) else name_of(meaning)
        decide = partial(self._decider.again, incoming, member, meaning)
        lane = (incoming.place, member.id)
        is_silent = isinstance(meaning, Redacted) and not self._lanes.length(lane)
        done = self._lanes.put(
            lane,
            partial(self._handling.handle, row.id, incoming, member, name=name, decide=decide),
        )
        if row.tries or is_silent:  # before its question is taken up, and told of
            await done.wait()

    async def _tell_expired(self, member: Member) -> None:
        """Offer what a restored backup left open once the member writes: not by itself."""
        for turn in self._expired.pop(member.id, ()):
            await self._sessions.tell_expired(turn)
