"""The inbox in SQLite: what is taken from a messenger, durable before it is confirmed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from sqlite3 import Row
from typing import Final

from bot.domain.chat import Turn
from bot.domain.effects import Effect
from bot.domain.errors import InboxFull, VaultCorrupt
from bot.domain.events import InboxId, Incoming, Outgoing, text_of, whole, without_secret
from bot.domain.ports import Applied, InboxRow, Result
from storage import outbox
from storage.codec import dump_incoming, load_incoming
from storage.effects import apply, erases
from storage.keyrings import OF_HOST
from storage.people import account, host_key, seat_for, where_now
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

    async def accept_turn(self, incoming: Incoming, *, limit: int) -> Turn | None:
        """Store a text's id and its turn, which takes the text over, in one commit."""
        text_of(incoming.body)

        async def work(tx: Tx) -> Turn | None:
            pieces = await _new_pieces(tx, incoming)
            if not pieces:
                return None
            found = await account(tx, incoming.sender)
            (row,) = await tx.all(
                f"SELECT count(*) AS n FROM turns WHERE member = ? AND state IN {OPEN}",  # noqa: S608  # a constant
                found.member,
            )
            if row["n"] >= limit:
                raise InboxFull
            for piece in pieces:
                await _store(tx, piece, state="handled", body=None, id_=tx.ids.next("inbox"))
            seat = await seat_for(tx, incoming.place, found)
            asked = whole(pieces)
            return await ask(tx, seat, text_of(asked.body), asked.message)

        return await self.write(work)

    async def accept(self, incoming: Incoming) -> InboxRow | None:
        """Store a command or press, sealed, or the stub of a secret; None on a repeat."""

        async def work(tx: Tx) -> InboxRow | None:
            pieces = await _new_pieces(tx, incoming)
            if incoming not in pieces:
                return None
            kept = without_secret(whole(pieces))
            for piece in pieces[:-1]:
                await _store(tx, piece, state="handled", body=None, id_=tx.ids.next("inbox"))
            id_ = tx.ids.next("inbox")
            body = await tx.seal(await host_key(tx), dump_incoming(kept), _cell(id_))
            await _store(tx, incoming, state="pending", body=body, id_=id_)
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


async def _new_pieces(tx: Tx, incoming: Incoming) -> list[Incoming]:
    return [piece for piece in incoming.pieces if not await _is_known(tx, piece)]


async def _is_known(tx: Tx, incoming: Incoming) -> bool:
    sql = "SELECT 1 FROM inbox WHERE frontend = ? AND update_id = ?"
    return await tx.one(sql, incoming.place.frontend, incoming.update) is not None


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
    incoming = replace(incoming, place=await where_now(tx, incoming.place))
    return InboxRow(id=InboxId(row["id"]), incoming=incoming, tries=row["tries"])


async def forget(tx: Tx) -> None:
    """Handle nothing of what waits: a restored backup does not know what was done since."""
    await tx.run("UPDATE inbox SET state = 'handled', body = NULL WHERE state = 'pending'")
