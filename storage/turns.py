"""Turns in SQLite, in whole transitions, and the outbox that goes with them."""

from collections.abc import Mapping, Sequence
from sqlite3 import Row
from typing import Final

from bot.domain.chat import (
    MemberId,
    Message,
    Place,
    SessionId,
    Turn,
    TurnId,
    TurnState,
    WaitReason,
    estimate_tokens,
)
from bot.domain.effects import Effect
from bot.domain.errors import VaultCorrupt
from bot.domain.events import Delivery, DeliveryId, DeliveryState, MessageRef, Outgoing
from bot.domain.ports import Ending, Told
from storage import outbox, usage
from storage.codec import dump_text, load_text
from storage.effects import apply, erases
from storage.history import read_history
from storage.keyrings import Of
from storage.moving import move
from storage.people import where_now
from storage.rules import NEWEST, in_place_of, may_end
from storage.turn_rows import (
    OPEN,
    cell,
    find_turn,
    open_turn,
    turn_row,
    turn_rows,
)
from storage.tx import Repository, Tx

_LEFT: Final = (
    f"t.id IN (SELECT id FROM turns WHERE state IN {OPEN}"  # noqa: S608  # a constant
    " UNION SELECT id FROM turns WHERE untold = 1) ORDER BY t.id"
)


class Turns(Repository):
    """A TurnStore in SQLite."""

    async def wait(
        self,
        turn: TurnId,
        reason: WaitReason,
        replies: Sequence[Outgoing],
        effects: Sequence[Effect] = (),
    ) -> Sequence[Delivery]:
        """Let a received turn wait."""

        async def work(tx: Tx) -> Sequence[Delivery]:
            changed = await tx.run(
                "UPDATE turns SET state = 'waiting', detail = ?"
                " WHERE id = ? AND state = 'received'",
                reason.value,
                turn,
            )
            if not changed:
                return ()
            for effect in effects:
                await apply(tx, effect, frontend=replies[0].place.frontend if replies else "")
            return await outbox.post(tx, replies)

        return await self.write(work)

    async def waiting(self, member: MemberId, place: Place, reason: WaitReason) -> Sequence[Turn]:
        """Return the member's turns that wait there, as far as they authenticate."""

        async def work(tx: Tx) -> Sequence[Turn]:
            here = await where_now(tx, place)
            rows = await turn_rows(
                tx,
                f"t.member = ? AND t.state IN {OPEN} AND t.state = 'waiting' AND t.detail = ?"
                " AND t.taken_back = 0 AND p.frontend = ? AND p.chat = ? AND p.thread = ?"
                " AND p.kind = ? ORDER BY t.id",
                member,
                reason.value,
                here.frontend,
                here.chat,
                here.thread,
                here.kind.value,
            )
            found = [await find_turn(tx, row) for row in rows]
            return tuple(turn for turn in found if turn)

        return await self.read(work)

    async def expire(self, turn: TurnId, reason: WaitReason) -> bool:
        """Let a turn that waits for that wait no more."""
        sql = (
            "UPDATE turns SET state = 'expired', detail = '', untold = 0"
            " WHERE id = ? AND state = 'waiting' AND detail = ?"
        )
        return await self.write(lambda tx: tx.run(sql, turn, reason.value)) > 0

    async def tell(
        self, turns: Sequence[TurnId], reply: Outgoing, effects: Sequence[Effect]
    ) -> Sequence[Delivery]:
        """Note that the member was told that turns wait, and put the words into the outbox."""

        async def work(tx: Tx) -> Sequence[Delivery]:
            told = 0
            for turn in turns:
                told += await tx.run(
                    "UPDATE turns SET untold = 0"
                    " WHERE id = ? AND state = 'waiting' AND untold = 1",
                    turn,
                )
            if not told:
                return ()
            for effect in effects:
                await apply(tx, effect, frontend=reply.place.frontend)
            return await outbox.post(tx, (reply,))

        return await self.write(work)

    async def begin_attempt(self, turn: TurnId, attempt: int, *, edits: int = 0) -> bool:
        """Commit `requested(attempt)`; from `requested` too, where one surely was not sent."""

        async def work(tx: Tx) -> bool:
            changed = await tx.run(
                "UPDATE turns SET state = 'requested', attempt = ?, detail = ''"
                " WHERE id = ? AND attempt = ? AND edits = ?"
                " AND state IN ('received', 'requested')",
                attempt,
                turn,
                attempt - 1,
                edits,
            )
            return changed > 0

        return await self.write(work)

    async def checkpoint(self, partials: Mapping[TurnId, str]) -> None:
        """Keep the text of running turns so far: one commit for all."""

        async def work(tx: Tx) -> None:
            for turn, text in partials.items():
                row = await tx.one(
                    "SELECT data_key FROM turns WHERE id = ? AND state = 'requested'", turn
                )
                if row:
                    sealed = await tx.seal(row["data_key"], dump_text(text), cell("partial", turn))
                    await tx.run("UPDATE turns SET partial = ? WHERE id = ?", sealed, turn)

        if partials:
            await self.write(work)

    async def shown(self, turn: TurnId, message: MessageRef) -> None:
        """Note the message in which the answer grows, or was to if it has ended meanwhile."""

        async def work(tx: Tx) -> None:
            is_open = await tx.run(
                f"UPDATE turns SET shown = ? WHERE id = ? AND state IN {OPEN}",  # noqa: S608  # a constant
                message,
                turn,
            )
            if not is_open:
                await outbox.edit_instead(tx, turn, message)

        await self.write(work)

    async def end(self, turn: TurnId, attempt: int, ending: Ending) -> Sequence[Delivery]:
        """Commit the end of an attempt; an effect that is stale by now is left out."""

        async def work(tx: Tx) -> Sequence[Delivery]:
            row = await turn_row(tx, turn)
            if row is None or not may_end(
                TurnState(row["state"]),
                row["attempt"],
                attempt,
                ending,
                is_untold=bool(row["untold"]),
            ):
                return ()
            await _settle(tx, row, ending)
            await usage.bill(tx, row, ending)
            for effect in ending.effects:
                await apply(tx, effect, frontend=row["frontend"])
            replies = [in_place_of(reply, row["shown"]) for reply in ending.replies]
            return await outbox.post(tx, replies)

        return await self.write(work, erases=erases(ending.effects))

    async def find(self, turn: TurnId) -> Turn | None:
        """Return a turn. Raises VaultCorrupt."""

        async def work(tx: Tx) -> Turn | None:
            row = await turn_row(tx, turn)
            return await open_turn(tx, row) if row else None

        return await self.read(work)

    async def asked_with(self, place: Place, message: MessageRef, member: MemberId) -> Turn | None:
        """Return the member's turn that a message asked, if it authenticates."""

        async def work(tx: Tx) -> Turn | None:
            here = await where_now(tx, place)
            rows = await turn_rows(
                tx,
                "t.place IN (SELECT id FROM places WHERE frontend = ? AND chat = ?)"
                " AND t.message = ? AND t.member = ? ORDER BY +t.id DESC LIMIT 1",
                here.frontend,
                here.chat,
                message,
                member,
            )
            return await find_turn(tx, rows[0]) if rows else None

        return await self.read(work)

    async def last(self, session: SessionId, member: MemberId) -> Turn | None:
        """Return the member's newest turn there that authenticates and was not taken back."""

        async def work(tx: Tx) -> Turn | None:
            newest = NEWEST
            while rows := await turn_rows(
                tx,
                "t.session = ? AND t.member = ? AND t.id < ? AND t.taken_back = 0"
                " ORDER BY t.id DESC LIMIT 1",
                session,
                member,
                newest,
            ):
                if turn := await find_turn(tx, rows[0]):
                    return turn
                newest = rows[0]["id"]
            return None

        return await self.read(work)

    async def history(
        self, session: SessionId, *, before: TurnId, budget_tokens: int
    ) -> tuple[Sequence[Message], bool]:
        """Return the transcript's newest messages within a budget."""
        return await self.read(
            lambda tx: read_history(tx, session, before=before, budget=budget_tokens)
        )

    async def recover(self) -> Sequence[Turn]:
        """Return every open turn, and those that expired with their epoch and were not told.

        One that does not authenticate has failed by that: it would stay open for ever.
        """

        async def work(tx: Tx) -> Sequence[Turn]:
            found = []
            for row in await turn_rows(tx, _LEFT):
                if turn := await find_turn(tx, row):
                    found.append(turn)
                else:
                    await tx.run(
                        "UPDATE turns SET state = 'failed', detail = 'sealed', untold = 0"
                        " WHERE id = ?",
                        row["id"],
                    )
            return tuple(found)

        return await self.write(work)

    async def deliveries(self) -> Sequence[Delivery]:
        """Return the outbox."""
        return await self.read(outbox.waiting)

    async def mark_delivery(
        self, delivery: DeliveryId, state: DeliveryState, message: MessageRef | None = None
    ) -> None:
        """Commit where a message stands."""
        await self.write(lambda tx: outbox.mark(tx, delivery, state, message))

    async def told(self, place: Place, message: MessageRef) -> Told | None:
        """Return what a message of the bot's in the place's chat is."""
        return await self.read(lambda tx: outbox.told(tx, place, message))

    async def abandon(self, place: Place) -> None:
        """Give up what waits for a place's chat: messages, and turns not begun."""

        async def work(tx: Tx) -> None:
            await outbox.abandon(tx, place)
            await tx.run(
                f"UPDATE turns SET state = ?, detail = '' WHERE state IN {OPEN}"  # noqa: S608  # a constant
                " AND state = 'received'"
                " AND place IN (SELECT id FROM places WHERE frontend = ? AND chat = ?)",
                TurnState.STOPPED.value,
                place.frontend,
                place.chat,
            )

        await self.write(work)

    async def moved(self, old: Place, new_chat: str) -> None:
        """Let a chat go on under another id."""
        await self.write(lambda tx: move(tx, old, new_chat))


