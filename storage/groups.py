"""Groups and payers in SQLite: a chat with several people, and each member in it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from sqlite3 import Row
from typing import Any, Final

from bot.domain import effects as fx
from bot.domain.chat import INHERIT, MemberId, Place, PlaceKind, Turn
from bot.domain.groups import Agreed, Group, GroupId, Payer, When
from bot.domain.ports import Spent
from storage import usage
from storage.codec import dump_chosen, dump_text, from_ms, load_chosen, load_text
from storage.keyrings import OF_HOST
from storage.people import account_of, host_key, name_of, place_id, where_now
from storage.rules import Chosen, from_nano, spoken, to_nano
from storage.tx import Repository, Tx
from storage.vault import Cell

Turns = tuple[Turn, ...]
_DONE: Final[Turns] = ()


def _cell(column: str, group: int) -> Cell:
    return Cell("groups", column, str(group))


async def group_row(tx: Tx, place: Place) -> Row:
    """Return the row of a place's chat, made if it is new: then it is not allowed."""
    if row := await find_group_row(tx, place):
        return row
    now = await where_now(tx, place)
    await tx.insert(
        "groups",
        id=tx.ids.next("groups"),
        frontend=now.frontend,
        chat=now.chat,
        allowed=False,
        made_at=tx.now,
    )
    (row,) = await tx.all(_BY_CHAT, now.frontend, now.chat)
    return row


_BY_CHAT: Final = "SELECT * FROM groups WHERE frontend = ? AND chat = ?"


async def find_group_row(tx: Tx, place: Place) -> Row | None:
    """Return the row of a place's chat, which may have another id now."""
    if row := await tx.one(_BY_CHAT, place.frontend, place.chat):
        return row
    now = await where_now(tx, place)
    return None if now == place else await tx.one(_BY_CHAT, now.frontend, now.chat)


async def chosen_for(tx: Tx, row: Row) -> Chosen:
    """Return what a group's admins chose; nothing if it does not authenticate."""
    found = await tx.find(row["chosen"], _cell("chosen", row["id"]), OF_HOST, load_chosen)
    return found or Chosen()


async def keep_chosen_for(tx: Tx, row: Row, chosen: Chosen) -> None:
    """Store what a group's admins chose."""
    cell = _cell("chosen", row["id"])
    sealed = await tx.seal(await host_key(tx), dump_chosen(chosen), cell)
    await tx.run("UPDATE groups SET chosen = ? WHERE id = ?", sealed, row["id"])


async def payer_row(tx: Tx, group: int, member: MemberId, account: int | None = None) -> Row:
    """Return a member in a group, with the next number there if they are new."""
    find = "SELECT * FROM payers WHERE chat_group = ? AND member = ?"
    if row := await tx.one(find, group, member):
        return row
    number = await next_number(tx, group)
    await tx.insert("payers", chat_group=group, member=member, account=account, number=number)
    (row,) = await tx.all(find, group, member)
    return row


async def next_number(tx: Tx, group: int) -> int:
    """Return a number that nobody ever had in a group. Raises LookupError: no such group."""
    row = await tx.one(
        "UPDATE groups SET numbered = numbered + 1 WHERE id = ? RETURNING numbered", group
    )
    if row is None:
        raise LookupError(group)
    return int(row["numbered"])


async def speaker_in(tx: Tx, place: int, member: MemberId) -> str:
    """Return what a model may know a member by in a place; empty in private."""
    row = await tx.one(
        "SELECT y.member, y.number, y.named FROM places p"
        " JOIN groups g ON g.frontend = p.frontend AND g.chat = p.chat"
        " JOIN payers y ON y.chat_group = g.id AND y.member = ?"
        " WHERE p.id = ? AND p.kind = 'group'",
        member,
        place,
    )
    return await _spoken(tx, row) if row else ""


async def _spoken(tx: Tx, row: Row) -> str:
    name = await name_of(tx, MemberId(row["member"])) if row["named"] else ""
    return spoken(row["number"], name)


async def _group(tx: Tx, row: Row) -> Group:
    title = await tx.find(row["title"], _cell("title", row["id"]), OF_HOST, load_text)
    return Group(
        id=GroupId(row["id"]),
        place=Place(row["frontend"], row["chat"], kind=PlaceKind.GROUP),
        title=title or "",
        is_allowed=bool(row["allowed"]),
        when=When(row["answers"]),
        history_tokens=row["history"],
        overrides=(await chosen_for(tx, row)).overrides,
    )


def _payer(row: Row) -> Payer:
    agreed = None
    if row["since"] is not None:
        nano = row["agreed_nano"]
        usd = None if nano is None else from_nano(nano)
        agreed = Agreed(row["provider"], row["model"], usd)
    return Payer(
        group=GroupId(row["chat_group"]),
        member=MemberId(row["member"]),
        number=row["number"],
        agreed=agreed,
        is_stopped=bool(row["stopped"]),
        since=None if row["since"] is None else from_ms(row["since"]),
        cap_usd=None if row["cap_nano"] is None else from_nano(row["cap_nano"]),
        history_tokens=row["history"],
        shows_name=bool(row["named"]),
    )


