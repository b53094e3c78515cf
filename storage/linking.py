"""Accounts that join a member, and leave them again; no sealed cell is written anew for that.

A cell of an account's opens for whoever the account is of: so its rows change hands, and what it
sealed goes with them. `account` says in each table which rows those are.
"""

# ruff: noqa: S608  # the pieces of SQL put together here are constants of this package

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.domain import effects as fx
from bot.domain.chat import MemberId, Turn
from storage.people import Account, accounts_of, find_account
from storage.rules import KEPT_OUT
from storage.standing import standing_of
from storage.turn_rows import OPEN
from storage.tx import Tx

Turns = tuple[Turn, ...]
_DONE: Final[Turns] = ()
_HELD: Final = (
    ("sessions", "owner"),
    ("turns", "member"),
    ("outbox", "member"),
    ("api_keys", "member"),
    ("usage", "member"),
    ("payers", "member"),
)


async def _link(tx: Tx, effect: fx.LinkAccount, _: str) -> Turns | None:
    account, member = await find_account(tx, effect.identity), effect.member
    if not account or not await _may_join(tx, account, member):
        return None
    tx.rings.change()
    await tx.run(
        "UPDATE identities SET member = ?, before = ? WHERE id = ?",
        member,
        account.member,
        account.id,
    )
    await _make_room(tx, account.member, member)
    await _note_account(tx, account)
    await _hand_over(tx, account, member)
    await tx.run(
        "INSERT OR IGNORE INTO notices SELECT ?, notice FROM notices WHERE member = ?",
        member,
        account.member,
    )
    await tx.run("UPDATE invitations SET member = ? WHERE member = ?", member, account.member)
    await tx.run("DELETE FROM questions WHERE member = ?", account.member)
    return _DONE


async def _may_join(tx: Tx, account: Account, member: MemberId) -> bool:
    theirs, others = await accounts_of(tx, member), await accounts_of(tx, account.member)
    if account.member == member or not theirs or len(others) > 1:
        return False
    return not KEPT_OUT & {await standing_of(tx, each) for each in (account, theirs[0])}


async def _make_room(tx: Tx, joining: MemberId, member: MemberId) -> None:
    """Let the member's own active keys stay so, and what they agreed to in groups."""
    await tx.run(
        "UPDATE api_keys SET active = 0 WHERE member = ? AND provider IN"
        " (SELECT provider FROM api_keys WHERE member = ? AND active = 1)",
        joining,
        member,
    )
    await tx.run(
        "DELETE FROM payers WHERE member = ? AND chat_group IN"
        " (SELECT chat_group FROM payers WHERE member = ?)",
        joining,
        member,
    )


async def _note_account(tx: Tx, account: Account) -> None:
    """Note of a member's only account what it had; for payers nobody may have said it yet."""
    for table in ("payers", "outbox"):
        sql = f"UPDATE {table} SET account = ? WHERE member = ?"
        await tx.run(sql, account.id, account.member)


async def _hand_over(tx: Tx, account: Account, to: MemberId) -> None:
    for table, column in _HELD:
        await tx.run(f"UPDATE {table} SET {column} = ? WHERE account = ?", to, account.id)


async def _unlink(tx: Tx, effect: fx.UnlinkAccount, _: str) -> Turns | None:
    """Give an account's rows back.

    What was asked in private goes with the session it was asked in, so also what one account
    asked in a session of the other: it stays where it stands, in one transcript alone.
    """
    account = await find_account(tx, effect.identity)
    if not account or account.member != effect.member or account.own == effect.member:
        return None
    both = (effect.member, account.own)
    tx.rings.change()
    await tx.run("UPDATE identities SET member = before, before = NULL WHERE id = ?", account.id)
    await _hand_over(tx, account, account.own)
    await tx.run("DELETE FROM questions WHERE member = ?", effect.member)
    await _cut_roots(tx, both)
    await _expire_elsewhere(tx, both)
    for each in both:
        await _choose_keys(tx, each)
    return _DONE


async def _cut_roots(tx: Tx, members: tuple[MemberId, MemberId]) -> None:
    """Let no private session hang on a turn of the other's."""
    await tx.run(
        "UPDATE sessions SET root = NULL WHERE root IS NOT NULL AND owner IN (?, ?)"
        " AND owner <> (SELECT member FROM turns WHERE id = sessions.root)",
        *members,
    )


async def _expire_elsewhere(tx: Tx, members: tuple[MemberId, MemberId]) -> None:
    """Ask nothing any more that waits in private on a messenger that now is the other's alone."""
    await tx.run(
        "UPDATE turns SET state = 'expired', detail = '', untold = 0 WHERE member IN (?, ?)"
        f" AND state IN {OPEN} AND state <> 'requested' AND EXISTS (SELECT 1 FROM places p"
        " WHERE p.id = turns.place AND p.kind = 'private' AND p.frontend NOT IN"
        " (SELECT frontend FROM identities WHERE member = turns.member))",
        *members,
    )


async def _choose_keys(tx: Tx, member: MemberId) -> None:
    """Let the newest key of each provider be active that has no active one."""
    await tx.run(
        "UPDATE api_keys SET active = 1 WHERE id IN (SELECT max(id) FROM api_keys"
        " WHERE member = ? GROUP BY provider HAVING max(active) = 0)",
        member,
    )


LINKING: Final[Mapping[type[fx.Effect], Callable[[Tx, Any, str], Awaitable[Turns | None]]]] = {
    fx.LinkAccount: _link,
    fx.UnlinkAccount: _unlink,
}
