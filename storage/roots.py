"""What a thread hangs on: the turn of the message that it is named by."""

# ruff: noqa: S608  # the pieces of SQL put together here are constants of this package

from sqlite3 import Row
from typing import Final

from bot.domain.chat import TurnId
from storage.conversations import SessionRow, active_session, start_session
from storage.outbox import WAITING
from storage.people import Seat
from storage.turn_rows import OPEN, turn_row
from storage.tx import Tx

_AROUND: Final = (
    "place = (SELECT id FROM places WHERE frontend = ? AND chat = ? AND thread = '' AND kind = ?)"
)
# What a message of the chat around may be: a question, a part of an answer, or one that grows.
_LOOKS: Final = (
    f"SELECT id AS turn FROM turns WHERE {_AROUND} AND message = ? ORDER BY +id DESC LIMIT 1",
    f"SELECT turn FROM outbox WHERE {_AROUND} AND message = ? ORDER BY +id DESC LIMIT 1",
    f"SELECT turn FROM outbox WHERE {_AROUND} AND edits = ? AND state IN {WAITING}",
    f"SELECT id AS turn FROM turns WHERE {_AROUND} AND shown = ? AND state IN {OPEN}",
)


async def take_hanging(tx: Tx, seat: Seat) -> SessionRow:
    """Return the place's session; the first one in a thread has the thread's root."""
    active = await active_session(tx, seat)
    if active:
        return active
    sql = "SELECT 1 FROM sessions WHERE place = ? LIMIT 1"
    is_first = await tx.one(sql, seat.place_id) is None
    return await start_session(tx, seat, "", root=await _root(tx, seat) if is_first else None)


async def _root(tx: Tx, seat: Seat) -> TurnId | None:
    """Return the turn that a thread hangs on; in private only the member's own is one."""
    place = seat.place
    where = (place.frontend, place.chat, place.kind.value, place.thread)
    found: Row | None = None
    for look in _LOOKS:
        found = found or await tx.one(look, *where)
    row = await turn_row(tx, found["turn"]) if found and found["turn"] is not None else None
    if row is None or (place.is_private and row["member"] != seat.member):
        return None
    return TurnId(row["id"])
