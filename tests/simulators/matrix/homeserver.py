"""The homeserver: who has an account, which rooms there are, and how an event comes about."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from tests.simulators.journal import Journal
from tests.simulators.matrix.accounts import Account, Device, Session
from tests.simulators.matrix.events import (
    ANNOTATION,
    MEMBER,
    REDACTION,
    REPLACE,
    Content,
    Event,
)
from tests.simulators.matrix.ids import Ids
from tests.simulators.matrix.limits import Limits
from tests.simulators.matrix.refusals import forbidden
from tests.simulators.matrix.rooms import Room
from tests.simulators.matrix.stream import Stream, Token

_MEMBERSHIPS: Final = {"join": "joined", "leave": "left", "invite": "invited", "ban": "banned"}


class Actor(NamedTuple):
    """Somebody who does something in a room."""

    server: "Homeserver"
    room: Room
    user: str


class Homeserver:
    """All that a server knows. `bot` is the account that a bot is tried with.

    `confirmed` is up to where the bot has synced; `confirmed_inbox` the same for what is sent to
    its devices. `is_delegated`: logins are another service's.
    """

    def __init__(self, name: str, bot: str, journal: Journal) -> None:
        """Have no accounts and no rooms yet."""
        self.name = name
        self.bot = self.user(bot)
        self.journal = journal
        self.ids = Ids(name)
        self.stream = Stream()
        self.limits = Limits()
        self.accounts: dict[str, Account] = {}
        self.sessions: dict[str, Session] = {}
        self.rooms: dict[str, Room] = {}
        self.done: dict[tuple[str, ...], str] = {}
        self.proofs: dict[str, tuple[str, str]] = {}
        self.keys_moved = 0
        self.confirmed = 0
        self.confirmed_inbox = 0
        self.is_delegated = False
        self.listener: Callable[[], None] = lambda: None
        self.now: Callable[[], float] = lambda: datetime.now(UTC).timestamp()

    def user(self, name: str) -> str:
        """Return the id of somebody who has an account here, by id or short name."""
        return name if name.startswith("@") else f"@{name}:{self.name}"

    def room(self, room: str, user: str) -> Room:
        """Return a room that somebody is in."""
        found = self.rooms.get(room)
        if found is None or found.membership(user) != "join":
            raise forbidden(f"User {user} not in room {room}")
        return found

    def readable(self, room: str, user: str) -> Room:
        """Return a room that somebody is in, or was and has not forgotten."""
        found = self.rooms.get(room)
        was = found.membership(user) if found else ""
        account = self.accounts.get(user)
        if found is None or was in {"", "invite"} or (account and room in account.forgotten):
            raise forbidden(f"User {user} not in room {room}, and room previews are disabled")
        return found

    def append(
        self,
        room: Room,
        sender: str,
        kind: str,
        content: Content,
        *,
        state_key: str | None = None,
        age_s: float = 0.0,
        session: Session | None = None,
        txn: str = "",
        id_: str = "",
    ) -> Event:
        """Let an event happen, without asking whether it may."""
        event = Event(
            id=id_ or self.ids.event(),
            room=room.id,
            type=kind,
            sender=sender,
            content=content,
            at=int((self.now() - age_s) * 1_000),
            pos=self.stream.step(),
            state_key=state_key,
            device=session.name if session else "",
            txn=txn,
        )
        room.add(event)
        if kind == MEMBER and state_key is not None:
            self._follow(room, state_key)
        self._note(event)
        return event

    def move_keys(self, account: Account) -> None:
        """Let others hear that an account's keys have changed."""
        account.keys_pos = self.keys_moved = self.stream.step()

    def enqueue(self, user: str, device: str, message: Content) -> None:
        """Send a message to a device, or to all of somebody's (`*`)."""
        account = self.accounts.get(user)
        for each in account.devices.values() if account else ():
            if device in {"*", each.id}:
                each.inbox.append((self.stream.step(), message))

    def log_in(self, account: Account, device: Device | None) -> str:
        """Return a new token."""
        token = self.ids.token()
        self.sessions[token] = Session(account, device)
        return token

    def heard(self, session: Session, since: Token) -> None:
        """Take it that a device has all that came before."""
        if session.device is not None:
            session.device.acknowledge(since)
        if session.account.id == self.bot:
            self.confirmed = max(self.confirmed, since.pos)
            self.confirmed_inbox = max(self.confirmed_inbox, since.inbox)
            self.listener()

    def note(self, op: str, sender: str, **what: object) -> None:
        """Write down what the bot did beside events; what people do so is not told."""
        if sender == self.bot:
            self.journal.add(op, sender=sender, **what)

    def _follow(self, room: Room, user: str) -> None:
        self.keys_moved = self.stream.pos
        if account := self.accounts.get(user):
            account.rooms.setdefault(room.id)
            if room.membership(user) in {"join", "invite"}:
                account.forgotten.discard(room.id)

    def _note(self, event: Event) -> None:
        what: dict[str, Any] = {
            "room": event.room,
            "event": event.id,
            "update": event.pos,
            "sender": event.sender,
            "type": event.type,
            "content": event.content,
        }
        if event.state_key is not None:
            what["state_key"] = event.state_key
        if event.sender != self.bot:
            self.journal.add("said", **what, words=str(event.content.get("body", "")))
        else:
            self.journal.add(_op(event), **what, txn=event.txn, **self._aim(event))

    def _aim(self, event: Event) -> dict[str, str]:
        """Return what another event an event is about, and whose that is."""
        made = event.relation
        target = event.content.get("redacts") or (made.event if made else "")
        known = self.rooms[event.room].by_id.get(str(target))
        return {"target": str(target), "author": known.sender if known else ""} if target else {}


def _op(event: Event) -> str:
    if event.type == MEMBER:
        return _MEMBERSHIPS.get(event.membership, event.membership)
    if event.type == REDACTION:
        return "redacted"
    if event.state_key is not None:
        return "set"
    made = event.relation
    if made is not None and made.kind == REPLACE:
        return "edited"
    return "reacted" if made is not None and made.kind == ANNOTATION else "sent"
