"""Erasing a member: everything that is kept of them and of all their accounts."""

# ruff: noqa: S608  # the pieces of SQL put together here are constants of this package

from collections.abc import Sequence
from typing import Final

from bot.domain.chat import Identity, MemberId
from bot.domain.effects import EraseTurn
from bot.domain.people import Standing
from storage.intake import erase_from
from storage.keyrings import IDENTITY
from storage.people import accounts_of
from storage.revisions import erase
from storage.tx import Tx

# What is kept by member, but for turns in groups, in an order that leaves no row behind alone.
_KEPT: Final = ("outbox", "api_keys", "usage", "questions", "notices", "payers", "invitations")
_PRIVATE: Final = (
    "SELECT s.place FROM sessions s JOIN places p ON p.id = s.place"
    " WHERE s.owner = ?1 AND p.kind = 'private'"
    " UNION SELECT t.place FROM turns t JOIN places p ON p.id = t.place"
    " WHERE t.member = ?1 AND p.kind = 'private'"
    " UNION SELECT o.place FROM outbox o JOIN places p ON p.id = o.place"
    " WHERE o.member = ?1 AND p.kind = 'private'"
    " UNION SELECT q.place FROM questions q JOIN places p ON p.id = q.place"
    " WHERE q.member = ?1 AND p.kind = 'private'"
)


async def due(tx: Tx) -> Sequence[MemberId]:
    """Return whose time to be erased has come."""
    rows = await tx.all(
        "SELECT id FROM members WHERE erase_at IS NOT NULL AND erase_at <= ?", tx.now
    )
    return tuple(MemberId(row["id"]) for row in rows)


async def erase_due(tx: Tx) -> None:
    """Erase those whose time has come; the transaction is one that erases."""
    for member in await due(tx):
        await erase_member(tx, member)


async def erase_member(tx: Tx, member: MemberId) -> None:
    """Leave nothing of a member; of one who is blocked, that their accounts are.

    What others said in groups stays, and what they are answered. The transaction is one that
    erases.
    """
    tx.rings.change()
    accounts = await accounts_of(tx, member)
    identities = await tx.all("SELECT * FROM identities WHERE member = ?", member)
    names = {Identity(row["frontend"], row["account"]) for row in identities}
    places = [row["place"] for row in await tx.all(_PRIVATE, member)]
    await erase_from(tx, names)
    await tx.run("DELETE FROM sessions WHERE owner = ?", member)
    for row in await tx.all("SELECT id FROM turns WHERE member = ? ORDER BY id", member):
        await erase(tx, EraseTurn(turn=row["id"], member=member))
    rows = (member, *(account.own for account in accounts if account.own != member))
    for row_id in rows:
        for table in _KEPT:
            await tx.run(f"DELETE FROM {table} WHERE member = ?", row_id)
        await tx.run("DELETE FROM invitations WHERE used_by = ?", row_id)
    for place in places:
        await _erase_place(tx, place)
    await _erase_person(tx, member, rows)


async def _erase_place(tx: Tx, place: int) -> None:
    """Forget a private place in which nothing of anybody's is left."""
    row = await tx.one(
        "SELECT frontend, chat FROM places WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM sessions WHERE place = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM turns WHERE place = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM outbox WHERE place = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM questions WHERE place = ?1)",
        place,
    )
    if row is None:
        return
    await tx.run("DELETE FROM places WHERE id = ?", place)
    await tx.run(
        "DELETE FROM moved_chats WHERE frontend = ? AND new_chat = ?", row["frontend"], row["chat"]
    )


async def _erase_person(tx: Tx, member: MemberId, rows: Sequence[str]) -> None:
    kept = await tx.one("SELECT standing FROM members WHERE id = ?", member)
    keys = await tx.all("SELECT data_key FROM identities WHERE member = ?", member)
    if kept and kept["standing"] == Standing.BLOCKED.value:
        await _bare(tx, member)
        rows = rows[1:]
    else:
        await tx.run("DELETE FROM identities WHERE member = ?", member)
    for row in rows:
        await tx.run("DELETE FROM members WHERE id = ?", row)
    for key in keys:
        await tx.run("DELETE FROM data_keys WHERE id = ?", key["data_key"])


async def _bare(tx: Tx, member: MemberId) -> None:
    """Keep a blocked member's accounts, with new keys that have sealed nothing."""
    for row in await tx.all("SELECT * FROM identities WHERE member = ?", member):
        owner = str(Identity(row["frontend"], row["account"]))
        await tx.run(
            "UPDATE identities SET data_key = ?, before = NULL WHERE id = ?",
            await tx.make_key(IDENTITY, owner),
            row["id"],
        )
    await tx.run(
        "UPDATE members SET chosen = NULL, name = NULL, operator = NULL, admitted = NULL,"
        " erase_at = NULL WHERE id = ?",
        member,
    )
