"""API keys, sealed for their member, provider and origin."""

from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Row

from bot.domain.chat import MemberId
from bot.domain.effects import PutKey
from bot.domain.errors import VaultCorrupt
from bot.domain.keys import KeyHealth, KeyInfo
from bot.domain.secret import Secret
from storage.codec import dump_text, from_ms, load_text
from storage.keyrings import Of
from storage.people import Account
from storage.tx import Repository, Tx
from storage.vault import Cell


def _cell(column: str, id_: int, provider: str, origin: str) -> Cell:
    return Cell("api_keys", column, str(id_), f"{provider}|{origin}")


async def put_key(tx: Tx, account: Account, put: PutKey) -> None:
    """Store a key in the place of the one before, whose bytes are erased."""
    await drop_key(tx, account.member, put.provider)
    id_ = tx.ids.next("api_keys")

    async def seal(column: str, text: str) -> bytes:
        cell = _cell(column, id_, put.provider, put.origin)
        return await tx.seal(account.data_key, dump_text(text), cell)

    await tx.insert(
        "api_keys",
        id=id_,
        member=account.member,
        provider=put.provider,
        origin=put.origin,
        key=await seal("key", put.key.reveal()),
        mask=await seal("mask", put.key.mask()),
        health=put.health.value,
        added_at=tx.now,
        checked_at=None if put.health is KeyHealth.UNCHECKED else tx.now,
    )


async def drop_key(tx: Tx, member: MemberId, provider: str) -> bool:
    """Delete a key; False if there is none."""
    sql = "DELETE FROM api_keys WHERE member = ? AND provider = ?"
    return await tx.run(sql, member, provider) > 0


async def note_health(tx: Tx, member: MemberId, provider: str, health: KeyHealth) -> bool:
    """Record what was learned of a key; False if there is none."""
    sql = "UPDATE api_keys SET health = ?, checked_at = ? WHERE member = ? AND provider = ?"
    return await tx.run(sql, health.value, tx.now, member, provider) > 0


class Keys(Repository):
    """A KeyVault in SQLite."""

    async def open_key(self, member: MemberId, provider: str, origin: str) -> Secret | None:
        """Return the member's key, in clear, for one call; None if there is none.

        Raises VaultCorrupt if it does not authenticate, or was sealed for another origin.
        """

        async def work(tx: Tx) -> Secret | None:
            row = await tx.one(
                "SELECT id, key, origin FROM api_keys WHERE member = ? AND provider = ?",
                member,
                provider,
            )
            if row is None:
                return None
            if row["origin"] != origin:
                # The operator moved the provider: nothing was tampered with, so no report.
                raise VaultCorrupt("api_keys", "key", str(row["id"]))
            cell = _cell("key", row["id"], provider, origin)
            return Secret(load_text(await tx.open(row["key"], cell, Of(member))))

        return await self.read(work)

    async def keys(self, member: MemberId) -> Sequence[KeyInfo]:
        """Return the member's keys without the keys, oldest first."""

        async def work(tx: Tx) -> Sequence[KeyInfo]:
            rows = await tx.all(
                "SELECT id, provider, origin, mask, health, added_at, checked_at, used_at"
                " FROM api_keys WHERE member = ? ORDER BY id",
                member,
            )
            return tuple([await _info(tx, member, row) for row in rows])

        return await self.read(work)


async def _info(tx: Tx, member: MemberId, row: Row) -> KeyInfo:
    cell = _cell("mask", row["id"], row["provider"], row["origin"])
    mask = await tx.find(row["mask"], cell, Of(member), load_text)
    return KeyInfo(
        provider=row["provider"],
        origin=row["origin"],
        mask=mask or "…",
        health=KeyHealth(row["health"]),
        added_at=from_ms(row["added_at"]),
        checked_at=_time(row["checked_at"]),
        used_at=_time(row["used_at"]),
    )


def _time(at: int | None) -> datetime | None:
    return None if at is None else from_ms(at)
