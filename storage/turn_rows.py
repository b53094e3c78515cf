"""Rows of turns: made, opened, bound anew."""

from dataclasses import replace
from sqlite3 import Row
from typing import Final

from bot.domain.chat import (
    Choices,
    MemberId,
    SessionId,
    Turn,
    TurnId,
    TurnState,
    WaitReason,
)
from bot.domain.effects import Ask
from bot.domain.errors import VaultCorrupt
from storage.codec import dump_choices, dump_text, from_ms, load_choices, load_text, to_ms
from storage.conversations import (
    SessionRow,
    choices_in,
    find_session,
    rename_session,
    take_session,
)
from storage.groups import group_row, payer_row
from storage.keyrings import Of
from storage.moving import seal_anew
from storage.people import Seat, read_place, seat
from storage.rules import title_of
from storage.tx import Tx
from storage.vault import Cell

# Said in these very words it lets SQLite use the index of open turns.
OPEN: Final = "('received', 'waiting', 'requested')"
_SELECT: Final = (
    "SELECT t.*, p.frontend, p.chat, p.thread, p.kind FROM turns t JOIN places p ON p.id = t.place"
)


def cell(column: str, turn: int) -> Cell:
    """Return where a turn's text lives."""
    return Cell("turns", column, str(turn))


async def turn_row(tx: Tx, turn: int) -> Row | None:
    """Return a turn's row with its place."""
    return await tx.one(f"{_SELECT} WHERE t.id = ?", turn)


async def ended_row(tx: Tx, turn: int, member: MemberId, attempt: int) -> Row | None:
    """Return the row of a member's turn that ended with that attempt and was not taken back."""
    row = await turn_row(tx, turn)
    if not row or (row["member"], row["attempt"]) != (member, attempt):
        return None
    return None if TurnState(row["state"]).is_open or row["taken_back"] else row


async def turn_rows(tx: Tx, where: str, *values: object) -> tuple[Row, ...]:
    """Return the rows of turns, for a condition and an order written in this package."""
    return tuple(await tx.all(f"{_SELECT} WHERE {where}", *values))


async def open_turn(tx: Tx, row: Row) -> Turn:
    """Return a turn, opened. Raises VaultCorrupt."""
    of = Of(row["member"], row["place"])

    async def text(column: str) -> str | None:
        blob = row[column]
        if blob is None:
            return None
        return load_text(await tx.open(blob, cell(column, row["id"]), of))

    choices = await tx.open(row["choices"], cell("choices", row["id"]), of)
    return Turn(
        id=TurnId(row["id"]),
        session=SessionId(row["session"]),
        place=read_place(row),
        member=MemberId(row["member"]),
        question=await text("question") or "",
        choices=load_choices(choices),
        state=TurnState(row["state"]),
        received_at=from_ms(row["received_at"]),
        message=row["message"],
        attempt=row["attempt"],
        detail=row["detail"],
        answer=await text("answer"),
        partial=await text("partial") or "",
        is_taken_back=bool(row["taken_back"]),
        pieces=row["pieces"],
        edits=row["edits"],
        revised=await text("revised"),
        is_untold=bool(row["untold"]),
    )


async def find_turn(tx: Tx, row: Row) -> Turn | None:
    """Return a turn, or None if it does not authenticate (it was reported)."""
    try:
        return await open_turn(tx, row)
    except VaultCorrupt:
        return None


async def ask(tx: Tx, seat: Seat, asked: Ask) -> Turn:
    """Store a turn, bound to the place's session and choices as they are now.

    In private it is of its session's account, whichever asked: so that it stays with the session
    when an account is unlinked, and no transcript loses text or shows somebody else's.
    """
    session = await take_session(tx, seat)
    key = session.data_key
    choices = await choices_in(tx, session, seat.member)
    if not seat.place.is_private:
        group = await group_row(tx, seat.place)
        _ = await payer_row(tx, group["id"], seat.member, seat.account)
    id_ = tx.ids.next("turns")
    state, detail, at = TurnState.RECEIVED, "", tx.now
    if asked.late_since is not None:
        state, detail, at = TurnState.WAITING, WaitReason.ABSENCE.value, to_ms(asked.late_since)
    await tx.insert(
        "turns",
        id=id_,
        session=session.id,
        place=seat.place_id,
        member=seat.member,
        account=session.account or seat.account,
        data_key=key,
        state=state.value,
        detail=detail,
        received_at=at,
        asked_at=at,
        message=asked.message,
        pieces=asked.pieces,
        untold=asked.late_since is not None,
        provider=choices.provider,
        model=choices.model,
        question=await tx.seal(key, dump_text(asked.question), cell("question", id_)),
        choices=await tx.seal(key, dump_choices(choices), cell("choices", id_)),
    )
    await _touch(tx, session, asked.question)
    return Turn(
        id=TurnId(id_),
        session=SessionId(session.id),
        place=seat.place,
        member=seat.member,
        question=asked.question,
        choices=choices,
        state=state,
        received_at=from_ms(at),
        message=asked.message,
        detail=detail,
        pieces=asked.pieces,
        is_untold=asked.late_since is not None,
    )


async def _touch(tx: Tx, session: SessionRow, question: str) -> None:
    if session.row["title"] is None:
        await rename_session(tx, session, title_of(question))
    await tx.run("UPDATE sessions SET last_at = ? WHERE id = ?", tx.now, session.id)


async def bind_anew(tx: Tx, row: Row) -> Turn:
    """Let a turn run with the session and choices of now; asked before, it stays where it is.

    Raises VaultCorrupt.
    """
    turn = await open_turn(tx, row)
    session = await _session_now(tx, row)
    if session.data_key != row["data_key"]:
        row = await _carried(tx, row, session)
    choices = await choices_in(tx, session, turn.member)
    return await run_with(tx, row, replace(turn, session=SessionId(session.id)), choices)


async def _carried(tx: Tx, row: Row, session: SessionRow) -> Row:
    """Return the row of a turn that goes to a session with another key, sealed with that."""
    await seal_anew(tx, "turns", row, session.data_key)
    await tx.run(
        "UPDATE turns SET data_key = ?, account = ? WHERE id = ?",
        session.data_key,
        session.account or row["account"],
        row["id"],
    )
    return await turn_row(tx, row["id"]) or row


async def _session_now(tx: Tx, row: Row) -> SessionRow:
    if row["attempt"] == 0 and row["seq"] is None:
        here = await seat(tx, read_place(row), MemberId(row["member"]))
        if here:
            return await take_session(tx, here)
    session = await find_session(tx, row["session"])
    if session is None:  # pragma: no cover  # the foreign key does not let a session go first
        raise LookupError(row["session"])
    return session


async def run_with(tx: Tx, row: Row, turn: Turn, choices: Choices) -> Turn:
    """Store a turn as received, with these choices; return it."""
    await tx.run(
        "UPDATE turns SET session = ?, state = ?, detail = '', untold = 0, choices = ?,"
        " provider = ?, model = ? WHERE id = ?",
        turn.session,
        TurnState.RECEIVED.value,
        await tx.seal(row["data_key"], dump_choices(choices), cell("choices", turn.id)),
        choices.provider,
        choices.model,
        turn.id,
    )
    return replace(turn, choices=choices, state=TurnState.RECEIVED, detail="", is_untold=False)
