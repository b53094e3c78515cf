"""Questions that were edited, or taken back by whoever sent them."""

from dataclasses import replace
from sqlite3 import Row

from bot.domain.chat import Turn, TurnState
from bot.domain.effects import AnswerRevised, EraseTurn, Revise
from storage.codec import dump_text
from storage.conversations import choices_in, find_session, open_session, rename_session
from storage.rules import has_begun, title_of
from storage.turn_rows import cell, ended_row, find_turn, run_with, turn_row, turn_rows
from storage.tx import Tx


async def revise(tx: Tx, effect: Revise) -> bool:
    """Take over, keep or forget a new text; False if the turn is not one for that."""
    row = await turn_row(tx, effect.turn)
    if not row or row["member"] != effect.member or row["taken_back"]:
        return False
    if effect.question is None or effect.is_begun:
        await _keep(tx, row, effect.question)
        return True
    if has_begun(TurnState(row["state"]), row["attempt"]):
        return False
    await _put(tx, row, effect.question)
    return True


async def _keep(tx: Tx, row: Row, question: str | None) -> None:
    sealed = None
    if question is not None:
        sealed = await tx.seal(row["data_key"], dump_text(question), cell("revised", row["id"]))
    await tx.run("UPDATE turns SET revised = ? WHERE id = ?", sealed, row["id"])


async def _put(tx: Tx, row: Row, question: str) -> None:
    """Store another question, and the conversation's name if it had that from the old one."""
    await _rename(tx, row, question)
    await tx.run(
        "UPDATE turns SET question = ?, edits = edits + 1 WHERE id = ?",
        await tx.seal(row["data_key"], dump_text(question), cell("question", row["id"])),
        row["id"],
    )


async def _rename(tx: Tx, row: Row, question: str) -> None:
    """Call a conversation by another question if it was called by this one."""
    turn = await find_turn(tx, row)
    session = await find_session(tx, row["session"])
    if not turn or not session:
        return
    if (await open_session(tx, session)).title == title_of(turn.question):
        await rename_session(tx, session, title_of(question))


async def erase(tx: Tx, effect: EraseTurn) -> bool:
    """Leave nothing of a member's turn but what it used; False if there is none."""
    row = await turn_row(tx, effect.turn)
    if not row or row["member"] != effect.member:
        return False
    await _rename(tx, row, await _first_but(tx, row))
    await tx.run("DELETE FROM turns WHERE id = ?", effect.turn)
    return True


async def _first_but(tx: Tx, row: Row) -> str:
    """Return the first question of a turn's conversation without that turn; empty: none."""
    rows = await turn_rows(
        tx,
        "t.session = ? AND t.id <> ? AND t.taken_back = 0 ORDER BY +t.id LIMIT 1",
        row["session"],
        row["id"],
    )
    first = await find_turn(tx, rows[0]) if rows else None
    return first.question if first else ""


async def answer_revised(tx: Tx, effect: AnswerRevised) -> Turn | None:
    """Bind an ended turn to its revised question; None if it is not one for that any more."""
    row = await ended_row(tx, effect.turn, effect.member, effect.attempt)
    turn = await find_turn(tx, row) if row else None
    session = await find_session(tx, row["session"]) if row else None
    if not row or not session or not turn or turn.revised is None:
        return None
    await _put(tx, row, turn.revised)
    await tx.run(
        "UPDATE turns SET asked_at = ?, shown = NULL, revised = NULL, answer = NULL, seq = NULL,"
        " tokens = 0 WHERE id = ?",
        tx.now,
        turn.id,
    )
    turn = replace(
        turn, question=turn.revised, edits=turn.edits + 1, revised=None, answer=None, partial=""
    )
    return await run_with(tx, row, turn, await choices_in(tx, session, turn.member))
