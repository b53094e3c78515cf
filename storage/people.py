"""Members, their accounts and the places they write in."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from sqlite3 import Row
from typing import Self

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
    account: int

    @property
    def of(self) -> Of:
        """Return whose cells these are."""
        return Of(self.member, self.place_id)


@dataclass(frozen=True, slots=True)
class Account:
    """A member's account, its row and the data key of it.

    `own`: whose row the cells are in that are of this account alone; for one that was linked,
    the member it was before.
    """

    id: int
    member: MemberId
    data_key: str
    own: MemberId

    @classmethod
    def read(cls, row: Row) -> Self:
        """Return the account of a row."""
        own = row["before"] or row["member"]
        return cls(row["id"], MemberId(row["member"]), row["data_key"], MemberId(own))


async def find_account(tx: Tx, identity: Identity) -> Account | None:
    """Return a known account."""
    row = await tx.one(
        "SELECT * FROM identities WHERE frontend = ? AND account = ?",
        identity.frontend,
        identity.id,
    )
    return Account.read(row) if row else None


async def account(tx: Tx, identity: Identity) -> Account:
    """Return an account, made known with a new member and a data key if it is new."""
    if found := await find_account(tx, identity):
        return found
    member = MemberId(secrets.token_hex(8))
    key = await tx.make_key(IDENTITY, str(identity))
    id_ = tx.ids.next("identities")
    await tx.insert("members", id=member, made_at=tx.now)
    await tx.insert(
        "identities",
        id=id_,
        frontend=identity.frontend,
        account=identity.id,
        member=member,
        data_key=key,
    )
    return Account(id_, member, key, member)


async def accounts_of(tx: Tx, member: MemberId) -> tuple[Account, ...]:
    """Return a member's accounts, the one that is not linked first; none: no member."""
    rows = await tx.all(
        "SELECT * FROM identities WHERE member = ? ORDER BY before IS NOT NULL, id", member
    )
    return tuple(Account.read(row) for row in rows)


async def own_account(tx: Tx, member: MemberId) -> Account | None:
    """Return the account that stays a member's, whatever is unlinked: it seals their own row."""
    return next(iter(await accounts_of(tx, member)), None)


async def account_of(tx: Tx, member: MemberId, frontend: str, chat: str = "") -> Account | None:
    """Return a member's account, on that messenger if they have one there; None: no member.

    Of several there, the one that the chat is named by, else the one that had the sessions of
    the chat, else the oldest.
    """
    rows = await tx.all(
        "SELECT * FROM identities WHERE member = ?"
        " ORDER BY frontend = ? DESC, account = ? DESC, id",
        member,
        frontend,
        chat,
    )
    there = [row for row in rows if row["frontend"] == frontend]
    if len(there) > 1 and there[0]["account"] != chat:
        spoke = await _speakers(tx, frontend, chat)
        rows = [row for row in there if row["id"] in spoke] or rows
    return Account.read(rows[0]) if rows else None


async def _speakers(tx: Tx, frontend: str, chat: str) -> set[int]:
    """Return the accounts that a chat's private sessions are of."""
    rows = await tx.all(
        "SELECT account FROM sessions WHERE account IS NOT NULL"
        " AND place IN (SELECT id FROM places WHERE frontend = ? AND chat = ?)",
        frontend,
        chat,
    )
    return {row["account"] for row in rows}


async def seat(tx: Tx, place: Place, member: MemberId) -> Seat | None:
    """Return the member's seat in a place, which is made if it is new; None: no such member."""
    found = await account_of(tx, member, place.frontend, place.chat)
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
        account=account.id,
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
    """Store a member's own choices, sealed with the account that stays theirs."""
    cell = Cell("members", "chosen", account.member)
    sealed = await tx.seal(account.data_key, dump_chosen(chosen), cell)
    await tx.run("UPDATE members SET chosen = ? WHERE id = ?", sealed, account.member)


async def name_of(tx: Tx, member: MemberId) -> str:
    """Return what a member was called last; empty if that is not known."""
    row = await tx.one("SELECT name FROM members WHERE id = ?", member)
    return await tx.find(row["name"] if row else None, _name(member), Of(member), load_text) or ""


async def name_by(tx: Tx, account: Account) -> str:
    """Return what a member was called last by an account; empty if that is not known."""
    row = await tx.one("SELECT name FROM members WHERE id = ?", account.own)
    blob, of = row["name"] if row else None, Of(account.member)
    return await tx.find(blob, _name(account.own), of, load_text) or ""


async def keep_name(tx: Tx, account: Account, name: str) -> None:
    """Store what a member is called by an account; each keeps its own name for itself."""
    sealed = await tx.seal(account.data_key, dump_text(name), _name(account.own))
    await tx.run("UPDATE members SET name = ? WHERE id = ?", sealed, account.own)


def _name(member: str) -> Cell:
    return Cell("members", "name", member)


async def operators(tx: Tx) -> tuple[Operator, ...]:
    """Return every account of the members who are operators, linked ones too."""
    rows = await tx.all(
        "SELECT m.id, m.operator, coalesce(i.member, m.id) AS member FROM members m"
        " LEFT JOIN identities i ON i.before = m.id WHERE m.operator IS NOT NULL"
    )
    names: dict[str, str] = {}
    for row in rows:
        cell, of = _operator(row["id"]), Of(row["member"])
        name = await tx.find(row["operator"], cell, of, load_text)
        if name is not None and (row["id"] == row["member"] or row["member"] not in names):
            names[row["member"]] = name
    found = [
        (each["id"], Operator(identity=Identity(each["frontend"], each["account"]), name=name))
        for member, name in names.items()
        for each in await tx.all("SELECT * FROM identities WHERE member = ?", member)
    ]
    return tuple(operator for _, operator in sorted(found, key=lambda each: each[0]))


async def is_operator(tx: Tx, accounts: Sequence[Account]) -> bool:
    """Whether a member with these accounts is one, by whichever of them."""
    for account in accounts:
        row = await tx.one("SELECT operator FROM members WHERE id = ?", account.own)
        blob, of = row["operator"] if row else None, Of(account.member)
        if await tx.find(blob, _operator(account.own), of, load_text) is not None:
            return True
    return False


async def make_operator(tx: Tx, account: Account, name: str) -> None:
    """Make a member an operator of that name, by the account that stays theirs."""
    member = account.member
    sealed = await tx.seal(account.data_key, dump_text(name), _operator(member))
    await tx.run("UPDATE members SET operator = ? WHERE id = ?", sealed, member)


def _operator(member: str) -> Cell:
    return Cell("members", "operator", member)


async def host_key(tx: Tx) -> str:
    """Return the host's data key, made if there is none."""
    row = await tx.one("SELECT id FROM data_keys WHERE kind = ? ORDER BY made_at LIMIT 1", HOST)
    return str(row["id"]) if row else await tx.make_key(HOST, "")
