"""A folder with two members in it, and an editor that changes it behind the stores."""

# ruff: noqa: S608  # the pieces of SQL put together here are this file's own

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.domain.chat import (
    Identity,
    MemberId,
    Overrides,
    Place,
    PlaceKind,
    Scope,
    Session,
    SessionId,
    Turn,
    TurnId,
)
from bot.domain.effects import Choose, Invite, PutKey, Revise, SetQuestion, SetStanding
from bot.domain.errors import VaultCorrupt
from bot.domain.events import Command, DeliveryId, InboxId, Question, QuestionKind
from bot.domain.groups import GroupId
from bot.domain.keys import KeyHealth
from bot.domain.people import InvitationId, Standing
from bot.domain.secret import Secret
from storage.folder import DATABASE
from storage.people import account, make_operator
from storage.stores import SqlStores
from storage.tx import Tx
from storage.vault import Cell
from tests.fakes.neighbours import ALICE, BOB, HERS, HIS, ORIGIN, Neighbours

REFUSED: Final = "refused"
Column = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a row in every table; only `asked` has a partial, only `turn` an answer."""

    place: Place
    member: MemberId
    session: SessionId
    turn: TurnId
    asked: TurnId
    inbox: InboxId
    outbox: DeliveryId
    group: GroupId

    @property
    def invitation(self) -> InvitationId:
        """Return the id of the invitation they made."""
        return InvitationId(f"of {self.place.chat}")

    @property
    def keepsake(self) -> str:
        """Return the name of what their messenger keeps for them."""
        return f"{self.place.frontend}/{self.place.chat}"

    def row(self, column: Column) -> str:
        """Return the condition that finds this person's value of a column."""
        member = f"member = '{self.member}'"
        return {
            "api_keys": member,
            "groups": f"id = {self.group}",
            "inbox": f"id = {self.inbox}",
            "invitations": f"id = '{self.invitation}'",
            "keepsakes": f"name = '{self.keepsake}'",
            "members": f"id = '{self.member}'",
            "outbox": f"id = {self.outbox}",
            "questions": member,
            "sessions": f"id = {self.session}",
            "turns": f"id = {self.asked if column[1] == 'partial' else self.turn}",
        }[column[0]]


async def put_in_charge(stores: SqlStores, identity: Identity) -> None:
    """Make somebody an operator, as only the first can claim it."""

    async def work(tx: Tx) -> None:
        await make_operator(tx, await account(tx, identity), f"name of {identity.id}")

    await stores.intake.write(work)


async def _gather(stores: SqlStores, house: Neighbours, identity: Identity) -> GroupId:
    """Let somebody have a group with a model of its own."""
    place = Place(identity.frontend, f"group of {identity.id}", kind=PlaceKind.GROUP)
    group = await stores.groups.note(place, title=f"title of {identity.id}")
    member = (await house.member(identity)).id
    session = await stores.settings.session(place, member)
    chosen = Overrides(provider="demo", model=f"the group's of {identity.id}")
    choose = Choose(scope=Scope.SESSION, member=member, session=session.id, overrides=chosen)
    await house.do(choose, sender=identity, place=place)
    return group.id


