"""The inbox in SQLite: what is taken from a messenger, durable before it is confirmed."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from sqlite3 import Row
from typing import Final

from bot.domain.chat import Identity, MemberId, Turn, WaitReason
from bot.domain.effects import Effect
from bot.domain.errors import InboxFull, VaultCorrupt
from bot.domain.events import InboxId, Incoming, Outgoing, Text
from bot.domain.pieces import without_known
from bot.domain.ports import Applied, InboxRow, Result
from storage import outbox
from storage.codec import dump_incoming, load_incoming
from storage.effects import apply, erases
from storage.keyrings import OF_HOST
from storage.people import account, host_key, seat_for, where_now
from storage.rules import asking, now_in, taken
from storage.turn_rows import OPEN, ask
from storage.tx import Repository, Tx
from storage.vault import Cell

KEPT: Final = timedelta(days=30)  # a messenger may send an update again that long
_SEALED: Final = "sealed"  # the reference of a row that was parked because it does not open


def _cell(row: int) -> Cell:
    return Cell("inbox", "body", str(row))


class _Stale(Exception):  # not an error: it takes the transaction back
    """A compare-and-set among the effects failed."""


class SqlIntake(Repository):
    """An Intake in SQLite."""

    async def accept_turn(
        self, incoming: Incoming, *, limit: int, is_late: bool = False
    ) -> Turn | None:
        """Store a text's ids and its turn, which takes the text over, in one commit."""
        if not isinstance(incoming.body, Text):
            raise TypeError(type(incoming.body).__name__)

        async def work(tx: Tx) -> Turn | None:
            left = without_known(incoming, await _known(tx, incoming))
            if left is None:
                return None
            found = await account(tx, incoming.sender)
            if await _count_open(tx, found.member, is_late=is_late) >= limit:
                raise InboxFull
            for piece in left.pieces:
                await _handled(tx, piece)
            seat = await seat_for(tx, incoming.place, found)
            return await ask(tx, seat, asking(left, found.member, is_late=is_late))

        return await self.write(work)

    async def accept(self, incoming: Incoming) -> InboxRow | None:
        """Store what is no turn, sealed, or the stub of a secret; None on a repeat."""

        async def work(tx: Tx) -> InboxRow | None:
            left = without_known(incoming, await _known(tx, incoming))
            if left is None:
                return None
            kept = taken(incoming, left)
            for piece in left.before:
                await _handled(tx, piece)
            id_ = tx.ids.next("inbox")
            body = await tx.seal(await host_key(tx), dump_incoming(kept), _cell(id_))
            await _store(tx, kept, state="pending", body=body, id_=id_)
            return InboxRow(id=InboxId(id_), incoming=kept, tries=0)

        return await self.write(work)

    async def begin(self, row: InboxId) -> int:
        """Count a handler's start; return how many there were."""

        async def work(tx: Tx) -> int:
            counted = await tx.one(
                "UPDATE inbox SET tries = tries + 1 WHERE id = ? RETURNING tries", row
            )
            if counted is None:
                raise LookupError(row)
            return int(counted["tries"])

        return await self.write(work)

    async def finish(
        self, row: InboxId, effects: Sequence[Effect], replies: Sequence[Outgoing]
    ) -> Result:
        """Apply effects and replies and mark handled in one commit; if stale only the last."""

        async def work(tx: Tx) -> Result:
            handled = await tx.one(
                "UPDATE inbox SET state = 'handled', body = NULL"
                " WHERE id = ? AND state = 'pending' RETURNING frontend",
                row,
            )
            if handled is None:
                return Result(applied=Applied.DUPLICATE)
            await tx.run("SAVEPOINT effects")
            try:
                turns = await _apply_all(tx, effects, handled["frontend"])
            except _Stale:
                await tx.run("ROLLBACK TO effects")
                return Result(applied=Applied.STALE)
            finally:
                await tx.run("RELEASE effects")
            return Result(
                applied=Applied.DONE, turns=turns, deliveries=await outbox.post(tx, replies)
            )

        return await self.write(work, erases=erases(effects))

    async def park(self, row: InboxId, reference: str) -> None:
        """Set aside an update that keeps failing."""
        await self.write(lambda tx: _park(tx, row, reference))

    async def pending(self) -> Sequence[InboxRow]:
        """Return what was stored and not handled; what does not authenticate is parked."""

        async def work(tx: Tx) -> Sequence[InboxRow]:
            rows = await tx.all("SELECT * FROM inbox WHERE state = 'pending' ORDER BY id")
            found = [await _opened(tx, row) for row in rows]
            return tuple(row for row in found if row)

        return await self.write(work)


async def _apply_all(tx: Tx, effects: Sequence[Effect], frontend: str) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for effect in effects:
        started = await apply(tx, effect, frontend=frontend)
        if started is None:
            raise _Stale
        turns.extend(started)
    return tuple(turns)


async def _known(tx: Tx, incoming: Incoming) -> set[str]:
    """Return the ids among an update's pieces that were stored before."""
    sql = "SELECT 1 FROM inbox WHERE frontend = ? AND update_id = ?"
    return {
        piece.update
        for piece in incoming.pieces
        if await tx.one(sql, incoming.place.frontend, piece.update)
    }


async def _count_open(tx: Tx, member: MemberId, *, is_late: bool) -> int:
    (row,) = await tx.all(
        f"SELECT count(*) AS n FROM turns WHERE member = ? AND state IN {OPEN}"  # noqa: S608  # a constant
        " AND (state = 'waiting' AND detail = ?) = ?",
        member,
        WaitReason.ABSENCE.value,
        is_late,
    )
    return int(row["n"])


async def _handled(tx: Tx, incoming: Incoming) -> None:
    """Store an update's id alone: what it says is somewhere else."""
    await _store(tx, incoming, state="handled", body=None, id_=tx.ids.next("inbox"))


async def _store(tx: Tx, incoming: Incoming, *, state: str, body: bytes | None, id_: int) -> None:
    await tx.insert(
        "inbox",
        id=id_,
        frontend=incoming.place.frontend,
        update_id=incoming.update,
        state=state,
        stored_at=tx.now,
        body=body,
    )


async def _park(tx: Tx, row: int, reference: str) -> None:
    await tx.run(
        "UPDATE inbox SET state = 'parked', reference = ? WHERE id = ? AND state = 'pending'",
        reference,
        row,
    )


async def _opened(tx: Tx, row: Row) -> InboxRow | None:
    try:
        incoming = load_incoming(await tx.open(row["body"], _cell(row["id"]), OF_HOST))
    except VaultCorrupt:
        await _park(tx, row["id"], _SEALED)
        return None
    incoming = now_in(await where_now(tx, incoming.place), incoming)
    return InboxRow(id=InboxId(row["id"]), incoming=incoming, tries=row["tries"])


async def forget(tx: Tx) -> None:
    """Handle nothing of what waits: a restored backup does not know what was done since."""
    await tx.run("UPDATE inbox SET state = 'handled', body = NULL WHERE state = 'pending'")


async def erase_from(tx: Tx, senders: Collection[Identity]) -> None:
    """Leave nothing of what accounts sent and nobody handled; it comes to nothing."""
    for row in await tx.all("SELECT id, body FROM inbox WHERE state IN ('pending', 'parked')"):
        incoming = await tx.find(row["body"], _cell(row["id"]), OF_HOST, load_incoming)
        if incoming and incoming.sender in senders:
            await tx.run(
                "UPDATE inbox SET state = 'handled', body = NULL, reference = NULL WHERE id = ?",
                row["id"],
            )
