"""What a command is: one declared row, from which routing, help, menus and docs come."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.access import Access
from bot.claims import Claims
from bot.discretion import Discretion
from bot.domain.chat import Identity, Member, MemberId, Place, SessionId, Turn
from bot.domain.effects import Effect
from bot.domain.events import Incoming, Outgoing, Reply
from bot.domain.keyforms import KeyForms
from bot.domain.keys import KeyId
from bot.domain.ports import Abilities, Around, Clock, Providers, Stores
from bot.domain.secret import Secret
from bot.failurenotes import FailureNotes
from bot.invitations import Invitations
from bot.links import Links
from bot.modellists import ModelLists
from bot.paying import Paying
from bot.pricebook import PriceBook
from bot.roster import Roster


class Where(StrEnum):
    """Where a command is allowed."""

    PRIVATE = "private"
    GROUP = "group"
    ANYWHERE = "anywhere"


class Who(StrEnum):
    """Who may use a command.

    ADMINS: in private everybody; in a group its admins, and operators. OPERATORS: nobody else.
    """

    EVERYBODY = "everybody"
    ADMINS = "admins"
    OPERATORS = "operators"


class Runner(Protocol):
    """What commands ask of the session manager; turns otherwise run by themselves."""

    def stop(self, place: Place, member: MemberId) -> bool:
        """End the member's running answer in a place; False if none is running."""
        ...

    async def cancel(
        self,
        member: MemberId,
        *,
        provider: str | None = None,
        key: KeyId | None = None,
        session: SessionId | None = None,
    ) -> None:
        """End the member's running turns (at a provider, with a key, in a session), and wait."""
        ...

    async def cancel_in(self, member: MemberId, places: Sequence[Place]) -> None:
        """End the member's running turns in these chats, and wait."""
        ...

    async def give_up(self, turn: Turn) -> None:
        """End a turn whose question was taken back, and wait; what it used is counted."""
        ...

    def hold_back(self, turn: Turn) -> bool:
        """Let none of its member's turns begin before the handler has ended; False if it has."""
        ...


class Notices(Protocol):
    """Words said only where something takes long."""

    def after(
        self, seconds: float, place: Place, reply: Reply
    ) -> AbstractAsyncContextManager[None]:
        """Say it if what is done within takes that long; it comes before all said after it."""
        ...


class HeldSecrets(Protocol):
    """Secrets a member pasted outside of `/addkey`, kept in memory for ten minutes at most."""

    def hold(self, member: MemberId, place: Place, secret: Secret, question: str) -> None:
        """Keep one secret and what was written around it; an older one is dropped."""
        ...

    def take(self, member: MemberId, place: Place) -> tuple[Secret, str] | None:
        """Return and drop it; None after ten minutes or a restart."""
        ...


class Assents(Protocol):
    """Who types a key where a server could read it, as they said."""

    def give(self, member: MemberId, place: Place) -> None:
        """Note that a member wants to type a key there anyway."""
        ...

    def holds(self, member: MemberId, place: Place) -> bool:
        """Return whether the member said so, not over ten minutes ago."""
        ...


class Messenger(Protocol):
    """What commands ask of a messenger itself; see `Frontend`."""

    def private_link(self, payload: str = "") -> str:
        """Return an address that opens the private chat with the bot; empty: there is none."""
        ...

    def is_unsealed(self, place: Place) -> bool:
        """Return whether a key typed there could be read by a server, and elsewhere could not."""
        ...

    async def open_private(self, identity: Identity) -> Place:
        """Return the private chat with an account; see `Frontend`. Raises FrontendError."""
        ...

    async def around(self, place: Place) -> Around:
        """Return what the messenger knows of a group. Raises FrontendError."""
        ...

    async def is_admin(self, place: Place, identity: Identity) -> bool:
        """Return whether an account is one of a group's admins there. Raises FrontendError."""
        ...

    async def leave(self, place: Place) -> None:
        """Leave a group. Raises FrontendError."""
        ...

    def has_topics(self, place: Place) -> bool:
        """Return whether a new topic can be opened in a place."""
        ...

    async def open_topic(self, place: Place, title: str) -> Place:
        """Open a topic, and return it. Raises FrontendError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a command may reach. Storage is read here; what changes goes into the outcome."""

    stores: Stores
    providers: Providers
    clock: Clock
    runner: Runner
    held: HeldSecrets
    assents: Assents
    notices: Notices
    models: ModelLists
    key_forms: KeyForms
    prices: PriceBook
    failures: FailureNotes
    paying: Paying
    discretion: Discretion
    commands: Mapping[str, "Command"]
    abilities: Mapping[str, Abilities]
    messengers: Mapping[str, Messenger]
    access: Access
    roster: Roster
    claims: Claims
    invitations: Invitations
    links: Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of a command, typed or pressed.

    Typed: `args` is the rest of the line and `verb` empty. Pressed, or answering a question:
    the action's verb and argument. `text` is the answer to a TEXT question. `secret` is set for
    commands with `has_secret`; for an answer to a KEY question `verb` and `args` are its action's.
    """

    incoming: Incoming
    member: Member
    desk: Desk
    args: str = ""
    verb: str = ""
    text: str = ""
    secret: Secret | None = None
    is_deleted: bool = False

    @property
    def place(self) -> Place:
        """Where it was typed."""
        return self.incoming.place

    @property
    def abilities(self) -> Abilities:
        """What the messenger it was typed on can do."""
        return self.desk.abilities[self.place.frontend]

    @property
    def messenger(self) -> Messenger:
        """The messenger it was typed on."""
        return self.desk.messengers[self.place.frontend]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command decided. A press's reply takes the place of the menu where it can.

    `if_stale` is said instead when a compare-and-set among the effects failed (a second tap).
    `is_apart`: the reply is a message of its own even after a press. `is_aside`: it leaves what
    the bot waits for, a text or a key. `also`: what is said to the member elsewhere, after it.
    """

    reply: Reply | None = None
    effects: tuple[Effect, ...] = ()
    if_stale: Reply | None = None
    is_apart: bool = False
    is_aside: bool = False
    also: tuple[Outgoing, ...] = ()


Handler = Callable[[Call], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command's row.

    `usage` is its argument as help shows it (`[NUMBER]`), `menu` its place in the short menu and
    in /help's first page (0: only under all commands), `group_menu` its place in the short menu in
    groups (0: not there). `run` takes it typed, `press` its buttons and the answers to its
    questions. `has_secret`: the argument is deleted before all else. `is_instant`: never waits,
    not even for another command (`/stop`). `is_listed` False: of no use to most, so it is in no
    list, and works when typed. `is_own_setting`: it is the member's own in a group as well, so it
    is changed in private.
    """

    name: str
    help: str
    run: Handler
    press: Handler | None = None
    usage: str = ""
    example: str = ""
    aliases: tuple[str, ...] = ()
    where: Where = Where.PRIVATE
    who: Who = Who.EVERYBODY
    menu: int = 0
    group_menu: int = 0
    has_secret: bool = False
    is_instant: bool = False
    is_listed: bool = True
    is_own_setting: bool = False