async def settle_in(stores: SqlStores, house: Neighbours, identity: Identity) -> Person:
    """Let somebody do everything of which something sealed remains."""
    place = HERS if identity == ALICE else HIS
    name = identity.id
    member = (await house.member(identity)).id
    session = await stores.settings.session(place, member)
    chosen = Overrides(provider="demo", model=f"model of {name}", instructions=f"Know {name}.")
    scopes = [
        Choose(scope=scope, member=member, session=session.id, overrides=chosen) for scope in Scope
    ]
    key = PutKey(
        member=member,
        provider="demo",
        origin=ORIGIN,
        key=Secret(f"demo-key-12345678-{name}"),
        health=KeyHealth.WORKS,
        name=f"key of {name}",
    )
    question = Question(
        kind=QuestionKind.TEXT, asked_at=house.clock.now(), action=f"system:text:{name}"
    )
    asks = SetQuestion(member=member, place=place, question=question)
    invites = Invite(
        id=InvitationId(f"of {place.chat}"),
        member=member,
        code=Secret(f"canary-code-of-{name}"),
        expires_at=house.clock.now() + timedelta(days=7),
    )
    comes_in = SetStanding(member=member, standing=Standing.ADMITTED)
    await house.do(*scopes, key, asks, invites, comes_in, sender=identity, place=place)
    await put_in_charge(stores, identity)
    turn = await house.talk(
        f"question of {name}", f"answer to {name}", sender=identity, place=place
    )
    asked = await house.ask(f"another of {name}", sender=identity, place=place)
    assert await stores.turns.begin_attempt(asked.id, 1)
    await stores.turns.checkpoint({asked.id: f"partial to {name}"})
    edit = Revise(turn=turn.id, member=member, question=f"edit of {name}", is_begun=True)
    await house.do(edit, sender=identity, place=place)
    reply = house.reply(await house.member(identity), f"reply to {name}")
    (delivery,) = (await house.do(replies=(reply,), sender=identity, place=place)).deliveries
    command = house.incoming(Command("new", f"title of {name}"), sender=identity, place=place)
    row = await stores.intake.accept(command)
    assert row is not None
    person = Person(
        place=place,
        member=member,
        session=session.id,
        turn=turn.id,
        asked=asked.id,
        inbox=row.id,
        outbox=delivery.id,
        group=await _gather(stores, house, identity),
    )
    await stores.keepsakes.put(person.keepsake, Secret(f"keepsake of {name}"))
    return person


