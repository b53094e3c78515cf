"""What was decided about members: who may come in, who is kept out, who is an operator."""

# ruff: noqa: S608  # the pieces of SQL put together here are constants of this package

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.domain import effects as fx
from bot.domain.chat import MemberId, Turn
from bot.domain.people import Standing
from storage.codec import dump_text, load_text, to_ms
from storage.invitations import invite, spend, withdraw
from storage.keyrings import Of
from storage.people import Account, accounts_of, is_operator, make_operator
from storage.rules import KEPT_OUT
from storage.turn_rows import OPEN
from storage.tx import Tx
from storage.vault import Cell

Turns = tuple[Turn, ...]
_DONE: Final[Turns] = ()


def _admitted(row: str) -> Cell:
    return Cell("members", "admitted", row)


async def standing_of(tx: Tx, account: Account) -> Standing:
    """Return what was decided about the member whose own row an account has.

    Who is admitted has a seal for that in the row, so nobody is let in by changing it.
    """
    row = await tx.one("SELECT standing, admitted FROM members WHERE id = ?", account.own)
    if row is None:
        return Standing.KNOWN
    if (decided := Standing(row["standing"])) in KEPT_OUT:
        return decided
    cell, of = _admitted(account.own), Of(account.member)
    is_admitted = await tx.find(row["admitted"], cell, of, load_text) == account.own
    return Standing.ADMITTED if is_admitted else Standing.KNOWN


async def standing_among(tx: Tx, accounts: tuple[Account, ...]) -> Standing:
    """Return what holds for a member with these accounts, their own one first.

    They are kept out if it was so decided of them, and come in by any of their accounts.
    """
    decided = [await standing_of(tx, account) for account in accounts]
    if decided[0] in KEPT_OUT or Standing.ADMITTED not in decided:
        return decided[0]
    return Standing.ADMITTED


async def decide(tx: Tx, accounts: tuple[Account, ...], standing: Standing) -> None:
    """Let it hold for a member, and for whom their linked accounts would be without them."""
    is_out = standing in KEPT_OUT
    for account in accounts:
        sealed = None
        if standing is Standing.ADMITTED:
            cell = _admitted(account.own)
            sealed = await tx.seal(account.data_key, dump_text(account.own), cell)
        await tx.run(
            "UPDATE members SET standing = ?, admitted = ?,"
            " erase_at = CASE WHEN ? THEN erase_at END WHERE id = ?",
            standing.value if is_out else Standing.KNOWN.value,
            sealed,
            is_out,
            account.own,
        )


async def let_in_again(tx: Tx, accounts: tuple[Account, ...]) -> None:
    """Keep a member out no more: whoever has the host's code is the host."""
    if await standing_among(tx, accounts) in KEPT_OUT:
        await decide(tx, accounts, Standing.KNOWN)


async def _accept(tx: Tx, effect: fx.AcceptInvitation, _: str) -> Turns | None:
    accounts = await accounts_of(tx, effect.member)
    if not accounts or await standing_among(tx, accounts) is Standing.BLOCKED:
        return None
    if not await spend(tx, effect.id, by=effect.member):
        return None
    await decide(tx, accounts, Standing.ADMITTED)
    return _DONE


async def _set_standing(tx: Tx, effect: fx.SetStanding, _: str) -> Turns | None:
    accounts = await accounts_of(tx, effect.member)
    if not accounts or await standing_among(tx, accounts) is effect.standing:
        return None
    await decide(tx, accounts, effect.standing)
    if effect.standing in KEPT_OUT:
        await _no_operator(tx, accounts)
        await _expire_turns(tx, effect.member)
    return _DONE


async def _expire_turns(tx: Tx, member: MemberId) -> None:
    await tx.run(
        "UPDATE turns SET state = 'expired', detail = '', untold = 0"
        f" WHERE member = ? AND state IN {OPEN} AND state <> 'requested'",
        member,
    )


async def _no_operator(tx: Tx, accounts: tuple[Account, ...]) -> None:
    for account in accounts:
        await tx.run("UPDATE members SET operator = NULL WHERE id = ?", account.own)


async def _set_operator(tx: Tx, effect: fx.SetOperator, _: str) -> Turns | None:
    accounts = await accounts_of(tx, effect.member)
    if not accounts or await standing_among(tx, accounts) in KEPT_OUT:
        return None
    if await is_operator(tx, accounts) is effect.is_operator:
        return None
    await _no_operator(tx, accounts)
    if effect.is_operator:
        await make_operator(tx, accounts[0], effect.name)
    return _DONE


async def _erase_later(tx: Tx, effect: fx.EraseLater, _: str) -> Turns | None:
    changed = await tx.run(
        "UPDATE members SET erase_at = ? WHERE id = ? AND standing IN ('removed', 'blocked')"
        " AND EXISTS (SELECT 1 FROM identities WHERE member = members.id)",
        None if effect.at is None else to_ms(effect.at),
        effect.member,
    )
    return _DONE if changed else None


async def _invite(tx: Tx, effect: fx.Invite, _: str) -> Turns | None:
    return _DONE if await invite(tx, effect) else None


async def _withdraw(tx: Tx, effect: fx.WithdrawInvitation, _: str) -> Turns | None:
    return _DONE if await withdraw(tx, effect.id) else None


PEOPLE: Final[Mapping[type[fx.Effect], Callable[[Tx, Any, str], Awaitable[Turns | None]]]] = {
    fx.Invite: _invite,
    fx.WithdrawInvitation: _withdraw,
    fx.AcceptInvitation: _accept,
    fx.SetStanding: _set_standing,
    fx.SetOperator: _set_operator,
    fx.EraseLater: _erase_later,
}
