"""API keys, sealed for their member, provider and origin; one of a provider's is active."""

from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Row

from bot.domain.chat import MemberId
from bot.domain.effects import PutKey
from bot.domain.errors import VaultCorrupt
from bot.domain.keys import KeyHealth, KeyId, KeyInfo, StoredKey
from storage.codec import dump_text, from_ms, load_text
from storage.keyrings import Of
from storage.people import Account
from storage.tx import Repository, Tx
from storage.vault import Cell


def _cell(column: str, id_: int, provider: str, origin: str) -> Cell:
    return Cell("api_keys", column, str(id_), f"{provider}|{origin}")


async def _seal(tx: Tx, data_key: str, cell: Cell, text: str) -> bytes:
    return await tx.seal(data_key, dump_text(text), cell)


async def _find(tx: Tx, member: MemberId, key: KeyId) -> Row | None:
    return await tx.one(
        "SELECT k.id, k.provider, k.origin, k.active, k.account, i.data_key FROM api_keys k"
        " JOIN identities i ON i.id = k.account WHERE k.id = ? AND k.member = ?",
        key,
        member,
    )


async def put_key(tx: Tx, account: Account, put: PutKey) -> None:
    """Store a key; the bytes of the one it replaces, whose account's it then is, are erased."""
    old = None if put.replaces is None else await _find(tx, account.member, put.replaces)
    if old and old["provider"] != put.provider:
        old = None
    if old:
        await tx.run("DELETE FROM api_keys WHERE id = ?", old["id"])
    is_active = not old or bool(old["active"])
    if is_active:
        await _rest(tx, account.member, put.provider)
    id_ = tx.ids.next("api_keys")
    data_key = old["data_key"] if old else account.data_key

    def cell(column: str) -> Cell:
        return _cell(column, id_, put.provider, put.origin)

    await tx.insert(
        "api_keys",
        id=id_,
        member=account.member,
        account=old["account"] if old else account.id,
        provider=put.provider,
        origin=put.origin,
        key=await _seal(tx, data_key, cell("key"), put.key.reveal()),
        mask=await _seal(tx, data_key, cell("mask"), put.key.mask()),
        name=await _seal(tx, data_key, cell("name"), put.name) if put.name else None,
        active=is_active,
        health=put.health.value,
        health_at=tx.now,
        added_at=tx.now,
        checked_at=None if put.health is KeyHealth.UNCHECKED else tx.now,
    )


async def _rest(tx: Tx, member: MemberId, provider: str) -> None:
    """Let no key of the provider be active."""
    sql = "UPDATE api_keys SET active = 0 WHERE member = ? AND provider = ? AND active = 1"
    await tx.run(sql, member, provider)


async def drop_key(tx: Tx, member: MemberId, key: KeyId) -> bool:
    """Delete a key, and let the newest other one follow an active one; False if there is none."""
    row = await _find(tx, member, key)
    if row is None:
        return False
    await tx.run("DELETE FROM api_keys WHERE id = ?", row["id"])
    if row["active"]:
        await tx.run(
            "UPDATE api_keys SET active = 1 WHERE id ="
            " (SELECT max(id) FROM api_keys WHERE member = ? AND provider = ?)",
            member,
            row["provider"],
        )
    return True


async def use_key(tx: Tx, member: MemberId, key: KeyId) -> bool:
    """Make a key its provider's active one; False if there is none."""
    row = await _find(tx, member, key)
    if row is None:
        return False
    await _rest(tx, member, row["provider"])
    await tx.run("UPDATE api_keys SET active = 1 WHERE id = ?", row["id"])
    return True


async def rename_key(tx: Tx, member: MemberId, key: KeyId, name: str) -> bool:
    """Store a key's name; False if there is no such key."""
    row = await _find(tx, member, key)
    if row is None:
        return False
    cell = _cell("name", row["id"], row["provider"], row["origin"])
    sealed = await _seal(tx, row["data_key"], cell, name) if name else None
    await tx.run("UPDATE api_keys SET name = ? WHERE id = ?", sealed, row["id"])
    return True


async def note_health(tx: Tx, member: MemberId, key: KeyId, health: KeyHealth) -> bool:
    """Record what was learned of a key; False if there is none."""
    return (
        await tx.run(
            "UPDATE api_keys SET health_at = CASE health WHEN ?1 THEN health_at ELSE ?2 END,"
            " health = ?1, checked_at = ?2 WHERE id = ?3 AND member = ?4",
            health.value,
            tx.now,
            key,
            member,
        )
        > 0
    )


class Keys(Repository):
    """A KeyVault in SQLite."""

    async def open_key(
        self, member: MemberId, provider: str, origin: str, *, key: KeyId | None = None
    ) -> StoredKey | None:
        """Return the member's active key, or the one named, in clear, for one call.

        None if there is none. Raises VaultCorrupt if it does not authenticate, or was sealed for
        another origin.
        """
        of, value = ("active = 1", ()) if key is None else ("id = ?", (key,))

        async def work(tx: Tx) -> StoredKey | None:
            row = await tx.one(
                "SELECT id, key, origin, health FROM api_keys"  # noqa: S608  # one of two constants
                f" WHERE member = ? AND provider = ? AND {of}",
                member,
                provider,
                *value,
            )
            if row is None:
                return None
            if row["origin"] != origin:
                # The operator moved the provider: nothing was tampered with, so no report.
                raise VaultCorrupt("api_keys", "key", str(row["id"]))
            cell = _cell("key", row["id"], provider, origin)
            opened = load_text(await tx.open(row["key"], cell, Of(member)))
            return StoredKey(opened, key_id=KeyId(row["id"]), health=KeyHealth(row["health"]))

        return await self.read(work)

    async def keys(self, member: MemberId) -> Sequence[KeyInfo]:
        """Return the member's keys without the keys, oldest first."""

        async def work(tx: Tx) -> Sequence[KeyInfo]:
            rows = await tx.all("SELECT * FROM api_keys WHERE member = ? ORDER BY id", member)
            return tuple([await _info(tx, member, row) for row in rows])

        return await self.read(work)


async def _info(tx: Tx, member: MemberId, row: Row) -> KeyInfo:
    async def read(column: str) -> str:
        cell = _cell(column, row["id"], row["provider"], row["origin"])
        return await tx.find(row[column], cell, Of(member), load_text) or ""

    return KeyInfo(
        id=KeyId(row["id"]),
        provider=row["provider"],
        origin=row["origin"],
        mask=await read("mask") or "…",
        health=KeyHealth(row["health"]),
        added_at=from_ms(row["added_at"]),
        since=from_ms(row["health_at"]),
        name=await read("name"),
        is_active=bool(row["active"]),
        checked_at=_time(row["checked_at"]),
        used_at=_time(row["used_at"]),
    )


def _time(at: int | None) -> datetime | None:
    return None if at is None else from_ms(at)