class Scene:
    """Alice and Bob in a folder, and what the ports show of them."""

    def __init__(self, folder: Path, stores: SqlStores, alice: Person, bob: Person) -> None:
        """Look at open stores."""
        self.folder = folder
        self.stores = stores
        self.alice = alice
        self.bob = bob

    @classmethod
    async def set_up(cls, folder: Path, stores: SqlStores, house: Neighbours) -> "Scene":
        """Let both of them settle in."""
        alice = await settle_in(stores, house, ALICE)
        return cls(folder, stores, alice, await settle_in(stores, house, BOB))

    def run(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Change the file as somebody with an editor would."""
        path = self.folder / DATABASE
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            return connection.execute(sql, values).fetchall()

    def get(self, person: Person, column: Column) -> bytes:
        """Return a sealed value."""
        ((value,),) = self.run(f"SELECT {column[1]} FROM {column[0]} WHERE {person.row(column)}")
        assert isinstance(value, bytes)
        return value

    def put(self, person: Person, column: Column, value: bytes) -> None:
        """Put another value in its place; a row that was set aside waits again."""
        table, name = column
        self.run(f"UPDATE {table} SET {name} = ? WHERE {person.row(column)}", value)
        if table == "inbox":
            self.run(f"UPDATE inbox SET state = 'pending' WHERE {person.row(column)}")

    def cell(self, person: Person, column: Column) -> Cell:
        """Return what a value is sealed for."""
        id_of = "name" if column[0] == "keepsakes" else "id"
        ((id_,),) = self.run(f"SELECT {id_of} FROM {column[0]} WHERE {person.row(column)}")
        context = f"demo|{ORIGIN}" if column[0] == "api_keys" else ""
        return Cell(*column, str(id_), context)

    async def view(self, person: Person, column: Column) -> object:
        """Return what the ports show of a value, or REFUSED."""
        try:
            return await VIEWS[column](self.stores, person)
        except VaultCorrupt:
            return REFUSED

    async def views(self, person: Person) -> dict[Column, object]:
        """Return everything the ports show of a person."""
        return {column: await self.view(person, column) for column in VIEWS}


async def _turn(stores: SqlStores, turn: TurnId) -> Turn:
    found = await stores.turns.find(turn)
    assert found is not None
    return found


async def _session(stores: SqlStores, person: Person) -> Session:
    found, _ = await stores.settings.sessions(person.member, person.place)
    (session,) = (each for each in found if each.id == person.session)
    return session


async def _key(stores: SqlStores, person: Person) -> object:
    opened = await stores.keys.open_key(person.member, "demo", ORIGIN)
    return opened.reveal() if opened else REFUSED


async def _mask(stores: SqlStores, person: Person) -> object:
    (info,) = await stores.keys.keys(person.member)
    return REFUSED if info.mask == "…" else info.mask


async def _name(stores: SqlStores, person: Person) -> object:
    (info,) = await stores.keys.keys(person.member)
    return info.name or REFUSED


async def _inbox(stores: SqlStores, person: Person) -> object:
    rows = {row.id: row.incoming.body for row in await stores.intake.pending()}
    return rows.get(person.inbox) or REFUSED


async def _keepsake(stores: SqlStores, person: Person) -> object:
    kept = await stores.keepsakes.get(person.keepsake)
    return kept.reveal() if kept else None


async def _member(stores: SqlStores, person: Person) -> object:
    chosen = await stores.settings.overrides(person.member)
    return REFUSED if chosen == Overrides() else chosen


async def _admitted(stores: SqlStores, person: Person) -> object:
    found = await stores.people.person(person.member)
    is_admitted = found is not None and found.standing is Standing.ADMITTED
    return person.member if is_admitted else REFUSED


async def _invitation(stores: SqlStores, person: Person) -> object:
    codes = {each.id: each.code.reveal() for each in await stores.people.invitations()}
    return codes.get(person.invitation) or REFUSED


async def _group_title(stores: SqlStores, person: Person) -> object:
    group = await stores.groups.get(person.group)
    return (group and group.title) or REFUSED


async def _group_chosen(stores: SqlStores, person: Person) -> object:
    group = await stores.groups.get(person.group)
    return REFUSED if group is None or group.overrides == Overrides() else group.overrides


async def _operator(stores: SqlStores, person: Person) -> object:
    names = {each.identity.id: each.name for each in await stores.settings.operators()}
    return names.get(person.place.chat) or REFUSED


async def _called(stores: SqlStores, person: Person) -> object:
    return await stores.settings.name(person.member) or REFUSED


async def _outbox(stores: SqlStores, person: Person) -> object:
    rows = {row.id: row.outgoing.reply for row in await stores.turns.deliveries()}
    return rows.get(person.outbox) or REFUSED


async def _question(stores: SqlStores, person: Person) -> object:
    rows = {each.member: each.question for each in await stores.settings.questions()}
    return rows.get(person.member) or REFUSED


async def _chosen(stores: SqlStores, person: Person) -> object:
    chosen = (await _session(stores, person)).overrides
    return REFUSED if chosen == Overrides() else chosen


async def _title(stores: SqlStores, person: Person) -> object:
    return (await _session(stores, person)).title or REFUSED


async def _answer(stores: SqlStores, person: Person) -> object:
    return (await _turn(stores, person.turn)).answer


async def _choices(stores: SqlStores, person: Person) -> object:
    return (await _turn(stores, person.turn)).choices


async def _asked(stores: SqlStores, person: Person) -> object:
    return (await _turn(stores, person.turn)).question


async def _partial(stores: SqlStores, person: Person) -> object:
    return (await _turn(stores, person.asked)).partial


async def _revised(stores: SqlStores, person: Person) -> object:
    return (await _turn(stores, person.turn)).revised or REFUSED


# Every sealed column; a test looks whether one of the schema's is missing.
VIEWS: Final[dict[Column, Callable[[SqlStores, Person], Awaitable[object]]]] = {
    ("api_keys", "key"): _key,
    ("api_keys", "mask"): _mask,
    ("api_keys", "name"): _name,
    ("groups", "chosen"): _group_chosen,
    ("groups", "title"): _group_title,
    ("inbox", "body"): _inbox,
    ("invitations", "code"): _invitation,
    ("keepsakes", "value"): _keepsake,
    ("members", "admitted"): _admitted,
    ("members", "chosen"): _member,
    ("members", "name"): _called,
    ("members", "operator"): _operator,
    ("outbox", "reply"): _outbox,
    ("questions", "question"): _question,
    ("sessions", "chosen"): _chosen,
    ("sessions", "title"): _title,
    ("turns", "answer"): _answer,
    ("turns", "choices"): _choices,
    ("turns", "partial"): _partial,
    ("turns", "question"): _asked,
    ("turns", "revised"): _revised,
}
