"""What the in-memory twin holds: frozen rows in plain dicts."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Self

from bot.domain.chat import (
    Adjustment,
    Choices,
    Identity,
    MemberId,
    Place,
    Session,
    SessionId,
    Turn,
    TurnId,
    TurnState,
    WaitReason,
)
from bot.domain.effects import Ask
from bot.domain.events import (
    Delivery,
    DeliveryId,
    DeliveryState,
    InboxId,
    Incoming,
    MessageRef,
    Outgoing,
    Question,
)
from bot.domain.groups import Group, GroupId, Payer
from bot.domain.keys import KeyId, KeyInfo
from bot.domain.people import InvitationId
from bot.domain.ports import Clock
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from storage.memory_rows import Invited, Known
from storage.rules import ADJUSTMENT_DAYS, Chosen, bind, owner_of, spoken, title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """A turn and what its port does not show. `order`: place in the history once answered."""

    turn: Turn
    asked_at: datetime
    order: int | None = None
    tokens: int = 0
    shown: MessageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUpdate:
    """An inbox row; `incoming` None: handled, only the id is kept."""

    incoming: Incoming | None
    tries: int = 0
    parked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A usage row."""

    member: MemberId
    session: SessionId
    provider: str
    model: str
    at: datetime
    usage: Usage
    cost_nano: int | None
    account: Identity | None = None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A stored key."""

    member: MemberId
    info: KeyInfo
    key: Secret


def is_waiting(turn: Turn, reason: WaitReason = WaitReason.ABSENCE) -> bool:
    """Whether a turn waits for that."""
    return turn.state is TurnState.WAITING and turn.detail == reason.value


@dataclass(kw_only=True)
class State:
    """Everything the twin knows."""

    clock: Clock
    last_id: int = 0
    members: dict[Identity, MemberId] = field(default_factory=dict)
    chosen: dict[MemberId | SessionId | GroupId, Chosen] = field(default_factory=dict)
    active: dict[Place, SessionId] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    turns: dict[TurnId, TurnRow] = field(default_factory=dict)
    seen: dict[tuple[str, str], InboxId] = field(default_factory=dict)
    inbox: dict[InboxId, StoredUpdate] = field(default_factory=dict)
    outbox: dict[DeliveryId, Delivery] = field(default_factory=dict)
    keys: dict[KeyId, KeyRow] = field(default_factory=dict)
    usage: list[Used] = field(default_factory=list)
    notices: set[tuple[MemberId, str]] = field(default_factory=set)
    questions: dict[tuple[MemberId, Place], Question] = field(default_factory=dict)
    operators: dict[MemberId, str] = field(default_factory=dict)
    learned: dict[tuple[str, str, Adjustment], datetime] = field(default_factory=dict)
    names: dict[MemberId, str] = field(default_factory=dict)
    messages: dict[DeliveryId, MessageRef] = field(default_factory=dict)
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    keepsakes: dict[str, Secret] = field(default_factory=dict)
    people: dict[MemberId, Known] = field(default_factory=dict)
    linked: dict[Identity, MemberId] = field(default_factory=dict)  # whose they were before
    made_by: dict[int, Identity] = field(default_factory=dict)  # private sessions, turns, keys …
    invitations: dict[InvitationId, Invited] = field(default_factory=dict)
    groups: dict[GroupId, Group] = field(default_factory=dict)
    payers: dict[tuple[GroupId, MemberId], Payer] = field(default_factory=dict)
    numbered: dict[GroupId, int] = field(default_factory=dict)
    payers_by: dict[tuple[GroupId, MemberId], Identity] = field(default_factory=dict)
    ours: set[Place] = field(default_factory=set)  # threads that were begun with the bot
    last_member: int = 0
    frontend: str = ""  # where the effect that is applied comes from

    def next_id(self) -> int:
        """Return an id that was never used."""
        self.last_id += 1
        return self.last_id

    def saved(self) -> dict[str, object]:
        """Return a copy to go back to; rows are frozen, so copies of the tables are enough."""
        copies: dict[str, object] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            copies[each.name] = value.copy() if isinstance(value, dict | list | set) else value
        return copies

    def restore(self, saved: dict[str, object]) -> None:
        """Go back; ids that were given out meanwhile stay used."""
        for name, value in saved.items():
            if name != "last_id":
                setattr(self, name, value)

    def member(self, identity: Identity) -> MemberId:
        """Return the member behind an account, made if new."""
        if identity not in self.members:
            self.last_member += 1
            self.members[identity] = MemberId(f"member{self.last_member}")
            self.people[self.members[identity]] = Known(since=self.clock.now())
        return self.members[identity]

    def is_known(self, member: MemberId) -> bool:
        """Whether a member has an account; one whose account was linked has none."""
        return member in self.members.values()

    def is_own(self, identity: Identity) -> bool:
        """Whether an account is not one that was linked."""
        return identity not in self.linked

    def rows_of(self, member: MemberId) -> tuple[MemberId, ...]:
        """Return the member, and whoever their linked accounts were before."""
        before = [was for each, was in self.linked.items() if self.members[each] == member]
        return (member, *before)

    def account_of(self, member: MemberId, frontend: str, chat: str = "") -> Identity | None:
        """Return a member's account, on that messenger if they have one there.

        Of several there, the one that the chat is named by, or whose session is in it.
        """
        spoke = {
            self.made_by.get(session.id)
            for session in self.sessions.values()
            if (session.place.frontend, session.place.chat) == (frontend, chat)
        }
        mine = [identity for identity, of in self.members.items() if of == member]
        mine.sort(key=lambda it: (it.frontend != frontend, it.id != chat, it not in spoke))
        return mine[0] if mine else None

    def of(self, scope: MemberId | SessionId | GroupId) -> Chosen:
        """Return the choices made in a scope."""
        return self.chosen.get(scope, Chosen())

    def where_now(self, place: Place) -> Place:
        """Return the place of a chat that may have another id now."""
        return replace(place, chat=self.moved.get((place.frontend, place.chat), place.chat))

    def session(
        self,
        place: Place,
        member: MemberId,
        *,
        hangs: bool = False,
        account: Identity | None = None,
    ) -> Session:
        """Return the place's session, made if there is none of this member's."""
        place = self.where_now(place)
        session = self.sessions.get(self.active.get(place, SessionId(0)))
        if session and session.owner == owner_of(place, member):
            return self.opened(session)
        is_first = not any(each.place == place for each in self.sessions.values())
        root = self._root_of(place, member) if hangs and is_first else None
        return self.opened(self.start(place, member, "", root=root, account=account))

    def _root_of(self, place: Place, member: MemberId) -> TurnId | None:
        """Return the turn that a thread hangs on; in private only the member's own is one."""
        around, message = replace(place, thread=""), MessageRef(place.thread)
        answered = {
            row.outgoing.turn
            for id_, row in self.outbox.items()
            if message in {self.messages.get(id_), row.outgoing.edits}
        }
        found = [
            row.turn
            for id_, row in sorted(self.turns.items())
            if row.turn.place == around
            and (id_ in answered or message in {row.turn.message, row.shown})
        ]
        if not found or (place.is_private and found[-1].member != member):
            return None
        return found[-1].id

    def start(
        self,
        place: Place,
        member: MemberId,
        title: str,
        *,
        root: TurnId | None = None,
        account: Identity | None = None,
    ) -> Session:
        """Begin a session and make it the place's own."""
        now, place = self.clock.now(), self.where_now(place)
        session = Session(
            id=SessionId(self.next_id()),
            place=place,
            owner=owner_of(place, member),
            title=title,
            overrides=Chosen().overrides,
            started_at=now,
            last_at=now,
            root=root,
        )
        self.sessions[session.id] = session
        self.active[place] = session.id
        if place.is_private:
            self._note_maker(session.id, member, place, account)
        return session

    def _note_maker(
        self, made: int, member: MemberId, place: Place, account: Identity | None = None
    ) -> None:
        by = account or self.account_of(member, place.frontend, place.chat)
        if by:
            self.made_by[made] = by

    def _note_asker(self, turn: Turn, account: Identity | None) -> None:
        """Let a turn be of the account that asks; in private, of its session's."""
        if turn.place.is_private and turn.session in self.made_by:
            account = self.made_by[turn.session]
        self._note_maker(turn.id, turn.member, turn.place, account)

    def root(self, session: SessionId) -> TurnRow | None:
        """Return the turn a session hangs on, if it is part of a history."""
        root = self.sessions[session].root
        row = None if root is None else self.turns.get(root)
        return row if row and row.order is not None and not row.turn.is_taken_back else None

    def opened(self, session: Session) -> Session:
        """Return a session with its choices and its number of messages."""
        kept = [
            row.turn
            for row in self.turns.values()
            if row.turn.session == session.id and not row.turn.is_taken_back
        ]
        messages = sum(1 if turn.answer is None else 2 for turn in kept)
        root = session.root if session.root in self.turns else None
        chosen = self.of(self.scope_of(session)).overrides
        return replace(session, overrides=chosen, messages=messages, root=root)

    def choices(self, session: Session, member: MemberId) -> Choices:
        """Return what a turn of the member there runs with now."""
        mine, here = self.of(member).overrides, self.of(self.scope_of(session)).overrides
        has_key = bool(self.active_key(member, str(here.provider)))
        return bind(session.place, mine=mine, session=here, has_key=has_key)

    def scope_of(self, session: Session) -> SessionId | GroupId:
        """Return where a session's choices are kept: in a group they are all its sessions'."""
        return session.id if session.place.is_private else self.group(session.place).id

    def find_group(self, place: Place) -> Group | None:
        """Return the group of a place's chat."""
        chat = (place.frontend, self.where_now(place).chat)
        rows = self.groups.values()
        return next((row for row in rows if (row.place.frontend, row.place.chat) == chat), None)

    def group(self, place: Place) -> Group:
        """Return the group of a place's chat, made if it is new."""
        found = self.find_group(place)
        if found is None:
            there = replace(self.where_now(place), thread="")
            found = Group(id=GroupId(self.next_id()), place=there, title="")
            self.groups[found.id] = found
        return replace(found, overrides=self.of(found.id).overrides)

    def payer(self, group: GroupId, member: MemberId) -> Payer:
        """Return a member in a group, with the next number if they are new there."""
        if (group, member) not in self.payers:
            number = self.numbered[group] = self.numbered.get(group, 0) + 1
            self.payers[group, member] = Payer(group=group, member=member, number=number)
        return self.payers[group, member]

    def speaker(self, group: GroupId, member: MemberId) -> str:
        """Return what a model may know a member by."""
        payer = self.payer(group, member)
        name = self.names.get(member, "") if payer.shows_name else ""
        return spoken(payer.number, name)

    def count_open(self, member: MemberId, *, is_late: bool) -> int:
        """Return how many turns of a member are open, those after an absence counted apart."""
        mine = [row.turn for row in self.turns.values() if row.turn.member == member]
        return sum(turn.state.is_open and is_waiting(turn) is is_late for turn in mine)

    def ask(self, asked: Ask, *, account: Identity | None = None) -> Turn:
        """Store a turn, bound to what holds in the place now."""
        session = self.session(asked.place, asked.member, account=account)
        if not session.place.is_private:
            self.payer(self.group(session.place).id, asked.member)
        late = asked.late_since
        at = self.clock.now() if late is None else late
        turn = Turn(
            id=TurnId(self.next_id()),
            session=session.id,
            place=self.where_now(asked.place),
            member=asked.member,
            question=asked.question,
            choices=self.choices(session, asked.member),
            state=TurnState.RECEIVED if late is None else TurnState.WAITING,
            detail="" if late is None else WaitReason.ABSENCE.value,
            received_at=at,
            message=asked.message,
            pieces=asked.pieces,
            is_untold=late is not None,
        )
        self.turns[turn.id] = TurnRow(turn=turn, asked_at=at)
        self._note_asker(turn, account)
        self._touch(session, asked.question)
        return turn

    def put_question(self, row: TurnRow, question: str) -> TurnRow:
        """Store another question, and the session's title if it had that from the old one."""
        turn = row.turn
        session = self.sessions[turn.session]
        if session.title == title_of(turn.question):
            self.sessions[session.id] = replace(session, title=title_of(question))
        row = replace(row, turn=replace(turn, question=question, edits=turn.edits + 1))
        self.turns[turn.id] = row
        return row

    def _touch(self, session: Session, question: str) -> None:
        title = session.title or title_of(question)
        self.sessions[session.id] = replace(session, title=title, last_at=self.clock.now())

    def rebind(self, row: TurnRow) -> Turn:
        """Bind a turn that has not begun anew; one with an attempt stays in its session."""
        turn = row.turn
        session = self.sessions[turn.session]
        if not turn.attempt and row.order is None:
            session = self.session(turn.place, turn.member)
        choices = self.choices(session, turn.member)
        turn = replace(
            turn,
            session=session.id,
            choices=choices,
            state=TurnState.RECEIVED,
            detail="",
            is_untold=False,
        )
        self.turns[turn.id] = replace(row, turn=turn)
        self._note_asker(turn, self.made_by.get(turn.id))
        return turn

    def keys_of(self, member: MemberId, provider: str) -> list[KeyRow]:
        """Return a member's keys of a provider, oldest first."""
        rows = self.keys.values()
        return [row for row in rows if (row.member, row.info.provider) == (member, provider)]

    def active_key(self, member: MemberId, provider: str) -> KeyRow | None:
        """Return the one of them that is used."""
        return next((row for row in self.keys_of(member, provider) if row.info.is_active), None)

    def note_key(self, row: KeyRow, **news: Any) -> None:  # noqa: ANN401 - any field's value
        """Change what is known of a key."""
        self.keys[row.info.id] = replace(row, info=replace(row.info, **news))

    def post(self, replies: tuple[Outgoing, ...]) -> tuple[Delivery, ...]:
        """Put replies into the outbox."""
        rows = tuple(
            Delivery(
                id=DeliveryId(self.next_id()),
                outgoing=replace(each, place=self.where_now(each.place)),
                state=DeliveryState.PENDING,
            )
            for each in replies
        )
        self.outbox.update({row.id: row for row in rows})
        for row in rows:
            self._note_maker(row.id, row.outgoing.member, row.outgoing.place)
        return rows

    def adjustments(self, provider: str, model: str) -> frozenset[Adjustment]:
        """Return what was learned of a model and still holds."""
        oldest = self.clock.now() - timedelta(days=ADJUSTMENT_DAYS)
        return frozenset(
            adjustment
            for (of_provider, of_model, adjustment), at in self.learned.items()
            if (of_provider, of_model) == (provider, model) and at > oldest
        )

    @classmethod
    def empty(cls, clock: Clock) -> Self:
        """Return the state of a new house."""
        return cls(clock=clock)
