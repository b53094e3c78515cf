"""Questions that were edited: asked anew if they had begun, else simply as they are now."""

from dataclasses import replace
from sqlite3 import Row

from bot.domain.chat import MemberId, Turn, TurnState
from bot.domain.effects import AnswerRevised, Revise
from storage.codec import dump_text
from storage.conversations import choices_in, find_session, open_session, rename_session
from storage.people import read_place, seat
from storage.rules import has_begun, title_of
from storage.turn_rows import cell, ended_row, find_turn, run_with, turn_row
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
    turn = await find_turn(tx, row)
    await tx.run(
        "UPDATE turns SET question = ?, edits = edits + 1 WHERE id = ?",
        await tx.seal(row["data_key"], dump_text(question), cell("question", row["id"])),
        row["id"],
    )
    session = await find_session(tx, row["session"])
    here = await seat(tx, read_place(row), MemberId(row["member"]))
    if not turn or not session or not here:
        return
    if (await open_session(tx, session)).title == title_of(turn.question):
        await rename_session(tx, here, session.id, title_of(question))


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