async def _settle(tx: Tx, row: Row, ending: Ending) -> None:
    """Store how a turn ended, and its answer if there is a new one."""
    await tx.run(
        "UPDATE turns SET state = ?, detail = ?, partial = NULL, shown = NULL, untold = 0"
        " WHERE id = ?",
        ending.state.value,
        ending.detail,
        row["id"],
    )
    if ending.answer is None:
        return
    answer = dump_text(ending.answer)
    await tx.run(
        "UPDATE turns SET answer = ?, tokens = ?, seq = coalesce(seq,"
        " (SELECT coalesce(max(seq), 0) + 1 FROM turns WHERE session = ? AND seq IS NOT NULL))"
        " WHERE id = ?",
        await tx.seal(row["data_key"], answer, cell("answer", row["id"])),
        estimate_tokens((await _question(tx, row), load_text(answer))),
        row["session"],
        row["id"],
    )
    await tx.run("UPDATE sessions SET last_at = ? WHERE id = ?", tx.now, row["session"])


async def _question(tx: Tx, row: Row) -> str:
    """Return the question for counting it; an answer is kept even if it does not authenticate."""
    try:
        blob = await tx.open(
            row["question"], cell("question", row["id"]), Of(row["member"], row["place"])
        )
    except VaultCorrupt:
        return ""
    return load_text(blob)
