"""Usage: what each answer took, in whole billionths of a dollar. It outlives its session."""

# ruff: noqa: S608  # the pieces of SQL put together here are constants of this package

from datetime import datetime
from sqlite3 import Row
from typing import Final

from bot.domain.chat import MemberId, SessionId
from bot.domain.groups import GroupId
from bot.domain.keys import KeyId
from bot.domain.ports import Ending, Spent, SpentLine, UsedTurn
from bot.domain.usage import Usage
from storage.codec import from_ms, to_ms
from storage.rules import from_nano, to_nano
from storage.tx import Tx

_SUMS: Final = (
    "count(*) AS answers, coalesce(sum(input), 0) AS input, coalesce(sum(output), 0) AS output,"
    " coalesce(sum(cost_nano), 0) AS cost, count(*) - count(cost_nano) AS unknown,"
    " coalesce(max(estimated), 0) AS estimated"
)


async def bill(tx: Tx, turn: Row, ending: Ending) -> None:
    """Note what an attempt took, and that the key was used."""
    used = ending.usage
    if used is None:
        return
    await tx.insert(
        "usage",
        id=tx.ids.next("usage"),
        member=turn["member"],
        account=turn["account"],
        place=turn["place"],
        session=turn["session"],
        turn=turn["id"],
        attempt=turn["attempt"],
        provider=turn["provider"],
        model=turn["model"],
        at=tx.now,
        input=used.input_tokens,
        output=used.output_tokens,
        cache_read=used.cache_read_tokens,
        cache_write=used.cache_write_tokens,
        reasoning=used.reasoning_tokens,
        cost_nano=to_nano(ending.cost_usd),
        estimated=used.is_estimated,
    )
    await _note_use(tx, turn, ending.key)


async def _note_use(tx: Tx, turn: Row, key: KeyId | None) -> None:
    member = turn["member"]
    if key is not None:
        sql = "UPDATE api_keys SET used_at = ? WHERE id = ? AND member = ?"
        await tx.run(sql, tx.now, key, member)
        return
    sql = "UPDATE api_keys SET used_at = ? WHERE member = ? AND provider = ? AND active = 1"
    await tx.run(sql, tx.now, member, turn["provider"])


def _spent(row: Row) -> Spent:
    return Spent(
        answers=row["answers"],
        input_tokens=row["input"],
        output_tokens=row["output"],
        cost_usd=from_nano(row["cost"]),
        unknown=row["unknown"],
        is_estimated=bool(row["estimated"]),
    )


async def total(
    tx: Tx, member: MemberId, *, since: datetime | None, session: SessionId | None
) -> Spent:
    """Return a member's sum."""
    values: dict[str, object] = {"member = ?": member}
    if since is not None:
        values["at >= ?"] = to_ms(since)
    if session is not None:
        values["session = ?"] = session
    where = " AND ".join(values)
    (row,) = await tx.all(f"SELECT {_SUMS} FROM usage WHERE {where}", *values.values())
    return _spent(row)


async def in_group(tx: Tx, member: MemberId, group: GroupId, *, since: datetime) -> Spent:
    """Return a member's sum in all places of a group's chat."""
    (row,) = await tx.all(
        f"SELECT {_SUMS} FROM usage WHERE member = ? AND at >= ? AND place IN (SELECT p.id"
        " FROM groups g JOIN places p ON p.frontend = g.frontend AND p.chat = g.chat"
        " AND p.kind = 'group' WHERE g.id = ?)",
        member,
        to_ms(since),
        group,
    )
    return _spent(row)


async def by_model(tx: Tx, member: MemberId, *, since: datetime) -> tuple[SpentLine, ...]:
    """Return the sums per provider and model, dearest first."""
    rows = await tx.all(
        f"SELECT provider, model, {_SUMS} FROM usage WHERE member = ? AND at >= ?"
        " GROUP BY provider, model ORDER BY cost DESC, provider, model",
        member,
        to_ms(since),
    )
    return tuple(
        SpentLine(key=row["model"], provider=row["provider"], spent=_spent(row)) for row in rows
    )


async def by_day(tx: Tx, member: MemberId, *, since: datetime) -> tuple[SpentLine, ...]:
    """Return the sums per UTC day, newest first."""
    rows = await tx.all(
        f"SELECT date(at / 1000, 'unixepoch') AS day, {_SUMS} FROM usage"
        " WHERE member = ? AND at >= ? GROUP BY day ORDER BY day DESC",
        member,
        to_ms(since),
    )
    return tuple(SpentLine(key=row["day"], provider="", spent=_spent(row)) for row in rows)


async def last(tx: Tx, member: MemberId) -> UsedTurn | None:
    """Return what a member's newest request took."""
    row = await tx.one(
        "SELECT * FROM usage WHERE member = ? ORDER BY at DESC, id DESC LIMIT 1", member
    )
    if row is None:
        return None
    return UsedTurn(
        provider=row["provider"],
        model=row["model"],
        usage=Usage(
            input_tokens=row["input"],
            output_tokens=row["output"],
            cache_read_tokens=row["cache_read"],
            cache_write_tokens=row["cache_write"],
            reasoning_tokens=row["reasoning"],
            is_estimated=bool(row["estimated"]),
        ),
        cost_usd=None if row["cost_nano"] is None else from_nano(row["cost_nano"]),
        at=from_ms(row["at"]),
    )
