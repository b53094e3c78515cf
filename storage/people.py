"""Members, their accounts and the places they write in."""

import secrets
from dataclasses import dataclass, replace
from sqlite3 import Row

from bot.domain.chat import Identity, MemberId, Place, PlaceKind
from bot.domain.ports import Operator
from storage.codec import dump_chosen, dump_text, load_chosen, load_text
from storage.keyrings import HOST, IDENTITY, PLACE, Of
from storage.rules import Chosen
from storage.tx import Tx
from storage.vault import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A member in a place: what their turns there are sealed with and belong to.

    In private that is the data key of the member's own account, in a group the place's.
    """

    member: MemberId
    place: Place
    place_id: int
    data_key: str
    active: int | None

    @property
    def of(self) -> Of:
        """Return whose cells these are."""
        return Of(self.member, self.place_id)


@dataclass(frozen=True, slots=True)
class Account:
    """A member's account, and the data key of it."""

    member: MemberId
    data_key: str


async def find_account(tx: Tx, identity: Identity) -> Account | None:
    """Return a known account."""
    row = await tx.one(
        "SELECT member, data_key FROM identities WHERE frontend = ? AND account = ?",
        identity.frontend,
        identity.id,
    )
    return Account(MemberId(row["member"]), row["data_key"]) if row else None


async def account(tx: Tx, identity: Identity) -> Account:
    """Return an account, made known with a new member and a data key if it is new."""
    if found := await find_account(tx, identity):
        return found
    member = MemberId(secrets.token_hex(8))
    key = await tx.make_key(IDENTITY, str(identity))
    await tx.insert("members", id=member, made_at=tx.now)
    await tx.insert(
        "identities",
        id=tx.ids.next("identities"),
        frontend=identity.frontend,
        account=identity.id,
        member=member,
        data_key=key,
    )
    return Account(member, key)


async def account_of(tx: Tx, member: MemberId, frontend: str) -> Account | None:
    """Return a member's account, on that messenger if they have one there; None: no member."""
    row = await tx.one(
        "SELECT data_key FROM identities WHERE member = ? ORDER BY frontend = ? DESC, id LIMIT 1",
        member,
        frontend,
    )
    return Account(member, row["data_key"]) if row else None


async def seat(tx: Tx, place: Place, member: MemberId) -> Seat | None:
    """Return the member's seat in a place, which is made if it is new; None: no such member."""
    found = await account_of(tx, member, place.frontend)
    return await seat_for(tx, place, found) if found else None


async def seat_for(tx: Tx, place: Place, account: Account) -> Seat:
    """Return the seat of an account in a place, which is made if it is new."""
    row = await place_row(tx, place)
    return Seat(
        member=account.member,
        place=read_place(row),
        place_id=row["id"],
        data_key=row["data_key"] or account.data_key,
        active=row["session"],
    )


async def place_id(tx: Tx, place: Place) -> int:
    """Return a place's row, which is made if it is new."""
    row = await place_row(tx, place)
    return int(row["id"])


async def place_row(tx: Tx, place: Place) -> Row:
    """Return a place's row, which is made if it is new; of a chat that moved, where it is now."""
    find = "SELECT * FROM places WHERE frontend = ? AND chat = ? AND thread = ? AND kind = ?"
    where = (place.frontend, place.chat, place.thread, place.kind.value)
    if row := await tx.one(find, *where):
        return row
    now = await where_now(tx, place)
    if now != place:
        return await place_row(tx, now)
    id_ = tx.ids.next("places")
    await tx.insert(
        "places",
        id=id_,
        frontend=place.frontend,
        chat=place.chat,
        thread=place.thread,
        kind=place.kind.value,
        data_key=None if place.is_private else await tx.make_key(PLACE, str(id_)),
    )
    (made,) = await tx.all(find, *where)
    return made


async def where_now(tx: Tx, place: Place) -> Place:
    """Return the place of a chat that may have another id now."""
    row = await tx.one(
        "SELECT new_chat FROM moved_chats WHERE frontend = ? AND chat = ?",
        place.frontend,
        place.chat,
    )
    return replace(place, chat=row["new_chat"]) if row else place


def read_place(row: Row) -> Place:
    """Return the place of a row that has its columns."""
    return Place(row["frontend"], row["chat"], row["thread"], PlaceKind(row["kind"]))


async def chosen_by(tx: Tx, member: MemberId) -> Chosen:
    """Return a member's own choices; none if they do not authenticate."""
    row = await tx.one("SELECT chosen FROM members WHERE id = ?", member)
    cell = Cell("members", "chosen", member)
    blob = row["chosen"] if row else None
    return await tx.find(blob, cell, Of(member), load_chosen) or Chosen()


async def keep_chosen_by(tx: Tx, account: Account, chosen: Chosen) -> None:
    """Store a member's own choices."""
    cell = Cell("members", "chosen", account.member)
    sealed = await tx.seal(account.data_key, dump_chosen(chosen), cell)
    await tx.run("UPDATE members SET chosen = ? WHERE id = ?", sealed, account.member)


async def name_of(tx: Tx, member: MemberId) -> str:
    """Return what a member was called last; empty if that is not known."""
    row = await tx.one("SELECT name FROM members WHERE id = ?", member)
    return await tx.find(row["name"] if row else None, _name(member), Of(member), load_text) or ""


async def keep_name(tx: Tx, account: Account, name: str) -> None:
    """Store what a member is called."""
    sealed = await tx.seal(account.data_key, dump_text(name), _name(account.member))
    await tx.run("UPDATE members SET name = ? WHERE id = ?", sealed, account.member)


def _name(member: str) -> Cell:
    return Cell("members", "name", member)


async def operators(tx: Tx) -> tuple[Operator, ...]:
    """Return every account of the members who are operators."""
    # CROSS: the few operators first, not every account there is.
    rows = await tx.all(
        "SELECT m.id, m.operator, i.frontend, i.account FROM members m"
        " CROSS JOIN identities i ON i.member = m.id WHERE m.operator IS NOT NULL ORDER BY i.id"
    )
    found = []
    for row in rows:
        name = await tx.find(row["operator"], _operator(row["id"]), Of(row["id"]), load_text)
        if name is not None:
            identity = Identity(row["frontend"], row["account"])
            found.append(Operator(identity=identity, name=name))
    return tuple(found)


async def make_operator(tx: Tx, account: Account, name: str) -> None:
    """Make a member an operator of that name."""
    member = account.member
    sealed = await tx.seal(account.data_key, dump_text(name), _operator(member))
    await tx.run("UPDATE members SET operator = ? WHERE id = ?", sealed, member)


def _operator(member: str) -> Cell:
    return Cell("members", "operator", member)


async def host_key(tx: Tx) -> str:
    """Return the host's data key, made if there is none."""
    row = await tx.one("SELECT id FROM data_keys WHERE kind = ? ORDER BY made_at LIMIT 1", HOST)
    return str(row["id"]) if row else await tx.make_key(HOST, "")
