"""A chat gets another id: its places go on there, with all that is in them."""

# ruff: noqa: S608  # the pieces of SQL put together here are constants of this package

from collections.abc import Mapping, Sequence
from sqlite3 import Row
from typing import Final

from bot.domain.chat import Place
from bot.domain.errors import VaultCorrupt
from storage.groups import next_number
from storage.keyrings import Of
from storage.people import where_now
from storage.tx import Tx
from storage.vault import Cell

# What is sealed in a place, and the column of whose it is.
_SEALED: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "sessions": ("owner", ("title", "chosen")),
    "turns": ("member", ("question", "choices", "partial", "answer", "revised")),
    "outbox": ("member", ("reply",)),
    "questions": ("member", ("question",)),
}


_PAYERS: Final = "SELECT chat_group, member FROM payers WHERE chat_group = ? ORDER BY number"


async def move(tx: Tx, old: Place, new_chat: str) -> None:
    """Let every place of a chat go on under another id; nothing if it went on elsewhere before.

    A messenger tells of a move more than once, and so late that the chat has moved again.
    """
    if new_chat == old.chat or await where_now(tx, old) != old:
        return
    await _remember(tx, old, new_chat)
    await _move_group(tx, old, new_chat)
    places = "SELECT * FROM places WHERE frontend = ? AND chat = ?"
    for row in await tx.all(places, old.frontend, old.chat):
        there = await tx.one(
            f"{places} AND thread = ? AND kind = ?",
            old.frontend,
            new_chat,
            row["thread"],
            row["kind"],
        )
        await _forget_messages(tx, row["id"])
        if there:
            await _merge(tx, there, row)
        await tx.run("UPDATE places SET chat = ? WHERE id = ?", new_chat, row["id"])


async def _move_group(tx: Tx, old: Place, new_chat: str) -> None:
    """Let what was decided about a group hold on; of a group that is there already, its payers."""
    find = "SELECT id FROM groups WHERE frontend = ? AND chat = ?"
    kept = await tx.one(find, old.frontend, old.chat)
    made = await tx.one(find, old.frontend, new_chat)
    if kept is None:
        return
    if made is not None:
        for row in await tx.all(_PAYERS, made["id"]):
            await _move_payer(tx, row, kept["id"])
        await tx.run("DELETE FROM groups WHERE id = ?", made["id"])
    await tx.run("UPDATE groups SET chat = ? WHERE id = ?", new_chat, kept["id"])


async def _move_payer(tx: Tx, row: Row, group: int) -> None:
    """Take a payer along under the next number, unless they are known in the group."""
    known = "SELECT 1 FROM payers WHERE chat_group = ? AND member = ?"
    if await tx.one(known, group, row["member"]):
        return
    await tx.run(
        "UPDATE payers SET chat_group = ?, number = ? WHERE chat_group = ? AND member = ?",
        group,
        await next_number(tx, group),
        row["chat_group"],
        row["member"],
    )


async def _forget_messages(tx: Tx, place: int) -> None:
    """What was said stays in the old chat: its ids may mean other messages in the new one."""
    await tx.run("UPDATE turns SET message = NULL, shown = NULL WHERE place = ?", place)
    await tx.run("UPDATE outbox SET message = NULL, edits = NULL WHERE place = ?", place)


async def _remember(tx: Tx, old: Place, new_chat: str) -> None:
    """Note where the chat is now, for what moved to it before as well; it is no old one itself."""
    frontend = old.frontend
    await tx.run("DELETE FROM moved_chats WHERE frontend = ? AND chat = ?", frontend, new_chat)
    await tx.run(
        "UPDATE moved_chats SET new_chat = ? WHERE frontend = ? AND new_chat = ?",
        new_chat,
        frontend,
        old.chat,
    )
    await tx.run(
        "INSERT OR REPLACE INTO moved_chats VALUES (?, ?, ?)", frontend, old.chat, new_chat
    )


async def _merge(tx: Tx, made: Row, kept: Row) -> None:
    """Put what is in one place row into another one of the same place, whose session goes on.

    Of two questions to a member the one asked in the new chat stays.
    """
    await tx.run(
        "DELETE FROM questions WHERE place = ?"
        " AND member IN (SELECT member FROM questions WHERE place = ?)",
        kept["id"],
        made["id"],
    )
    for table in _SEALED:
        if kept["data_key"]:
            for row in await tx.all(f"SELECT * FROM {table} WHERE place = ?", made["id"]):
                await seal_anew(tx, table, row, kept["data_key"])
        await tx.run(f"UPDATE {table} SET place = ? WHERE place = ?", kept["id"], made["id"])
    if kept["data_key"]:
        await tx.run(
            "UPDATE turns SET data_key = ? WHERE data_key = ?", kept["data_key"], made["data_key"]
        )
    await tx.run("UPDATE usage SET place = ? WHERE place = ?", kept["id"], made["id"])
    await tx.run("UPDATE places SET ours = 1 WHERE id = ? AND ?", kept["id"], made["ours"])
    if kept["session"] is None:
        await tx.run("UPDATE places SET session = ? WHERE id = ?", made["session"], kept["id"])
    await tx.run("DELETE FROM places WHERE id = ?", made["id"])
    await tx.run("DELETE FROM data_keys WHERE id = ?", made["data_key"])


async def seal_anew(tx: Tx, table: str, row: Row, key: str) -> None:
    """Seal a row's cells with the key of the place they go to; what does not open stays shut."""
    owner, columns = _SEALED[table]
    of = Of(row[owner], row["place"], is_host=table == "outbox")
    for column in columns:
        cell = Cell(table, column, str(row["id"]))
        if row[column] is None:
            continue
        try:
            data = await tx.open(row[column], cell, of)
        except VaultCorrupt:
            continue
        sealed = await tx.seal(key, data, cell)
        await tx.run(f"UPDATE {table} SET {column} = ? WHERE id = ?", sealed, row["id"])