class SqlGroups(Repository):
    """Groups in SQLite."""

    async def note(self, place: Place, *, title: str, is_allowed: bool | None = None) -> Group:
        """Return the group of a place, made known if it is new."""

        async def look(tx: Tx) -> Group | None:
            row = await find_group_row(tx, place)
            found = await _group(tx, row) if row else None
            is_news = found and (title not in {"", found.title} or is_allowed is not None)
            return None if is_news else found

        async def work(tx: Tx) -> Group:
            row = await group_row(tx, place)
            if title:
                cell = _cell("title", row["id"])
                sealed = await tx.seal(await host_key(tx), dump_text(title), cell)
                await tx.run("UPDATE groups SET title = ? WHERE id = ?", sealed, row["id"])
            if is_allowed is not None:
                await tx.run("UPDATE groups SET allowed = ? WHERE id = ?", is_allowed, row["id"])
            return await _group(tx, await group_row(tx, place))

        known = await self.read(look)
        return await self.write(work) if known is None else known

    async def find(self, place: Place) -> Group | None:
        """Return the group of a place's chat, if it is known."""

        async def work(tx: Tx) -> Group | None:
            row = await find_group_row(tx, place)
            return await _group(tx, row) if row else None

        return await self.read(work)

    async def get(self, group: GroupId) -> Group | None:
        """Return a group."""

        async def work(tx: Tx) -> Group | None:
            row = await tx.one("SELECT * FROM groups WHERE id = ?", group)
            return await _group(tx, row) if row else None

        return await self.read(work)

    async def payer(self, group: GroupId, member: MemberId) -> Payer | None:
        """Return a member in a group."""
        sql = "SELECT * FROM payers WHERE chat_group = ? AND member = ?"
        row = await self.read(lambda tx: tx.one(sql, group, member))
        return _payer(row) if row else None

    async def paid_by(self, member: MemberId) -> Sequence[tuple[Group, Payer]]:
        """Return the groups in which a member's key may be used, the oldest yes first."""

        async def work(tx: Tx) -> Sequence[tuple[Group, Payer]]:
            rows = await tx.all(
                "SELECT * FROM payers WHERE member = ? AND since IS NOT NULL AND stopped = 0"
                " ORDER BY since, chat_group",
                member,
            )
            found = []
            for row in rows:
                (group,) = await tx.all("SELECT * FROM groups WHERE id = ?", row["chat_group"])
                found.append((await _group(tx, group), _payer(row)))
            return tuple(found)

        return await self.read(work)

    async def speaker(self, group: GroupId, member: MemberId) -> str:
        """Return what a model may know a member by; made if it is new."""

        async def look(tx: Tx) -> str:
            sql = "SELECT * FROM payers WHERE chat_group = ? AND member = ?"
            row = await tx.one(sql, group, member)
            return await _spoken(tx, row) if row else ""

        async def work(tx: Tx) -> str:
            return await _spoken(tx, await payer_row(tx, group, member))

        return await self.read(look) or await self.write(work)

    async def spent(self, member: MemberId, group: GroupId, *, since: datetime) -> Spent:
        """Return a member's sum in a group since a time."""
        return await self.read(lambda tx: usage.in_group(tx, member, group, since=since))

    async def note_thread(self, place: Place) -> None:
        """Remember of a topic or thread that it was begun with the bot."""

        async def work(tx: Tx) -> None:
            await tx.run("UPDATE places SET ours = 1 WHERE id = ?", await place_id(tx, place))

        await self.write(work)

    async def is_begun_with_us(self, place: Place) -> bool:
        """Return whether a topic or thread was begun with the bot."""

        async def work(tx: Tx) -> bool:
            now = await where_now(tx, place)
            row = await tx.one(
                "SELECT ours FROM places"
                " WHERE frontend = ? AND chat = ? AND thread = ? AND kind = ?",
                now.frontend,
                now.chat,
                now.thread,
                now.kind.value,
            )
            return bool(row and row["ours"])

        return await self.read(work)


async def _change_group(tx: Tx, effect: fx.ChangeGroup, _: str) -> Turns | None:
    given = {
        "allowed": effect.is_allowed,
        "answers": effect.when if effect.when is INHERIT else effect.when.value,
        "history": effect.history_tokens,
    }
    if not await tx.one("SELECT id FROM groups WHERE id = ?", effect.group):
        return None
    for column, value in given.items():
        if value is not INHERIT:
            sql = f"UPDATE groups SET {column} = ? WHERE id = ?"  # noqa: S608  # one of the above
            await tx.run(sql, value, effect.group)
    return _DONE


async def _change_payer(tx: Tx, effect: fx.ChangePayer, frontend: str) -> Turns | None:
    group = await tx.one("SELECT * FROM groups WHERE id = ?", effect.group)
    account = await account_of(tx, effect.member, group["frontend"] if group else frontend)
    if not group or not account:
        return None
    row = await payer_row(tx, effect.group, effect.member, account.id)
    for column, value in _columns(effect, row["since"] or tx.now).items():
        sql = f"UPDATE payers SET {column} = ? WHERE chat_group = ? AND member = ?"  # noqa: S608  # a constant
        await tx.run(sql, value, effect.group, effect.member)
    return _DONE


def _columns(effect: fx.ChangePayer, since: int) -> Mapping[str, object]:
    """Return what an effect changes, as the columns hold it."""
    changed: dict[str, object] = {
        "cap_nano": effect.cap_usd if effect.cap_usd is INHERIT else to_nano(effect.cap_usd),
        "history": effect.history_tokens,
        "named": effect.shows_name,
    }
    if effect.agreed is not INHERIT:
        changed |= {
            "since": since,
            "stopped": False,
            "provider": effect.agreed.provider,
            "model": effect.agreed.model,
            "agreed_nano": to_nano(effect.agreed.usd),
        }
    if effect.is_stopped is not INHERIT:
        changed["stopped"] = effect.is_stopped
    return {column: value for column, value in changed.items() if value is not INHERIT}


GROUPS: Final[Mapping[type[fx.Effect], Callable[[Tx, Any, str], Awaitable[Turns | None]]]] = {
    fx.ChangeGroup: _change_group,
    fx.ChangePayer: _change_payer,
}
